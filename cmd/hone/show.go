package main

import "bufio"

// shower shows progress: the live view, plain lines, or nothing.
type shower interface {
	ended(p *progress, t *endedTrial) // a trial ended
	noted(message string)             // something that keeps the experiment waiting, or no longer does
	flush()                           // what came in at once is complete
	draw(p *progress)                 // some time has gone by
	close()
}

// liveView draws in place, on a terminal.
type liveView struct {
	screen *screen
	look   look
}

func (v *liveView) ended(*progress, *endedTrial) {}
func (v *liveView) noted(string)                 {} // it draws the newest note anyway
func (v *liveView) flush()                       {}
func (v *liveView) close()                       { v.screen.Clear() }
func (v *liveView) draw(p *progress) {
	width, height := v.screen.size()
	v.screen.Draw(p.view(width, height, v.look))
}

// plainLines writes a line for each trial that ended.
type plainLines struct{ out *bufio.Writer }

func (v plainLines) ended(p *progress, t *endedTrial) {
	_, _ = v.out.WriteString(plainLine(p.experiment, t) + "\n")
}
func (v plainLines) noted(message string) { _, _ = v.out.WriteString(clean(message) + "\n") }
func (v plainLines) flush()               { _ = v.out.Flush() }
func (v plainLines) draw(*progress)       {}
func (v plainLines) close()               { _ = v.out.Flush() }

// silent shows nothing.
type silent struct{}

func (silent) ended(*progress, *endedTrial) {}
func (silent) noted(string)                 {}
func (silent) flush()                       {}
func (silent) draw(*progress)               {}
func (silent) close()                       {}

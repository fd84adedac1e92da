package contest

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// svg is a drawing. Colours are named by classes, which have a light and a dark form; the background is left to the
// page.
type svg struct {
	width, height float64
	body          strings.Builder
}

// palette has the colours of contestants for light and dark pages, told apart with any colour vision
// (Wong 2011, Points of view: Color blindness, Nature Methods 8).
func palette() [][2]string {
	return [][2]string{
		{"#d55e00", "#ff8c42"}, {"#0072b2", "#56b4e9"}, {"#009e73", "#3ecf9f"}, {"#cc79a7", "#e7a3c8"}, {"#8a6d00", "#f0d443"},
		{"#5b4fbe", "#a79bff"}, {"#6b6b6b", "#b5b5b5"}, {"#3b2a20", "#e8d9cc"}, {"#7a9a01", "#c3e04d"}, {"#a3152a", "#ff6b7d"},
	}
}

func (s *svg) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" font-family="system-ui,sans-serif" font-size="11">`, s.width, s.height, s.width, s.height)
	var light, dark strings.Builder
	for i, c := range palette() {
		fmt.Fprintf(&light, ".c%d{stroke:%s}.f%d{fill:%s}", i, c[0], i, c[0])
		fmt.Fprintf(&dark, ".c%d{stroke:%s}.f%d{fill:%s}", i, c[1], i, c[1])
	}
	fmt.Fprintf(&b, "<style>text{fill:#333}.m{fill:#666}.g{stroke:#8884;stroke-width:1}.l{fill:none;stroke-width:1.5}.w{stroke-width:2.6}.b{stroke:none;fill-opacity:.13}%s@media(prefers-color-scheme:dark){text{fill:#ddd}.m{fill:#aaa}%s}</style>\n", light.String(), dark.String())
	b.WriteString(s.body.String())
	b.WriteString("</svg>\n")
	return b.String()
}

func (s *svg) text(x, y float64, class, anchor, words string) {
	attributes := ""
	if class != "" {
		attributes += fmt.Sprintf(` class="%s"`, class)
	}
	if anchor != "" {
		attributes += fmt.Sprintf(` text-anchor="%s"`, anchor)
	}
	fmt.Fprintf(&s.body, "<text x=\"%.0f\" y=\"%.0f\"%s>%s</text>\n", x, y, attributes, html.EscapeString(words))
}

// path draws through points in pixels. A closed one comes back to its beginning.
func (s *svg) path(class string, closed bool, points [][2]float64) {
	fmt.Fprintf(&s.body, `<path class="%s" d="M`, class)
	lastX, lastY := 0, 0
	for i, p := range points {
		x, y := int(math.Round(p[0])), int(math.Round(p[1]))
		if i == 0 {
			fmt.Fprintf(&s.body, "%d %dl", x, y)
		} else {
			fmt.Fprintf(&s.body, "%d %d ", x-lastX, y-lastY)
		}
		lastX, lastY = x, y
	}
	if closed {
		s.body.WriteString("z")
	}
	s.body.WriteString("\"/>\n")
}

func (s *svg) line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(&s.body, "<line class=\"%s\" x1=\"%.0f\" y1=\"%.0f\" x2=\"%.0f\" y2=\"%.0f\"/>\n", class, x1, y1, x2, y2)
}

func (s *svg) dot(class string, x, y float64) {
	fmt.Fprintf(&s.body, "<circle class=\"%s\" cx=\"%.0f\" cy=\"%.0f\" r=\"4\"/>\n", class, x, y)
}

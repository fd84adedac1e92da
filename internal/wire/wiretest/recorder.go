package wiretest

import (
	"context"
	"io"
	"sync"

	hone "github.com/hone-tuner/hone"
)

// Call is one call of a method of the service, without its context.
type Call struct {
	Method string
	Args   []any
}

// Recorder is a hone.Service and hone.TokenService that notes its calls. It is safe for concurrent use.
type Recorder struct {
	// Reply makes the answer of a call: a value of the type of the method's first result, or nil for its
	// zero value. A nil Reply answers zero values.
	Reply func(ctx context.Context, c Call) (any, error)

	mu    sync.Mutex
	calls []Call
}

var _ hone.Service = (*Recorder)(nil)

// Calls returns the calls so far.
func (r *Recorder) Calls() []Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Call(nil), r.calls...)
}

// Answer notes a call and makes its answer.
func (r *Recorder) Answer(ctx context.Context, c Call) (any, error) {
	r.mu.Lock()
	r.calls = append(r.calls, c)
	r.mu.Unlock()
	if r.Reply == nil {
		return nil, nil
	}
	return r.Reply(ctx, c)
}

func reply[T any](ctx context.Context, r *Recorder, method string, args ...any) (T, error) {
	var result T
	got, err := r.Answer(ctx, Call{Method: method, Args: args})
	if got != nil {
		result = got.(T)
	}
	return result, err
}

// CreateExperiment is of hone.Service.
func (r *Recorder) CreateExperiment(ctx context.Context, document []byte) (hone.Experiment, error) {
	return reply[hone.Experiment](ctx, r, "CreateExperiment", document)
}

// RunExperiment is of hone.Service.
func (r *Recorder) RunExperiment(ctx context.Context, q hone.RunRequest) (hone.RunReply, error) {
	return reply[hone.RunReply](ctx, r, "RunExperiment", q)
}

// GetExperiment is of hone.Service.
func (r *Recorder) GetExperiment(ctx context.Context, n hone.Name) (hone.Experiment, error) {
	return reply[hone.Experiment](ctx, r, "GetExperiment", n)
}

// ListExperiments is of hone.Service.
func (r *Recorder) ListExperiments(ctx context.Context, f hone.ExperimentFilter) (hone.ExperimentPage, error) {
	return reply[hone.ExperimentPage](ctx, r, "ListExperiments", f)
}

// UpdateExperiment is of hone.Service.
func (r *Recorder) UpdateExperiment(ctx context.Context, n hone.Name, p hone.Patch) (hone.Experiment, error) {
	return reply[hone.Experiment](ctx, r, "UpdateExperiment", n, p)
}

// DeleteExperiment is of hone.Service.
func (r *Recorder) DeleteExperiment(ctx context.Context, n hone.Name) error {
	_, err := reply[any](ctx, r, "DeleteExperiment", n)
	return err
}

// PauseExperiment is of hone.Service.
func (r *Recorder) PauseExperiment(ctx context.Context, n hone.Name) (hone.Experiment, error) {
	return reply[hone.Experiment](ctx, r, "PauseExperiment", n)
}

// ResumeExperiment is of hone.Service.
func (r *Recorder) ResumeExperiment(ctx context.Context, n hone.Name) (hone.Experiment, error) {
	return reply[hone.Experiment](ctx, r, "ResumeExperiment", n)
}

// StopExperiment is of hone.Service.
func (r *Recorder) StopExperiment(ctx context.Context, n hone.Name, drain bool) (hone.Experiment, error) {
	return reply[hone.Experiment](ctx, r, "StopExperiment", n, drain)
}

// InterruptExperiment is of hone.Service.
func (r *Recorder) InterruptExperiment(ctx context.Context, n hone.Name) error {
	_, err := reply[any](ctx, r, "InterruptExperiment", n)
	return err
}

// Enqueue is of hone.Service.
func (r *Recorder) Enqueue(ctx context.Context, n hone.Name, p map[string]hone.Value) (hone.Assignments, error) {
	return reply[hone.Assignments](ctx, r, "Enqueue", n, p)
}

// Import is of hone.Service.
func (r *Recorder) Import(ctx context.Context, n hone.Name, trials []hone.ImportedTrial) (int, error) {
	return reply[int](ctx, r, "Import", n, trials)
}

// GetTrial is of hone.Service.
func (r *Recorder) GetTrial(ctx context.Context, n hone.Name, number int) (hone.Trial, error) {
	return reply[hone.Trial](ctx, r, "GetTrial", n, number)
}

// ListTrials is of hone.Service.
func (r *Recorder) ListTrials(ctx context.Context, n hone.Name, f hone.TrialFilter) (hone.TrialPage, error) {
	return reply[hone.TrialPage](ctx, r, "ListTrials", n, f)
}

// Leaderboard is of hone.Service.
func (r *Recorder) Leaderboard(ctx context.Context, n hone.Name, q hone.LeaderboardQuery) (hone.Leaderboard, error) {
	return reply[hone.Leaderboard](ctx, r, "Leaderboard", n, q)
}

// StopTrial is of hone.Service.
func (r *Recorder) StopTrial(ctx context.Context, n hone.Name, number int) (hone.Trial, error) {
	return reply[hone.Trial](ctx, r, "StopTrial", n, number)
}

// RetryTrial is of hone.Service.
func (r *Recorder) RetryTrial(ctx context.Context, n hone.Name, number int) (hone.Trial, error) {
	return reply[hone.Trial](ctx, r, "RetryTrial", n, number)
}

// Logs is of hone.Service.
func (r *Recorder) Logs(ctx context.Context, n hone.Name, number int, q hone.LogQuery) (io.ReadCloser, error) {
	log, err := reply[io.ReadCloser](ctx, r, "Logs", n, number, q)
	if log == nil && err == nil {
		log = io.NopCloser(&empty{})
	}
	return log, err
}

type empty struct{}

func (empty) Read([]byte) (int, error) { return 0, io.EOF }

// Measure is of hone.Service.
func (r *Recorder) Measure(ctx context.Context, n hone.Name, b hone.Batch) (bool, error) {
	return reply[bool](ctx, r, "Measure", n, b)
}

// Measurements is of hone.Service.
func (r *Recorder) Measurements(ctx context.Context, n hone.Name, number int, metric string) ([]hone.Measurement, error) {
	return reply[[]hone.Measurement](ctx, r, "Measurements", n, number, metric)
}

// Events is of hone.Service.
func (r *Recorder) Events(ctx context.Context, n hone.Name, after int64, wait bool) ([]hone.Event, error) {
	return reply[[]hone.Event](ctx, r, "Events", n, after, wait)
}

// Algorithms is of hone.Service.
func (r *Recorder) Algorithms(ctx context.Context) (hone.Catalog, error) {
	return reply[hone.Catalog](ctx, r, "Algorithms")
}

// Ask is of hone.Service.
func (r *Recorder) Ask(ctx context.Context, n hone.Name, q hone.AskRequest) (hone.AskReply, error) {
	return reply[hone.AskReply](ctx, r, "Ask", n, q)
}

// Tell is of hone.Service.
func (r *Recorder) Tell(ctx context.Context, n hone.Name, number int, q hone.TellRequest) (hone.Trial, error) {
	return reply[hone.Trial](ctx, r, "Tell", n, number, q)
}

var _ hone.TokenService = (*Recorder)(nil)

// CreateToken is of hone.TokenService.
func (r *Recorder) CreateToken(ctx context.Context, q hone.TokenRequest) (hone.IssuedToken, error) {
	return reply[hone.IssuedToken](ctx, r, "CreateToken", q)
}

// Tokens is of hone.TokenService.
func (r *Recorder) Tokens(ctx context.Context) ([]hone.Token, error) {
	return reply[[]hone.Token](ctx, r, "Tokens")
}

// RevokeToken is of hone.TokenService.
func (r *Recorder) RevokeToken(ctx context.Context, id string) error {
	_, err := reply[any](ctx, r, "RevokeToken", id)
	return err
}

var _ hone.BackupService = (*Recorder)(nil)

// Backup is of hone.BackupService; the copy is a word.
func (r *Recorder) Backup(ctx context.Context, w io.Writer) error {
	if _, err := reply[any](ctx, r, "Backup"); err != nil {
		return err
	}
	_, err := io.WriteString(w, "backup")
	return err
}

package remote

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/suggest/internal/katib"
	pb "github.com/hone-tuner/hone/suggest/suggestionpb"
)

// checkTimeout bounds the wait of a user who submits an experiment.
const checkTimeout = 10 * time.Second

// algorithm asks a service for one experiment.
type algorithm struct {
	services *Services
	config   config
	about    hone.Experiment
	valid    bool // the service has accepted the settings
}

var (
	_ hone.Algorithm = (*algorithm)(nil)
	_ hone.Checker   = (*algorithm)(nil)
)

// Introduce tells of which experiment the next questions are. Without it the service gets a name that all such
// experiments share.
func (a *algorithm) Introduce(e hone.Experiment) { a.about = e }

// Suggest asks the service. What it answers lies within the ranges of the parameters, but may break a constraint
// or be no news. The whole takes no longer than the timeout of the settings. Errors: InvalidArgument when the
// service refuses the request; DeadlineExceeded when it does not answer in time, and Unavailable when it cannot be
// reached, fails, or answers what cannot be used: then asking again later makes sense.
func (a *algorithm) Suggest(ctx context.Context, r hone.Request) ([]hone.Suggestion, error) {
	if r.Count <= 0 {
		return nil, nil
	}
	l, err := a.services.link(a.config.address(a.about.Directory))
	if err != nil {
		return nil, err
	}
	within, cancel := context.WithTimeout(ctx, a.config.timeout)
	defer cancel()
	q := a.question(r.Space.Parameters(), r.Objective, r.Budget)
	if !a.valid {
		if err := validate(within, l, q); err != nil {
			return nil, a.failure(ctx, err)
		}
		a.valid = true
	}
	got, err := l.suggest(context.WithValue(within, seedKey{}, r.Seed), katib.Ask(q, r))
	if err != nil {
		return nil, a.failure(ctx, err)
	}
	return a.read(q, r, got.(answer))
}

// read takes a reply, or says why it cannot be used.
func (a *algorithm) read(q katib.Question, r hone.Request, got answer) ([]hone.Suggestion, error) {
	out, err := katib.Answer(q, r, got.message)
	if err != nil {
		return nil, hone.Errorf(hone.Unavailable, "the suggestion service at %s answers nonsense: %w", a.config.endpoint, unkind(err))
	}
	exhausted := flag(got.trailer, katib.ExhaustedTrailer)
	if len(out) < r.Count && !exhausted {
		return nil, hone.Errorf(hone.Unavailable, "the suggestion service at %s proposes %d points, and %d were asked for", a.config.endpoint, len(out), r.Count)
	}
	if len(out) > r.Count {
		a.services.options.Logger.Warn("a suggestion service proposes more than it was asked for", "endpoint", a.config.endpoint, "asked", r.Count, "got", len(out))
		out = out[:r.Count]
	}
	if notes := got.trailer.Get(katib.NoteTrailer); len(notes) > 0 && len(out) > 0 {
		out[0].Note = notes[0]
	}
	return out, nil
}

func flag(md metadata.MD, name string) bool {
	values := md.Get(name)
	return len(values) > 0 && values[0] == "true"
}

// Check asks the service whether it accepts the experiment, as its user submits it. An error of kind
// InvalidArgument says that it does not; any other, that it could not be asked.
func (a *algorithm) Check(ctx context.Context, e hone.Experiment) error {
	a.Introduce(e)
	l, err := a.services.link(a.config.address(e.Directory))
	if err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, min(a.config.timeout, checkTimeout))
	defer cancel()
	err = validate(within, l, a.question(e.Spec.Parameters, e.Spec.Objective, e.Spec.Budget.Trials))
	switch status.Code(err) {
	case codes.OK:
		return nil
	case codes.InvalidArgument, codes.Unknown, codes.FailedPrecondition, codes.OutOfRange:
		if _, fromService := status.FromError(err); fromService {
			return hone.FieldErrors{{Path: "spec.algorithm.settings", Message: "the suggestion service at " + a.config.endpoint + " refuses them: " + status.Convert(err).Message()}}
		}
	}
	return a.failure(ctx, err)
}

// validate has the service look at the settings. One that does not do that accepts them.
func validate(ctx context.Context, l *link, q katib.Question) error {
	_, err := l.validate(ctx, &pb.ValidateAlgorithmSettingsRequest{Experiment: q.Message()})
	if status.Code(err) == codes.Unimplemented {
		return nil
	}
	return err
}

// question is what the service is told of the experiment. Its name is one that no other experiment has.
func (a *algorithm) question(parameters []hone.Parameter, o hone.Objective, budget int) katib.Question {
	const short = 8 // of the UID
	q := katib.Question{Experiment: "experiment", Trials: "trial", Algorithm: a.config.algorithm, Settings: a.config.settings,
		Parameters: parameters, Objective: o, Parallelism: a.about.Spec.Parallelism, Budget: budget}
	if a.about.Name != "" {
		q.Experiment, q.Trials = a.about.Name, a.about.Name
	}
	if uid := a.about.UID; uid != "" {
		q.Experiment += "-" + uid[:min(len(uid), short)]
	}
	return q
}

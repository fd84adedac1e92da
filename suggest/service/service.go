package service

import (
	"context"
	"hash/fnv"
	"strconv"

	"github.com/hashicorp/go-hclog"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/suggest"
	"github.com/hone-tuner/hone/suggest/internal/katib"
	pb "github.com/hone-tuner/hone/suggest/suggestionpb"
)

// Entry is an algorithm that is served.
type Entry struct {
	Choice hone.Choice
	New    suggest.Factory
}

// Options are what a Service works with. Algorithms must be set.
type Options struct {
	// Algorithms are what is served, by name.
	Algorithms map[string]Entry
	// Always is the algorithm that is used whatever a request names; "" for the one that it names.
	Always string
	Logger hclog.Logger
}

// Service answers requests. It is safe for concurrent use.
type Service struct {
	options   Options
	suggester *suggest.Suggester
	memory    memory
}

// New makes a service. The error is of kind InvalidArgument: there is no algorithm Always.
func New(o Options) (*Service, error) {
	if o.Logger == nil {
		o.Logger = hclog.NewNullLogger()
	}
	factories := map[string]suggest.Factory{}
	for name, e := range o.Algorithms {
		factories[name] = e.New
	}
	s := &Service{options: o, suggester: suggest.New(factories, o.Logger)}
	s.memory.forget = s.suggester.Forget
	if o.Always != "" {
		if _, err := s.resolve(o.Always); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Answer is a reply with what travels beside it.
type Answer struct {
	Reply *pb.GetSuggestionsReply
	// Exhausted says that there are no more points than these.
	Exhausted bool
	// Note is something for the user to know; "" for nothing.
	Note string
}

// Suggest proposes points. The seed is the caller's, or nil; the setting random_state goes before it, and without
// both it follows from the name of the experiment. Errors: InvalidArgument when the request makes no sense,
// otherwise those of suggest.Suggester.
func (s *Service) Suggest(ctx context.Context, r *pb.GetSuggestionsRequest, seed *uint64) (Answer, error) {
	task, err := katib.Read(r)
	if err != nil {
		return Answer{}, err
	}
	algorithm, given, err := s.algorithm(task)
	if err != nil {
		return Answer{}, err
	}
	request := hone.Request{Objective: task.Objective, Settings: algorithm.Settings, Number: task.Number, Count: task.Count,
		Budget: task.Budget, Pending: task.Pending, Seed: nameSeed(task.Experiment)}
	if seed != nil {
		request.Seed = *seed
	}
	if given != nil {
		request.Seed = *given
	}
	uid := ""
	if uid, request.Space, request.History, err = s.memory.recall(task, algorithm); err != nil {
		return Answer{}, err
	}
	got, err := s.suggester.Suggest(ctx, uid, algorithm, request)
	if err != nil {
		return Answer{}, err
	}
	a := Answer{Reply: task.Reply(got), Exhausted: len(got) < task.Count}
	for _, g := range got {
		if g.Note != "" {
			a.Note = g.Note
			break
		}
	}
	return a, nil
}

// Validate says what is wrong with an experiment, or nil. The error is of kind InvalidArgument.
func (s *Service) Validate(_ context.Context, r *pb.ValidateAlgorithmSettingsRequest) error {
	task, err := katib.Experiment(r.GetExperiment())
	if err != nil {
		return err
	}
	if _, err := task.Space.Compile(nil); err != nil {
		return err
	}
	algorithm, _, err := s.algorithm(task)
	if err != nil {
		return err
	}
	_, err = s.options.Algorithms[algorithm.Name].New(algorithm.Settings)
	return err
}

// nameSeed is the seed of an experiment that says none.
func nameSeed(experiment string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(experiment))
	return h.Sum64()
}

// parseSeed reads a seed.
func parseSeed(text string) (*uint64, error) {
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return nil, hone.Errorf(hone.InvalidArgument, "%q is no seed: it must be a whole number that is not negative", text)
	}
	return &seed, nil
}

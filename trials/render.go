package trials

import (
	"cmp"
	"path/filepath"
	"slices"
	"strconv"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/template"
)

// Program is what one attempt of a trial runs.
type Program struct {
	// Args are the program and its arguments, exactly as the program receives them.
	Args []string
	// Dir is the working directory, an absolute path.
	Dir string
	// Env is what the experiment file and the trial set, as NAME=value, each name once: trial.env,
	// HONE_NAMESPACE, HONE_EXPERIMENT, HONE_TRIAL, HONE_ATTEMPT, HONE_PARAMETERS (a JSON object) and
	// HONE_PARAM_<NAME> for each active parameter. It goes over the environment of whoever submitted the experiment. What depends
	// on where the trial runs (HONE_TRIAL_DIR, HONE_URL, HONE_TOKEN) is added by the runner.
	Env []string
}

// Render makes the program of a trial. The error is of kind InvalidArgument and says which field is at
// fault; of an experiment that was validated, nothing but an empty program name is left to go wrong.
func Render(e hone.Experiment, t hone.Trial) (Program, error) {
	r, err := newRenderer(e, t)
	if err != nil {
		return Program{}, err
	}
	return r.program()
}

// Arguments are Program.Args alone, for where there is no working directory of this machine.
func Arguments(e hone.Experiment, t hone.Trial) ([]string, error) {
	r, err := newRenderer(e, t)
	if err != nil {
		return nil, err
	}
	return r.args()
}

// Environment is Program.Env alone, for trials whose program is not in the command.
func Environment(e hone.Experiment, t hone.Trial) ([]string, error) {
	r, err := newRenderer(e, t)
	if err != nil {
		return nil, err
	}
	return r.env()
}

func newRenderer(e hone.Experiment, t hone.Trial) (renderer, error) {
	if e.Spec.Trial == nil {
		return renderer{}, hone.Errorf(hone.InvalidArgument, "experiment %q has no trial to run: its trials are run by whoever asks for them", e.Name)
	}
	return renderer{experiment: e, trial: t, template: e.Spec.Trial, values: template.For(e, t)}, nil
}

type renderer struct {
	experiment hone.Experiment
	trial      hone.Trial
	template   *hone.TrialTemplate
	values     template.Values
}

func (r *renderer) program() (Program, error) {
	var p Program
	var err error
	if p.Args, err = r.args(); err != nil {
		return Program{}, err
	}
	if p.Dir, err = r.dir(); err != nil {
		return Program{}, err
	}
	p.Env, err = r.env()
	return p, err
}

func (r *renderer) args() ([]string, error) {
	args, err := r.values.List(r.template.Command)
	if err != nil {
		return nil, hone.Errorf(hone.InvalidArgument, "spec.trial.command: %w", err)
	}
	if len(args) == 0 || args[0] == "" {
		return nil, hone.Errorf(hone.InvalidArgument, "spec.trial.command: the name of the program is empty in trial %s", hone.TrialName(r.experiment.Name, r.trial.Number))
	}
	return args, nil
}

// dir is the working directory: the folder of the experiment file, unless workdir leads away from it.
func (r *renderer) dir() (string, error) {
	dir, err := r.values.String(r.template.Workdir)
	if err != nil {
		return "", hone.Errorf(hone.InvalidArgument, "spec.trial.workdir: %w", err)
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(r.experiment.Directory, dir)
	}
	if !filepath.IsAbs(dir) {
		return "", hone.Errorf(hone.InvalidArgument, "spec.trial.workdir: the experiment came without a folder that %q could start from; write an absolute path", r.template.Workdir)
	}
	return filepath.Clean(dir), nil
}

func (r *renderer) env() ([]string, error) {
	own, err := r.own()
	if err != nil {
		return nil, err
	}
	env := make([]string, 0, len(r.template.Env)+len(own))
	for name, value := range r.template.Env {
		if _, taken := own[name]; taken {
			continue // what Hone says of the trial is always true
		}
		text, err := r.values.String(value)
		if err != nil {
			return nil, hone.Errorf(hone.InvalidArgument, "spec.trial.env.%s: %w", name, err)
		}
		env = append(env, name+"="+text)
	}
	for name, value := range own {
		env = append(env, name+"="+value)
	}
	slices.Sort(env)
	return env, nil
}

// own are the variables that every trial has.
func (r *renderer) own() (map[string]string, error) {
	point, err := r.trial.Parameters.MarshalJSON()
	if err != nil {
		return nil, hone.Errorf(hone.Internal, "the parameters of trial %d cannot be written as JSON: %w", r.trial.Number, err)
	}
	own := make(map[string]string, 5+len(r.trial.Parameters))
	own["HONE_NAMESPACE"] = cmp.Or(r.experiment.Namespace, hone.DefaultNamespace)
	own["HONE_EXPERIMENT"] = r.experiment.Name
	own["HONE_TRIAL"] = hone.TrialName(r.experiment.Name, r.trial.Number)
	own["HONE_ATTEMPT"] = strconv.Itoa(r.trial.Attempt)
	own["HONE_PARAMETERS"] = string(point)
	for _, a := range r.trial.Parameters {
		own[hone.Parameter{Name: a.Parameter}.Variable()] = a.Value.String()
	}
	return own, nil
}

package spec

import (
	"strings"

	hone "github.com/hone-tuner/hone"
)

// What every experiment file begins with.
const (
	APIVersion = "hone.dev/v1beta1"
	Kind       = "Experiment"
)

// count is a whole number from 1, and tally one from 0.
func count(most int) shape { return shape{kind: wholeShape, positive: true, natural: true, most: most} }
func tally(most int) shape { return shape{kind: wholeShape, natural: true, most: most} }

// fileShape is the table of everything that can stand in an experiment file. The names are those of the
// JSON form of hone.Spec, which a test holds against this table.
func fileShape() shape {
	return object(
		field{name: "apiVersion", doc: "The version of this file format.", shape: oneOf(APIVersion), required: "write " + APIVersion},
		field{name: "kind", doc: "What the file describes.", shape: oneOf(Kind), required: "write " + Kind},
		field{name: "metadata", doc: "What the experiment is called.", shape: metadataShape(), required: "it holds the name of the experiment"},
		field{name: "spec", doc: "What to optimise, what may vary, and how a trial is run.", shape: specShape(), required: "it holds the objective and the parameters"},
	)
}

func metadataShape() shape {
	return object(
		field{name: "name", doc: "Lower case letters, digits and '-', beginning with a letter, at most 40 characters.", shape: of(nameShape), required: "give the experiment a name such as digits"},
		field{name: "namespace", doc: "The namespace that the experiment lives in.", shape: of(nameShape), standard: hone.DefaultNamespace},
		field{name: "labels", doc: "Names and values of your own choice.", shape: dictionaryOf(of(textShape))},
	)
}

func specShape() shape {
	return object(
		field{name: "objective", doc: "The metric to optimise.", shape: objectiveShape(), required: "it names the metric to optimise"},
		field{name: "objectives", instead: "objective", refused: "several objectives are not supported yet; write one of them under objective, and the other metrics under metrics.record"},
		field{name: "parameters", doc: "The parameters that may vary. A conditional one stands behind those that its condition names.", shape: listOf(parameterShape(), hone.MaxParameters), required: "list at least one parameter to vary"},
		field{name: "constraints", doc: "CEL expressions over the parameters that every suggestion satisfies, such as layers * batch <= 256. All numbers are doubles.", shape: listOf(of(textShape), hone.MaxConstraints)},
		field{name: "algorithm", doc: "The search algorithm.", shape: algorithmShape()},
		field{name: "initial", doc: "Points to try first, in this order. Parameters that are left out are drawn.", shape: listOf(dictionaryOf(of(valueShape)), hone.MaxInitial)},
		field{name: "parallelism", doc: "How many trials run at once at most. An experiment without trial has no limit unless it sets one.", shape: count(hone.MaxParallelism), standard: hone.DefaultParallelism},
		field{name: "budget", doc: "The limits of the experiment.", shape: budgetShape()},
		field{name: "stop", doc: "What ends the experiment early.", shape: object(
			field{name: "plateau", doc: "Ends the experiment when its best value no longer improves.", shape: plateauShape()},
		)},
		field{name: "earlyStopping", doc: "What ends single trials early.", shape: earlyStoppingShape()},
		field{name: "metrics", doc: "Where the readings of a trial come from.", shape: metricsShape()},
		field{name: "trial", doc: "How a trial is run. Without it, trials are run by whoever asks for them.", shape: trialShape()},
		field{name: "onLost", doc: "What becomes of a trial whose worker vanished.", shape: oneOf("retry", "fail"), standard: "retry"},
	)
}

func objectiveShape() shape {
	return object(
		field{name: "metric", doc: "The name of the metric, as the program prints it.", shape: of(textShape), required: "name the metric to optimise, such as accuracy"},
		field{name: "goal", doc: "The direction in which the metric gets better.", shape: oneOf(hone.Maximize, hone.Minimize), required: "maximize or minimize"},
		field{name: "target", doc: "The experiment succeeds when a trial reaches this value.", shape: of(numberShape)},
		field{name: "reduce", doc: "How the readings of a trial become one value.", shape: oneOf(hone.ReduceBest, hone.ReduceLast, hone.ReduceMin, hone.ReduceMax, hone.ReduceMean), standard: string(hone.ReduceBest)},
	)
}

func parameterShape() shape {
	s := object(
		field{name: "name", doc: "Letters, digits, '_', '-' and '.', beginning with a letter or '_'.", shape: of(textShape), required: "give the parameter a name such as lr"},
		field{name: "type", doc: "What values the parameter takes.", shape: typeShape(), required: "double, int, discrete or categorical"},
		field{name: "min", doc: "The smallest value of a double or int.", shape: of(numberShape)},
		field{name: "max", doc: "The largest value of a double or int.", shape: of(numberShape)},
		field{name: "step", doc: "The distance between the values of a double or int, counted from min.", shape: shape{kind: numberShape, positive: true}},
		field{name: "scale", doc: "How the range is searched: evenly, or evenly in the logarithm.", shape: oneOf(hone.LinearScale, hone.LogScale), standard: string(hone.LinearScale)},
		field{name: "values", doc: "What a discrete parameter (numbers in increasing order) or a categorical one (texts, numbers, booleans) chooses from.", shape: listOf(of(valueShape), hone.MaxValues)},
		field{name: "when", doc: "Makes the parameter conditional: it is active only while each of these earlier parameters is active and has one of these values.", shape: dictionaryOf(of(valuesShape))},
	)
	ranged := []string{string(hone.DoubleType), string(hone.IntType)}
	listed := []string{string(hone.DiscreteType), string(hone.CategoricalType)}
	s.cases = []variant{
		{field: "type", values: ranged, needs: []string{"min", "max"}, excludes: []string{"values"}, why: "is for discrete and categorical parameters; %s takes min and max"},
		{field: "type", values: listed, needs: []string{"values"}, excludes: []string{"min", "max", "step", "scale"}, why: "is for double and int parameters; %s takes values"},
	}
	s.together = [][]string{{"type", "min", "max", "step", "scale", "values"}}
	return s
}

func typeShape() shape {
	s := oneOf(hone.DoubleType, hone.IntType, hone.DiscreteType, hone.CategoricalType)
	s.others = map[string]string{}
	for kind, words := range map[hone.ParameterType]string{
		hone.DoubleType:      "float float32 float64 real number numeric decimal continuous uniform loguniform",
		hone.IntType:         "integer int32 int64 long randint",
		hone.DiscreteType:    "ordinal",
		hone.CategoricalType: "category choice choices enum bool boolean string str text list",
	} {
		for _, word := range strings.Fields(words) {
			s.others[word] = string(kind)
		}
	}
	return s
}

func algorithmShape() shape {
	s := object(
		field{name: "name", doc: "`hone algorithms` lists the names and their settings.", shape: of(textShape), standard: hone.DefaultAlgorithm},
		field{name: "seed", doc: "The same seed gives the same suggestions. Drawn when it is left out.", shape: tally(1 << 53)},
		field{name: "settings", doc: "Settings of the algorithm.", shape: dictionaryOf(of(valueShape))},
	)
	s.together = [][]string{{"name", "settings"}}
	return s
}

func budgetShape() shape {
	return object(
		field{name: "trials", doc: "How many trials are created at most, whatever their end. 100 when there is no duration either.", shape: count(hone.MaxTrials)},
		field{name: "failures", doc: "More failed trials than this fail the experiment.", shape: tally(hone.MaxTrials), standard: hone.DefaultFailures},
		field{name: "duration", doc: "How long the experiment runs at most, such as 2h.", shape: shape{kind: durationShape, positive: true}},
	)
}

func plateauShape() shape {
	return object(
		field{name: "trials", doc: "Over how many finished trials the best value must improve.", shape: count(hone.MaxTrials), required: "say over how many finished trials the best value must improve"},
		field{name: "minImprovement", doc: `By how much: absolute, or a percentage such as "0.1%".`, shape: of(improvementShape), standard: 0},
	)
}

func earlyStoppingShape() shape {
	s := object(
		field{name: "name", doc: "none, plateau, median or threshold.", shape: of(textShape), standard: "none"},
		field{name: "settings", doc: "Settings of the rule.", shape: dictionaryOf(of(valueShape))},
	)
	s.together = [][]string{{"name", "settings"}}
	return s
}

func metricsShape() shape {
	s := object(
		field{name: "source", doc: "Where the metrics come from: what the program prints, a file that it writes, TensorBoard's event files, an endpoint that is scraped, or the program itself, which sends them.", shape: oneOf(hone.SourceStdout, hone.SourceFile, hone.SourcePush, hone.SourceTensorBoard, hone.SourcePrometheus), standard: hone.SourceStdout},
		field{name: "format", doc: "Of stdout and file. text: name=value or name: value; json: one object per line.", shape: oneOf(hone.FormatText, hone.FormatJSON), standard: hone.FormatText},
		field{name: "path", doc: "The file (source file) or the folder of event files (tensorboard), relative to the trial's directory; the address to scrape (prometheus).", shape: of(textShape)},
		field{name: "pattern", doc: "Of stdout and file, for other text: an RE2 expression with groups name, value and, if wanted, step.", shape: of(textShape)},
		field{name: "interval", doc: "The time between two scrapes, for source prometheus.", shape: shape{kind: durationShape, positive: true}, standard: hone.Duration(hone.DefaultScrape).String()},
		field{name: "record", doc: "Further metrics to keep.", shape: listOf(of(textShape), 0)},
	)
	s.together = [][]string{{"source", "format", "path", "pattern"}}
	return s
}

func trialShape() shape {
	s := object(
		field{name: "command", doc: "The program and its arguments. Placeholders: ${parameters.NAME}, ${trial.name}, ${trial.number}, ${experiment.name}, ${experiment.namespace}.", shape: listOf(of(textShape), 0)},
		field{name: "workdir", doc: "The folder that the program runs in, relative to the experiment file.", shape: of(textShape), standard: "."},
		field{name: "env", doc: "Variables of the environment.", shape: dictionaryOf(of(textShape))},
		field{name: "timeout", doc: "How long a trial may run, such as 30m.", shape: shape{kind: durationShape, positive: true}},
		field{name: "grace", doc: "The time between SIGTERM and SIGKILL when a trial is stopped.", shape: of(durationShape), standard: hone.Duration(hone.DefaultGrace).String()},
		field{name: "retries", doc: "How often a trial is started again after a failure that is not the program's own.", shape: tally(hone.MaxRetries), standard: hone.DefaultRetries},
		field{name: "gpus", doc: "How many devices each trial gets; with image, of the resource nvidia.com/gpu.", shape: tally(1024), standard: 0},
		field{name: "cpu", doc: "CPUs that a trial asks for, such as 2 or 500m, with image.", shape: of(quantityShape)},
		field{name: "memory", doc: "Memory that a trial asks for and may have, such as 4Gi, with image.", shape: of(quantityShape)},
		field{name: "image", doc: "On Kubernetes: the image that the command runs in, as a Job.", shape: of(textShape)},
		field{name: "manifest", doc: "On Kubernetes: the object that runs a trial, such as a PyTorchJob. Placeholders work in its texts; one that stands alone keeps the type of its parameter.", shape: of(documentShape)},
		field{name: "primaryContainer", doc: "On Kubernetes: the container that the metrics come from, when there are several.", shape: of(textShape)},
		field{name: "success", doc: "On Kubernetes: a CEL expression over the object that tells that the trial succeeded. Known kinds have one.", shape: of(textShape)},
		field{name: "failure", doc: "On Kubernetes: a CEL expression over the object that tells that the trial failed. Known kinds have one.", shape: of(textShape)},
		field{name: "retain", doc: "On Kubernetes: keep the objects of finished trials.", shape: of(truthShape), standard: false},
	)
	s.together = [][]string{{"command", "image", "manifest"}}
	return s
}

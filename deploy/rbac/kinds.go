package main

// Groups of the API.
const (
	batch    = "batch"
	kubeflow = "kubeflow.org"
	jobset   = "jobset.x-k8s.io"
	trainer  = "trainer.kubeflow.org"
)

// builtin are the kinds of trials that Hone knows.
func builtin() []resource {
	return []resource{
		{batch, "jobs"},
		{kubeflow, "jaxjobs"}, {kubeflow, "mpijobs"}, {kubeflow, "paddlejobs"},
		{kubeflow, "pytorchjobs"}, {kubeflow, "tfjobs"}, {kubeflow, "xgboostjobs"},
		{jobset, "jobsets"},
		{trainer, "trainjobs"},
	}
}

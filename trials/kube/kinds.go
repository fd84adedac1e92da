package kube

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Kind is a kind of object that Hone knows how to run a trial as.
type Kind struct{ Group, Version, Kind, Resource string }

func (k Kind) gvk() schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: k.Group, Version: k.Version, Kind: k.Kind}
}

// Kinds lists them. What runs a trial of another kind says itself when it has succeeded.
func Kinds() []Kind {
	known := knownKinds()
	kinds := make([]Kind, len(known))
	for i, k := range known {
		kinds[i] = k.Kind
	}
	return kinds
}

// Groups of the API that trials are made of.
const (
	groupBatch    = "batch"
	groupKubeflow = "kubeflow.org"
	groupJobSet   = "jobset.x-k8s.io"
	groupTrainer  = "trainer.kubeflow.org"
)

// shape is how an object holds its pod templates.
type shape int

const (
	shapeUnknown  shape = iota
	shapeJob            // one, at spec.template
	shapeReplicas       // a map from replica type to template, the jobs of the training operator
	shapeJobSet         // a list of jobs
	shapeTrainJob       // none: they are in its runtime
)

// kind is what Hone knows of a kind.
type kind struct {
	Kind
	shape shape
	// replicas is the field of the map of replicas; first are the types of which one is the primary, the first that
	// there is.
	replicas string
	first    []string
	// container is the name that the kind gives its main container.
	container string
	// succeeded and failed are the types of the conditions that end it.
	succeeded, failed string
	// suspend is where in the object it is suspended.
	suspend []string
}

const (
	condSucceeded = "Succeeded"
	condFailed    = "Failed"
	condComplete  = "Complete"
	condCompleted = "Completed"
	condSuspended = "Suspended"
)

func knownKinds() []kind {
	job := kind{Kind: Kind{groupBatch, "v1", "Job", "jobs"}, shape: shapeJob, container: "trial",
		succeeded: condComplete, failed: condFailed, suspend: []string{"spec", "suspend"}}
	jobSet := kind{Kind: Kind{groupJobSet, "v1alpha2", "JobSet", "jobsets"}, shape: shapeJobSet,
		succeeded: condCompleted, failed: condFailed, suspend: job.suspend}
	trainJob := kind{Kind: Kind{groupTrainer, "v1alpha1", "TrainJob", "trainjobs"}, shape: shapeTrainJob, container: "node",
		succeeded: condComplete, failed: condFailed, suspend: job.suspend}
	return []kind{
		job,
		operatorKind("PyTorchJob", "pytorchjobs", "pytorchReplicaSpecs", "pytorch", "Master", "Worker"),
		operatorKind("TFJob", "tfjobs", "tfReplicaSpecs", "tensorflow", "Chief", "Master", "Worker"),
		operatorKind("MPIJob", "mpijobs", "mpiReplicaSpecs", "mpi", "Launcher"),
		operatorKind("XGBoostJob", "xgboostjobs", "xgbReplicaSpecs", "xgboost", "Master", "Worker"),
		operatorKind("PaddleJob", "paddlejobs", "paddleReplicaSpecs", "paddle", "Master", "Worker"),
		operatorKind("JAXJob", "jaxjobs", "jaxReplicaSpecs", "jax", "Worker"),
		trainJob,
		jobSet,
	}
}

// operatorKind is a job of the training operator. The labels by which the operator marks the primary pod are not
// used: a job that has workers only gets none from some versions. The first of the replica types that a job has is the
// one, and of its pods the one with index 0.
func operatorKind(name, resource, replicas, container string, first ...string) kind {
	return kind{Kind: Kind{groupKubeflow, "v1", name, resource}, shape: shapeReplicas, replicas: replicas, first: first,
		container: container, succeeded: condSucceeded, failed: condFailed, suspend: []string{"spec", "runPolicy", "suspend"}}
}

// kindOf finds what is known of a kind. Versions do not matter: what a newer one changes in the fields that are looked
// at, the API server says. ok is false for a kind that Hone does not know.
func kindOf(gvk schema.GroupVersionKind) (k kind, ok bool) {
	for _, k := range knownKinds() {
		if k.Group == gvk.Group && k.Kind.Kind == gvk.Kind {
			return k, true
		}
	}
	return kind{Kind: Kind{Group: gvk.Group, Version: gvk.Version, Kind: gvk.Kind}}, false
}

// suspend makes a JSON merge patch that suspends an object of a known kind; ok is false where the kind cannot be
// suspended.
func suspend(obj *unstructured.Unstructured) (patch []byte, ok bool) {
	k, known := kindOf(obj.GroupVersionKind())
	switch {
	case !known:
		return nil, false
	case k.shape == shapeReplicas:
		return []byte(`{"spec":{"runPolicy":{"suspend":true}}}`), true
	}
	return []byte(`{"spec":{"suspend":true}}`), true
}

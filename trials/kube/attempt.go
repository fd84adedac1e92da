package kube

import (
	"slices"
	"strconv"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hone-tuner/hone"
)

// attempt is one attempt of a trial: its object in the cluster and the pods of that.
type attempt struct {
	r          *Runner
	id         hone.AttemptID
	launch     hone.Launch
	mapping    *mapping
	conditions conditions
	name       string
	// runtime is set when a runtime was derived for it, which goes with it.
	runtime *mapping

	wake   chan struct{} // something changed
	done   chan struct{} // closed when exit is set
	exit   hone.Exit
	mu     sync.Mutex
	object *unstructured.Unstructured // as it was last seen; nil when it is gone
	uid    types.UID                  // of the object
	gone   types.UID                  // of the object that was last seen to be gone
	pods   map[types.UID]*corev1.Pod  // also those that are gone, as they were last seen
	lost   map[types.UID]bool         // pods that are gone
	detail string
	// doubt is the trouble that pods were last seen to have, since when they were.
	doubt doubt
	// stopping is set when the attempt was asked to end, and grace is the time for that.
	stopping bool
	grace    time.Duration
}

func newAttempt(r *Runner, l hone.Launch) *attempt {
	return &attempt{r: r, id: l.ID(), launch: l, name: objectName(trialOf(l)), wake: make(chan struct{}, 1), done: make(chan struct{}),
		pods: map[types.UID]*corev1.Pod{}, lost: map[types.UID]bool{}}
}

func (a *attempt) namespace() string { return namespaceOf(a.launch.Experiment) }

func (a *attempt) nudge() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// maxGone is how many pods that are gone are remembered: the newest say why.
const maxGone = 4

// see takes in the object or a pod as it is now.
func (a *attempt) see(obj any) {
	a.mu.Lock()
	switch o := obj.(type) {
	case *corev1.Pod:
		if known := a.pods[o.UID]; known == nil || !older(o, known) {
			a.pods[o.UID] = o
		}
	case *unstructured.Unstructured:
		if a.uid == "" {
			a.uid = o.GetUID()
		}
		if a.uid == o.GetUID() && a.gone != a.uid && (a.object == nil || !older(o, a.object)) {
			a.object = o
		}
	}
	a.mu.Unlock()
	a.nudge()
}

// older reports whether what was read of something is from before what is known of it: an answer may come later than what
// the watch tells of the time after it.
func older(read, known metav1.Object) bool {
	was, err := strconv.ParseUint(read.GetResourceVersion(), 10, 64)
	is, failure := strconv.ParseUint(known.GetResourceVersion(), 10, 64)
	return err == nil && failure == nil && was < is
}

// lose takes in that the object or a pod is no longer there.
func (a *attempt) lose(obj any) {
	a.mu.Lock()
	switch o := obj.(type) {
	case *corev1.Pod:
		a.pods[o.UID], a.lost[o.UID] = o, true
		a.forgetOldest()
	case *unstructured.Unstructured:
		a.gone = o.GetUID()
		if a.gone == a.uid {
			a.object = nil
		}
	}
	a.mu.Unlock()
	a.nudge()
}

func (a *attempt) forgetOldest() {
	if len(a.lost) <= maxGone {
		return
	}
	var gone []*corev1.Pod
	for uid := range a.lost {
		gone = append(gone, a.pods[uid])
	}
	slices.SortFunc(gone, func(x, y *corev1.Pod) int { return x.CreationTimestamp.Compare(y.CreationTimestamp.Time) })
	delete(a.pods, gone[0].UID)
	delete(a.lost, gone[0].UID)
}

// stop asks the attempt to end.
func (a *attempt) stop(grace time.Duration) {
	a.mu.Lock()
	a.stopping, a.grace = true, grace
	a.mu.Unlock()
	a.nudge()
}

// sight is what there is of an attempt at one moment.
type sight struct {
	reading
	object   *unstructured.Unstructured
	alive    int // pods that are there and have not ended
	untold   int // of these, the ones that were not asked to end
	pods     int // pods that were ever seen
	stopping bool
	grace    time.Duration
}

// look reads what there is.
func (a *attempt) look() sight {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := make([]*corev1.Pod, 0, len(a.pods))
	alive, untold := 0, 0
	for uid, p := range a.pods {
		all = append(all, p)
		if a.lost[uid] || p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed {
			continue
		}
		alive++
		if p.DeletionTimestamp == nil {
			untold++
		}
	}
	slices.SortFunc(all, func(x, y *corev1.Pod) int { return x.CreationTimestamp.Compare(y.CreationTimestamp.Time) })
	s := sight{object: a.object, alive: alive, untold: untold, pods: len(a.pods), stopping: a.stopping, grace: a.grace}
	s.reading = read(a.object, all, a.launch.Experiment.Spec.Trial.PrimaryContainer, a.conditions.success, a.conditions.failure)
	s.trouble = a.doubt.of(s.trouble, a.r.Clock)
	a.detail = s.detail
	return s
}

// finish makes an end known to all who wait for it.
func (a *attempt) finish(exit hone.Exit) {
	a.mu.Lock()
	defer a.mu.Unlock()
	select {
	case <-a.done:
		return
	default:
	}
	a.detail, a.exit = "", exit
	close(a.done)
}

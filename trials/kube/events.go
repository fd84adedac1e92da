package kube

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

// complaints are the events by which controllers tell that they could not make a pod, by namespace. They are fetched
// only while an attempt waits for its pods, and for all that wait together.
type complaints struct {
	mu sync.Mutex
	of map[string]*complaint
}

// complaint is what was last heard of a namespace.
type complaint struct {
	mu       sync.Mutex // held while it is asked
	at       time.Time
	messages map[about]said
}

// about is the object that has no pods: there may have been others of its name.
type about struct {
	name string
	uid  types.UID
}

// said is what was last said of an object.
type said struct {
	message string
	at      time.Time
}

// inquireEvery is how often the events of a namespace are asked for at most.
const inquireEvery = 5 * time.Second

// why tells why an object, or one that it has made, gets no pods; "" when nothing is known.
// Events outlive what they are about: those of an earlier object of the same name are left aside.
func (r *Runner) why(ctx context.Context, obj *unstructured.Unstructured) (string, error) {
	namespace, name := obj.GetNamespace(), obj.GetName()
	r.complaints.mu.Lock()
	c := r.complaints.of[namespace]
	if c == nil {
		c = &complaint{}
		r.complaints.of[namespace] = c
	}
	r.complaints.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := r.Clock(); now.Sub(c.at) >= inquireEvery {
		messages, err := r.cluster.failedCreates(ctx, namespace)
		if err != nil {
			return "", err
		}
		c.at, c.messages = now, messages
	}
	if of, ok := c.messages[about{name, obj.GetUID()}]; ok {
		return of.message, nil
	}
	for object, of := range c.messages {
		if madeBy(name, object.name) && !of.at.Before(obj.GetCreationTimestamp().Time) {
			return of.message, nil
		}
	}
	return "", nil
}

// madeBy reports whether an object has the name of one that another has made, such as the job digits-0001-node-0 of
// the job set digits-0001, and is not another attempt's.
func madeBy(name, object string) bool {
	rest, ok := strings.CutPrefix(object, name+"-")
	if !ok {
		return false
	}
	attempt, numbered := strings.CutPrefix(rest, "r")
	attempt, _, _ = strings.Cut(attempt, "-")
	_, err := strconv.Atoi(attempt)
	return !numbered || err != nil
}

// failedCreates asks for the events that say so: those of jobs and of the training operator.
func (c *cluster) failedCreates(ctx context.Context, namespace string) (map[about]said, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	const most = 1000
	messages := map[about]said{}
	for _, reason := range []string{"FailedCreate", "FailedCreatePod"} {
		list := &corev1.EventList{}
		err := c.core.Get().Namespace(namespace).Resource("events").
			VersionedParams(&metav1.ListOptions{FieldSelector: "reason=" + reason, Limit: most}, c.codec).Do(ctx).Into(list)
		if err != nil {
			return nil, err
		}
		for _, e := range list.Items {
			at := firstTime(e.LastTimestamp.Time, e.EventTime.Time, e.CreationTimestamp.Time)
			if e.Series != nil && e.Series.LastObservedTime.After(at) {
				at = e.Series.LastObservedTime.Time
			}
			object := about{e.InvolvedObject.Name, e.InvolvedObject.UID}
			if !messages[object].at.After(at) {
				messages[object] = said{strings.TrimPrefix(e.Message, "Error creating: "), at}
			}
		}
	}
	return messages, nil
}

// inquire looks why no pods come, and returns when to look again.
func (t *tending) inquire(ctx context.Context, s sight, now time.Time) time.Duration {
	const patience = 2 * time.Second
	if waited := now.Sub(t.began); waited < patience {
		return patience - waited
	}
	message, err := t.a.r.why(ctx, s.object)
	switch {
	case err != nil:
		t.a.r.Logger.Debug("events could not be read", "trial", t.a.name, "error", err)
	case message == "":
	case hopeless(message):
		t.refused = "the cluster does not let its pods be made: " + message
		return time.Millisecond
	default:
		t.a.say("the cluster does not make its pods: " + message)
	}
	return inquireEvery
}

// hopeless reports whether the reason why a pod was not made will not go away by itself. A quota that is used up
// does.
func hopeless(message string) bool {
	return strings.Contains(message, "forbidden") && !strings.Contains(message, "exceeded quota")
}

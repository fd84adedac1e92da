package lease

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

// record is what a Lease object says.
type record struct {
	object   *unstructured.Unstructured
	version  string // changes with every write
	holder   string // "" for nobody
	duration time.Duration
	token    int64 // how often it went from one holder to the next
}

// takenError says that somebody else has the lease.
type takenError struct{ holder string }

func (e *takenError) Error() string {
	if e.holder == "" {
		return "somebody took it away"
	}
	return fmt.Sprintf("%s has taken it over", e.holder)
}

var errTooMany = errors.New("its number of transitions is the greatest that there can be: delete it")

func (l *Lease) leases() dynamic.ResourceInterface {
	return l.Client.Resource(schema.GroupVersionResource{Group: "coordination.k8s.io", Version: "v1", Resource: "leases"}).Namespace(l.Namespace)
}

func (l *Lease) get(ctx context.Context) (record, error) {
	object, err := l.leases().Get(ctx, l.Name, metav1.GetOptions{})
	if err != nil {
		return record{}, err
	}
	return read(object), nil
}

// read takes what counts out of an object. Fields that are missing, or of another type, are as good as 0.
func read(object *unstructured.Unstructured) record {
	r := record{object: object, version: object.GetResourceVersion()}
	r.holder, _, _ = unstructured.NestedString(object.Object, "spec", "holderIdentity")
	r.token, _, _ = unstructured.NestedInt64(object.Object, "spec", "leaseTransitions")
	seconds, _, _ := unstructured.NestedInt64(object.Object, "spec", "leaseDurationSeconds")
	r.duration = time.Duration(seconds) * time.Second
	return r
}

// create makes the Lease object.
func (l *Lease) create(ctx context.Context, token int64) error {
	object := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
		"metadata": map[string]any{"namespace": l.Namespace, "name": l.Name},
	}}
	if err := l.fill(object, token); err != nil {
		return err
	}
	object, err := l.leases().Create(ctx, object, metav1.CreateOptions{})
	if err == nil {
		l.last = read(object)
	}
	return err
}

// write makes the lease ours, with a token, if it is still as it was seen.
func (l *Lease) write(ctx context.Context, seen record, token int64) error {
	object := seen.object.DeepCopy()
	if err := l.fill(object, token); err != nil {
		return err
	}
	object, err := l.leases().Update(ctx, object, metav1.UpdateOptions{})
	if err == nil {
		l.last = read(object)
	}
	return err
}

// fill says in an object that this process holds the lease from now on, or still.
func (l *Lease) fill(object *unstructured.Unstructured, token int64) error {
	if token > math.MaxInt32 {
		return errTooMany
	}
	now := time.Now().UTC().Format(metav1.RFC3339Micro)
	acquired, _, _ := unstructured.NestedString(object.Object, "spec", "acquireTime")
	if before := read(object); acquired == "" || before.holder != l.Identity || before.token != token {
		acquired = now
	}
	object.Object["spec"] = map[string]any{
		"holderIdentity": l.Identity, "leaseDurationSeconds": int64(l.Duration / time.Second), "leaseTransitions": token,
		"acquireTime": acquired, "renewTime": now,
	}
	return nil
}

// renew says that this process still has the lease. An error that is a takenError says that it has it no longer.
func (l *Lease) renew(ctx context.Context, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.rewrite(ctx, l.last.token)
	if apierrors.IsNotFound(err) { // it was deleted; the token must not begin anew
		if err = l.create(ctx, l.last.token); apierrors.IsAlreadyExists(err) {
			return &takenError{}
		}
	}
	return err
}

// rewrite writes the lease that this process has, with a token. It may be that something else about the object was changed, or
// that an answer was lost: then it is looked at again.
func (l *Lease) rewrite(ctx context.Context, token int64) error {
	err := l.write(ctx, l.last, token)
	if !apierrors.IsConflict(err) {
		return err
	}
	now, err := l.get(ctx)
	switch {
	case err != nil:
		return err
	case now.holder != l.Identity || now.token != l.last.token:
		return &takenError{now.holder}
	}
	return l.write(ctx, now, token)
}

// giveUp says that nobody has the lease.
func (l *Lease) giveUp(ctx context.Context) error {
	object := l.last.object.DeepCopy()
	_ = unstructured.SetNestedField(object.Object, "", "spec", "holderIdentity")
	_ = unstructured.SetNestedField(object.Object, int64(1), "spec", "leaseDurationSeconds")
	_, err := l.leases().Update(ctx, object, metav1.UpdateOptions{})
	return err
}

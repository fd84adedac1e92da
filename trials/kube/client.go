package kube

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/hone-tuner/hone"
)

// requestTime bounds every request but those that stream.
const requestTime = 30 * time.Second

// cluster is the API server, as far as trials need it. Foreign kinds go through the dynamic client, as JSON; pods,
// of which there are many, come typed, as protobuf.
type cluster struct {
	dynamic dynamic.Interface
	core    rest.Interface
	codec   runtime.ParameterCodec

	mu    sync.Mutex
	kinds map[schema.GroupVersionKind]*mapping // that were found
}

// mapping is where the objects of a kind are served.
type mapping struct {
	schema.GroupVersionKind
	Resource schema.GroupVersionResource
}

func connect(config *rest.Config) (*cluster, error) {
	shared, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, hone.Errorf(hone.InvalidArgument, "the cluster's address or credentials cannot be used: %w", err)
	}
	c := &cluster{kinds: map[schema.GroupVersionKind]*mapping{}}
	if c.dynamic, err = dynamic.NewForConfigAndClient(config, shared); err != nil {
		return nil, err
	}
	return c, c.connectCore(config, shared)
}

// connectCore makes the client for pods. Its scheme knows the core group only: the one of client-go knows every
// group, which would double the program.
func (c *cluster) connectCore(config *rest.Config, shared *http.Client) (err error) {
	scheme := runtime.NewScheme()
	if err := corev1.AddToScheme(scheme); err != nil {
		return err
	}
	metav1.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"})
	c.codec = runtime.NewParameterCodec(scheme)
	core := rest.CopyConfig(config)
	core.APIPath, core.GroupVersion = "/api", &corev1.SchemeGroupVersion
	core.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	core.ContentType, core.AcceptContentTypes = runtime.ContentTypeProtobuf, runtime.ContentTypeProtobuf+","+runtime.ContentTypeJSON
	c.core, err = rest.RESTClientForConfigAndClient(core, shared)
	return err
}

// resource finds where objects of a kind are served. An error of kind NotFound means that the cluster has no such
// kind. client-go's discovery would do this, and brings every group of the API with it.
func (c *cluster) resource(ctx context.Context, gvk schema.GroupVersionKind) (*mapping, error) {
	c.mu.Lock()
	m := c.kinds[gvk]
	c.mu.Unlock()
	if m != nil {
		return m, nil
	}
	list, err := c.resources(ctx, gvk.GroupVersion())
	if err != nil {
		return nil, err
	}
	for _, r := range list {
		switch {
		case r.Kind != gvk.Kind || strings.Contains(r.Name, "/"):
		case !r.Namespaced:
			return nil, hone.Errorf(hone.InvalidArgument, "%s is not a kind of a namespace: a trial needs one that is", gvk.Kind)
		default:
			m = &mapping{gvk, gvk.GroupVersion().WithResource(r.Name)}
			c.mu.Lock()
			c.kinds[gvk] = m
			c.mu.Unlock()
			return m, nil
		}
	}
	return nil, hone.Errorf(hone.NotFound, "the cluster has no kind %s in %s: %s", gvk.Kind, gvk.GroupVersion(), whoBringsIt(gvk.Group))
}

// resources lists what is served of a group and version; nothing where it is not there.
func (c *cluster) resources(ctx context.Context, gv schema.GroupVersion) ([]metav1.APIResource, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	path := "/apis/" + gv.String()
	if gv.Group == "" {
		path = "/api/" + gv.Version
	}
	data, err := c.core.Get().AbsPath(path).SetHeader("Accept", runtime.ContentTypeJSON).DoRaw(ctx)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, hone.Errorf(hone.Unavailable, "the cluster does not tell its kinds: %w", err)
	}
	var list metav1.APIResourceList
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, hone.Errorf(hone.Unavailable, "the cluster's list of kinds cannot be read: %w", err)
	}
	return list.APIResources, nil
}

// whoBringsIt says what has to be installed for a group.
func whoBringsIt(group string) string {
	switch group {
	case "kubeflow.org":
		return "install the Kubeflow training operator"
	case "trainer.kubeflow.org":
		return "install Kubeflow Trainer"
	case "jobset.x-k8s.io":
		return "install JobSet"
	}
	return "look at apiVersion and kind, and whether what brings that kind is installed"
}

// objects is the client of a kind in a namespace.
func (c *cluster) objects(r schema.GroupVersionResource, namespace string) dynamic.ResourceInterface {
	return c.dynamic.Resource(r).Namespace(namespace)
}

// pod fetches one pod; nil when it is not there.
func (c *cluster) pod(ctx context.Context, namespace, name string) (*corev1.Pod, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	pod := &corev1.Pod{}
	err := c.core.Get().Namespace(namespace).Resource("pods").Name(name).Do(ctx).Into(pod)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	return pod, err
}

// deletePods asks the kubelets to end pods: SIGTERM now, SIGKILL after the grace time.
func (c *cluster) deletePods(ctx context.Context, namespace, selector string, grace time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	seconds := max(int64((grace+time.Second-1)/time.Second), 1) // 0 would forget the pod while its program may live
	return c.core.Delete().Namespace(namespace).Resource("pods").
		VersionedParams(&metav1.ListOptions{LabelSelector: selector}, c.codec).
		Body(&metav1.DeleteOptions{GracePeriodSeconds: &seconds}).Do(ctx).Error()
}

// anyPod reports whether there is a pod that a selector chooses.
func (c *cluster) anyPod(ctx context.Context, namespace, selector string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	list := &corev1.PodList{}
	err := c.core.Get().Namespace(namespace).Resource("pods").
		VersionedParams(&metav1.ListOptions{LabelSelector: selector, Limit: 1}, c.codec).Do(ctx).Into(list)
	return len(list.Items) > 0, err
}

// create makes an object; with dry it only asks whether it could be made.
func (c *cluster) create(ctx context.Context, m *mapping, obj *unstructured.Unstructured, dry bool) (*unstructured.Unstructured, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	o := metav1.CreateOptions{FieldManager: manager, FieldValidation: metav1.FieldValidationStrict}
	if dry {
		o.DryRun = []string{metav1.DryRunAll}
	}
	return c.objects(m.Resource, obj.GetNamespace()).Create(ctx, obj, o)
}

// get fetches an object; nil when it is not there.
func (c *cluster) get(ctx context.Context, r schema.GroupVersionResource, namespace, name string) (*unstructured.Unstructured, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	client := dynamic.ResourceInterface(c.dynamic.Resource(r))
	if namespace != "" {
		client = c.objects(r, namespace)
	}
	obj, err := client.Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	return obj, err
}

// remove deletes an object and, in the background, what belongs to it. One that is gone, or is another by now, is
// no error.
func (c *cluster) remove(ctx context.Context, r schema.GroupVersionResource, namespace, name, uid string) error {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	background := metav1.DeletePropagationBackground
	o := metav1.DeleteOptions{PropagationPolicy: &background}
	if uid != "" {
		o.Preconditions = metav1.NewUIDPreconditions(uid)
	}
	err := c.objects(r, namespace).Delete(ctx, name, o)
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	return err
}

// final reports whether an error says no for good, so that asking again would not help. Everything else costs
// time only: a server that is away, busy, or in the middle of an election.
func final(err error) bool {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return false
	}
	switch {
	case apierrors.IsForbidden(err):
		return !overQuota(err)
	case apierrors.IsInvalid(err), apierrors.IsBadRequest(err), apierrors.IsNotFound(err), apierrors.IsMethodNotSupported(err),
		apierrors.IsRequestEntityTooLargeError(err), apierrors.IsNotAcceptable(err), apierrors.IsUnsupportedMediaType(err):
		return !inWebhook(err)
	}
	return false
}

// overQuota reports whether there is only no room yet.
func overQuota(err error) bool { return strings.Contains(err.Error(), "exceeded quota") }

// inWebhook reports whether a webhook could not be asked, rather than said no.
func inWebhook(err error) bool { return strings.Contains(err.Error(), "failed calling webhook") }

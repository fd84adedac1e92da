package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"path/filepath"
	"time"

	"github.com/hashicorp/go-hclog"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/trials/kube"
)

// Where trials run.
const (
	runnerLocal      = "local"
	runnerKubernetes = "kubernetes"
)

// clusterConfig is what `hone serve` can be told about the cluster that trials run in.
type clusterConfig struct {
	kubeconfig           string
	namespaces           []string
	collectorImage       string
	pullPolicy           string
	url                  string
	requestRate          int
	imageAfter, podAfter time.Duration
}

func defaultClusterConfig() clusterConfig {
	return clusterConfig{pullPolicy: "IfNotPresent", requestRate: 100, imageAfter: 20 * time.Second, podAfter: 30 * time.Minute}
}

func (c *clusterConfig) settings() []setting {
	return []setting{
		{flag: "kubeconfig", value: (*textValue)(&c.kubeconfig), usage: "file that says where the cluster is; without it KUBECONFIG, the account of the pod, or ~/.kube/config", path: true},
		{flag: "watch-namespaces", value: &listValue{items: &c.namespaces}, usage: "namespaces in which trials may run; none given means all"},
		{flag: "collector-image", value: (*textValue)(&c.collectorImage), usage: "image of the collector, which brings the metrics of a pod home"},
		{flag: "collector-pull-policy", value: formatValue{value: &c.pullPolicy, allowed: []string{"IfNotPresent", "Always", "Never"}}, usage: "when it is pulled: IfNotPresent, Always or Never"},
		{flag: "url", value: (*textValue)(&c.url), usage: "where pods reach this service, such as http://hone.hone-system.svc:7070"},
		{flag: "cluster-request-rate", value: (*countValue)(&c.requestRate), usage: "how many requests a second are sent to the cluster's API server, for a while twice as many"},
		{flag: "image-pull-limit", value: (*timeValue)(&c.imageAfter), usage: "a trial fails whose image could not be pulled for so long"},
		{flag: "unschedulable-limit", value: (*timeValue)(&c.podAfter), usage: "a trial fails that no node took for so long"},
	}
}

func (c *clusterConfig) check() error {
	u, err := url.Parse(c.url)
	switch {
	case c.url == "":
		return usagef("--runner kubernetes needs --url: where pods reach this service, such as http://hone.hone-system.svc:7070")
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return usagef("--url %q is not a URL such as http://hone.hone-system.svc:7070", c.url)
	case c.collectorImage == "":
		return usagef("--runner kubernetes needs --collector-image: the image of the collector, which brings the metrics of a pod home")
	case c.requestRate == 0:
		return usagef("--cluster-request-rate must be at least 1")
	}
	return nil
}

// hosts are the names by which pods call the service.
func (c *clusterConfig) hosts() []string {
	if u, err := url.Parse(c.url); err == nil && u.Hostname() != "" {
		return []string{u.Hostname()}
	}
	return nil
}

// connection says where the cluster is, and who this is there.
func (c *clusterConfig) connection() (*rest.Config, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = c.kubeconfig
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{}).ClientConfig()
	if err != nil {
		return nil, hone.Errorf(hone.InvalidArgument, "the cluster is not known: %w; name a file with --kubeconfig", err)
	}
	config.UserAgent = "hone/" + version
	config.QPS, config.Burst = float32(c.requestRate), 2*c.requestRate
	return config, nil
}

// newRunner makes the runner of trials in the cluster.
func (c *clusterConfig) newRunner(o *owner, secret []byte, compiler kube.Compiler) (engine, error) {
	config, err := c.connection()
	if err != nil {
		return nil, err
	}
	klog.LogToStderr(false) // client-go's own log, which is the process's
	klog.SetOutput(o.logger.Named("client-go").StandardWriter(&hclog.StandardLoggerOptions{ForceLevel: hclog.Debug}))
	return kube.New(kube.Options{Config: config, Instance: instanceOf(secret), Namespaces: c.namespaces, Image: c.collectorImage,
		PullPolicy: c.pullPolicy, Compiler: compiler, Dir: filepath.Join(o.dir, "logs"), Live: o.live,
		ImageLimit: c.imageAfter, ScheduleLimit: c.podAfter, Clock: time.Now, Logger: o.logger.Named("cluster")})
}

// instanceOf tells the objects of this data directory from those of others in the same cluster.
func instanceOf(secret []byte) string {
	sum := sha256.Sum256(append([]byte("instance/"), secret...))
	return hex.EncodeToString(sum[:8])
}

// live reports whether an attempt may be running. One that is newer than what is on record, or of which nothing is, may be
// another service's, which has the original of this data directory or a copy of it: it is not ours to remove.
func (o *owner) live(ctx context.Context, id hone.AttemptID) (bool, error) {
	t, err := o.store.Trial(ctx, id.UID, id.Number)
	switch {
	case errors.Is(err, hone.NotFound):
		return true, nil
	case err != nil:
		return false, err
	}
	return id.Attempt > t.Attempt || id.Attempt == t.Attempt && t.State == hone.TrialRunning, nil
}

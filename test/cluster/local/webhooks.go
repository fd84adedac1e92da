package local

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"go.yaml.in/yaml/v4"
)

// webhooks reads an operator's configurations of webhooks and turns them to the process on this machine: they name
// a Service, behind which nothing is.
func (c *Cluster) webhooks(file string, o operator) ([]any, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	ca, err := os.ReadFile(c.path("operators", "k8s-webhook-server", "serving-certs", "ca.crt"))
	if err != nil {
		return nil, err
	}
	var out []any
	for decoder := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var configuration map[string]any
		if err := decoder.Decode(&configuration); errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		kind, _ := configuration["kind"].(string)
		if o.names[kind] == "" {
			continue
		}
		configuration["metadata"] = map[string]any{"name": o.names[kind]}
		kept, err := redirect(configuration["webhooks"], "https://"+c.local(o.name), ca, o.kept)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		configuration["webhooks"] = kept
		out = append(out, configuration)
	}
}

// redirect keeps the webhooks that are named, and gives them a URL in the place of a Service.
func redirect(webhooks any, server string, ca []byte, names []string) ([]any, error) {
	list, _ := webhooks.([]any)
	var kept []any
	for _, item := range list {
		webhook, _ := item.(map[string]any)
		name, _ := webhook["name"].(string)
		if len(names) > 0 && !slices.Contains(names, name) {
			continue
		}
		client, _ := webhook["clientConfig"].(map[string]any)
		service, _ := client["service"].(map[string]any)
		path, _ := service["path"].(string)
		if path == "" {
			return nil, fmt.Errorf("the webhook %q has no path", name)
		}
		webhook["clientConfig"] = map[string]any{"url": server + path, "caBundle": base64.StdEncoding.EncodeToString(ca)}
		kept = append(kept, webhook)
	}
	if len(kept) == 0 {
		return nil, errors.New("none of the webhooks that are needed is there")
	}
	return kept, nil
}

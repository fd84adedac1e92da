package spec

import (
	"encoding/json"
	"fmt"
	stdpath "path"
	"regexp"
	"slices"
	"strings"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/template"
)

// warnTrial tells of fields that have no effect where the trial runs.
func warnTrial(t hone.TrialTemplate) (warnings []string) {
	warn := func(format string, args ...any) {
		warnings = append(warnings, "spec.trial."+fmt.Sprintf(format, args...))
	}
	switch {
	case len(t.Manifest) > 0:
		warnManifest(t, warn)
	case t.Image == "":
		warnLocal(t, warn)
	case !stdpath.IsAbs(t.Workdir) && stdpath.Clean(t.Workdir) != ".":
		warn("workdir: %q is a folder beside the experiment file, which the image does not have; write an absolute path, or leave it out for that of the image", t.Workdir)
	}
	for _, name := range sortedNames(t.Env) {
		if ownVariable.MatchString(name) {
			warn("env.%s: Hone itself sets %s, this value is not used where it does", name, name)
		}
	}
	return warnings
}

// warnLocal is about trials on this machine.
func warnLocal(t hone.TrialTemplate, warn func(format string, args ...any)) {
	for _, f := range []struct{ name, value string }{{"cpu", t.CPU}, {"memory", t.Memory}} {
		if f.value != "" {
			warn("%s is not enforced on this machine; it works together with image", f.name)
		}
	}
	for _, f := range []struct {
		name string
		set  bool
	}{{"primaryContainer", t.PrimaryContainer != ""}, {"success", t.Success != ""}, {"failure", t.Failure != ""}, {"retain", t.Retain}} {
		if f.set {
			warn("%s is for trials on Kubernetes; without image or manifest it is not used", f.name)
		}
	}
}

// warnManifest is about trials that are whole objects.
func warnManifest(t hone.TrialTemplate, warn func(format string, args ...any)) {
	if stdpath.Clean(t.Workdir) != "." {
		warn("workdir is not used with a manifest; write workingDir into its container")
	}
	var object struct {
		Metadata struct {
			Name         any `json:"name"`
			GenerateName any `json:"generateName"`
		} `json:"metadata"`
	}
	_ = json.Unmarshal(t.Manifest, &object)
	if object.Metadata.Name != nil || object.Metadata.GenerateName != nil {
		warn("manifest.metadata: the name is not used; each object is named after its trial")
	}
	if t.Success != "" && t.Failure == "" && !knowsEnd(t.Manifest) {
		warn("failure is not given: that a trial has failed is noticed by its pods only, or by its timeout; write a CEL expression such as object.status.phase == \"Failed\"")
	}
}

// knowsEnd reports whether a manifest is of a kind of which Hone knows how it ends.
func knowsEnd(manifest json.RawMessage) bool {
	var object struct{ APIVersion, Kind string }
	_ = json.Unmarshal(manifest, &object)
	return slices.ContainsFunc(knownKinds(), func(k objectKind) bool {
		return object.Kind == k.kind && strings.HasPrefix(object.APIVersion, k.group+"/")
	})
}

// ownVariable are the variables that every trial gets from Hone.
var ownVariable = regexp.MustCompile(`^HONE_(NAMESPACE|EXPERIMENT|TRIAL|TRIAL_DIR|ATTEMPT|PARAMETERS|PARAM_.*|URL|TOKEN)$`)

// shellFlag is the flag that makes a shell take its next argument for a program: -c, -ec, -lc.
var shellFlag = regexp.MustCompile(`^-[a-z]*c$`)

// warnShells looks for programs of shells, in the command of a trial and in those of a manifest's containers.
func warnShells(t hone.TrialTemplate, parameters []hone.Parameter) (warnings []string) {
	place := func(i int) string { return fmt.Sprintf("spec.trial.command[%d]", i) }
	warnings = warnShell(t.Command, place, parameters)
	var manifest any
	if json.Unmarshal(t.Manifest, &manifest) == nil {
		eachProgram(manifest, "spec.trial.manifest", func(argv []string, place func(int) string) {
			if len(warnings) < mostReported {
				warnings = append(warnings, warnShell(argv, place, parameters)...)
			}
		})
	}
	return warnings
}

// eachProgram finds the containers in a manifest: whatever has a command, and perhaps args. Place tells where an
// element of the two together stands.
func eachProgram(value any, at string, do func(argv []string, place func(int) string)) {
	switch x := value.(type) {
	case map[string]any:
		if command := texts(x["command"]); len(command) > 0 {
			do(slices.Concat(command, texts(x["args"])), func(i int) string {
				if i < len(command) {
					return fmt.Sprintf("%s.command[%d]", at, i)
				}
				return fmt.Sprintf("%s.args[%d]", at, i-len(command))
			})
		}
		for _, name := range sortedNames(x) {
			eachProgram(x[name], at+"."+name, do)
		}
	case []any:
		for i, item := range x {
			eachProgram(item, fmt.Sprintf("%s[%d]", at, i), do)
		}
	}
}

// texts are the elements of a list of texts; nothing of any other value.
func texts(value any) (out []string) {
	list, _ := value.([]any)
	for _, item := range list {
		text, ok := item.(string)
		if !ok {
			return nil
		}
		out = append(out, text)
	}
	return out
}

// warnShell tells of texts, and of parameters that may be absent, in what a shell reads as a program: there a
// value with a space or a quote changes what is run. Numbers are harmless.
func warnShell(argv []string, place func(int) string, parameters []hone.Parameter) (warnings []string) {
	shells := []string{"sh", "bash", "dash", "zsh", "ksh", "ash"}
	if len(argv) < 3 || !slices.Contains(shells, stdpath.Base(argv[0])) {
		return nil
	}
	i := slices.IndexFunc(argv, shellFlag.MatchString)
	if i < 1 || i+1 >= len(argv) {
		return nil
	}
	program, err := template.Parse(argv[i+1])
	if err != nil {
		return nil
	}
	used := program.Parameters()
	for _, p := range parameters {
		if slices.Contains(used, p.Name) && (len(p.Conditions) > 0 || hasText(p.Values)) {
			warnings = append(warnings, fmt.Sprintf("%s: the shell reads the value of %q as a part of its program; write \"$%s\" there instead, or pass it as an argument after the program and write \"$1\"", place(i+1), p.Name, p.Variable()))
		}
	}
	return warnings
}

func hasText(values []hone.Value) bool {
	return slices.ContainsFunc(values, func(v hone.Value) bool { return v.Kind() == hone.StringValue })
}

// warnUnused tells of parameters that are not handed to the program: those that something like a placeholder
// stands for, and, when others are handed to it, the rest. Without any, the program reads them from its environment.
func warnUnused(t hone.TrialTemplate, parameters []hone.Parameter) (warnings []string) {
	check := template.NewChecker(parameters)
	_ = templateErrors(t, check) // only to see what is used: the mistakes were reported before
	everything := strings.Join(t.Command, "\x00") + string(t.Manifest)
	for _, value := range t.Env {
		everything += "\x00" + value
	}
	if strings.Contains(everything, "HONE_PARAMETERS") {
		return nil
	}
	var unused []hone.Parameter
	for _, p := range parameters {
		if !check.Uses(p.Name) && !strings.Contains(everything, p.Variable()) {
			unused = append(unused, p)
		}
	}
	warnings, others := lookalikes(t, unused)
	if len(others) == len(parameters) {
		return nil
	}
	for _, p := range others {
		warnings = append(warnings, fmt.Sprintf("spec.trial: no placeholder uses the parameter %q; the program sees it only as %s", p.Name, p.Variable()))
	}
	return warnings
}

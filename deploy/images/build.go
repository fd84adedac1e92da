package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// compile builds the program of a recipe for an architecture, into a folder, and returns its path. Nothing of the machine is
// left in the result: neither paths, nor the state of the work tree, nor the id of the linker.
func (b *builder) compile(ctx context.Context, r recipe, architecture, folder string) (string, error) {
	path := filepath.Join(folder, r.name+"-"+architecture)
	flags := "-s -w -buildid= -X main.version=" + b.release.version
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-mod=readonly", "-ldflags", flags, "-o", path, r.program)
	cmd.Dir = b.root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+architecture, "GOAMD64=v1", "GOARM64=v8.0", "GOFLAGS=", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s for %s cannot be built: %w\n%s", r.program, architecture, err, out)
	}
	return path, nil
}

// revision asks git which commit this is and when it was made; outside of a repository there is none.
func revision(ctx context.Context, root string) (commit string, when time.Time) {
	out, err := exec.CommandContext(ctx, "git", "-C", root, "log", "-1", "--format=%H %ct").Output()
	commit, seconds, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	if err != nil || commit == "" {
		return "", time.Unix(0, 0)
	}
	at, _ := strconv.ParseInt(seconds, 10, 64)
	return commit, time.Unix(at, 0)
}

// epoch is the time that all files get: SOURCE_DATE_EPOCH where that is set, as other reproducible builds have it.
func epoch(variable string, commit time.Time) (time.Time, error) {
	if variable == "" {
		return commit, nil
	}
	seconds, err := strconv.ParseInt(variable, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH is %q: a number of seconds since 1970 is expected", variable)
	}
	return time.Unix(seconds, 0), nil
}

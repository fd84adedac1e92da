package local

import (
	"context"
	"os/exec"
	"strings"
	"time"
)

// deviceVariable limits a program of CUDA to some devices.
const deviceVariable = "CUDA_VISIBLE_DEVICES"

// visibleDevices are the devices that an environment allows; ok is false when it says nothing of them.
func visibleDevices(env []string) (devices []string, ok bool) {
	for _, e := range env {
		if value, found := strings.CutPrefix(e, deviceVariable+"="); found {
			return parseDevices(value), true
		}
	}
	return nil, false
}

// parseDevices reads a list of devices. As CUDA does, it ends at the first one that cannot be.
func parseDevices(list string) []string {
	var devices []string
	for d := range strings.SplitSeq(list, ",") {
		d = strings.TrimSpace(d)
		if d == "" || strings.HasPrefix(d, "-") {
			break
		}
		devices = append(devices, d)
	}
	return devices
}

// machineDevices asks the driver which devices there are. No driver means none.
func machineDevices(ctx context.Context, env []string) []string {
	program := inPath("nvidia-smi", "/", lookupEnv(env, "PATH"))
	if program == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "-L")
	cmd.Env = env
	out, err := cmd.Output()
	if err != nil {
		return nil
	}
	return parseDeviceList(string(out))
}

// parseDeviceList reads what nvidia-smi -L prints: a device by its number, or, where it is divided, the
// parts by their UUID.
func parseDeviceList(out string) []string {
	var devices []string
	whole := -1 // the place of the device that the parts in the next lines belong to
	for line := range strings.Lines(out) {
		text := strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(text, "GPU "); ok {
			if number, _, ok := strings.Cut(rest, ":"); ok && number != "" && strings.Trim(number, "0123456789") == "" {
				whole = len(devices)
				devices = append(devices, number)
			}
			continue
		}
		_, rest, ok := strings.Cut(text, "(UUID: ")
		uuid, _, closed := strings.Cut(rest, ")")
		if !ok || !closed || !strings.HasPrefix(text, "MIG ") || !strings.HasPrefix(uuid, "MIG-") {
			continue
		}
		if whole >= 0 {
			devices, whole = devices[:whole], -1
		}
		devices = append(devices, uuid)
	}
	return devices
}

// pickDevices takes n devices that are not in use, in the order of the list.
func pickDevices(devices []string, used map[string]bool, n int) (picked []string, ok bool) {
	for _, d := range devices {
		if len(picked) < n && !used[d] {
			picked = append(picked, d)
		}
	}
	return picked, len(picked) == n
}

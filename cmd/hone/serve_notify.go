package main

import (
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// notifier tells systemd how a service of Type=notify stands, as sd_notify(3) does; the zero notifier tells nobody.
type notifier struct{ socket string }

// newNotifier takes the socket out of the environment, so that no trial can speak for the service.
func newNotifier(getenv func(string) string) notifier {
	socket := getenv("NOTIFY_SOCKET")
	_ = os.Unsetenv("NOTIFY_SOCKET")
	if name, abstract := strings.CutPrefix(socket, "@"); abstract {
		socket = "\x00" + name
	}
	return notifier{socket: socket}
}

// say sends assignments such as READY=1. Nobody listening is no error: the service works without.
func (n notifier) say(lines ...string) {
	if n.socket == "" {
		return
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: n.socket, Net: "unixgram"})
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	_, _ = conn.Write([]byte(strings.Join(lines, "\n")))
}

// hangups tells of SIGHUP until stop.
func hangups() (c chan os.Signal, stop func()) {
	c = make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	return c, func() { signal.Stop(c) }
}

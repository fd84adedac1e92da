package access

import (
	"net"
	"strings"

	hone "github.com/hone-tuner/hone"
)

// CheckListen says why an address (host:port) must not be listened on, or nil: what others than the users of
// this machine can reach needs authentication.
func CheckListen(address string, authenticated bool) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil || port == "" {
		return hone.Errorf(hone.InvalidArgument, "%q is not an address to listen on: write it like 127.0.0.1:7070", address)
	}
	if authenticated || onLoopback(host) {
		return nil
	}
	return hone.Errorf(hone.InvalidArgument, "listening on %s would let everybody who reaches this machine use the service, and there is no token yet: "+
		"give it one with --token-file FILE (made if there is none), or listen on 127.0.0.1:%s", address, port)
}

// IsLoopback reports whether only this machine can reach an address (host:port). A name other than localhost
// may mean anything, so it does not count, whatever it resolves to.
func IsLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && onLoopback(host)
}

func onLoopback(host string) bool {
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}

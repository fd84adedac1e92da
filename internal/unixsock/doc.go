// Package unixsock opens unix sockets for one user: Listen makes a socket of mode 0600, without a moment in
// which it is wider, and takes the place of one that a dead process left behind; Dial connects to it. Both
// work where the path is longer than a socket address may be (about 100 bytes), which a data directory deep
// in somebody's home easily is.
//
// It imports the standard library and x/sys only.
package unixsock

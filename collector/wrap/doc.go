// Package wrap runs a program as if nobody were around it, and copies what it prints aside. It is what the first
// process of a trial's container does. Its entry point is Run.
//
// The program gets its arguments, its environment and its standard input and error as they are, and every signal that
// is sent to this process; its exit code is kept. Its standard output passes through: to where it would have
// gone, byte by byte, and into a file for the collector. Should there be no room for the file, the program does not
// notice.
//
// It needs a Unix system and imports the root only.
package wrap

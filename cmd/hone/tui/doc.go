// Package tui is a terminal as a program sees it that fills the screen: keys come in, frames of lines go out. It knows
// nothing of Hone.
//
// Open takes the terminal over, Close gives it back as it was. It may import the standard library and golang.org/x
// only.
package tui

// Package earlystop has the rules that end single trials before their time. New is the entry point and
// Builtin lists the rules. It imports the root only.
package earlystop

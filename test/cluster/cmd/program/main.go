// The program that trialstest lets a runner start, for the image of a trial.
package main

import "github.com/hone-tuner/hone/trials/trialstest"

func main() { trialstest.Main() }

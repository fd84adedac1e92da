// Package trainer trains a small neural network to read handwritten digits. It knows nothing of Hone. Load loads the
// images, which package data beside it holds, and Train trains; start reading at train.go. It imports the standard library
// besides.
package trainer

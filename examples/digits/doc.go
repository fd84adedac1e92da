// Command digits trains a small neural network to read handwritten digits. It knows nothing of Hone: it
// takes its hyperparameters as flags and prints a line for each epoch,
//
//	epoch=3 loss=0.2113 accuracy=0.9533 val_loss=0.1902
//
// which is all that an experiment needs (experiment.yaml beside this file). With --tensorboard it writes event files
// instead, and with WORLD_SIZE and RANK in its environment several processes train one network together. It imports the
// standard library and its own children only. Start reading at trainer/train.go.
package main

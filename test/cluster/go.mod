// The cluster for tests and the tests that need it. Apart from the product's module, so that neither weighs on the other.
module github.com/hone-tuner/hone/test/cluster

go 1.26.0

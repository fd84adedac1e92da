// The cluster for tests and the tests that need it. Apart from the product's module, so that neither weighs on the other.
module github.com/hone-tuner/hone/test/cluster

go 1.26.0

require (
	github.com/stretchr/testify v1.12.1 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	go.yaml.in/yaml/v4 v4.0.0 // indirect
)

# `make help` lists what there is. Nothing but Go, make and git is needed for `make run`; what a target needs
# beyond that it installs (see .ci/need).

SHELL := bash
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GO_BUILD := CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)"
FUZZTIME ?= 30s
BENCH    ?= .
RACE     := CGO_ENABLED=1 go test -race -timeout 30m

GOLANGCI_VERSION := v2.15.0
GOLANGCI := bin/tools/golangci-lint-$(GOLANGCI_VERSION)
PROTOC_GEN_GO      := bin/tools/protoc-gen-go-v1.36.12
PROTOC_GEN_GO_GRPC := bin/tools/protoc-gen-go-grpc-v1.6.0
MODULES  := deploy/images deploy/render# Go modules of their own
VENV     := examples/sklearn/.venv
GRPCVENV := examples/suggestion-service/.venv
CONFVENV := test/conformance/.venv
RESULTS  := bench/results
OWN      ?= auto,bayesian,tpe,cmaes,random,sobol
TABLES   ?=
TRAINER  ?= $(VENV)/bin/python
JOBS     ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu)
CONTEST  := bin/contest run --tables "$(TABLES)" --python "$(TRAINER)" --jobs $(JOBS) --table=false $(if $(RESERVE),--reserve) $(if $(REDO),--redo '$(REDO)')

.DEFAULT_GOAL := help
.PHONY: help build release run test lint bench contest bench-peers fuzz examples conformance generate cover clean images manifests install-yaml test-deploy cluster cluster-down e2e

help: ## list the targets
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

build: ## build bin/hone and the trainer of the digits example
	$(GO_BUILD) -o bin/hone ./cmd/hone
	$(GO_BUILD) -o bin/digits ./examples/digits

release: ## build hone for Linux and macOS, amd64 and arm64, into dist/
	@mkdir -p dist
	@set -e; for os in linux darwin; do for arch in amd64 arm64; do \
		echo "dist/hone-$(VERSION)-$$os-$$arch"; \
		GOOS=$$os GOARCH=$$arch $(GO_BUILD) -o dist/hone-$(VERSION)-$$os-$$arch ./cmd/hone; \
	done; done
	@cd dist && { command -v sha256sum >/dev/null && sha256sum hone-$(VERSION)-* || shasum -a 256 hone-$(VERSION)-*; } > hone-$(VERSION).sha256

IMAGES   ?=
REGISTRY ?= ghcr.io/hone-tuner
ARCH     ?= amd64,arm64

images: ## build the container images into dist/images, without Docker (IMAGES=names REGISTRY=name PUSH=1 ARCH=amd64)
	go -C deploy/images run . -root $(CURDIR) -out $(CURDIR)/dist/images -version '$(VERSION)' -registry '$(REGISTRY)' -arch '$(ARCH)' \
		$(if $(PUSH),-push) $(if $(INSECURE),-insecure) $(IMAGES)

manifests: ## write the roles of deploy and deploy/install.yaml anew
	@mkdir -p dist
	go run ./deploy/rbac -write deploy
	go -C deploy/render run . > dist/.install.yaml && mv dist/.install.yaml deploy/install.yaml

install-yaml: ## write dist/install.yaml with images of your own (REGISTRY=name VERSION=tag OVERLAY=standalone NAMESPACE=name)
	@mkdir -p dist
	@go -C deploy/render run . -registry '$(REGISTRY)' -version '$(VERSION)' -overlay '$(or $(OVERLAY),standalone)' -namespace '$(NAMESPACE)' \
		-components '$(COMPONENTS)' > dist/install.yaml
	@echo dist/install.yaml

test-deploy: ## test the images, the kustomizations and the chart
	go test -timeout 10m ./deploy/...
	@set -e; for module in $(MODULES); do echo "test $$module"; go -C $$module test -timeout 15m ./...; done

run: build ## tune the digits example; ends with the leaderboard
	bin/hone run examples/digits/experiment.yaml

test: ## run all tests with the race detector
	@.ci/need gcc=gcc,libc6-dev pkill=procps
	$(RACE) ./...

lint: $(GOLANGCI) ## gofmt, go vet and golangci-lint
	@unformatted=$$(git ls-files '*.go' | xargs gofmt -l); \
		test -z "$$unformatted" || { echo "gofmt would change:"; echo "$$unformatted"; exit 1; }
	go vet -tags=examples ./...
	$(GOLANGCI) run ./...
	@set -e; for module in $(MODULES) test/cluster; do echo "lint $$module"; (cd $$module && go vet ./... && $(CURDIR)/$(GOLANGCI) run ./...); done

$(GOLANGCI):
	GOBIN=$(CURDIR)/bin/tools go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	mv bin/tools/golangci-lint $@

bench: build ## run the benchmarks (BENCH=pattern chooses)
	go test -run='^$$' -bench='$(BENCH)' -benchmem -timeout 60m ./...

contest: $(VENV)/ready ## measure Hone's algorithms on problems (OWN=names, PROBLEMS=pattern, SEEDS=5)
	@mkdir -p $(RESULTS)
	go build -o bin/contest ./bench/cmd/contest
	$(CONTEST) --table=true --tuners $(OWN) --problems '$(PROBLEMS)' --seeds $(or $(SEEDS),5) --out $(RESULTS)/sequential.jsonl

# Runs are kept and not played again, whatever has changed since; REDO=names does. What slow peers play comes last in a share and is compared on its own.
bench-peers: $(VENV)/ready ## measure them beside other tuners for 20 minutes (FULL=1: all of it, days), into docs/benchmarks.md
	@.ci/need python3.11=python3.11 venv=python3.11-venv cc=gcc
	bench/peers/setup || echo "going on without them"
	@mkdir -p $(RESULTS)
	@for f in bench/played/*.jsonl; do test ! -e "$$f" || cp -n "$$f" $(RESULTS)/; done
	go build -o bin/contest ./bench/cmd/contest
ifdef FULL
	$(CONTEST) --tuners $(OWN),peers --seeds 20 --out $(RESULTS)/sequential.jsonl
	$(CONTEST) --tuners $(OWN),peers --seeds 20 --mode batch8 --trials 96 --out $(RESULTS)/batch8.jsonl
	$(CONTEST) --tuners $(OWN),peers --seeds 20 --mode async10 --out $(RESULTS)/async10.jsonl
	$(CONTEST) --tuners $(OWN),fast-peers --problems bbob --seeds 5 --per-dimension 20 --out $(RESULTS)/dimension.jsonl
	bin/contest table $(RESULTS)/dimension.jsonl
else
	$(CONTEST) --tuners $(OWN),fast-peers --seeds 3 --for 8m --out $(RESULTS)/sequential.jsonl
	$(CONTEST) --tuners $(OWN),peers --small --seeds 2 --for 6m --limit 5m --out $(RESULTS)/sequential.jsonl
	$(CONTEST) --tuners $(OWN),fast-peers --seeds 1 --for 2m --mode batch8 --trials 96 --out $(RESULTS)/batch8.jsonl
endif
	bin/contest table $(if $(RESERVE),--reserve) --page docs/benchmarks.md $$(ls $(RESULTS)/{sequential,batch8,async10}.jsonl 2>/dev/null)

fuzz: ## run every fuzz target for FUZZTIME (30s)
	@set -e -o pipefail; git grep -oE --untracked '^func Fuzz[A-Za-z0-9_]+' -- '*_test.go' | while IFS=: read -r file func; do \
		echo "== $${func#func } in $$(dirname "$$file")"; \
		go test -run='^$$' -fuzz="^$${func#func }$$" -fuzztime=$(FUZZTIME) "./$$(dirname "$$file")"; \
	done

examples: build $(VENV)/ready $(GRPCVENV)/ready ## run every example to its end and check its leaderboard
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" go test -tags=examples -count=1 -v -timeout 30m ./examples

# FLAGS go to the program: --control-plane, --kwok 50, …; docs/development-cluster.md has them all.
cluster: ## start a real Kubernetes cluster on this machine (Linux, as root), for tests
	test/cluster/run up $(FLAGS)

cluster-down: ## take that cluster down, and away all that it made
	test/cluster/run down $(FLAGS)

e2e: ## run the tests that need the cluster (TESTS=pattern); it is started and taken down if it does not run yet
	TESTS='$(TESTS)' test/cluster/run e2e $(FLAGS)

conformance: build $(CONFVENV)/ready ## try a server against its own OpenAPI document, for SECONDS (2 × 90)
	@.ci/need curl=curl
	test/conformance/run bin/hone $(CONFVENV)/bin/schemathesis $(or $(SECONDS),90)

# The environment of the example and of the problems that are trainings.
$(VENV)/ready $(GRPCVENV)/ready $(CONFVENV)/ready: %/.venv/ready: %/requirements.txt
	@.ci/need python3=python3 venv=python3-venv
	python3 -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

generate: $(PROTOC_GEN_GO) $(PROTOC_GEN_GO_GRPC) ## generate the Go code of the protocol of suggestion services
	@.ci/need protoc=protobuf-compiler
	protoc --plugin=protoc-gen-go=$(PROTOC_GEN_GO) --plugin=protoc-gen-go-grpc=$(PROTOC_GEN_GO_GRPC) \
		--go_out=. --go_opt=paths=source_relative --go-grpc_out=. --go-grpc_opt=paths=source_relative \
		suggest/suggestionpb/suggestion.proto

# A tool is kept under a name that ends in its version.
$(PROTOC_GEN_GO):
	GOBIN=$(CURDIR)/bin/tools go install google.golang.org/protobuf/cmd/protoc-gen-go@$(@:bin/tools/protoc-gen-go-%=%)
	mv bin/tools/protoc-gen-go $@

$(PROTOC_GEN_GO_GRPC):
	GOBIN=$(CURDIR)/bin/tools go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@$(@:bin/tools/protoc-gen-go-grpc-%=%)
	mv bin/tools/protoc-gen-go-grpc $@

cover: ## show which share of the code the tests reach; cover.html shows where
	go test -coverpkg=./... -coverprofile=bin/cover.out ./...
	go tool cover -html=bin/cover.out -o bin/cover.html
	@go tool cover -func=bin/cover.out | tail -n 1

clean: ## remove what was built; data directories stay
	rm -rf bin dist $(VENV) $(GRPCVENV) $(CONFVENV)

# Plimsoll's tasks. `make help` lists them; each sets up what it needs, and does again only what has changed.

SHELL       := bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS   += --no-builtin-rules --warn-undefined-variables
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

MODULE  := github.com/plimsoll-dev/plimsoll
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT  ?= $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
IMAGE   ?= plimsoll-dev/plimsoll:$(VERSION)

# What can be changed from the command line: make test TESTFLAGS='-run TestX -v', make fuzz FUZZTIME=5m, ...
TESTFLAGS  ?=
DEMO_FLAGS ?=
BENCH      ?= .
BENCHFLAGS ?= -count=1
REPEATS    ?= 20
FUZZTIME   ?= 10s
OVERLAY    ?= manifests/overlays/self-signed

BIN   := bin
TOOLS := $(BIN)/tools
LAB   := $(BIN)/lab
METRICSAPI := $(BIN)/metricsapi
SCALERS := $(BIN)/plimsoll-scalers
KAFKA := $(BIN)/kafka

VERSION_PACKAGE := $(MODULE)/cmd/internal/version
LDFLAGS         := -s -w -X $(VERSION_PACKAGE).Version=$(VERSION) -X $(VERSION_PACKAGE).Commit=$(COMMIT)
PRODUCT_DIRS    := $(wildcard cmd controller policies webhook)
LAB_SOURCES     := $(shell find test/lab -type f ! -name '*_test.go')
METRICSAPI_SOURCES := $(shell find test/metricsapi -type f ! -name '*_test.go')
# Only the core, the webhook and what is made for measuring have benchmarks.
BENCH_DIRS      := $(wildcard policies webhook test/bench)

# What every test finds in its environment.
TEST_ENV = LAB_BIN=$(CURDIR)/$(LAB) PLIMSOLL_BIN=$(CURDIR)/$(BIN)/plimsoll KUBECTL_PLIMSOLL_BIN=$(CURDIR)/$(BIN)/kubectl-plimsoll \
	METRICSAPI_BIN=$(CURDIR)/$(METRICSAPI)

##@ Use

.PHONY: help
help: ## List the targets.
	@awk 'BEGIN {FS = ":.*## "} \
		/^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z-]+:.*## / {printf "  %-15s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@printf '\nVariables: TESTFLAGS, BENCH, BENCHFLAGS, SOAK, REPEATS, FUZZTIME, DEMO_FLAGS, VERSION, IMAGE, OVERLAY.\n'

.PHONY: demo
demo: lab build ## Show Plimsoll at work on a Kubernetes control plane started for the purpose.
	$(TEST_ENV) go run ./test/e2e/demo $(DEMO_FLAGS)

.PHONY: lab
lab: $(LAB) ## Build bin/lab: a Kubernetes control plane in one program (the first time takes minutes).

.PHONY: install
install: ## Install Plimsoll into the cluster that kubectl points to.
	kubectl apply -k $(OVERLAY)

.PHONY: uninstall
uninstall: ## Remove it again, its objects included.
	kubectl delete --ignore-not-found -k $(OVERLAY)

##@ Build

.PHONY: build
build: $(BIN)/plimsoll $(BIN)/kubectl-plimsoll ## Build bin/plimsoll and bin/kubectl-plimsoll.

# Always asked, seldom done: Go's build cache knows what has changed.
.PHONY: $(BIN)/plimsoll $(BIN)/kubectl-plimsoll
$(BIN)/plimsoll $(BIN)/kubectl-plimsoll:
	@go build -v -ldflags '$(LDFLAGS)' -o $@ ./cmd/$(notdir $@) 2>&1 | test/tools/progress.sh $(notdir $@)

.PHONY: scalers
scalers: $(SCALERS) ## Build bin/plimsoll-scalers, which links KEDA's scalers (the first time takes minutes).

.PHONY: $(SCALERS)
$(SCALERS):
	@cd cmd/plimsoll-scalers && go build -v -ldflags '-s -w' -o $(CURDIR)/$@ . 2>&1 | ../../test/tools/progress.sh plimsoll-scalers

$(LAB): $(LAB_SOURCES)
	@echo 'building the lab (Kubernetes, etcd, KWOK): some minutes the first time'
	@cd test/lab && go build -v -ldflags '$(LAB_LDFLAGS)' -o $(CURDIR)/$@ . 2>&1 | ../tools/progress.sh lab

$(METRICSAPI): $(METRICSAPI_SOURCES)
	@cd test/metricsapi && go build -v -ldflags '-s -w' -o $(CURDIR)/$@ . 2>&1 | ../tools/progress.sh metricsapi

# Clients refuse a server that does not say its version.
KUBERNETES_VERSION = $(shell awk '$$1 == "k8s.io/kubernetes" {print $$2}' test/lab/go.mod)
VERSION_PARTS      = $(subst ., ,$(KUBERNETES_VERSION:v%=%))
LAB_LDFLAGS        = -s -w $(foreach p,k8s.io/component-base/version k8s.io/client-go/pkg/version,\
	-X $(p).gitVersion=$(KUBERNETES_VERSION) -X $(p).gitMajor=$(word 1,$(VERSION_PARTS)) -X $(p).gitMinor=$(word 2,$(VERSION_PARTS)))

.PHONY: $(KAFKA)
$(KAFKA): $(KAFKA)/.complete

$(KAFKA)/.complete: test/brokers/kafka/pom.xml
	@echo 'fetching a Kafka broker for tests (43 MB)'
	@rm -rf $(KAFKA)
	@mvn -q -B -f $< dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/$(KAFKA)
	@touch $@

.PHONY: docker-build
docker-build: ## Build the container image IMAGE.
	docker build --build-arg VERSION=$(VERSION) --build-arg COMMIT=$(COMMIT) -t $(IMAGE) .

##@ Test

.PHONY: test
test: lab build $(METRICSAPI) ## Run all tests: the core, the adapters, and Plimsoll on a real API server.
	$(TEST_ENV) go test $(TESTFLAGS) ./...

.PHONY: test-unit
test-unit: ## Run the tests that need no API server; seconds.
	go test -short $(TESTFLAGS) ./...

.PHONY: test-brokers
test-brokers: lab build $(KAFKA)/.complete ## Run the tests of event sources against the real brokers; a broker that is missing fails.
	PLIMSOLL_BROKERS=required $(TEST_ENV) go test -count=1 $(TESTFLAGS) ./controller/sources/... ./test/integration/auth/... ./test/integration/scaling/...

# Modules of their own, with tests of their own. The tools have none.
# plimsoll-scalers links KEDA, which takes minutes to build: it has targets of its own.
MODULES := $(filter-out ./test/tools ./cmd/plimsoll-scalers,$(patsubst %/go.mod,%,$(shell find . -mindepth 2 -name go.mod -not -path '*/testdata/*')))

.PHONY: test-modules
test-modules: lab build ## Vet and test the modules beside the product's.
	for module in $(MODULES); do (echo "== $$module"; cd $$module; go vet ./...; $(TEST_ENV) go test $(TESTFLAGS) ./...); done

.PHONY: test-scalers
test-scalers: scalers ## Vet and test plimsoll-scalers (the first time takes minutes).
	cd cmd/plimsoll-scalers && go vet ./... && SCALERS_BIN=$(CURDIR)/$(SCALERS) go test $(TESTFLAGS) ./...

.PHONY: bench
bench: ## Measure: go test -bench, kept in bin/bench.txt (the run before: bin/bench.old.txt).
	@mkdir -p $(BIN)
	@if [ -f $(BIN)/bench.txt ]; then mv $(BIN)/bench.txt $(BIN)/bench.old.txt; fi
	go test -run '^$$' -bench '$(BENCH)' -benchmem $(BENCHFLAGS) $(BENCH_DIRS:%=./%/...) | tee $(BIN)/bench.txt

.PHONY: bench-reaction
bench-reaction: lab build $(METRICSAPI) ## Measure beside the HorizontalPodAutoscaler how soon replicas follow their load; minutes.
	REPEATS=$(REPEATS) $(TEST_ENV) go test -run '^$$' -bench Reaction -timeout 1h ./test/bench/reaction

# How long the soak lasts, and a few minutes more.
SOAK ?= 10m

.PHONY: soak
soak: lab build ## Run everything under changing load and faults for SOAK (10m), and look at what must hold all the time.
	SOAK=$(SOAK) $(TEST_ENV) go test -count=1 -v -run Soak -timeout 24h ./test/bench/soak

.PHONY: bench-compare
bench-compare: $(TOOLS)/benchstat ## Compare the last two runs (BENCHFLAGS=-count=6 or more makes it mean something).
	$< $(BIN)/bench.old.txt $(BIN)/bench.txt

.PHONY: fuzz
fuzz: ## Run each fuzz target for FUZZTIME.
	@{ grep -rlE --include='*_test.go' '^func Fuzz' $(PRODUCT_DIRS) || true; } | xargs -r dirname | sort -u | while read -r dir; do \
		{ go test -list '^Fuzz' "./$$dir" </dev/null | grep '^Fuzz'; } | while read -r target; do \
			echo "== $$dir $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "./$$dir" </dev/null; \
		done; \
	done

##@ Keep in order

# What make generate writes, and make verify compares.
GENERATED := policies/api policies/trigger/keda cmd/plimsoll-scalers manifests/crd manifests/keda manifests/rbac docs

.PHONY: generate
generate: $(TOOLS)/controller-gen ## Generate deep copies, CRDs, RBAC and the references in docs/.
	$< object paths=./policies/api/...
	$< crd paths=./policies/api/v1alpha1/... output:crd:dir=manifests/crd
	$< crd paths=./policies/api/keda/... output:crd:dir=manifests/keda
	$< rbac:roleName=plimsoll-manager $(patsubst %,paths=./%/...,$(wildcard cmd/plimsoll controller webhook)) output:rbac:dir=manifests/rbac
	cd cmd/plimsoll-scalers && go generate ./gen
	go generate ./...

.PHONY: verify
verify: generate ## Fail if anything generated is not current, not formatted, not tidy or not vetted.
	@echo "generated files"
	@git diff --exit-code -- $(GENERATED)
	@untracked=$$(git ls-files --others --exclude-standard -- $(GENERATED)); \
	if [ -n "$$untracked" ]; then echo "generated and not committed:"; echo "$$untracked"; exit 1; fi
	@echo "gofmt"
	@unformatted=$$(gofmt -l $(PRODUCT_DIRS) test); if [ -n "$$unformatted" ]; then echo "gofmt -w $$unformatted"; exit 1; fi
	go mod tidy -diff
	go vet ./...

.PHONY: lint
lint: $(TOOLS)/golangci-lint ## Run the linters.
	$< run ./...

.PHONY: clean
clean: ## Remove what was built here (Go's build cache stays).
	rm -rf $(BIN)

# The tools, from their module. controller-gen writes its version into what it generates.
TOOLS_MODULE := test/tools/go.mod test/tools/go.sum
$(TOOLS)/controller-gen: PACKAGE := sigs.k8s.io/controller-tools/cmd/controller-gen
$(TOOLS)/golangci-lint: PACKAGE := github.com/golangci/golangci-lint/v2/cmd/golangci-lint
$(TOOLS)/benchstat: PACKAGE := golang.org/x/perf/cmd/benchstat
CONTROLLER_TOOLS_VERSION = $(shell awk '$$1 == "sigs.k8s.io/controller-tools" {print $$2}' test/tools/go.mod)

$(TOOLS)/controller-gen $(TOOLS)/golangci-lint $(TOOLS)/benchstat: $(TOOLS_MODULE)
	@cd test/tools && go build -v -ldflags '-s -w -X sigs.k8s.io/controller-tools/pkg/version.version=$(CONTROLLER_TOOLS_VERSION)' \
		-o $(CURDIR)/$@ $(PACKAGE) 2>&1 | ./progress.sh $(notdir $@)

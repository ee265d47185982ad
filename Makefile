# The two commands of the README: `make demo` and `make test`. `make ci` is what .ci/run does.

VERSION ?= $(shell git describe --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
FUZZTIME ?= 5s

.PHONY: build demo test test-browser test-office ci golden fixtures tenant fuzz bench lint clean

build:
	@echo 'building bin/lcmsim (a few minutes the first time)'
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/lcmsim ./cmd/lcmsim

# Builds lcmsim, compares the current version of fixtures/acme with its draft, explains, simulates, and writes reports to out/. Each step
# prints its exit code.
demo: build
	@mkdir -p out
	@./.ci/demo

test:
	@./.ci/install --check
	go test ./...

# The tests of the HTML page in chromium. They fail, and are not skipped, where something is missing: ./.ci/install brings it.
test-browser:
	@go test ./report -list '^TestPages' | grep '^Test' # or there is none
	LCMSIM_REQUIRE_BROWSER=1 go test ./report -count 1 -run '^TestPages'

# The tests that open the workbook in LibreOffice, likewise.
test-office:
	@go test ./report -list Office | grep '^Test'
	LCMSIM_REQUIRE_OFFICE=1 go test ./report -count 1 -run 'Office'

ci:
	./.ci/run

# Rewrites the expected outputs; review the diff.
golden:
	go test ./report ./cmd/lcmsim -update

# Rewrites the generated files of fixtures/acme.
fixtures:
	go generate ./fixtures

# A stand-in tenant over fixtures/acme, to try pull, crosscheck and calibrate by hand. TENANT takes flags, such as
# TENANT='--rule filter.string_case=fold --faults 429=0.1'; see go run ./loader/tenant/standin/serve --help.
tenant:
	go run ./loader/tenant/standin/serve $(TENANT)

lint:
	./.ci/lint

# Runs every fuzz target for FUZZTIME; fails when it finds none.
fuzz:
	FUZZTIME=$(FUZZTIME) ./.ci/fuzz

bench:
	cd bench && go test -run '^$$' -bench . -count 1

clean:
	rm -rf bin out

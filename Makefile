# What there is to do with a checkout; `make` alone lists it.

CARGO ?= cargo
PREFIX ?= /usr/local

# Where cargo puts what it builds.
built = $(or $(CARGO_TARGET_DIR),target)/release/mailtap
lab = fixtures/lab/lab-all/capture.pcapng

# rustup leaves cargo here, and tells only shells that log in.
export PATH := $(PATH):$(HOME)/.cargo/bin

.PHONY: help deps build demo test check format-check clippy doc-check scripts-check instructions bench bench-doc install

help: ## this list
	@echo 'make …'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 18

deps: ## install libpcap's development files, where they are missing (NO_INSTALL=1: only say how)
	@scripts/deps.sh

build: deps ## the optimised program: target/release/mailtap
	$(CARGO) build --release --locked

demo: build ## the lab experiment as tables: a letter sent by SMTP, fetched by POP3 and by IMAP
	$(built) read $(lab) --lang en
	@echo
	@echo 'In Chinese:  $(built) read $(lab) --lang zh'
	@echo 'As JSON:     $(built) read $(lab) --format json'

test: deps ## every test, those in the documentation too
	$(CARGO) test --locked --no-fail-fast --all-targets
	$(CARGO) test --locked --no-fail-fast --doc

check: format-check clippy doc-check scripts-check test ## what a change has to pass: formatting, lints, documentation, tests

format-check:
	$(CARGO) fmt --check
	rustfmt --edition 2024 --check src/verdict/rules/*.rs # a macro names these files, where cargo does not look

clippy: deps
	$(CARGO) clippy --all-targets --locked -- -D warnings

doc-check: deps
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --no-deps --document-private-items --locked

scripts-check: deps
	scripts/tests/deps.sh

# The generator is the one that the tests have built: it writes the same bytes however it is compiled.
instructions: build ## count the instructions of fixed small captures against benches/instructions.txt (RENEW=--renew: write it)
	$(CARGO) build --locked --example corpus
	scripts/instructions.py $(RENEW) $(built) $(or $(CARGO_TARGET_DIR),target)/debug/examples/corpus

bench: build ## measure beside cat, capinfos, tcpdump, tshark and others (BENCH='--megabytes 250 --runs 5 --long')
	$(CARGO) build --release --locked --example corpus
	scripts/bench.py $(BENCH)

bench-doc: ## the same, and write the tables into docs/performance.md
	@$(MAKE) --no-print-directory bench BENCH='$(BENCH) --write docs/performance.md'

install: ## copy the program that `make build` made to $(DESTDIR)$(PREFIX)/bin
	@test -x $(built) || { echo 'install: run `make build` first (as yourself, not as root)' >&2; exit 1; }
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(built) $(DESTDIR)$(PREFIX)/bin/mailtap

# What there is to do with a checkout; `make` alone lists it.

CARGO ?= cargo
PREFIX ?= /usr/local

# Where cargo puts what it builds.
built = $(or $(CARGO_TARGET_DIR),target)/release/mailtap
lab = fixtures/lab/lab-all/capture.pcapng

# Where `make install` puts what, which `make uninstall` takes away.
program = $(DESTDIR)$(PREFIX)/bin/mailtap
manual = $(DESTDIR)$(PREFIX)/share/man/man1/mailtap.1
manual_zh = $(DESTDIR)$(PREFIX)/share/man/zh_CN/man1/mailtap.1
for_bash = $(DESTDIR)$(PREFIX)/share/bash-completion/completions/mailtap
for_zsh = $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_mailtap
for_fish = $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/mailtap.fish
installed = '$(program)' '$(manual)' '$(manual_zh)' '$(for_bash)' '$(for_zsh)' '$(for_fish)'

# rustup leaves cargo here, and tells only shells that log in.
export PATH := $(PATH):$(HOME)/.cargo/bin

.PHONY: help deps build release-pgo demo test test-one test-spark test-page test-python page-deps screenshots test-recipes check format format-check clippy doc-check scripts-check deny \
	instructions syscalls bench bench-doc install uninstall

help: ## this list
	@echo 'make …'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 18

deps: ## install libpcap's development files, where they are missing (NO_INSTALL=1: only say how)
	@scripts/deps.sh

build: deps ## the optimised program: target/release/mailtap
	$(CARGO) build --release --locked

release-pgo: deps ## a program built with a profile of itself, a tenth to a fifth faster: target/pgo/mailtap (needs llvm-profdata)
	CARGO='$(CARGO)' scripts/release_pgo.sh

demo: build ## the lab experiment on one screen: a letter sent by SMTP, fetched by POP3 and by IMAP
	$(built) read $(lab) --show sessions,credentials,findings --lang en
	@echo
	@if $(built) read $(lab) --format html -o report.html 2>/dev/null; \
	then echo 'As a page:   report.html (open it in a browser)'; fi
	@echo 'Every step:  $(built) read $(lab)'
	@echo 'In Chinese:  $(built) read $(lab) --lang zh'
	@echo 'As JSON:     $(built) read $(lab) --format json'

test: deps ## every test, those in the documentation too
	@since=$$(date +%s); status=0; \
	$(CARGO) test --locked --workspace --no-fail-fast --all-targets || status=$$?; \
	$(CARGO) test --locked --workspace --no-fail-fast --doc || status=$$?; \
	echo "make test took $$(($$(date +%s) - since)) s, compiling included"; exit $$status

test-one: deps ## the tests whose names contain NAME, wherever they are: make test-one NAME=certificate
	@test -n '$(NAME)' || { echo 'test-one: which tests? Say make test-one NAME=…, a part of their names' >&2; exit 1; }
	$(CARGO) test --locked --workspace --no-fail-fast --lib --bins --tests -- '$(NAME)'
	@$(CARGO) test --locked --workspace --quiet --lib --bins --tests -- --list '$(NAME)' | grep ': test$$' >/dev/null || \
		{ echo "test-one: no test has '$(NAME)' in its name" >&2; exit 1; }

page-deps: ## what the tests of the page need, where it is missing: Chromium, fonts, node (NO_INSTALL=1: only say how)
	@scripts/page-deps.sh

test-spark: $(if $(MAILTAP),,build) ## the Spark job on a small cluster, and its questions on DuckDB too (needs Java 17 and the network; MAILTAP=PATH: not built)
	MAILTAP='$(abspath $(or $(MAILTAP),$(built)))' contrib/spark/test.sh

test-page: build page-deps ## the page in a real browser: filters, languages, print, hostile captures, accessibility
	MAILTAP='$(abspath $(built))' node tests/page/run.mjs

test-recipes: build ## the recipes of docs/streams.md with DuckDB, pandas, polars, chDB and jq, where these are to be had; contrib/'s own programs
	MAILTAP='$(abspath $(built))' contrib/recipes/test.sh

test-python: deps ## the Python package in a virtual environment of its own (SKIPPED without python3 and pip)
	CARGO='$(CARGO)' scripts/test_python.sh

screenshots: build page-deps ## make the screenshots of the documentation again
	MAILTAP='$(abspath $(built))' node tests/page/screenshots.mjs

check: format-check clippy doc-check scripts-check test ## what a change has to pass: formatting, lints, documentation, tests

# A macro names the rules' files, where cargo does not look; fuzz and python are packages of their own.
format: ## bring all Rust source into the form that `make check` wants
	$(CARGO) fmt --all
	$(CARGO) fmt --manifest-path fuzz/Cargo.toml
	$(CARGO) fmt --manifest-path python/Cargo.toml
	rustfmt --edition 2024 src/verdict/rules/*.rs

format-check:
	$(CARGO) fmt --all --check
	$(CARGO) fmt --check --manifest-path fuzz/Cargo.toml
	$(CARGO) fmt --check --manifest-path python/Cargo.toml
	rustfmt --edition 2024 --check src/verdict/rules/*.rs

clippy: deps
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

doc-check: deps
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --workspace --no-deps --document-private-items --locked

scripts-check: deps
	scripts/tests/bench.sh
	scripts/tests/counts.sh
	scripts/tests/deps.sh
	scripts/tests/install.sh
	scripts/tests/linear.sh
	scripts/tests/release_pgo.sh
	scripts/tests/soak.sh

deny: ## hold the dependencies against deny.toml: their licences, sources, and what is banned
	@command -v cargo-deny >/dev/null || { echo 'deny: there is no cargo-deny. To install it takes some minutes:' \
		'cargo install cargo-deny --locked' >&2; exit 1; }
	$(CARGO) deny --locked check --hide-inclusion-graph licenses bans sources
	$(CARGO) deny --locked --manifest-path python/Cargo.toml --config deny.toml check --hide-inclusion-graph licenses bans sources

# The generator is the one that the tests have built: it writes the same bytes however it is compiled.
instructions: build ## count the instructions of fixed small captures against benches/instructions.txt (RENEW=--renew: write it)
	$(CARGO) build --locked --example corpus
	scripts/instructions.py $(RENEW) $(built) $(or $(CARGO_TARGET_DIR),target)/debug/examples/corpus

syscalls: build ## count the system calls of fixed small captures against benches/syscalls.txt (RENEW=--renew: write it)
	$(CARGO) build --locked --example corpus
	scripts/syscalls.py $(RENEW) $(built) $(or $(CARGO_TARGET_DIR),target)/debug/examples/corpus

bench: build ## measure beside cat, tcpdump, tshark and others (BENCH='--megabytes 250 --runs 5 --long --against OLD_BINARY')
	$(CARGO) build --release --locked --example corpus
	scripts/bench.py $(BENCH)

bench-doc: ## the same, and write the tables into docs/performance.md: once the machine is quiet, or not at all
	@$(MAKE) --no-print-directory bench BENCH='--wait 10 $(BENCH) --write docs/performance.md'

install: ## what `make build` made, stripped, its manual pages and completions to $(DESTDIR)$(PREFIX)
	@test -x $(built) || { echo 'install: run `make build` first (as yourself, not as root)' >&2; exit 1; }
	umask 022; for file in $(installed); do mkdir -p "$$(dirname "$$file")" || exit; done
	install -s -m 755 $(built) '$(program)'
	umask 022; $(built) man --lang en >'$(manual)'
	umask 022; $(built) man --lang zh >'$(manual_zh)'
	umask 022; $(built) completions bash >'$(for_bash)'
	umask 022; $(built) completions zsh >'$(for_zsh)'
	umask 022; $(built) completions fish >'$(for_fish)'

uninstall: ## take away what `make install` put there, with the same PREFIX and DESTDIR
	rm -f $(installed)

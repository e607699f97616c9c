#!/bin/sh
# Makes the seed corpora, fuzz/corpus/TARGET/, from the captures of fixtures/ and of whatever folders are named besides.
set -eu
cd "$(dirname "$0")"
find ../fixtures "$@" -type f \( -name '*.pcap' -o -name '*.pcapng' -o -name '*.cap' -o -name '*.gz' -o -name '*.trace' \) -print0 |
    xargs -0 cargo run --quiet --release --example seeds -- corpus

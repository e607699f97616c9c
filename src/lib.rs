/*!
mailtap: a passive analyzer of mail sessions.

It reads packets (a capture file, a pipe, a live interface), rebuilds the TCP conversations, follows SMTP, LMTP, POP3
and IMAP in both directions, and says in plain words what each side said and why: as tables, as JSON. It never sends a
packet.

# The way through

Folder names are in alphabetical order and so is the data flow: listing `src/` shows the pipeline. `pipeline` itself is the
exception: it knows every stage, and no stage knows it.

```text
bytes                                                                                                 people, programs
  │                                                                                                          ▲
  ▼         Packet            Segment           Data | Gap          Event          Session        Report     │
capture/ ────────▶ decode/ ────────▶ flow/ ─────────────▶ protocol/ ──────▶ session/ ──────▶ verdict/ ────▶ view/
files, pipes,      link, tunnel,     one Connection       channel (TLS,    what happened    what it       table, json,
live libpcap       IP, fragments,    per 5-tuple; both    deflate), smtp,                   means: rules, files;
                   TCP               directions in        pop3, imap, sasl,                 across,       zh and en
                                     causal order         framing, detect                   purpose
```

# Threads

```text
             reader                     workers (--threads)                     caller
Source ──▶ input stage ──batches──▶ worker 1: its shards ──events──┐
           decodes, counts,         connections, dialogues,        ├──▶ output stage ──▶ View
           deals out segments ────▶ worker 2: its shards ──events──┘    numbers, links, selects
                                    sessions, rules                     in order, or as sessions end
```

A connection belongs to one of a fixed number of shards, chosen by its addresses and ports; by its addresses alone where secrets
of TLS are given, so that a TLS session that is taken up again finds the one that began it. A shard is followed by one
worker and shares nothing with the others, so the sessions and their order are the same for any number of threads, byte for
byte. (What `--shard` follows alone is another division, by the hosts of a connection: `flow::HostShard`. The input stage leaves
the rest of the packets, after counting them as it would.) With `--threads 1`, and where steps are shown as they happen, all three parts run on the caller's thread. With more
threads, a single file (or standard input) is read and decompressed ahead of the reader by a thread of its own, and another makes
the digests of large messages (`session::digester`). Workers also do what a view makes of a session by itself
([`view::View::preparation`]): they write the lines of NDJSON, and the caller adds numbers and what other sessions show.

# The library

The program is a thin user of this library. Another one opens a source ([`capture::open`], [`capture::Live`]), says what
it wants ([`pipeline::Options`], [`session::Plan`]) and calls [`pipeline::run`] with a [`view::View`]: one of those here, or
[`view::EachSession`], which hands over each [`session::Session`] as a value. [`run::read_into`] does all of this as `mailtap read` does;
`python/` stands on it. What `protocol`, `flow` and `decode` show
beside the types of a session is what it takes to drive a stage by itself, as the benchmarks and the fuzz targets do.
There are two whole programs in `examples/`.

```no_run
use mailtap::{capture, pipeline, session::Needs, view::EachSession};

let mut source = capture::open(&["mail.pcap".into()], None, capture::Damage::StepOver)?;
let mut view = EachSession::new(|session| Ok(println!("{:?}: {} messages", session.protocol, session.messages.len())));
let outcome = pipeline::run(&mut *source, &Default::default(), &Needs::ALL.into(), &mut view, &Default::default())?;
println!("{} packets", outcome.report.summary.packets.read);
# Ok::<(), Box<dyn std::error::Error>>(())
```

# What holds the roof up

1. Arrows point one way: no folder imports from one to its right. `protocol` knows no table, `flow` no mail. `limits` lies
   below all folders; `pipeline`, `cli` and `run` stand above them. `tests/house/` checks it, and that the files of a
   folder import each other without a circle.
2. The core sees only bytes and packet times: no clock, no I/O and no environment between `decode` and `verdict`, and no state
   outside the values that are handed on, but for a pool of emptied buffers (`flow::history`). The same packets give the same
   sessions on any day. Content that `--extract` wants is handed to a store that the [`session::Plan`] names, and secrets of TLS
   are asked of whoever it names ([`protocol::tls::Keys`]).
3. A gap is a value. `flow` hands `protocol` either data or a gap of known length; the session says what is missing.
   Nothing is zero-filled, guessed or silently joined.
4. Causal order: a segment is released only when the other direction has been delivered up to its acknowledgement
   number, or that stretch has been declared missing.
5. Replies drive state, packets don't: DATA begins at 354, not at the word DATA.
6. Frame first, then parse: `protocol::framing` cuts lines, dot-blocks and counted octets out of the stream; parsers
   see whole, bounded pieces.
7. An in-order payload goes straight through to the dialogue and is copied once: into the connection's history, which
   retransmissions are compared with. With several threads it is also copied into the batch that carries it to its
   worker.
8. Everything is bounded, and every bound that bites is counted (`limits_hit`).
9. No `unsafe`. What cannot be without it, SHA-256 of two streams at once, is a crate of its own: `crates/sha256-lanes`.
10. Wire text is hostile: what reaches a terminal has passed `view::escape`. Secrets are a type whose `Display` and
    `Debug` are asterisks, from the parser that finds them on; what is half-read is formatted as its length.
11. The model speaks no language: `session` holds what was seen. A rule of `verdict` brings its words in every language, all
    other words are in `view::locale`. A missing translation does not compile.
12. Work on demand: views and rules say what they need, and nothing else is computed.
13. Facts and opinions are two trees: `session` says what was seen, `verdict` what it means. A finding names the steps that
    show it.
14. Redaction fails closed: the model's texts are visited by exhaustive destructuring, so that a new text does not compile
    until redaction has decided about it.
*/

#![forbid(unsafe_code)]
// They panic where the stream cannot be written: `run` writes what is shown, and says what went wrong.
#![cfg_attr(not(test), deny(clippy::print_stderr, clippy::print_stdout))]
#![warn(missing_docs)]
#![warn(unnameable_types)]

pub mod capture;
pub mod decode;
pub mod flow;
pub mod protocol;
pub mod session;
pub mod verdict;
pub mod view;

pub mod cli;
pub mod limits;
pub mod pipeline;
pub mod run;

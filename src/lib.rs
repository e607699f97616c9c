/*!
mailtap: a passive analyzer of mail sessions.

It reads packets (a capture file, a pipe, a live interface), rebuilds the TCP conversations, follows SMTP, LMTP, POP3
and IMAP in both directions, and says in plain words what each side said and why: as tables, as JSON. It never sends a
packet.

# The way through

Folder names are in alphabetical order and so is the data flow: whoever lists `src/` reads the pipeline.

```text
bytes                                                                                          people, programs
  │                                                                                                    ▲
  ▼         Packet            Segment           Data | Gap          Event          Session             │
capture/ ────────▶ decode/ ────────▶ flow/ ─────────────▶ protocol/ ──────▶ session/ ──────▶ verdict/ ▶ view/
files, pipes,      link, tunnel,     one Connection       smtp pop3 imap    what happened    what it    table, json,
live libpcap       IP, fragments,    per 5-tuple; both    + sasl, tls,      in it            means      files;
                   TCP               directions in        framing, detect                               zh and en
                                     causal order
                          pipeline.rs: the only file that knows every stage
```

# The library

The program is a thin user of this library. Another one opens a source ([`capture::open`], [`capture::Live`]), says what
it wants ([`pipeline::Options`], [`session::Plan`]) and calls [`pipeline::run`] with a [`view::View`]: one of those here, or
[`view::EachSession`], which hands over each [`session::Session`] as a value. What `protocol`, `flow` and `decode` show
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

1. Arrows point one way: nothing knows anything to its right. `protocol` has never heard of a table, `flow` of mail.
2. The core eats bytes and packet time: no clock, no I/O, no globals, no environment between `decode` and `session`.
   The same packets give the same sessions on any day. Content that somebody wants to have (`--extract`) is handed to a
   content store that the plan names.
3. A gap is a value. `flow` hands `protocol` either data or a gap of known length; the session says what is missing.
   Nothing is zero-filled, guessed or silently joined.
4. Causal order: a segment is released only when the other direction has been delivered up to its acknowledgement
   number, or that stretch has been declared missing.
5. Replies drive state, packets don't: DATA begins at 354, not at the word DATA.
6. Frame first, then parse: `protocol::framing` cuts lines, dot-blocks and counted octets out of the stream; parsers
   see whole, bounded pieces.
7. In order, nothing is copied: the payload of an in-order segment goes straight through to the dialogue.
8. Everything is bounded, and every bound that bites is counted (`limits_hit`).
9. No `unsafe`.
10. Wire text is hostile: what reaches a terminal has passed `view::escape`. Secrets are a type whose `Display` and
    `Debug` are asterisks, from the parser that finds them on; what is half-read is formatted as its length.
11. The model speaks no language: `session` holds typed facts, `verdict` reads typed purposes and findings off them,
    `view::locale` turns them into words. A rule of `verdict` brings its words in every language.
12. Work on demand: what was not asked for is not computed. A view and each rule say what they need.
*/

#![forbid(unsafe_code)]
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

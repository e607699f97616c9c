/*!
Detects which protocol a connection speaks, from its first bytes. The answer is Certain, Unsure or NotForUs; the port is
a hint.

On a port where mail is expected, the form of the first lines is enough. Where the capture began in mid-stream, or one
side is missing, any text that does not contradict the port's protocol is taken for it. On any other port both sides
must have sent something that only mail protocols have: FTP, NNTP and Redis begin alike (`220`, `+OK`).

What a proxy puts before the dialogue is passed over first: the client's exchange with it, and its own header.
*/

use super::channel::Stack;
use super::ports::Hint;
use super::proxy::header::{Beginning, beginning};
use super::proxy::{Preamble, preamble, via};
use super::secret::Raw;
use super::tls::Keys;
use super::{Protocol, Sink, imap, pop3, smtp};
use crate::flow::{PacketRef, Side};
use crate::limits::{heap, of_list};
use foreign::Suspicion;
use std::sync::Arc;
use words::{
    family_of, has_enhanced_code, imap_command, is_odd_greeting, is_text, lines, pop3_opening, smtp_command,
    smtp_opening, starts_with_word, tls_record,
};

mod foreign;
mod probe;
mod words;

pub use probe::Probe;

/// Bytes held until the protocol is known.
const HELD_BYTES: usize = 8 * 1024;
/// Lines of each side that are examined.
const LINES: usize = 16;

const SMTP: Hint = Hint { protocol: Protocol::Smtp, implicit_tls: false };

/// How much of a connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// More may come.
    Open,
    /// It is over; the capture began in the middle of it.
    Over,
    /// It is over, and the capture has it from its first byte.
    OverFromStart,
}

/// What is known of a connection's protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detection {
    /// It speaks this protocol.
    Certain(Hint),
    /// Not known yet.
    Unsure,
    /// Not mail.
    NotForUs,
}

/// The longest greeting that is worth holding: a dialogue for it takes more.
const GREETING_BYTES: usize = 512;

/// Holds the first bytes of a connection until its protocol is known.
#[derive(Debug)]
pub struct Detector {
    hint: Option<Hint>,
    held: Vec<(Side, Held, PacketRef)>,
    /// The first bytes of each side, up to the gap that `has_gap` stands for.
    beginnings: [Raw<Vec<u8>>; 2],
    /// Sides with a gap after their first bytes: what follows that gap is not examined. A gap before them is passed
    /// over.
    has_gap: [bool; 2],
    bytes: usize,
}

#[derive(Debug)]
enum Held {
    Data(Raw<Vec<u8>>),
    Gap(u64),
}

/// A server's greeting, where nothing else has come: all that is held of many a connection.
#[derive(Debug)]
pub struct Greeting {
    bytes: Raw<Box<[u8]>>,
    at: PacketRef,
}

impl Greeting {
    /// Bytes that it holds, beside its own size.
    pub fn held(&self) -> usize {
        heap(self.bytes.len())
    }

    /// Feeds it to the dialogue for the detected protocol.
    pub fn replay(self, dialogue: &mut Stack, out: &mut dyn Sink) {
        dialogue.data(Side::Server, &self.bytes, self.at, out);
    }
}

impl Detector {
    /// For a connection to a port on which `hint` is expected.
    pub fn new(hint: Option<Hint>) -> Self {
        Self { hint, held: Vec::new(), beginnings: Default::default(), has_gap: [false; 2], bytes: 0 }
    }

    /// Bytes that it holds, beside its own size.
    pub fn held(&self) -> usize {
        let pieces = self.held.capacity() * size_of::<(Side, Held, PacketRef)>() + self.held.len() * heap(1);
        pieces + self.bytes + self.beginnings.iter().map(|beginning| of_list(beginning)).sum::<usize>()
    }

    /// What is expected on the port.
    pub fn hint(&self) -> Option<Hint> {
        self.hint
    }

    /// True where nothing was received yet.
    pub fn is_silent(&self) -> bool {
        self.held.is_empty()
    }

    /// True where the server's greeting has come, and nothing else.
    pub fn is_greeting_alone(&self) -> bool {
        matches!(&self.held[..], [(Side::Server, Held::Data(_), _)])
            && self.bytes <= GREETING_BYTES
            && self.proxied() == [0; 2]
    }

    /// The server's greeting, if nothing else has come: what [`replay`](Self::replay) would feed to the dialogue.
    pub fn into_greeting(self) -> Option<Greeting> {
        let is_alone = self.is_greeting_alone();
        match self.held.into_iter().next() {
            Some((_, Held::Data(Raw(bytes)), at)) if is_alone => Some(Greeting { bytes: Raw(bytes.into()), at }),
            _ => None,
        }
    }

    /// Bytes that `from` sent; they are held.
    pub fn data(&mut self, from: Side, bytes: &[u8], at: PacketRef) -> Detection {
        // Most that stay here have had a greeting, and will have nothing else for a while.
        if self.held.is_empty() {
            self.held.reserve_exact(1);
        }
        self.held.push((from, Held::Data(Raw(bytes.to_vec())), at));
        self.bytes += bytes.len();
        if !self.has_gap[from as usize] {
            let beginning = &mut self.beginnings[from as usize];
            if beginning.is_empty() {
                beginning.reserve_exact(bytes.len());
            }
            beginning.extend_from_slice(bytes);
        }
        self.judge(When::Open)
    }

    /// `missing` bytes that `from` sent are not in the capture.
    pub fn gap(&mut self, from: Side, missing: u64, at: PacketRef) -> Detection {
        self.held.push((from, Held::Gap(missing), at));
        self.has_gap[from as usize] |= !self.beginnings[from as usize].is_empty();
        if self.held.len() > HELD_BYTES { self.last_resort(When::Over) } else { Detection::Unsure }
    }

    /// The connection is over, or no more can be held: the port decides, unless the bytes contradict it.
    pub fn last_resort(&self, when: When) -> Detection {
        match (self.judge(when), self.hint) {
            (Detection::Unsure, None) if lines(self.opening()[1]).next().is_some_and(has_enhanced_code) => {
                Detection::Certain(SMTP)
            }
            (Detection::Unsure, Some(hint)) if self.opening().iter().all(|said| is_text(said)) => {
                Detection::Certain(hint)
            }
            (Detection::Unsure, _) => Detection::NotForUs,
            (detection, _) => detection,
        }
    }

    /// Feeds what was held to the dialogue for the detected protocol.
    pub fn replay(self, dialogue: &mut Stack, out: &mut dyn Sink) {
        // The client's exchange with a proxy is not part of the dialogue.
        let mut proxied = self.proxied();
        if proxied != [0; 2] {
            out.proxied(via(&self.beginnings[0]), None);
        }
        for (from, held, at) in self.held {
            match held {
                Held::Data(bytes) => {
                    let rest = proxied_rest(&mut proxied, from, &bytes);
                    if !rest.is_empty() {
                        dialogue.data(from, rest, at, out);
                    }
                }
                Held::Gap(missing) => dialogue.gap(from, missing, at, out),
            }
        }
    }

    /// Bytes that each side (client, server) sent in the exchange with a proxy: [`replay`](Self::replay) leaves them
    /// out.
    pub fn proxied(&self) -> [usize; 2] {
        let [client, server] = &self.beginnings;
        match preamble(client, server) {
            Preamble::Over(lengths) => lengths,
            Preamble::None | Preamble::Begun => [0; 2],
        }
    }

    /// Where the dialogue of each side (client, server) begins among its first bytes: after the exchange with a proxy,
    /// and after the proxy's header.
    fn begins(&self) -> [usize; 2] {
        let [asked, told] = self.proxied();
        let header = match beginning(&self.beginnings[0][asked..]) {
            Beginning::Header { length, .. } => length,
            Beginning::Short | Beginning::Other => 0,
        };
        [asked + header, told]
    }

    /// The first bytes of the dialogue itself: those of the client and of the server.
    fn opening(&self) -> [&[u8]; 2] {
        let [asked, told] = self.begins();
        let [client, server] = &self.beginnings;
        [client.get(asked..).unwrap_or_default(), &server[told..]]
    }

    /// Whether what the client has sent so far may be all for a proxy: half of an exchange with it, or of its header.
    fn is_with_proxy(&self) -> bool {
        let [client, server] = &self.beginnings;
        let [asked, told] = self.proxied();
        let has_half = client.len() > asked && beginning(&client[asked..]) == Beginning::Short;
        server.len() == told && has_half || !client.is_empty() && preamble(client, server) == Preamble::Begun
    }

    /// Whether the server sent the first bytes (or gap) after the exchange with a proxy.
    fn server_began(&self) -> bool {
        let mut proxied = self.begins();
        let first = self.held.iter().find(|(from, held, _)| match held {
            Held::Data(bytes) => !proxied_rest(&mut proxied, *from, bytes).is_empty(),
            Held::Gap(_) => true,
        });
        first.is_some_and(|(from, ..)| *from == Side::Server)
    }

    fn judge(&self, when: When) -> Detection {
        let [client, server] = self.opening();
        let detection = match self.hint {
            _ if when == When::Open && self.is_with_proxy() => Detection::Unsure,
            Some(hint) if hint.implicit_tls => judge_tls(hint, client, server, when),
            Some(hint) => judge_expected(hint, client, server, when),
            None => self.judge_unexpected(client, server),
        };
        match detection {
            Detection::Unsure if self.bytes > HELD_BYTES || self.held.len() > HELD_BYTES => match self.hint {
                Some(hint) if is_text(client) && is_text(server) => Detection::Certain(hint),
                _ => Detection::NotForUs,
            },
            detection => detection,
        }
    }

    /// On a port where no mail is expected: the server must have sent a greeting, and the client a command that goes
    /// with it.
    fn judge_unexpected(&self, client: &[u8], server: &[u8]) -> Detection {
        let Some(greeting) = lines(server).next() else {
            return if is_text(server) && is_text(client) { Detection::Unsure } else { Detection::NotForUs };
        };
        let server_first = self.server_began();
        let family = family_of(greeting).or((server_first && is_odd_greeting(greeting)).then_some(Protocol::Imap));
        let Some(family) = family else { return Detection::NotForUs };
        for line in lines(client).take(LINES) {
            let found = match family {
                Protocol::Smtp | Protocol::Lmtp => smtp_opening(line),
                Protocol::Pop3 => (server_first && pop3_opening(line)).then_some(Protocol::Pop3),
                Protocol::Imap => imap_command(line).then_some(Protocol::Imap),
            };
            if let Some(protocol) = found {
                return Detection::Certain(Hint { protocol, implicit_tls: false });
            }
        }
        if lines(client).next().is_some() && has_enhanced_code(greeting) {
            return Detection::Certain(SMTP);
        }
        if lines(client).count() >= LINES { Detection::NotForUs } else { Detection::Unsure }
    }
}

/// The part of `bytes`, sent by `from`, that comes after the exchange with a proxy. `proxied` counts the bytes of that
/// exchange that are still to come, for each side.
fn proxied_rest<'a>(proxied: &mut [usize; 2], from: Side, bytes: &'a [u8]) -> &'a [u8] {
    let left = &mut proxied[from as usize];
    let passed = bytes.len().min(*left);
    *left -= passed;
    &bytes[passed..]
}

/// Makes the dialogue for the detected protocol, inside TLS where the connection begins with it. `keys`: secrets to read on
/// there.
pub fn dialogue(found: Hint, keys: Option<Arc<dyn Keys>>, out: &mut dyn Sink) -> Stack {
    let stack = match found.protocol {
        Protocol::Smtp => Stack::new(smtp::Dialogue::new(smtp::Flavour::Smtp)),
        Protocol::Lmtp => Stack::new(smtp::Dialogue::new(smtp::Flavour::Lmtp)),
        Protocol::Pop3 => Stack::new(pop3::Dialogue::new()),
        Protocol::Imap => Stack::new(imap::Dialogue::new()),
    };
    let mut stack = stack.with_keys(keys);
    if found.implicit_tls {
        stack.begin_with_tls(out);
    }
    stack
}

fn judge_tls(hint: Hint, client: &[u8], server: &[u8], when: When) -> Detection {
    for said in [client, server] {
        match tls_record(said) {
            Some(true) => return Detection::Certain(hint),
            Some(false) => {
                // Mail without TLS where TLS is the rule.
                return judge_expected(Hint { implicit_tls: false, ..hint }, client, server, when);
            }
            None => {}
        }
    }
    Detection::Unsure
}

fn judge_expected(hint: Hint, client: &[u8], server: &[u8], when: When) -> Detection {
    let spoken = |line| {
        let protocol = family_of(line)?;
        let lmtp = hint.protocol == Protocol::Lmtp && protocol == Protocol::Smtp;
        Some(Detection::Certain(Hint { protocol: if lmtp { Protocol::Lmtp } else { protocol }, ..hint }))
    };
    if foreign::is_banner(client, server) {
        return Detection::NotForUs;
    }
    // A greeting counts, whatever bytes stand in it: a NUL in a host name must not hide a session.
    if let Some(greeting) = lines(server).next()
        && let Some(detection) = spoken(greeting)
    {
        let is_smtp = family_of(greeting) == Some(Protocol::Smtp);
        return match foreign::suspicion(client, server) {
            Suspicion::Certain if is_smtp => Detection::NotForUs,
            Suspicion::Perhaps if is_smtp && when == When::Open => Detection::Unsure,
            _ => detection,
        };
    }
    if !is_text(server) || !is_text(client) {
        let may_greet = lines(server).next().is_none() && (server.len() < 4 || family_of(server).is_some());
        return if may_greet { Detection::Unsure } else { Detection::NotForUs };
    }
    // The server's lines count for more: a client may send it anything.
    if let Some(detection) = lines(server).take(LINES).find_map(spoken) {
        return detection;
    }
    for line in lines(client).take(LINES) {
        let speaks = match hint.protocol {
            Protocol::Smtp | Protocol::Lmtp => smtp_command(line),
            Protocol::Pop3 => {
                pop3_opening(line) || starts_with_word(line, &["STAT", "LIST", "UIDL", "RETR", "TOP", "DELE", "QUIT"])
            }
            Protocol::Imap => imap_command(line),
        };
        if speaks {
            return Detection::Certain(hint);
        }
    }
    // Both sides have spoken from their first bytes on, and neither as mail does.
    if when == When::OverFromStart && [client, server].iter().all(|said| lines(said).next().is_some()) {
        return Detection::NotForUs;
    }
    // Text in no known form may be content, where the capture began in mid-stream. So after enough lines of it the port
    // decides.
    if lines(server).count() >= LINES || lines(client).count() >= LINES {
        return Detection::Certain(hint);
    }
    Detection::Unsure
}

#[cfg(test)]
mod tests;

/*!
Whether a session was typed by hand with a TCP tool, and what shows it.

A program sends each command in one packet, ends its lines with CR LF, and answers at once. A person who types in telnet
sends each character as it is typed; netcat ends lines with LF; and people pause, correct themselves and mistype. Lower-case
verbs and pauses alone prove nothing: some libraries write `ehlo`, and some programs wait.
*/

use super::place::{Named, Packets};
use crate::flow::Side;
use crate::protocol::Protocol;
use crate::protocol::event::{Channel, Direction, Kind, Subject};
use crate::protocol::{imap, pop3, smtp};
use crate::session::Session;
use crate::session::model::{LineEnds, State, Step};

/// Nanoseconds before a command that are a pause.
const PAUSE: i64 = 1_000_000_000;
/// Commands that are kept of a session, to be compared with those of others.
const COMMANDS: usize = 64;
/// Packets from which on a line is typed character by character: with fewer, a segment may have been cut in two.
const PIECES: u64 = 3;

/// What shows that somebody typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sign {
    /// Lines came a character, or two, in a packet.
    Characters,
    /// A telnet client offered its options (RFC 854).
    Telnet,
    /// Erased characters are part of the line: backspace or delete.
    Erased,
    /// Command lines end with LF alone.
    LineFeed,
    /// So do the lines of a message that it sent.
    ContentLineFeed,
    /// A second or more passed before commands.
    Pauses,
    /// Verbs are written in lower case, or in mixed case.
    LowerCase,
    /// SMTP: `from:` and `to:` too, which the libraries that write verbs so write in capitals.
    LowerWords,
    /// Commands that the protocol does not have.
    Unknown,
}

impl Sign {
    /// How much it says: two points are enough.
    fn weight(self, protocol: Protocol, count: u64, lines: u64) -> u64 {
        let nearly_all = count * 4 >= lines * 3;
        match self {
            Self::Characters | Self::Telnet | Self::Erased | Self::LineFeed | Self::LowerWords => 2,
            // Nearly every command waited for somebody.
            Self::Pauses if count >= 4 && nearly_all => 2,
            // Libraries that write so are known of SMTP alone.
            Self::LowerCase if count >= 3 && nearly_all && !matches!(protocol, Protocol::Smtp | Protocol::Lmtp) => 2,
            Self::LowerCase if nearly_all => 1,
            Self::LowerCase => 0,
            Self::Pauses | Self::Unknown | Self::ContentLineFeed => 1,
        }
    }
}

/// How sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Hand {
    Typed,
    Perhaps,
    Program,
    /// Nothing that the client said can be read, or it said nothing.
    Unknown,
}

/// What was looked at, and found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typing {
    /// The session.
    pub session: Named,
    /// How sure it is.
    pub hand: Hand,
    /// Each sign: how many lines have it, and their packets.
    pub signs: Vec<(Sign, u64, Packets)>,
    /// The client's lines that were looked at.
    pub lines: u64,
    /// The client's commands in order, the first `COMMANDS`: verbs in upper case.
    pub commands: Vec<String>,
}

/// Looks for the signs in `session`. `masked`: secrets have been replaced, so that lengths say nothing where there are
/// asterisks.
pub fn typing(session: &Session, masked: bool) -> Typing {
    let mut found = Signs::default();
    let (mut lines, mut commands) = (0, Vec::new());
    let mut before: Option<&Step> = None;
    for step in &session.steps {
        let is_line = step.from == Side::Client
            && step.channel != Channel::Tls
            && matches!(step.kind, Kind::Command | Kind::Response | Kind::Unknown);
        if is_line && !step.text_omitted {
            lines += 1;
            line(step, before, masked, &mut found);
        }
        if let Some(command) = step.command.as_deref().filter(|_| is_line && commands.len() < COMMANDS) {
            commands.push(command.to_owned());
        }
        if step.kind != Kind::Gap {
            before = Some(step);
        }
    }
    for message in session.messages.iter().filter(|message| message.direction == Direction::Sent) {
        if message.lines.is_some_and(|lines| lines.count > 1 && lines.ends == Some(LineEnds::Lf)) {
            let steps = message.steps.iter().filter_map(|&n| session.step(n)).filter(|step| step.kind == Kind::Data);
            steps.take(1).for_each(|step| found.add(Sign::ContentLineFeed, step));
        }
    }
    let weight: u64 = found.0.iter().map(|(sign, count, _)| sign.weight(session.protocol, *count, lines)).sum();
    let hand = match weight {
        _ if lines == 0 => Hand::Unknown,
        0 => Hand::Program,
        1 => Hand::Perhaps,
        _ => Hand::Typed,
    };
    found.0.sort_by_key(|(sign, ..)| *sign);
    Typing { session: Named::of(session), hand, signs: found.0, lines, commands }
}

#[derive(Default)]
struct Signs(Vec<(Sign, u64, Packets)>);

impl Signs {
    fn add(&mut self, sign: Sign, step: &Step) {
        match self.0.iter_mut().find(|(known, ..)| *known == sign) {
            Some((_, count, packets)) => {
                *count += 1;
                packets.step(step);
            }
            None => self.0.push((sign, 1, Packets::of([step]))),
        }
    }
}

fn line(step: &Step, before: Option<&Step>, masked: bool, found: &mut Signs) {
    let text = &step.text;
    let pieces = step.packets.iter().count() as u64 + u64::from(step.packets.left_out());
    // Two characters in a packet where the typist is faster than the network.
    if pieces >= PIECES && step.bytes <= pieces * 3 {
        found.add(Sign::Characters, step);
    }
    let negotiates = negotiation(text);
    if negotiates {
        found.add(Sign::Telnet, step);
    }
    if text.contains(['\u{8}', '\u{7f}']) {
        found.add(Sign::Erased, step);
    }
    let is_masked = masked && text.contains("**");
    let is_whole = !step.truncated && text.is_ascii() && !text.contains('\n') && !is_masked;
    // A literal's announcement is a line of its own, and its command goes on after it.
    if is_whole && !text.is_empty() && step.bytes == text.len() as u64 + 1 && !text.ends_with('\r') {
        found.add(Sign::LineFeed, step);
    }
    if step.kind != Kind::Response && !in_batch(step) {
        let waited = before.filter(|before| before.from == Side::Server && before.time <= step.time);
        if waited.is_some_and(|before| step.time.since(before.time) >= PAUSE) {
            found.add(Sign::Pauses, step);
        }
    }
    if let Some(command) = &step.command
        && !negotiates
        && let Some(verb) = verb(step, command)
        && verb.chars().any(|letter| letter.is_ascii_lowercase())
    {
        found.add(Sign::LowerCase, step);
        let word = step.text.split_whitespace().nth(1).and_then(|rest| rest.split(':').next()).unwrap_or_default();
        if matches!(word, "from" | "to") && matches!(step.subject, Subject::Smtp(_)) {
            found.add(Sign::LowerWords, step);
        }
    }
    if is_unknown(step) {
        found.add(Sign::Unknown, step);
    }
}

/// A client's program waits before these, too: it keeps the connection open, or its user reads.
fn in_batch(step: &Step) -> bool {
    match &step.subject {
        Subject::Smtp(smtp::Subject::Command(verb)) => {
            matches!(verb, smtp::Verb::Noop | smtp::Verb::Rset | smtp::Verb::Quit)
        }
        Subject::Pop3(pop3::Subject { what: pop3::What::Command(verb), .. }) => {
            matches!(verb, pop3::Verb::Noop | pop3::Verb::Quit)
        }
        Subject::Imap(imap::Subject { state, what }) => {
            *state == imap::State::Selected
                || matches!(what, imap::What::Done)
                || matches!(
                    what,
                    imap::What::Command { verb: imap::Verb::Noop | imap::Verb::Idle | imap::Verb::Logout, .. }
                )
        }
        _ => false,
    }
}

/// Options of telnet in front of the line: IAC and WILL, WONT, DO or DONT, however the bytes were decoded.
fn negotiation(text: &str) -> bool {
    let mut letters = text.chars();
    let is_iac = matches!(letters.next(), Some('\u{fffd}' | 'ÿ'));
    let is_verb = matches!(letters.next(), Some('\u{fffd}' | 'û' | 'ü' | 'ý' | 'þ'));
    is_iac && is_verb && letters.next().is_some_and(|option| u32::from(option) < 0x30 || option == '\u{fffd}')
}

/// The verb as it was written.
fn verb<'a>(step: &'a Step, command: &str) -> Option<&'a str> {
    let first = command.split(' ').next()?;
    let place = usize::from(step.tag.is_some() && matches!(step.state(), Some(State::Imap(_))));
    step.text.split_whitespace().nth(place)?.get(..first.len()).filter(|written| written.eq_ignore_ascii_case(first))
}

/// The protocol has no such command.
fn is_unknown(step: &Step) -> bool {
    match &step.subject {
        Subject::Smtp(smtp::Subject::Command(verb)) => *verb == smtp::Verb::Other,
        Subject::Pop3(pop3::Subject { what: pop3::What::Command(verb), .. }) => *verb == pop3::Verb::Other,
        Subject::Imap(imap::Subject { what: imap::What::Command { verb, .. }, .. }) => *verb == imap::Verb::Other,
        // What follows bytes that are missing may be a part of a line.
        Subject::Unknown => true,
        _ => false,
    }
}

/// How the commands of a session that was typed are to those of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Likeness {
    /// The session that was typed.
    pub typed: Named,
    /// The program's.
    pub program: Named,
    /// Commands that only the typed one has, as far as they are out of the common order.
    pub only_typed: Vec<String>,
    /// Commands that only the program's has.
    pub only_program: Vec<String>,
    /// Commands in common.
    pub common: u64,
}

/// The program's session of the same protocol whose commands are most like those that were typed.
pub fn likeness(typed: &Typing, all: &[Typing]) -> Option<Likeness> {
    let programs =
        all.iter().filter(|other| other.hand == Hand::Program && other.session.protocol == typed.session.protocol);
    let alike = programs.filter(|other| !other.commands.is_empty()).map(|other| aligned(typed, other));
    alike.min_by_key(|likeness| likeness.only_typed.len() + likeness.only_program.len())
}

/// The two lists of commands by their longest common part, repetitions aside.
fn aligned(typed: &Typing, program: &Typing) -> Likeness {
    let (ours, theirs) = (steps_of(typed), steps_of(program));
    let same = |one: &str, other: &str| process(typed.session.protocol, one) == process(typed.session.protocol, other);
    // lengths[i][j]: of the common part of what follows i and j. At most COMMANDS by COMMANDS.
    let mut lengths = vec![vec![0_u32; theirs.len() + 1]; ours.len() + 1];
    let at =
        |lengths: &Vec<Vec<u32>>, i: usize, j: usize| lengths.get(i).and_then(|row| row.get(j)).copied().unwrap_or(0);
    for (i, one) in ours.iter().enumerate().rev() {
        for (j, other) in theirs.iter().enumerate().rev() {
            let length = match same(one, other) {
                true => at(&lengths, i + 1, j + 1) + 1,
                false => at(&lengths, i + 1, j).max(at(&lengths, i, j + 1)),
            };
            if let Some(place) = lengths.get_mut(i).and_then(|row| row.get_mut(j)) {
                *place = length;
            }
        }
    }
    let (mut i, mut j, mut common) = (0, 0, 0);
    let (mut only_typed, mut only_program) = (Vec::new(), Vec::new());
    loop {
        match (ours.get(i), theirs.get(j)) {
            (Some(one), Some(other)) if same(one, other) => {
                common += 1;
                (i, j) = (i + 1, j + 1);
            }
            (Some(one), other) if other.is_none() || at(&lengths, i + 1, j) >= at(&lengths, i, j + 1) => {
                only_typed.push((*one).to_owned());
                i += 1;
            }
            (_, Some(other)) => {
                only_program.push((*other).to_owned());
                j += 1;
            }
            _ => break,
        }
    }
    Likeness { typed: typed.session, program: program.session, only_typed, only_program, common }
}

/// The commands, each of several in a row once.
fn steps_of(typing: &Typing) -> Vec<&str> {
    let mut commands: Vec<&str> = typing.commands.iter().map(String::as_str).collect();
    commands.dedup();
    commands
}

/// Commands that do the same.
fn process(protocol: Protocol, command: &str) -> &str {
    match (protocol, command) {
        (Protocol::Smtp, "EHLO") => "HELO",
        (Protocol::Imap, _) => command.strip_prefix("UID ").unwrap_or(command),
        _ => command,
    }
}

#[cfg(test)]
mod tests;

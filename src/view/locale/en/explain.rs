//! The questions of a lab report, and their answers.

use crate::protocol::Protocol;
use crate::protocol::event::Direction;
use crate::verdict::explain::{Abilities, Ability, Hand, Retrievals, Same, Sign};
use crate::view::locale::question::{Question, Word};

pub fn question(question: Question) -> &'static str {
    match question {
        Question::Tables => "Which sessions and which phases are there?",
        Question::Passwords => "Who logs in how often, where can passwords be read?",
        Question::Mime => "Which MIME information is there, what does it mean?",
        Question::SameMessage => "Is what was retrieved identical with what was sent?",
        Question::ByHand => "Was it typed by hand, and is it the same process?",
        Question::Failures => "Why did something fail here?",
        Question::Safety => "Is it safe here, and what is to be done?",
        Question::ImapOnly => "What did IMAP do here that POP3 cannot?",
    }
}

pub fn word(word: Word) -> &'static str {
    match word {
        Word::Title => "The capture explained",
        Word::Session => "Session",
        Word::Ends => "Client → server",
        Word::Phases => "Phases and their steps",
        Word::Packets => "Packets",
        Word::Result => "Result",
        Word::Protocol => "Protocol",
        Word::HowOften => "How often",
        Word::Mechanism => "Mechanism",
        Word::User => "User",
        Word::Password => "Password",
        Word::Outcome => "Outcome",
        Word::Field => "Header line",
        Word::Meaning => "Meaning",
        Word::Sent => "Sent in",
        Word::Fetched => "Seen again in",
        Word::Proof => "What shows it",
        Word::ByHand => "By hand?",
        Word::Signs => "What shows it",
        Word::Failure => "What failed",
        Word::ServerSaid => "The server's words",
        Word::Recipient => "Recipient",
        Word::Weakness => "Weakness",
        Word::Remedy => "Remedy",
        Word::Ability => "What IMAP can do",
        Word::Example => "Examples",
        Word::Count => "Times",
        Word::NotShown => "The capture does not show it.",
        Word::NoSessions => "There is no mail session in the capture.",
        Word::NoLogins => "No attempt to log in can be seen in the capture.",
        Word::NoMessages => "The capture does not show it: no message can be read in it.",
        Word::NoMimeFields => "no MIME header fields",
        Word::FailedAcross => "No session failed by itself; several together show what failed, as the table says.",
        Word::NothingFailed => "Nothing failed here, as far as the capture shows it.",
        Word::AcrossSessions => "several sessions",
        Word::NoFrom => "(none)",
        Word::NotDated => "Date or Message-ID is missing. A mail program adds both.",
        Word::HandWritten => {
            "Without MIME fields a message is plain text in US-ASCII (RFC 5322; RFC 2045, section 5.2)."
        }
        Word::ReadNotSent => {
            "The lines are put together from what was read of the header; they are not quoted as sent."
        }
        Word::SameAsElsewhere => "the same again in",
        Word::Disposition => {
            "Whether a part is shown with the message or offered as an attachment, and the file's name (RFC 2183)"
        }
        Word::ContentId => "The part's identifier, by which other parts refer to it (RFC 2045, section 7)",
        Word::Description => "About the part (RFC 2045)",
        Word::Part => "Part",
        Word::Attachment => "Attachments",
        Word::Identical => "Identical: same number of bytes, same SHA-256",
        Word::OnlyLineEnds => "Identical but for the ends of lines",
        Word::NotWhole => "One of the two is not complete in the capture, so they cannot be compared",
        Word::Rejected => "refused",
        Word::Deferred => "refused for now",
        Word::Subject => "Subject",
        Word::From => "From",
        Word::To => "To",
        Word::EndToEnd => {
            "TLS protects each connection, not the message on the servers in between; for that, encrypt and sign the message \
             itself (S/MIME or OpenPGP)."
        }
        Word::NoneToCompare => {
            "No client program's session of the same protocol is there to compare with: give its capture as well."
        }
        Word::AlreadySafe => "All sessions use TLS. Keep it required in the client, and its version current.",
    }
}

fn plural(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

pub fn sessions(counts: &[(&str, u64)], steps: u64) -> String {
    let all: u64 = counts.iter().map(|(_, count)| count).sum();
    let each: Vec<String> = counts.iter().map(|(protocol, count)| format!("{count} {protocol}")).collect();
    format!(
        "{} ({}) with {} in all.",
        plural(all, "session", "sessions"),
        each.join(", "),
        plural(steps, "step", "steps")
    )
}

pub fn phase(title: &str, steps: u64) -> String {
    format!("{title}: {steps}")
}

pub fn readable(readable: u64, all: u64) -> String {
    match (readable, all) {
        (0, _) => format!(
            "{} to log in, and none of them shows its password to those who read the packets.",
            plural(all, "attempt", "attempts")
        ),
        (1, 1) => "One attempt to log in. Anyone who reads the packets below can read its password.".to_owned(),
        (readable, all) if readable == all => {
            format!("{all} attempts to log in. Anyone who reads the packets below can read the password of each.")
        }
        _ => format!(
            "{all} attempts to log in. Anyone who reads the packets below can read the password of {readable} of them."
        ),
    }
}

pub fn pop3_logs_in(retrievals: Retrievals) -> String {
    let Retrievals { sessions, readable, .. } = retrievals;
    match (sessions, readable == sessions) {
        (1, true) => {
            "POP3: the client logged in to retrieve its mail, and its user name and password can be read.".to_owned()
        }
        (1, false) => "POP3: the client logged in to retrieve its mail.".to_owned(),
        (_, true) => format!(
            "POP3 sends user name and password at each retrieval: in all {sessions} sessions that retrieved mail."
        ),
        (_, false) => format!("POP3 logs in at each retrieval: in all {sessions} sessions that retrieved mail."),
    }
}

pub fn smtp_asked_for_none(messages: u64) -> String {
    format!("The SMTP server took {} from clients that had not logged in.", plural(messages, "message", "messages"))
}

pub fn messages(all: u64, mime: u64) -> String {
    let with = match (all, mime) {
        (1, 1) => return "One message, with MIME header fields.".to_owned(),
        (1, 0) => return "One message, without MIME header fields.".to_owned(),
        (_, 0) => "None has MIME header fields.".to_owned(),
        (all, mime) if all == mime => "All have MIME header fields.".to_owned(),
        (_, mime) => format!("{mime} of them have MIME header fields."),
    };
    format!("{}. {with}", plural(all, "message", "different messages or parts of one"))
}

pub fn same(same: &Same, [identical, traced, pairs]: [u64; 3]) -> String {
    let mut said = match (pairs, identical) {
        (0, _) if same.fetched == 0 => "The capture does not show it: no whole message was retrieved in it.".to_owned(),
        (0, _) => {
            "The capture does not show it: it has no message both as it was sent and as it was retrieved.".to_owned()
        }
        (1, 1) => "Yes: the message is identical, byte for byte.".to_owned(),
        (pairs, identical) if pairs == identical => format!("Yes: all {pairs} are identical, byte for byte."),
        (1, 0) if traced == 1 => {
            "The body is identical; hosts on the way have added header fields on top, so the bytes are not the same."
                .to_owned()
        }
        (_, 0) if traced == pairs => {
            "The bodies are identical; hosts on the way have added header fields on top, so the bytes are not the same."
                .to_owned()
        }
        (1, 0) => "No: something was changed, as the table says.".to_owned(),
        _ => {
            let added = match traced {
                0 => String::new(),
                _ => format!("; in {traced} the body is identical and only trace fields were added on top"),
            };
            format!("{identical} of {pairs} are identical, byte for byte{added}. The table says what was changed.")
        }
    };
    let unmatched = same.fetched.saturating_sub(same.matched);
    if unmatched > 0 && pairs > 0 {
        let messages = plural(unmatched, "retrieved message", "retrieved messages");
        said.push_str(&format!(" The capture does not have the sending of {messages}."));
    }
    said
}

fn numbers(list: &[u64]) -> String {
    let shown: Vec<String> = list.iter().take(20).map(u64::to_string).collect();
    let more = if list.len() > 20 { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

pub fn typed(typed: &[u64], perhaps: u64, readable: u64) -> String {
    let mut said = match typed {
        _ if readable == 0 => return "The capture does not show it: no line of a client can be read.".to_owned(),
        [] => "No session looks typed by hand.".to_owned(),
        [one] => format!("Session {one} looks typed by hand, or sent with a plain TCP tool."),
        many => format!("Sessions {} look typed by hand, or sent with a plain TCP tool.", numbers(many)),
    };
    if perhaps > 0 {
        said.push_str(&match perhaps {
            1 => " One session has a weak sign, which proves nothing.".to_owned(),
            _ => format!(" {perhaps} sessions have weak signs, which prove nothing."),
        });
    }
    said
}

pub fn hand(hand: Hand) -> &'static str {
    match hand {
        Hand::Typed => "looks typed",
        Hand::Perhaps => "not clear",
        Hand::Program => "a program",
        Hand::Unknown => "not shown",
    }
}

pub fn sign(sign: Sign, count: u64, lines: u64) -> String {
    let of = format!("{count} of {lines} lines");
    match sign {
        Sign::Characters => format!("typed character by character, each in a packet of its own: {of}"),
        Sign::Telnet => "telnet's option negotiation before a line".to_owned(),
        Sign::Erased => format!("erased characters in the line: {of}"),
        Sign::LineFeed => format!("ended by LF alone: {of}"),
        Sign::ContentLineFeed => "a message whose lines end with LF alone".to_owned(),
        Sign::Pauses => format!("a pause of a second or more before the command ended: {of}"),
        Sign::LowerCase => format!("verb not in capitals: {of}"),
        Sign::LowerWords => format!("from: or to: not in capitals: {of}"),
        Sign::Unknown => format!("no command of the protocol: {of}"),
    }
}

pub fn likeness(numbers: [u64; 2], only: [&[String]; 2], common: u64) -> String {
    let [typed, program] = numbers;
    let both = format!("Session {typed} (typed) and session {program} (a program's)");
    let list = |commands: &[String]| commands.join(", ");
    match only {
        [[], []] => format!("{both} are the same process: the same commands in the same order."),
        [[], theirs] => format!(
            "{both} have {common} commands in common, in the same order; the program's has also: {}.",
            list(theirs)
        ),
        [ours, []] => format!(
            "{both} have {common} commands in common, in the same order; the typed one has also: {}.",
            list(ours)
        ),
        [ours, theirs] => format!(
            "{both} have {common} commands in common, in the same order; only the typed one has: {}; only the program's has: {}.",
            list(ours),
            list(theirs)
        ),
    }
}

pub fn failed(sessions: u64, recipients: u64) -> String {
    let refused = match recipients {
        0 => String::new(),
        _ => format!(" The server did not take mail for {}.", plural(recipients, "recipient", "recipients")),
    };
    format!("Something failed in {}.{refused}", plural(sessions, "session", "sessions"))
}

pub fn advice(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Smtp => {
            "SMTP: let the client submit over TLS with a login, on port 465 (TLS from the first byte, RFC 8314) or on port 587 \
             with STARTTLS required; let the server ask for a login before it relays."
        }
        Protocol::Lmtp => "LMTP: keep it on one host or a trusted network, or use STARTTLS.",
        Protocol::Pop3 => "POP3: use port 995 (TLS from the first byte, RFC 8314), or require STLS before the login.",
        Protocol::Imap => {
            "IMAP: use port 993 (TLS from the first byte, RFC 8314), or require STARTTLS before the login."
        }
    }
}

pub fn in_sessions(sessions: u64, first: u64) -> String {
    match sessions {
        1 => first.to_string(),
        _ => format!("{sessions} sessions, the first is {first}"),
    }
}

pub fn ability(ability: Ability) -> &'static str {
    match ability {
        Ability::ListFolders => "Lists mailboxes: IMAP has several, POP3 only one",
        Ability::OtherFolder => "Opens a mailbox other than INBOX",
        Ability::ManageFolders => "Creates, deletes, renames or subscribes to mailboxes on the server",
        Ability::Parts => "Fetches envelope, structure, header or single parts; POP3 has only TOP",
        Ability::ReadFlags => "Reads flags such as \\Seen, which the server keeps",
        Ability::SetFlags => "Sets flags such as \\Seen or \\Deleted on the server",
        Ability::Search => "Lets the server search, sort or thread",
        Ability::Copy => "Copies or moves messages between mailboxes on the server",
        Ability::Append => "Stores a message on the server (a copy of what was sent, a draft)",
        Ability::Notice => "Waits for news: the server tells of new mail by itself",
        Ability::Stays => "Messages were retrieved, and stay on the server: none was removed in the session",
    }
}

pub fn imap(abilities: &Abilities) -> String {
    let Abilities { sessions, hidden, pop3, used } = abilities;
    let mut said = match (sessions, used.len()) {
        (0, _) => "There is no IMAP session in the capture.".to_owned(),
        (_, 0) if hidden == sessions => "The capture does not show it: TLS hides what IMAP did.".to_owned(),
        (_, 0) => {
            format!("Nothing: {} did only what POP3 can do, too.", plural(*sessions, "IMAP session", "IMAP sessions"))
        }
        (_, kinds) => {
            let sessions = plural(*sessions, "IMAP session", "IMAP sessions");
            format!("{} in {sessions}, as the table says.", plural(kinds as u64, "kind of thing", "kinds of things"))
        }
    };
    if *sessions > 0 && *pop3 == 0 {
        said.push_str(" There is no POP3 session to compare with; what POP3 cannot do is that of RFC 1939.");
    }
    said
}

pub fn crossing(session: u64, protocol: &str, message: u32, direction: Direction) -> String {
    let how = match direction {
        Direction::Sent => "sent",
        Direction::Retrieved => "retrieved",
        Direction::Appended => "appended",
    };
    format!("session {session} ({protocol}), message {message}, {how}")
}

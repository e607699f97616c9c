//! Names of the variants of the model's small enums.

use crate::decode::DecodeStop;
use crate::flow::{CloseReason, Side};
use crate::protocol::event::StepId;
use crate::protocol::event::{Delivery, Direction, Exposure, Kind, LoginOutcome};
use crate::protocol::{Protocol, imap, pop3};
use crate::session::model::{Class, Match, Phase, Severity, State, TlsMode};
use crate::verdict::budget::Part;
use crate::verdict::{BodyChange, ChangeKind, Role, Upshot};

pub fn protocol(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Smtp => "SMTP",
        Protocol::Lmtp => "LMTP",
        Protocol::Pop3 => "POP3",
        Protocol::Imap => "IMAP",
    }
}

pub fn phase(protocol: Protocol, phase: Phase) -> String {
    let name = self::protocol(protocol);
    match (phase, protocol) {
        (Phase::Connection, _) => format!("{name} connection establishment"),
        (Phase::Encryption, _) => format!("{name} encryption (TLS)"),
        (Phase::Authentication, _) => format!("{name} authentication"),
        (Phase::Transaction, Protocol::Smtp | Protocol::Lmtp) => "Mail transfer".to_owned(),
        (Phase::Transaction, Protocol::Pop3) => "Mail retrieval".to_owned(),
        (Phase::Transaction, Protocol::Imap) => "Mailbox access".to_owned(),
        (Phase::Release, _) => format!("{name} connection release"),
    }
}

pub fn state(state: State) -> &'static str {
    match state {
        State::Pop3(pop3::State::Authorization) => "AUTHORIZATION state",
        State::Pop3(pop3::State::Transaction) => "TRANSACTION state",
        State::Pop3(pop3::State::Update) => "UPDATE state",
        State::Imap(imap::State::NotAuthenticated) => "not authenticated state",
        State::Imap(imap::State::Authenticated) => "authenticated state",
        State::Imap(imap::State::Selected) => "selected state",
        State::Imap(imap::State::Logout) => "logout state",
    }
}

pub fn side(side: Side) -> &'static str {
    match side {
        Side::Client => "client",
        Side::Server => "server",
    }
}

pub fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Greeting => "greeting",
        Kind::Command => "command",
        Kind::Reply => "reply",
        Kind::Untagged => "untagged response",
        Kind::Continuation => "continuation request",
        Kind::Response => "response to a challenge",
        Kind::Data => "content",
        Kind::Tls => "TLS",
        Kind::Gap => "not captured",
        Kind::Unknown => "not understood",
    }
}

pub fn end(end: CloseReason) -> &'static str {
    match end {
        CloseReason::Closed => "closed (FIN)",
        CloseReason::Reset => "reset (RST)",
        CloseReason::Idle => "no more packets, while the capture went on",
        CloseReason::Open => "still open when the capture ended",
        CloseReason::Refused => "refused (RST in answer to SYN)",
        CloseReason::Unanswered => "no answer to SYN",
        CloseReason::Prohibited => "ICMP error in answer to SYN",
    }
}

pub fn tls_mode(mode: TlsMode, decrypted: bool) -> &'static str {
    match mode {
        TlsMode::None if decrypted => "it is not known how it began",
        TlsMode::None => "none: everything crossed in the clear",
        TlsMode::StartTls => "by STARTTLS: began in the clear, then switched to TLS",
        TlsMode::Implicit => "implicit: TLS from the first byte",
    }
}

pub fn login_outcome(outcome: LoginOutcome, put_off: bool) -> &'static str {
    match outcome {
        LoginOutcome::Accepted => "accepted",
        LoginOutcome::Rejected => "rejected",
        LoginOutcome::Cancelled => "cancelled by the client",
        LoginOutcome::Unknown if put_off => "put off by the server",
        LoginOutcome::Unknown => "unknown (no answer seen)",
    }
}

pub fn exposure(exposure: Exposure) -> &'static str {
    match exposure {
        Exposure::Plaintext => "the password itself",
        Exposure::Token => "bearer token, as good as a password",
        Exposure::Hash => "challenge and response, open to offline guessing",
        Exposure::None => "nothing of use",
    }
}

pub fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Sent => "sent (client to server)",
        Direction::Retrieved => "retrieved (server to client)",
        Direction::Appended => "stored in a mailbox (APPEND)",
    }
}

pub fn delivery(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Accepted => "accepted",
        Delivery::Partly => "accepted for some of the recipients",
        Delivery::Rejected => "rejected",
        Delivery::Deferred => "deferred (not accepted for now)",
        Delivery::Unknown => "unknown (no answer seen)",
    }
}

pub fn matched(by: Match) -> &'static str {
    match by {
        Match::Content => "identical, byte for byte (equal SHA-256)",
        Match::Body => "same body, other header (equal SHA-256 of the body)",
        Match::MessageId => "same Message-ID",
    }
}

pub fn role(role: Role) -> &'static str {
    match role {
        Role::Submitted => "submitted",
        Role::Relayed => "relayed",
        Role::Delivered => "delivered",
        Role::Retrieved => "retrieved",
        Role::Appended => "stored in a mailbox",
    }
}

pub fn change(kind: ChangeKind, body: Option<BodyChange>) -> &'static str {
    match (kind, body) {
        (_, Some(BodyChange::ReEncoded)) => "the body was encoded anew; its text is the same",
        (_, Some(BodyChange::Appended)) => "something was added at the end of the body",
        (_, Some(BodyChange::Other)) => "the body was changed",
        (ChangeKind::TraceFieldsAdded, None) => "only trace fields were added; the body is identical (equal SHA-256)",
        (_, None) => "header fields were changed; the body is identical (equal SHA-256)",
    }
}

/// A host on the way took the message so many seconds after the one before it.
pub fn received(by: &str, seconds: i64) -> String {
    format!("received by {by} after {seconds} s")
}

pub fn grown(bytes: &str) -> String {
    format!("{bytes} added")
}

/// What became of a session: at most 14 columns, for a list has no more for it.
pub fn upshot(upshot: Upshot) -> String {
    let word = match upshot {
        Upshot::NotConnected => "no connection",
        Upshot::Refused(None) => "refused",
        Upshot::Refused(Some(code)) => return format!("refused {code}"),
        Upshot::Accepted => "accepted",
        Upshot::Partly => "some accepted",
        Upshot::Deferred => "deferred",
        Upshot::RejectedOrDeferred => "refused/later",
        Upshot::Rejected => "rejected",
        Upshot::Aborted => "given up",
        Upshot::Unknown => "not known",
        Upshot::Retrieved => "retrieved",
        Upshot::Appended => "mail stored",
        Upshot::LoginRejected => "login refused",
        Upshot::LoginDeferred => "login put off",
        Upshot::LoginUnknown => "login unknown",
        Upshot::LoggedIn => "logged in",
        Upshot::TlsFailed => "TLS failed",
        Upshot::Encrypted => "inside TLS",
        Upshot::FellSilent => "fell silent",
        Upshot::HungUp(None) => "hung up",
        Upshot::HungUp(Some(code)) => return format!("hung up {code}"),
        Upshot::Failed => "failed",
        Upshot::Nothing => "no mail",
    };
    word.to_owned()
}

pub fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
    }
}

pub fn class(class: Class) -> &'static str {
    match class {
        Class::Failure => "failure",
        Class::Weakness => "weakness",
        Class::Remark => "remark",
    }
}

pub fn decode_stop(stop: DecodeStop) -> String {
    match stop {
        DecodeStop::UnknownLink(link) => format!("link type {link} is not known"),
        DecodeStop::Link => "the link-layer header is cut short or makes no sense".to_owned(),
        DecodeStop::Ip => "the IP header is cut short or makes no sense".to_owned(),
        DecodeStop::Encrypted => "the 802.11 frame is encrypted: mail in it cannot be seen".to_owned(),
        DecodeStop::NoContent => {
            "the packets were logged without their content (snaplen 0 of the firewall's log rule)".to_owned()
        }
        DecodeStop::Tcp => "the TCP header is cut short or makes no sense".to_owned(),
    }
}

/// "1 packet", "12 packets".
pub fn count(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

pub fn bytes(bytes: u64) -> String {
    count(bytes, "byte", "bytes")
}

pub fn packets(packets: u64) -> String {
    count(packets, "packet", "packets")
}

/// How many extensions a long list names.
pub fn extensions(count: usize) -> String {
    format!("… {count} extensions in all")
}

/// A length of time. `seconds` is a formatted decimal number.
pub fn seconds(seconds: &str) -> String {
    format!("{seconds} s")
}

/// The subflows of a Multipath TCP connection.
pub fn subflows(subflows: u64, another_way: bool) -> String {
    let seen = count(subflows, "subflow", "subflows");
    match another_way {
        false => format!("{seen}, put together"),
        true => format!("{seen} captured; data may have gone another way"),
    }
}

/// Connections to mail ports that were closed at once.
pub fn probes(connections: u64, addresses: &str, many: bool) -> String {
    format!(
        "{} without a mail dialogue (health checks, scans) from {addresses} {}",
        count(connections, "connection", "connections"),
        if many { "addresses" } else { "address" }
    )
}

/// A step of the clock; `back` is a length of time.
pub fn clock_step(packet: u64, back: &str) -> String {
    format!("the clock went back by {back} before packet {packet}")
}

/// Segments that were sent again, and those of them that the receiver had already.
pub fn sent_again(segments: u64, needless: u64) -> String {
    let all = format!("{segments} segment{}", if segments == 1 { "" } else { "s" });
    match needless {
        0 => all,
        _ => format!("{all}, {needless} of which the receiver had already"),
    }
}

/// What time went into. `length` is a formatted length of time.
pub fn time_spent(part: Part, length: &str) -> String {
    let what = match part {
        Part::Connect => "connecting",
        Part::Greeting => "waiting for the greeting",
        Part::Tls => "TLS handshake",
        Part::LogIn => "waiting for replies in log-ins",
        Part::Commands => "waiting for other replies",
        Part::Transfer => "content",
        Part::FinalReply => "waiting for the reply to content",
        Part::Idle => "waiting for news (IDLE)",
        Part::Client => "the client, before it went on",
        Part::Encrypted => "inside TLS",
        Part::After => "after the last step",
    };
    format!("{length} {what}")
}

/// The reply for which the client waited longest.
pub fn longest_reply(step: StepId, length: &str) -> String {
    format!("longest wait for a reply: {length}, step {step}")
}

/// A receiver took no more bytes. `length` is a formatted length of time.
pub fn window_closed(of: Side, length: &str, from: &str, to: &str, times: u64) -> String {
    let longest = if times > 1 { format!("; {times} times, the longest") } else { ",".to_owned() };
    format!("the {} took no more bytes for {length}{longest} from packet {from} to packet {to}", side(of))
}

/// Neither end sent anything new. `length` is a formatted length of time.
pub fn silence(of: Option<Side>, length: &str, from: &str, to: &str) -> String {
    let who = match of {
        Some(of) => format!("the {} was silent", side(of)),
        None => "neither end sent anything new".to_owned(),
    };
    format!("{length} from packet {from} to packet {to}: {who}")
}

/// Bytes that crossed outside of the stream.
pub fn urgent(bytes: u64) -> String {
    let rule = "the receiver's system takes urgent bytes out of what its program reads, unless the program wants them";
    let several =
        if bytes > 1 { "; Linux leaves in those that are followed by another before they are read" } else { "" };
    format!("{bytes}, left out of the text: {rule} (RFC 6093){several}")
}

/// A capture without mail. `ports` is the formatted list of the busiest ports; empty if there were none.
pub fn no_mail(packets: u64, segments: u64, connections: u64, undecodable: u64, ports: &str) -> Vec<String> {
    let mut lines = vec!["No mail session was found in this capture.".to_owned()];
    if packets == 0 {
        lines.push("It holds no packet at all.".to_owned());
        return lines;
    }
    lines.push(format!(
        "It holds {}: {}, {} begun in the capture.",
        self::packets(packets),
        count(segments, "TCP segment", "TCP segments"),
        count(connections, "TCP connection", "TCP connections")
    ));
    if !ports.is_empty() {
        lines.push(format!("Busiest TCP ports (segments): {ports}."));
    }
    if undecodable > 0 {
        lines.push(format!("{} could not be decoded:", self::packets(undecodable)));
    }
    lines
}

/// A capture whose mail sessions are all excluded by --session or --protocol.
pub fn none_asked_for(looked_at: u64, filters: &str) -> String {
    match looked_at {
        1 => format!("The mail session in this capture is not one of those asked for: {filters}"),
        _ => format!("None of the {looked_at} mail sessions in this capture is one of those asked for: {filters}"),
    }
}

/// How many sessions were shown of those that there were.
pub fn shown_of(shown: u64, looked_at: u64, filters: &str) -> String {
    format!("{shown} of {looked_at} sessions ({filters})")
}

/// A capture of `held` packets, none of which matches the filter.
pub fn none_matches(held: u64) -> Vec<String> {
    vec![
        format!("The capture holds {}, and none matches the filter.", self::packets(held)),
        "In a file, packets with a VLAN tag match only where the filter names it, as in 'tcp port 25 or (vlan and \
         tcp port 25)', even if they were captured with a filter that does not."
            .to_owned(),
    ]
}

/// The share of the connections that was followed.
pub fn shard(index: u32, of: u32) -> String {
    let counted = if index == 1 { "" } else { "; packets that are not mail are counted by shard 1" };
    format!("{index} of {of}: only connections between its hosts{counted}")
}

/// No session is in this share.
pub fn none_in_shard(index: u32, of: u32) -> String {
    format!("No mail session is in shard {index} of {of}: those between other hosts are in other shards.")
}

pub fn no_mail_hint() -> &'static str {
    "Mail on another port is read with --port (for example --port smtp=8025) or --any-port."
}

/// A program that was told by its behaviour, with the versions that were seen to behave so: it may be another one.
pub fn software(name: &str, versions: &str, percent: u32) -> String {
    format!("{name}, by how it behaves ({percent} % sure; seen with {versions})")
}

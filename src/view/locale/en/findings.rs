//! Findings.

use crate::session::model::{Conflict, FindingKind};
use crate::view::locale::FindingWords;

pub fn finding(kind: FindingKind) -> FindingWords {
    let (title, detail, remedy) = match kind {
        FindingKind::PlaintextPassword => (
            "A password crossed the network in the clear",
            "Whoever can see these packets can read the user name and the password and log in with them. Base64, as \
             PLAIN and LOGIN use it, hides nothing: it is an encoding, not an encryption.",
            "Let the client use TLS (ports 465, 993 and 995, or STARTTLS before it logs in), let the server refuse \
             log-ins without it, and change this password.",
        ),
        FindingKind::PlaintextToken => (
            "A bearer token crossed the network in the clear",
            "Until it expires, the token opens the mailbox to whoever holds it, without any password.",
            "Let the client use TLS before it sends the token, and revoke this one.",
        ),
        FindingKind::PlaintextMessage => (
            "A message crossed the network in the clear",
            "Header, text and attachments can be read, and changed, by anyone between the two ends.",
            "Encrypt the connection with TLS; for secrecy from the servers too, encrypt the message itself (S/MIME or \
             OpenPGP).",
        ),
        FindingKind::RecipientRefused => (
            "The server refused a recipient",
            "The message does not reach this recipient from here: the address may be wrong, the mailbox full or \
             closed, or the server may not relay for this client.",
            "Check the address, and the code and text of the reply to RCPT; where it says that relaying is denied, \
             log in first or use the right server. After a 4yz reply, trying again later may succeed.",
        ),
        FindingKind::MessageRefused => (
            "The server refused a message",
            "The content crossed the network, but the server did not take responsibility for it: nobody receives it \
             from here.",
            "Read the code and the text of the reply after the content: size, content filter or policy. After a 4yz \
             reply, sending again later may succeed; after a 5yz reply, change the message first.",
        ),
        FindingKind::LoginRefused => (
            "A log-in was refused",
            "User name or password were wrong, the account is closed, or the server does not accept this mechanism. \
             Many refusals in a row may be somebody guessing passwords.",
            "Check user name, password and mechanism; the text of the reply often names the reason.",
        ),
        FindingKind::ConflictingBytes => (
            "Two copies of the same bytes disagree",
            "A stretch of the stream crossed the network more than once, and not with the same content. The steps show \
             the copy that came first; the receiver may have read another. This is how words are slipped into a \
             conversation or past an observer.",
            "Find out from the receiver's log which copy it read, and what sent the other: somebody on the path, or a \
             device that changes what passes through it.",
        ),
        FindingKind::BytesMissing => (
            "Bytes of the conversation are missing from the capture",
            "The two ends exchanged them, but the capture does not hold them, so that some steps or parts of messages \
             cannot be shown.",
            "Capture with a larger buffer and the whole packet length (snaplen), close to one of the two ends.",
        ),
    };
    FindingWords {
        title: title.to_owned(),
        detail: detail.to_owned(),
        remedy: remedy.to_owned(),
        reference: super::super::reference(kind),
    }
}

/// What two copies say, of which `first` and `second` are escaped excerpts.
pub fn conflict(conflict: &Conflict, first: &str, second: &str) -> String {
    let Conflict { offset, bytes, second_packet, .. } = conflict;
    let differ = if *bytes == 1 { "1 byte differs".to_owned() } else { format!("{bytes} bytes differ") };
    let packet = conflict.first_packet.map(|packet| format!(" in packet {packet}")).unwrap_or_default();
    format!(
        " The {} at byte {offset} ({differ}): first{packet} `{first}`, then in packet {second_packet} `{second}`.",
        super::terms::side(conflict.from).to_lowercase()
    )
}

/// That not all of them are shown.
pub fn more_conflicts(more: u64) -> String {
    if more == 1 { " There was 1 more.".to_owned() } else { format!(" There were {more} more.") }
}

//! Findings.

use crate::session::model::FindingKind;
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

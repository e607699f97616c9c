/*!
A delivery report that is a text for people: how qmail, sendmail and Exim wrote them before, or instead of, RFC 3464.

```text
Hi. This is the qmail-send program at …      QSBMF: the body begins so
…
                                             paragraphs end with an empty line
<c@d>:                                       a recipient,
Remote host said: 550 5.1.1 no such user     and why
                                             …
--- Below this line …                        begins with "-"

Message-ID: …                                the message that comes back
```

```text
X-Failed-Recipients: c@d                     in the header: Exim, and others that write as it does

  c@d                                        two spaces: one of those
    host mx.d [192.0.2.1]                    four: why
    …
------ This is a copy of the message …

Message-ID: …
```

```text
The original message was received at …       sendmail, told to write no MIME: the body begins so
…
   ----- The following addresses had permanent fatal errors -----
<c@d>                                        a recipient, with or without the brackets,
    (reason: 550 5.1.1 no such user)         and why

   ----- Transcript of session follows -----
…
   ----- Message header follows -----        or "Original message follows"

Message-ID: …
```

Only the text of a message that begins so, or whose header names recipients, is kept, up to a bound; all other text is known
by its first bytes. Who sent it is not known here: what it says counts only where no person did (`verdict::across::bounce`).

D. J. Bernstein, The qmail-send Bounce Message Format (QSBMF).
*/

use super::boundary::Told;
use super::transfer::Transfer;
use crate::limits::{REPORT_BYTES, of_list};
use crate::protocol::smtp::parse::enhanced;
use crate::session::model::ReportedRecipient;
use crate::session::text::text;
use std::collections::HashMap;

/// Recipients of one report.
pub const RECIPIENTS: usize = 100;
/// Bytes kept of a diagnostic text. A longer address is none.
pub const DIAGNOSTIC_BYTES: usize = 500;

/// How the body of a QSBMF begins.
const QSBMF: &[u8] = b"Hi. This is the";
/// How the body of sendmail's begins.
const SENDMAIL: &[u8] = b"The original message was received at ";
/// What stands before the message that Exim sends back.
const COPY: &[u8] = b"------ This is a copy of ";

/// The text of a message, while it comes and may be such a report.
#[derive(Debug)]
pub struct Text {
    transfer: Transfer,
    /// The header names recipients that failed.
    named: bool,
    /// Decoded.
    bytes: Vec<u8>,
    /// Nothing is added any more: the bound is reached, or bytes are missing.
    cut: bool,
}

impl Text {
    /// For a text in `transfer`; `named` where the header names recipients that failed.
    pub fn new(transfer: Transfer, named: bool) -> Self {
        Self { transfer, named, bytes: Vec::new(), cut: false }
    }

    /// Bytes on the heap.
    pub fn weight(&self) -> usize {
        of_list(&self.bytes)
    }

    /// Line ends do nothing but separate lines of the encoding.
    pub fn ignores_line_ends(&self) -> bool {
        self.cut || self.transfer.ignores_line_ends()
    }

    /// The next bytes of a line, or its end. `out` is room to decode into. False where it is no report.
    pub fn told(&mut self, told: Told<'_>, out: &mut Vec<u8>) -> bool {
        if self.cut {
            return true;
        }
        out.clear();
        match told {
            Told::Text(bytes) => self.transfer.decode(bytes, out),
            Told::End(end) => self.transfer.line_end(end, out),
        }
        self.add(out);
        let may_begin = |begin: &[u8]| self.bytes.iter().zip(begin).all(|(is, may)| is == may);
        self.named || may_begin(QSBMF) || may_begin(SENDMAIL)
    }

    fn add(&mut self, decoded: &[u8]) {
        let room = REPORT_BYTES.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(decoded.get(..room).unwrap_or(decoded));
        self.cut |= decoded.len() > room;
    }

    /// Bytes are missing here: what follows is not joined to what came before.
    pub fn gap(&mut self) {
        self.cut = true;
    }

    /// The text has ended.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Vec<u8> {
        if !self.cut {
            out.clear();
            self.transfer.end(out);
            self.add(out);
        }
        self.bytes
    }
}

/// What a report says whose body begins as such reports do: its recipients, and the header of the message that comes back.
/// Absent where `body` is none.
pub fn by_itself(body: &[u8]) -> Option<(Vec<ReportedRecipient>, &[u8])> {
    qsbmf(body).or_else(|| sendmail(body))
}

fn qsbmf(body: &[u8]) -> Option<(Vec<ReportedRecipient>, &[u8])> {
    if !body.starts_with(QSBMF) {
        return None;
    }
    let mut recipients: Vec<ReportedRecipient> = Vec::new();
    let (mut rest, mut begins, mut reads) = (body, true, false);
    while let Some((line, after)) = next_line(rest) {
        rest = after;
        let is_empty = line.is_empty();
        let is_first = std::mem::replace(&mut begins, is_empty);
        match line {
            // The break paragraph may have several lines.
            [b'-', ..] if is_first => {
                while let Some((line, after)) = next_line(rest) {
                    rest = after;
                    if line.is_empty() {
                        break;
                    }
                }
                return Some((recipients, header(rest)));
            }
            [b'<', address @ ..] if is_first => {
                let address = address.strip_suffix(b">:").filter(|it| (1..=DIAGNOSTIC_BYTES).contains(&it.len()));
                reads = address.is_some() && recipients.len() < RECIPIENTS;
                if let Some(address) = address.filter(|_| reads) {
                    recipients.push(failed(text(address)));
                }
            }
            _ if is_first || is_empty => reads = false,
            _ => {
                if let Some(recipient) = recipients.last_mut().filter(|_| reads) {
                    add_reason(recipient, line);
                }
            }
        }
    }
    // Without a break paragraph it is a letter that begins so.
    None
}

fn sendmail(body: &[u8]) -> Option<(Vec<ReportedRecipient>, &[u8])> {
    if !body.starts_with(SENDMAIL) {
        return None;
    }
    let mut recipients: Vec<ReportedRecipient> = Vec::new();
    let (mut rest, mut among) = (body, false);
    while let Some((line, after)) = next_line(rest) {
        rest = after;
        // `   ----- … -----`
        let title = line.strip_prefix(b"   ----- ").and_then(|line| line.strip_suffix(b" -----"));
        match (title, line) {
            (Some(b"Original message follows" | b"Message header follows"), _) => {
                let begins = next_line(rest).filter(|(line, _)| line.is_empty()).map_or(rest, |(_, after)| after);
                return Some((recipients, header(begins)));
            }
            (Some(title), _) => among = title == b"The following addresses had permanent fatal errors",
            (None, b"") => among = false,
            (None, [b' ' | b'\t', ..]) if among => {
                let reason = line.trim_ascii().strip_prefix(b"(reason: ").and_then(|line| line.strip_suffix(b")"));
                if let (Some(reason), Some(recipient)) = (reason, recipients.last_mut()) {
                    add_reason(recipient, reason);
                }
            }
            (None, address) if among && recipients.len() < RECIPIENTS && address.len() <= DIAGNOSTIC_BYTES => {
                let bare = address.strip_prefix(b"<").and_then(|address| address.strip_suffix(b">"));
                recipients.push(failed(text(bare.unwrap_or(address))));
            }
            // The reason of what is left out is nobody else's.
            (None, _) => among = false,
        }
    }
    None
}

/// Adds what the text of a report says why to `recipients`, those that its header names. Returns the header of
/// the message that comes back; empty where there is none.
pub fn reasons<'a>(body: &'a [u8], recipients: &mut [ReportedRecipient]) -> &'a [u8] {
    let mut places = HashMap::new();
    for (at, recipient) in recipients.iter().enumerate() {
        places.entry(recipient.address.to_lowercase()).or_insert(at);
    }
    let (mut rest, mut current) = (body, None);
    while let Some((line, after)) = next_line(rest) {
        rest = after;
        match line {
            _ if line.starts_with(COPY) => {
                let is_between = |line: &[u8]| line.is_empty() || line.starts_with(b"------ ");
                while let Some((_, after)) = next_line(rest).filter(|(line, _)| is_between(line)) {
                    rest = after;
                }
                return header(rest);
            }
            [b' ', b' ', b' ', b' ', reason @ ..] => {
                // The address that stands above is another one, or not shown: this is the one that the header names.
                if let Some(from) = reason.strip_prefix(b"(generated from ") {
                    let from =
                        from.strip_suffix(b")").filter(|from| from.len() <= DIAGNOSTIC_BYTES).unwrap_or_default();
                    current = places.get(&text(from).to_lowercase()).copied().or(current);
                } else if let Some(recipient) = current.and_then(|at: usize| recipients.get_mut(at)) {
                    add_reason(recipient, reason);
                }
            }
            [b' ', b' ', name @ ..] if name.len() <= DIAGNOSTIC_BYTES && !name.starts_with(b" ") => {
                // Old versions have a colon after it.
                let name = name.strip_suffix(b":").unwrap_or(name);
                current = places.get(&text(name).to_lowercase()).copied();
            }
            _ => current = None,
        }
    }
    b""
}

/// The whole lines of a header that `text` begins with: what a bound has cut could pass for all of a field.
fn header(text: &[u8]) -> &[u8] {
    let mut rest = text;
    while let Some((_, after)) = next_line(rest).filter(|(line, _)| !line.is_empty()) {
        rest = after;
    }
    let lines = text.get(..text.len() - rest.len()).unwrap_or_default();
    lines.get(..memchr::memrchr(b'\n', lines).map_or(0, |end| end + 1)).unwrap_or_default()
}

/// A recipient that a text says failed.
pub fn failed(address: String) -> ReportedRecipient {
    ReportedRecipient { address, action: "failed".to_owned(), ..Default::default() }
}

/// Adds a line to the reason.
fn add_reason(recipient: &mut ReportedRecipient, line: &[u8]) {
    let line = line.trim_ascii();
    if recipient.status.is_none() {
        recipient.status = status(line);
    }
    let reason = recipient.diagnostic.get_or_insert_default();
    let room = DIAGNOSTIC_BYTES.saturating_sub(reason.len());
    if line.is_empty() || room < 2 {
        return;
    }
    if !reason.is_empty() {
        reason.push(' ');
    }
    let line = text(line.get(..room).unwrap_or(line));
    let fits = line.floor_char_boundary(DIAGNOSTIC_BYTES.saturating_sub(reason.len()));
    reason.push_str(line.get(..fits).unwrap_or_default());
}

/// The enhanced status code (RFC 3463) of a line: after the code of a reply that it quotes, or as qmail writes its own,
/// `(#5.1.2)`.
fn status(line: &[u8]) -> Option<String> {
    let of_qmail = || {
        let from = memchr::memmem::rfind(line, b"(#")? + 2;
        let own = line.get(from..)?.strip_suffix(b")")?;
        enhanced(own)
    };
    let is_code = |code: &[u8]| matches!(code, [b'4' | b'5', b'0'..=b'5', b'0'..=b'9']);
    let mut words = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).peekable();
    let quoted = || {
        while let Some(word) = words.next() {
            let code = match word.split_at_checked(3) {
                Some((code, [b'-', own @ ..])) if is_code(code) => enhanced(own),
                Some((code, b"")) if is_code(code) => words.peek().and_then(|word| enhanced(word)),
                _ => None,
            };
            if code.is_some() {
                return code;
            }
        }
        None
    };
    of_qmail().or_else(quoted).filter(|code| code.class != 2).map(|code| code.to_string())
}

/// The first line of `text` without its end, and what follows it.
fn next_line(text: &[u8]) -> Option<(&[u8], &[u8])> {
    if text.is_empty() {
        return None;
    }
    let end = memchr::memchr(b'\n', text).unwrap_or(text.len());
    let line = text.get(..end)?;
    Some((line.strip_suffix(b"\r").unwrap_or(line), text.get(end + 1..).unwrap_or_default()))
}

#[cfg(test)]
mod tests;

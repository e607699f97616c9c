/*!
A delivery report while it is read (RFC 3464): which recipients failed, and which message it is about. Those that are texts for
people are read by [`text_report`].

Of a `multipart/report`, the part `message/delivery-status` and the header of the message that comes back are kept, up to
a bound, and read at the end. Everything else of it streams by as in any message.
*/

use super::boundary::Told;
use super::header;
use super::text_report::{self, DIAGNOSTIC_BYTES, RECIPIENTS};
use crate::limits::{REPORT_BYTES, of_list};
use crate::session::model::{Header, Report, ReportForm, ReportedRecipient};
use crate::session::text::text;
use crate::session::weight::of_text;
use std::collections::HashSet;

/// What a part of a report is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `message/delivery-status`.
    Status,
    /// `text/rfc822-headers`.
    Header,
}

impl Part {
    /// The part of a report with this media type, in lower case.
    pub fn named(content_type: &str) -> Option<Self> {
        match content_type {
            "message/delivery-status" | "message/global-delivery-status" => Some(Self::Status),
            "text/rfc822-headers" | "message/global-headers" => Some(Self::Header),
            _ => None,
        }
    }
}

/// The text of a part, while it comes.
#[derive(Debug)]
pub struct Kept {
    pub part: Part,
    text: Vec<u8>,
}

impl Kept {
    pub fn new(part: Part) -> Self {
        Self { part, text: Vec::new() }
    }

    /// The next bytes of a line, or its end.
    pub fn told(&mut self, told: Told<'_>) {
        let bytes = told.bytes();
        let room = REPORT_BYTES.saturating_sub(self.text.len()).min(bytes.len());
        self.text.extend_from_slice(bytes.get(..room).unwrap_or_default());
    }

    /// Bytes on the heap.
    pub fn weight(&self) -> usize {
        crate::limits::of_list(&self.text)
    }
}

/// What a report has said so far.
#[derive(Debug, Default)]
pub struct Reading {
    report: Report,
    any: bool,
    /// The recipients that the header names as failed.
    named: Vec<ReportedRecipient>,
}

impl Reading {
    /// A part has ended.
    pub fn part(&mut self, kept: &Kept) {
        match kept.part {
            Part::Status => {
                self.any = true;
                let left = RECIPIENTS.saturating_sub(self.report.recipients.len());
                self.report.recipients.extend(recipients(&kept.text).into_iter().take(left));
            }
            Part::Header => self.returned(&kept.text),
        }
    }

    /// The header of the message that comes back.
    pub fn returned(&mut self, block: &[u8]) {
        if self.report.message_id.is_none() {
            let field = header::fields(block).find(|(name, _)| name.eq_ignore_ascii_case(b"message-id"));
            self.report.message_id = field.and_then(|(_, value)| header::message_id(&value));
        }
    }

    /// The message's own header: Exim names recipients in it, as many in a field as fit.
    pub fn header(&mut self, header: &Header) {
        let fields = header.fields.iter().filter(|field| field.name.eq_ignore_ascii_case("X-Failed-Recipients"));
        let names = fields.flat_map(|field| field.value.split(',')).map(str::trim);
        let names = names.filter(|name| (1..=DIAGNOSTIC_BYTES).contains(&name.len()));
        let mut known = HashSet::new();
        let names = names.filter(|name| known.insert(name.to_lowercase()));
        self.named = names.take(RECIPIENTS).map(|name| text_report::failed(name.to_owned())).collect();
    }

    /// The header names recipients.
    pub fn is_named(&self) -> bool {
        !self.named.is_empty()
    }

    /// The text of a message that may be a report by itself.
    pub fn text(&mut self, body: &[u8]) {
        let returned = match text_report::by_itself(body) {
            Some((recipients, returned)) => {
                self.report = Report { form: ReportForm::Text, recipients, message_id: None };
                returned
            }
            None => text_report::reasons(body, &mut self.named),
        };
        self.returned(returned);
    }

    /// Bytes on the heap.
    pub fn weight(&self) -> usize {
        let of_all = |all: &Vec<ReportedRecipient>| {
            let of_one = |one: &ReportedRecipient| {
                let texts = [Some(&one.address), Some(&one.action), one.status.as_ref(), one.diagnostic.as_ref()];
                texts.into_iter().flatten().map(of_text).sum::<usize>()
            };
            of_list(all) + all.iter().map(of_one).sum::<usize>()
        };
        of_all(&self.named) + of_all(&self.report.recipients) + self.report.message_id.as_ref().map_or(0, of_text)
    }

    /// The report; absent where the message is none.
    pub fn finish(mut self) -> Option<Report> {
        if !self.any && self.report.recipients.is_empty() {
            self.report.form = ReportForm::Text;
            self.report.recipients = self.named;
        }
        (self.any || !self.report.recipients.is_empty()).then_some(self.report)
    }
}

/// The recipients of a `message/delivery-status`: groups of fields, of which those about a recipient have an action.
fn recipients(status: &[u8]) -> Vec<ReportedRecipient> {
    let mut all = Vec::new();
    let mut group = Vec::new();
    for line in status.split_inclusive(|&byte| byte == b'\n').chain([&b"\n"[..]]) {
        if !line.trim_ascii().is_empty() {
            group.extend_from_slice(line);
            continue;
        }
        let mut recipient = ReportedRecipient::default();
        let mut original = None;
        for (name, value) in header::fields(&group) {
            // `address-type ";" generic-address`, and the same for the other typed fields.
            let typed = || {
                let after = value.splitn(2, |&byte| byte == b';').nth(1).unwrap_or(&value);
                text(after.trim_ascii().get(..DIAGNOSTIC_BYTES.min(after.trim_ascii().len())).unwrap_or_default())
            };
            match name.to_ascii_lowercase().as_slice() {
                b"final-recipient" => recipient.address = bare(&typed()),
                b"original-recipient" => original = Some(bare(&typed())),
                b"action" => recipient.action = text(value.trim_ascii()).to_ascii_lowercase(),
                b"status" => recipient.status = Some(first_word(&text(value.trim_ascii()))),
                b"diagnostic-code" => recipient.diagnostic = Some(typed()),
                _ => {}
            }
        }
        if recipient.address.is_empty() {
            recipient.address = original.unwrap_or_default();
        }
        if !recipient.action.is_empty() {
            recipient.action = first_word(&recipient.action);
            all.push(recipient);
        }
        group.clear();
    }
    all
}

fn bare(address: &str) -> String {
    address.trim().trim_start_matches('<').trim_end_matches('>').to_owned()
}

/// A comment may follow (RFC 5322, section 3.2.2).
fn first_word(value: &str) -> String {
    value.split([' ', '\t', '(', ';']).next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipients_are_groups_with_an_action() {
        let status =
            b"Reporting-MTA: dns; mx\r\n\r\nOriginal-Recipient: rfc822;c@d\r\nFinal-Recipient: RFC822; <e@f>\r\n\
            Action: Failed (for good)\r\nStatus: 5.1.1 (unknown)\r\nDiagnostic-Code: smtp; 550 no\r\n such user\r\n\r\n\
            Final-Recipient: rfc822; g@h\r\nAction: delayed\r\n";
        let all = recipients(status);
        assert_eq!(all.len(), 2);
        assert_eq!((all[0].address.as_str(), all[0].action.as_str()), ("e@f", "failed"));
        assert_eq!(all[0].status.as_deref(), Some("5.1.1"));
        assert_eq!(all[0].diagnostic.as_deref(), Some("550 no such user"));
        assert_eq!((all[1].address.as_str(), all[1].action.as_str()), ("g@h", "delayed"));
        assert!(recipients(b"").is_empty() && recipients(b"no fields\n\n\n").is_empty());
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut kept = Kept::new(Part::Status);
        for _ in 0..REPORT_BYTES {
            kept.told(Told::Text(b"xyz"));
        }
        assert_eq!(kept.text.len(), REPORT_BYTES);
    }
}

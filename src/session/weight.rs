/*!
How many bytes of memory a session takes, so that what is held can be held to a budget.

Counted is what the allocator gives out, by capacity and with its own overhead: two bytes of text cost 32. The numbers
are estimates of the same kind everywhere, never a measure of the process.
*/

use super::model::{
    Addressee, Attachment, Credential, Decryption, Envelope, Extra, Faults, Finding, Header, HeaderField, Mailbox,
    Message, MimePart, Preview, Recipient, Report, ReportedRecipient, Session, Smuggled, Step, Tls, Transaction, Word,
};
use crate::limits::heap;
pub use crate::limits::of_list;
use crate::protocol::event::{Certificate, Subject};
use crate::protocol::pop3;
use crate::protocol::secret::Secret;

/// Bytes that `text` takes on the heap.
pub fn of_text(text: &String) -> usize {
    heap(text.capacity())
}

fn of_some(text: Option<&String>) -> usize {
    text.map_or(0, of_text)
}

fn of_texts<'a>(texts: impl IntoIterator<Item = &'a Option<String>>) -> usize {
    texts.into_iter().map(|text| of_some(text.as_ref())).sum()
}

fn of_all(list: &Vec<String>) -> usize {
    of_list(list) + list.iter().map(of_text).sum::<usize>()
}

fn of_secret(secret: &Secret<String>) -> usize {
    heap(secret.reveal().len())
}

impl Step {
    /// Bytes that the step has on the heap, without its own size.
    pub fn weight(&self) -> usize {
        self.text_weight() + self.other_weight()
    }

    /// Those of them that are not its text.
    pub fn other_weight(&self) -> usize {
        let extra = self.extra.as_ref().map_or(0, |_| heap(size_of::<Extra>()));
        self.packets.weight() + of_subject(&self.subject) + extra
    }

    /// Those of them that are its text and what is read from it.
    pub fn text_weight(&self) -> usize {
        let Self { text, tag, command, extra, .. } = self;
        let of_extra = |extra: &Extra| of_all(&extra.mailboxes) + of_list(&extra.secrets);
        heap(text.len())
            + [tag, command].into_iter().flatten().map(Word::weight).sum::<usize>()
            + extra.as_deref().map_or(0, of_extra)
    }
}

fn of_subject(subject: &Subject) -> usize {
    use pop3::What::{Farewell, Greeting, InDoubt, Reply};
    match subject {
        Subject::Pop3(subject) => match &subject.what {
            Greeting { code, .. } | Reply { code, .. } | InDoubt { code, .. } | Farewell { code, .. } => {
                code.as_ref().map_or(0, |code| heap(code.len()))
            }
            _ => 0,
        },
        _ => 0,
    }
}

impl Credential {
    /// Bytes that the attempt has on the heap, without its own size.
    pub fn weight(&self) -> usize {
        let Self { mechanism, username, authorization_id, password, challenge, response, token, .. } = self;
        let secrets = [password, response, token].into_iter().flatten().chain(&self.wire_forms);
        of_text(mechanism)
            + of_texts([username, authorization_id, challenge, &self.reply])
            + secrets.map(of_secret).sum::<usize>()
            + of_list(&self.steps)
            + of_list(&self.wire_forms)
    }
}

impl Message {
    /// Bytes that the message has on the heap, without its own size.
    pub fn weight(&self) -> usize {
        let Self {
            envelope,
            mailbox,
            unique_id,
            part,
            header,
            mime,
            attachments,
            report,
            prints,
            preview,
            missing,
            reply,
            steps,
            ..
        } = self;
        let of_report = |report: &Report| {
            let of_recipient = |one: &ReportedRecipient| {
                of_text(&one.address) + of_text(&one.action) + of_texts([&one.status, &one.diagnostic])
            };
            heap(size_of::<Report>())
                + of_texts([&report.message_id])
                + of_list(&report.recipients)
                + report.recipients.iter().map(of_recipient).sum::<usize>()
        };
        let of_envelope = |Envelope { from, to }: &Envelope| {
            let of_recipient = |recipient: &Recipient| of_text(&recipient.address);
            of_some(from.as_ref()) + of_list(to) + to.iter().map(of_recipient).sum::<usize>()
        };
        let of_attachment = |attachment: &Attachment| of_texts([&attachment.filename, &attachment.content_type]);
        envelope.as_ref().map_or(0, of_envelope)
            + of_texts([mailbox, unique_id, part, reply])
            + header.weight()
            + mime.as_ref().map_or(0, MimePart::weight)
            + of_list(attachments)
            + attachments.iter().map(of_attachment).sum::<usize>()
            + report.as_deref().map_or(0, of_report)
            + of_list(prints)
            + prints.iter().map(|print| heap(8 * print.first.len()) + heap(8 * print.last.len())).sum::<usize>()
            + preview.as_deref().map_or(0, |preview| heap(size_of::<Preview>()) + of_text(&preview.text))
            + of_list(missing)
            + self.faults.as_ref().map_or(0, |faults| heap(size_of::<Faults>()) + faults.weight())
            + of_list(steps)
            + of_list(&self.same_as)
    }
}

impl Transaction {
    /// Bytes that the transaction has on the heap, without its own size.
    pub fn weight(&self) -> usize {
        let Self { n: _, from, to, size_said: _, size_limit: _, outcome: _, reply: _, message: _, steps } = self;
        let of_addressee = |Addressee { address, .. }: &Addressee| of_text(address);
        of_some(from.as_ref()) + of_list(to) + to.iter().map(of_addressee).sum::<usize>() + of_list(steps)
    }
}

impl Faults {
    /// Bytes that the texts have on the heap.
    pub fn weight(&self) -> usize {
        let Self { bare_lf, bare_cr, nul, long_line, single_dot, odd_dot_line, repeated, .. } = self;
        let spots = [bare_lf, bare_cr, nul, long_line, single_dot, odd_dot_line, repeated];
        let of_smuggled = |it: &Smuggled| of_text(&it.commands) + of_text(&it.spot.excerpt);
        spots.into_iter().flatten().map(|spot| of_text(&spot.excerpt)).sum::<usize>()
            + self.smuggled.as_ref().map_or(0, of_smuggled)
            + self.last_dot.as_ref().map_or(0, |dot| of_text(&dot.line))
    }
}

impl Header {
    /// Bytes that the fields have on the heap.
    pub fn weight(&self) -> usize {
        let Self { message_id, date, subject, from, to, cc, reply_to, date_utc: _, fields } = self;
        let of_mailboxes = |list: &Vec<Mailbox>| {
            of_list(list) + list.iter().map(|mailbox| of_texts([&mailbox.name, &mailbox.address])).sum::<usize>()
        };
        let of_field = |field: &HeaderField| of_text(&field.name) + of_text(&field.value);
        of_texts([message_id, date, subject])
            + [from, to, cc, reply_to].into_iter().map(of_mailboxes).sum::<usize>()
            + of_list(fields)
            + fields.iter().map(of_field).sum::<usize>()
    }
}

impl MimePart {
    /// Bytes that the entity has on the heap, with those in it.
    ///
    /// Recursion is bounded by `limits::MIME_DEPTH`.
    pub fn weight(&self) -> usize {
        let Self { version, content_type, charset, boundary, encoding, parts } = self;
        of_texts([version, content_type, charset, boundary, encoding])
            + of_list(parts)
            + parts.iter().map(Self::weight).sum::<usize>()
    }
}

impl Tls {
    /// Bytes that what is known of TLS has on the heap.
    pub fn weight(&self) -> usize {
        let Self {
            mode: _,
            offered,
            established: _,
            failed: _,
            version,
            cipher,
            server_name,
            alpn,
            ja4,
            certificate,
            decrypted: _,
            decryption: Decryption { by: _, fault: _, client_random },
        } = self;
        let of_certificate = |certificate: &Certificate| {
            let Certificate { subject, issuer, not_before, not_after, names, sha256 } = certificate;
            [subject, issuer, not_before, not_after, sha256].into_iter().map(of_text).sum::<usize>() + of_all(names)
        };
        of_all(offered)
            + of_texts([version, cipher, server_name, alpn, ja4])
            + certificate.as_ref().map_or(0, of_certificate)
            + client_random.as_ref().map_or(0, |random| heap(size_of_val(&**random)))
    }
}

impl Session {
    /// Bytes of what is known of the whole session, without TLS.
    pub fn facts_weight(&self) -> usize {
        of_texts([&self.client_name, &self.banner]) + of_all(&self.capabilities)
    }

    /// Bytes that the session takes, all in all. Takes a pass over its steps.
    pub fn weight(&self) -> usize {
        let Self {
            tls,
            steps,
            credentials,
            unheeded,
            transactions,
            messages,
            findings,
            client_software,
            server_software,
            ..
        } = self;
        let conflicts = &self.transport.conflicts.kept;
        let of_finding = |finding: &Finding| {
            of_list(&finding.steps)
                + of_list(&finding.packets)
                + of_list(&finding.facts)
                + finding.facts.iter().map(|facts| of_list(&facts.list)).sum::<usize>()
        };
        size_of::<Self>()
            + of_list(conflicts)
            + conflicts.iter().map(|conflict| of_list(&conflict.first) + of_list(&conflict.second)).sum::<usize>()
            + self.transport.stalls.held()
            + self.transport.ends.as_ref().map_or(0, |ends| ends.weight())
            + self.facts_weight()
            + self.transport.room()
            + tls.room()
            + tls.weight()
            + of_list(steps)
            + steps.iter().map(Step::weight).sum::<usize>()
            + of_list(credentials)
            + of_list(unheeded)
            + credentials.iter().chain(unheeded).map(Credential::weight).sum::<usize>()
            + of_list(transactions)
            + transactions.iter().map(Transaction::weight).sum::<usize>()
            + of_list(messages)
            + messages.iter().map(Message::weight).sum::<usize>()
            + of_list(findings)
            + [client_software, server_software]
                .into_iter()
                .flatten()
                .map(|told| heap(size_of_val(&**told)) + of_list(&told.steps))
                .sum::<usize>()
            + findings.iter().map(of_finding).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Protocol;

    #[test]
    fn a_session_weighs_what_it_holds() {
        let mut session = Session::empty(Protocol::Imap);
        let empty = session.weight();
        assert_eq!(empty, size_of::<Session>());
        session.banner = Some("x".repeat(1_000));
        session.capabilities = vec!["IMAP4rev1".to_owned(); 3];
        assert_eq!(session.weight() - empty, heap(1_000) + heap(72) + 3 * heap(9));
    }
}

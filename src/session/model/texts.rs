/*!
Every text that a session holds, visited by its kind.

Redaction masks exactly the texts that are visited here. So every type of the model is destructured to its last field,
never with `..`: when a field is added, this file stops compiling until its author decides what its text is. A field
bound to `_` holds no text, or text that did not come off the wire: a word from a fixed list, a number written out, a
digest, a time.
*/

use super::{
    Addressee, Attachment, Credential, Decryption, Envelope, Extra, Fact, Facts, Faults, Finding, Header, HeaderField,
    LastDot, Mailbox, Message, MimePart, Preview, Recipient, Report, ReportedRecipient, Session, Smuggled, Spot, Step,
    Tls, Transaction, Word,
};
use crate::flow::{self, Transport};
use crate::protocol::event::Certificate;
use crate::protocol::sasl::Mechanism;
use crate::protocol::secret::{Secret, SecretKind};
use std::ops::Range;

/// Visits each text of a session, by its kind.
pub trait TextsMut {
    /// A text off the wire.
    fn text(&mut self, text: &mut String);

    /// The text of a step, with the fields that refer to it.
    fn line(&mut self, line: StepLine<'_>);

    /// A secret, decoded or as it crossed.
    fn secret(&mut self, secret: &mut Secret<String>, kind: SecretKind);

    /// An excerpt of bytes that no dialogue may have read, so what in it is secret is unknown.
    fn excerpt(&mut self, excerpt: &mut String);

    /// Such an excerpt, as the bytes that crossed.
    fn raw(&mut self, bytes: &mut Vec<u8>);
}

/// The text of a step, with the fields that refer to it.
pub struct StepLine<'a> {
    /// The text.
    pub text: &'a mut String,
    /// A range of `text`.
    pub arguments: &'a mut Option<Range<u32>>,
    /// Ranges of `text`.
    pub secrets: &'a mut Vec<Range<usize>>,
    /// A word of `text` in upper case.
    pub command: &'a mut Option<String>,
}

impl Session {
    /// Passes every text of the session to `visit`.
    pub fn texts_mut(&mut self, visit: &mut dyn TextsMut) {
        let Self {
            id: _,
            protocol: _,
            transport,
            client_address: _,
            via: _,
            client_name,
            banner,
            capabilities,
            tls,
            steps,
            credentials,
            unheeded,
            transactions,
            messages,
            // Names of a list of ours.
            client_software: _,
            server_software: _,
            findings,
            limits_hit: _,
            raw: _,
        } = self;
        visit_transport(transport, visit);
        visit_all([client_name, banner], visit);
        visit_all(capabilities, visit);
        tls.texts_mut(visit);
        steps.iter_mut().for_each(|step| step.texts_mut(visit));
        credentials.iter_mut().chain(unheeded).for_each(|credential| credential.texts_mut(visit));
        transactions.iter_mut().for_each(|transaction| transaction.texts_mut(visit));
        messages.iter_mut().for_each(|message| message.texts_mut(visit));
        findings.iter_mut().for_each(|finding| finding.texts_mut(visit));
    }

    /// The session without credentials, transactions, messages and findings, and with `steps` instead of its own: for a view that is
    /// shown one step after the other.
    pub fn head(&self, steps: Vec<Step>) -> Self {
        let Self {
            id,
            protocol,
            transport,
            client_address,
            via,
            client_name,
            banner,
            capabilities,
            tls,
            steps: _,
            credentials: _,
            unheeded: _,
            transactions: _,
            messages: _,
            client_software: _,
            server_software: _,
            findings: _,
            limits_hit,
            raw: _,
        } = self;
        Self {
            id: *id,
            protocol: *protocol,
            transport: transport.clone(),
            client_address: *client_address,
            via: *via,
            client_name: client_name.clone(),
            banner: banner.clone(),
            capabilities: capabilities.clone(),
            tls: tls.clone(),
            steps,
            credentials: Vec::new(),
            unheeded: Vec::new(),
            transactions: Vec::new(),
            messages: Vec::new(),
            client_software: None,
            server_software: None,
            findings: Vec::new(),
            limits_hit: limits_hit.clone(),
            raw: None,
        }
    }
}

/// Visits those texts that are present.
fn visit_all<'a, T: AsText + 'a>(texts: impl IntoIterator<Item = &'a mut T>, visit: &mut dyn TextsMut) {
    texts.into_iter().filter_map(AsText::as_text).for_each(|text| visit.text(text));
}

/// A text, or one that may be absent.
trait AsText {
    fn as_text(&mut self) -> Option<&mut String>;
}

impl AsText for String {
    fn as_text(&mut self) -> Option<&mut String> {
        Some(self)
    }
}

impl AsText for Option<String> {
    fn as_text(&mut self) -> Option<&mut String> {
        self.as_mut()
    }
}

fn visit_transport(transport: &mut Transport, visit: &mut dyn TextsMut) {
    let Transport {
        endpoints: _,
        first: _,
        first_sequence: _,
        last: _,
        end: _,
        left: _,
        from_start: _,
        counters: _,
        conflicts,
        stalls: _,
        ends: _,
    } = transport;
    let flow::Conflicts { kept, more: _ } = conflicts;
    for conflict in kept {
        let flow::Conflict { from: _, offset: _, bytes: _, first_packet: _, second_packet: _, first, second } =
            conflict;
        visit.raw(first);
        visit.raw(second);
    }
}

impl Tls {
    fn texts_mut(&mut self, visit: &mut dyn TextsMut) {
        // Versions and cipher are names from a list, or numbers in hex; a JA4 is a digest.
        let Self {
            mode: _,
            offered: _,
            established: _,
            failed: _,
            version: _,
            cipher: _,
            server_name,
            alpn,
            ja4: _,
            certificate,
            decrypted: _,
            // Words of ours, and a random number.
            decryption: Decryption { by: _, fault: _, client_random: _ },
        } = self;
        visit_all([server_name, alpn], visit);
        if let Some(Certificate { subject, issuer, not_before: _, not_after: _, names, sha256: _ }) = certificate {
            visit_all([subject, issuer], visit);
            visit_all(names, visit);
        }
    }
}

impl Step {
    /// Passes every text of the step to `visit`.
    pub fn texts_mut(&mut self, visit: &mut dyn TextsMut) {
        let Self {
            n: _,
            time: _,
            packets: _,
            from: _,
            phase: _,
            kind: _,
            // Its only text is POP3's response code, which is compared and never shown.
            subject: _,
            variant: _,
            tag,
            command,
            arguments,
            text,
            truncated: _,
            text_omitted: _,
            bytes: _,
            channel: _,
            extra,
            answers: _,
            elapsed: _,
        } = self;
        let mut tag_shown = tag.take().map(String::from);
        visit_all([&mut tag_shown], visit);
        *tag = tag_shown.map(Word::from);
        let mut none = Extra::default();
        let Extra { mailboxes, secrets, carries: _ } = extra.as_deref_mut().unwrap_or(&mut none);
        visit_all(mailboxes, visit);
        let mut line = String::from(std::mem::take(text));
        let mut verb = command.take().map(String::from);
        visit.line(StepLine { text: &mut line, arguments, secrets, command: &mut verb });
        *text = line.into();
        *command = verb.map(Word::from);
        if !none.secrets.is_empty() {
            *extra = Some(Box::new(none));
        }
    }
}

impl Credential {
    fn texts_mut(&mut self, visit: &mut dyn TextsMut) {
        let Self {
            mechanism,
            username,
            authorization_id,
            password,
            challenge,
            response,
            token,
            exposure: _,
            outcome: _,
            reply,
            cause: _,
            encrypted: _,
            steps: _,
            wire_forms,
        } = self;
        // An unknown mechanism's name is the client's text; a known one is a word from a fixed list.
        if mechanism.strip_prefix("AUTH ").is_some_and(|name| !Mechanism::is_known(name)) {
            visit.text(mechanism);
        }
        visit_all([username, authorization_id, challenge, reply], visit);
        let (a_password, a_token) = (SecretKind::Password, SecretKind::Token);
        let crossed = if token.is_some() { a_token } else { a_password };
        let kinds = [(password, a_password), (token, a_token), (response, SecretKind::Response)];
        for (secret, kind) in kinds {
            secret.iter_mut().for_each(|secret| visit.secret(secret, kind));
        }
        wire_forms.iter_mut().for_each(|secret| visit.secret(secret, crossed));
    }
}

impl Transaction {
    fn texts_mut(&mut self, visit: &mut dyn TextsMut) {
        let Self {
            n: _,
            from,
            to,
            size_said: _,
            size_limit: _,
            outcome: _,
            // The texts of replies are those of steps.
            reply: _,
            message: _,
            steps: _,
        } = self;
        visit_all([from], visit);
        for Addressee { address, code: _, step: _, final_code: _, final_step: _, outcome: _ } in to {
            visit.text(address);
        }
    }
}

impl Message {
    fn texts_mut(&mut self, visit: &mut dyn TextsMut) {
        let Self {
            n: _,
            direction: _,
            envelope,
            mailbox,
            number: _,
            uid: _,
            unique_id,
            part,
            header,
            mime,
            attachments,
            report,
            prints: _,
            preview,
            size: _,
            announced: _,
            faults,
            lines: _,
            sha256: _,
            body_sha256: _,
            complete: _,
            unfinished: _,
            header_seen: _,
            missing: _,
            outcome: _,
            reply,
            encrypted: _,
            steps: _,
            same_as: _,
            // Content is exported as it crossed, at the user's request. No view shows it.
            stored: _,
        } = self;
        if let Some(Envelope { from, to }) = envelope {
            visit_all([from], visit);
            for Recipient { address, code: _, final_code: _, accepted: _ } in to {
                visit.text(address);
            }
        }
        visit_all([mailbox, unique_id, part, reply], visit);
        if let Some(Report { form: _, recipients, message_id }) = report.as_deref_mut() {
            visit_all([message_id], visit);
            for ReportedRecipient { address, action, status, diagnostic } in recipients {
                visit_all([address, action], visit);
                visit_all([status, diagnostic], visit);
            }
        }
        if let Some(Preview { text, cut: _ }) = preview.as_deref_mut() {
            visit.text(text);
        }
        if let Some(faults) = faults {
            faults.texts_mut(visit);
        }
        header.texts_mut(visit);
        mime.iter_mut().for_each(|part| part.texts_mut(visit));
        for Attachment { filename, content_type, size: _, sha256: _, complete: _, tnef: _, stored: _ } in attachments {
            visit_all([filename, content_type], visit);
        }
    }
}

impl Faults {
    fn texts_mut(&mut self, visit: &mut dyn TextsMut) {
        let Self {
            bare_lf,
            bare_cr,
            nul,
            long_line,
            longest: _,
            single_dot,
            odd_dot_line,
            smuggled,
            ended_by: _,
            last_dot,
            repeated,
        } = self;
        let spots = [bare_lf, bare_cr, nul, long_line, single_dot, odd_dot_line, repeated];
        let mut within = None;
        if let Some(Smuggled { spot, dot: _, commands }) = smuggled {
            visit.text(commands);
            within = Some(spot);
        }
        let spots = spots.into_iter().flatten().chain(within);
        for Spot { count: _, line: _, packet: _, in_header: _, excerpt } in spots {
            visit.text(excerpt);
        }
        if let Some(LastDot { kind: _, line, packet: _ }) = last_dot {
            visit.text(line);
        }
    }
}

impl Header {
    fn texts_mut(&mut self, visit: &mut dyn TextsMut) {
        let Self { message_id, date, date_utc: _, subject, from, to, cc, reply_to, fields } = self;
        visit_all([message_id, date, subject], visit);
        for Mailbox { name, address } in [from, to, cc, reply_to].into_iter().flatten() {
            visit_all([name, address], visit);
        }
        for HeaderField { name, value } in fields {
            visit_all([name, value], visit);
        }
    }
}

impl MimePart {
    /// Recursion is bounded by `limits::MIME_DEPTH`.
    fn texts_mut(&mut self, visit: &mut dyn TextsMut) {
        let Self { version, content_type, charset, boundary, encoding, parts } = self;
        visit_all([version, content_type, charset, boundary, encoding], visit);
        parts.iter_mut().for_each(|part| part.texts_mut(visit));
    }
}

impl Finding {
    fn texts_mut(&mut self, visit: &mut dyn TextsMut) {
        let Self { id: _, severity: _, class: _, steps: _, packets: _, facts, more: _, because_of: _ } = self;
        for (_, fact) in facts.iter_mut().flat_map(|Facts { sentence: _, list }| list.iter_mut()) {
            match fact {
                Fact::Name(name) => visit.text(name),
                Fact::Conflict(conflict) => {
                    let flow::Conflict {
                        from: _,
                        offset: _,
                        bytes: _,
                        first_packet: _,
                        second_packet: _,
                        first,
                        second,
                    } = conflict;
                    visit.excerpt(first);
                    visit.excerpt(second);
                }
                Fact::Count(_)
                | Fact::Bytes(_)
                | Fact::Packets(_)
                | Fact::Line(_)
                | Fact::Packet(_)
                | Fact::Enhanced(_)
                | Fact::Time(_)
                | Fact::Phrase(_)
                | Fact::Said(_)
                | Fact::Meaning(_)
                | Fact::Code(_)
                | Fact::LoginCause(_)
                | Fact::Alert(_)
                | Fact::TokenRefused
                | Fact::Duration(_)
                | Fact::Side(_) => {}
            }
        }
    }
}

/*!
`--redact`: passwords, tokens and their base64 forms, wherever a view would show them.

[`Redact`] stands before a view and hands it sessions whose secrets are asterisks already, so that tables and JSON need
not know that anything was hidden. It masks the ranges that a dialogue called secret, and then looks for every secret of
the session in all its other text: replies that echo a password, a banner, a subject, a recipient. A secret is found
as it is, as an IMAP quoted string, in the forms in which it crossed, and within base64 at any of the three alignments (the
whole run of base64 is masked then). One of two or three characters is looked for as a whole word only, and one of a
single character nowhere but where it was read: it would blank every text.
*/

use super::{Report, View};
use crate::flow::Ends;
use crate::session::model::{Credential, Mailbox, Message, MimePart, Session, Step};
use crate::session::secret::{MASK, Secret};
use data_encoding::BASE64;
use std::collections::{BTreeSet, HashMap};
use std::io;
use std::ops::{Bound, Range};

/// Secrets shorter than this are looked for as whole words.
const ANYWHERE: usize = 4;
/// Longer secrets are looked for in pieces of this length, so that a look-up costs the same everywhere.
const PIECE: usize = 64;

/// A view that is shown no secret.
pub struct Redact<V> {
    inner: V,
    live: HashMap<(Ends, u64), Needles>,
}

impl<V: View> Redact<V> {
    /// Stands before `inner`.
    pub fn new(inner: V) -> Self {
        Self { inner, live: HashMap::new() }
    }
}

/// What tells two sessions apart before they have numbers.
fn key(session: &Session) -> (Ends, u64) {
    (session.transport.ends, session.transport.first.packet)
}

impl<V: View> View for Redact<V> {
    /// A reply may echo a password before the log-in is over: what the session's steps called secret so far is known by
    /// then. The view gets the session without its steps, which it has been shown.
    fn step(&mut self, session: &Session, step: &Step) -> io::Result<()> {
        let needles = self.live.entry(key(session)).or_default();
        needles.learn_step(step);
        session.credentials.iter().skip(needles.credentials).for_each(|credential| needles.learn(credential));
        needles.credentials = session.credentials.len();
        let mut step = step.clone();
        needles.mask_step(&mut step);
        let mut head = Session {
            id: session.id,
            protocol: session.protocol,
            transport: session.transport.clone(),
            client_name: session.client_name.clone(),
            banner: session.banner.clone(),
            capabilities: session.capabilities.clone(),
            tls: session.tls.clone(),
            steps: Vec::new(),
            credentials: Vec::new(),
            messages: Vec::new(),
            findings: Vec::new(),
            limits_hit: session.limits_hit.clone(),
        };
        needles.mask_session(&mut head);
        self.inner.step(&head, &step)
    }

    fn session(&mut self, mut session: Session) -> io::Result<()> {
        self.live.remove(&key(&session));
        mask(&mut session);
        self.inner.session(session)
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        self.inner.finish(report)
    }
}

/// Replaces every secret of `session` by asterisks.
pub fn mask(session: &mut Session) {
    let mut needles = Needles::default();
    session.steps.iter().for_each(|step| needles.learn_step(step));
    session.credentials.iter().for_each(|credential| needles.learn(credential));
    needles.mask_session(session);
}

/// What is looked for in a session's text.
#[derive(Debug, Default)]
struct Needles {
    /// Secrets as they are.
    plain: Words,
    /// What base64 that holds a secret must contain.
    base64: Words,
    /// Credentials learned so far.
    credentials: usize,
}

impl Needles {
    fn learn(&mut self, credential: &Credential) {
        let secrets = [&credential.password, &credential.token, &credential.response];
        for secret in secrets.into_iter().flatten() {
            self.learn_secret(secret.reveal());
        }
        for form in &credential.wire_forms {
            self.learn_plain(form.reveal());
        }
    }

    /// What a dialogue called secret, and what that says where it is base64.
    fn learn_step(&mut self, step: &Step) {
        for range in &step.secrets {
            let crossed = step.text.get(widened(&step.text, range)).unwrap_or_default();
            self.learn_plain(crossed);
            let decoded = BASE64.decode(crossed.as_bytes()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let Some(decoded) = decoded else {
                self.learn_base64(crossed);
                continue;
            };
            // PLAIN is `authzid NUL authcid NUL passwd` (RFC 4616); a bearer token follows `auth=Bearer ` (RFC 7628).
            if let Some((_, password)) = decoded.rsplit_once('\0') {
                self.learn_secret(password);
            } else if let Some((_, token)) = decoded.split_once("auth=Bearer ") {
                self.learn_secret(token.split('\x01').next().unwrap_or_default());
            } else {
                self.learn_secret(&decoded);
                self.learn_base64(crossed);
            }
        }
    }

    fn learn_secret(&mut self, secret: &str) {
        self.learn_plain(secret);
        self.learn_base64(secret);
        if secret.contains(['"', '\\']) {
            self.learn_plain(&secret.replace('\\', "\\\\").replace('"', "\\\""));
        }
    }

    fn learn_plain(&mut self, secret: &str) {
        if secret.chars().nth(1).is_none() {
            return;
        }
        let mut rest = secret;
        while rest.len() > PIECE {
            let (piece, tail) = rest.split_at(rest.floor_char_boundary(PIECE));
            self.plain.insert(piece);
            // The last piece reaches back over its predecessor: a stump of a few characters would be found everywhere.
            rest = match tail.len() > PIECE {
                true => tail,
                false => secret.get(secret.ceil_char_boundary(secret.len() - PIECE)..).unwrap_or_default(),
            };
        }
        self.plain.insert(rest);
    }

    /// Wherever `secret` stands in something that is then put in base64, one of three strings is in the result: its
    /// encoding with 0, 1 or 2 bytes before it, less the characters that hold bits of the neighbours.
    fn learn_base64(&mut self, secret: &str) {
        if secret.len() < ANYWHERE {
            return;
        }
        let kept = secret.get(..secret.floor_char_boundary(PIECE / 2)).unwrap_or_default();
        for before in 0..3 {
            let padded = [vec![0; before], kept.as_bytes().to_vec()].concat();
            let first = (before * 8).div_ceil(6);
            let end = padded.len() * 8 / 6;
            if let Some(sure) = BASE64.encode(&padded).get(first..end) {
                self.base64.insert(sure);
            }
        }
    }

    /// Where secrets stand in `text`: ascending, apart from each other.
    fn find(&self, text: &str, mut found: Vec<Range<usize>>) -> Vec<Range<usize>> {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if let Some(length) = self.plain.longest(bytes, at) {
                found.push(at..at + length);
            }
            if self.base64.longest(bytes, at).is_some() {
                let run = base64_run(bytes, at);
                at = run.end;
                found.push(run);
            } else {
                at += 1;
            }
        }
        found.sort_by_key(|range| (range.start, range.end));
        let mut merged: Vec<Range<usize>> = Vec::new();
        for range in found {
            match merged.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        merged
    }

    fn mask_text(&self, text: &mut String) {
        let found = self.find(text, Vec::new());
        if !found.is_empty() {
            *text = Masked::new(text, &found).text;
        }
    }

    fn mask_option(&self, text: &mut Option<String>) {
        if let Some(text) = text {
            self.mask_text(text);
        }
    }

    fn mask_step(&self, step: &mut Step) {
        self.mask_option(&mut step.tag);
        let given = step.secrets.iter().map(|range| widened(&step.text, range)).filter(|range| !range.is_empty());
        let found = self.find(&step.text, given.collect());
        if found.is_empty() {
            return;
        }
        // A verb that is a secret (a password typed where a command belongs) stands before the arguments.
        let verb = step.command.as_deref().and_then(|command| position(&step.text, command));
        if verb.is_some_and(|verb| found.iter().any(|range| range.start < verb.end && verb.start < range.end)) {
            step.command = Some(MASK.to_owned());
        }
        let masked = Masked::new(&step.text, &found);
        step.arguments = step.arguments.take().map(|range| masked.map(range.start)..masked.map_end(range.end));
        step.secrets = masked.masks;
        step.text = masked.text;
    }

    fn mask_session(&self, session: &mut Session) {
        self.mask_option(&mut session.client_name);
        self.mask_option(&mut session.banner);
        session.capabilities.iter_mut().for_each(|capability| self.mask_text(capability));
        self.mask_option(&mut session.tls.server_name);
        self.mask_option(&mut session.tls.alpn);
        if let Some(certificate) = &mut session.tls.certificate {
            self.mask_text(&mut certificate.subject);
            self.mask_text(&mut certificate.issuer);
            certificate.names.iter_mut().for_each(|name| self.mask_text(name));
        }
        session.steps.iter_mut().for_each(|step| self.mask_step(step));
        session.credentials.iter_mut().for_each(|credential| self.mask_credential(credential));
        session.messages.iter_mut().for_each(|message| self.mask_message(message));
    }

    fn mask_credential(&self, credential: &mut Credential) {
        self.mask_option(&mut credential.username);
        self.mask_option(&mut credential.authorization_id);
        self.mask_option(&mut credential.challenge);
        for secret in [&mut credential.password, &mut credential.token, &mut credential.response] {
            *secret = secret.take().map(|_| Secret::new(MASK));
        }
        credential.wire_forms.clear();
    }

    fn mask_message(&self, message: &mut Message) {
        if let Some(envelope) = &mut message.envelope {
            self.mask_option(&mut envelope.from);
            envelope.to.iter_mut().for_each(|recipient| self.mask_text(&mut recipient.address));
        }
        self.mask_option(&mut message.mailbox);
        self.mask_option(&mut message.part);
        self.mask_option(&mut message.reply);
        let header = &mut message.header;
        for field in [&mut header.message_id, &mut header.date, &mut header.subject] {
            self.mask_option(field);
        }
        for list in [&mut header.from, &mut header.to, &mut header.cc, &mut header.reply_to] {
            for Mailbox { name, address } in list {
                self.mask_option(name);
                self.mask_option(address);
            }
        }
        message.mime.iter_mut().for_each(|part| self.mask_part(part));
        for attachment in &mut message.attachments {
            self.mask_option(&mut attachment.filename);
            self.mask_option(&mut attachment.content_type);
        }
    }

    /// Recursion is bounded by `limits::MIME_DEPTH`.
    fn mask_part(&self, part: &mut MimePart) {
        let fields =
            [&mut part.version, &mut part.content_type, &mut part.charset, &mut part.boundary, &mut part.encoding];
        fields.into_iter().for_each(|field| self.mask_option(field));
        part.parts.iter_mut().for_each(|part| self.mask_part(part));
    }
}

/// A set of strings that can be looked for at a place of a text, all at once.
#[derive(Debug, Default)]
struct Words {
    all: BTreeSet<Vec<u8>>,
    /// Their first bytes: most places of a text are none of them.
    firsts: BTreeSet<u8>,
}

impl Words {
    fn insert(&mut self, word: &str) {
        self.firsts.extend(word.bytes().next());
        self.all.insert(word.as_bytes().to_vec());
    }

    /// Length of the longest of them that stands in `text` at `at`.
    fn longest(&self, text: &[u8], at: usize) -> Option<usize> {
        let mut window = text.get(at..text.len().min(at + PIECE))?;
        if !self.firsts.contains(window.first()?) {
            return None;
        }
        loop {
            // The greatest word that is not greater than the window shares with it all that any word in the window could.
            let near = self.all.range::<[u8], _>((Bound::Unbounded, Bound::Included(window))).next_back()?;
            let common = near.iter().zip(window).take_while(|(one, other)| one == other).count();
            if common == near.len() && (common >= ANYWHERE || is_word(text, at, common)) {
                return Some(common);
            }
            // What is left to find is shorter than this one, and begins as it does.
            window = window.get(..common.min(near.len().saturating_sub(1))).filter(|rest| !rest.is_empty())?;
        }
    }
}

fn is_word(text: &[u8], at: usize, length: usize) -> bool {
    let part_of_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii());
    !part_of_word(at.checked_sub(1).and_then(|before| text.get(before))) && !part_of_word(text.get(at + length))
}

/// The run of base64 around `at`.
fn base64_run(text: &[u8], at: usize) -> Range<usize> {
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let (before, after) = text.split_at(at);
    let start = before.iter().rposition(|byte| !inside(byte)).map_or(0, |last| last + 1);
    start..after.iter().position(|byte| !inside(byte)).map_or(text.len(), |length| at + length)
}

/// `range` within `text`, and not through the middle of a character.
fn widened(text: &str, range: &Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(range.start);
    start..text.ceil_char_boundary(range.end).max(start)
}

/// Where `command`, which is upper case, stands in `text`, which may be not.
fn position(text: &str, command: &str) -> Option<Range<usize>> {
    let upper = text.to_ascii_uppercase();
    upper.find(command).map(|start| start..start + command.len())
}

/// A text with its secrets masked, and where things are in it now.
struct Masked {
    text: String,
    /// Where the masks are.
    masks: Vec<Range<usize>>,
    /// Where they were.
    were: Vec<Range<usize>>,
}

impl Masked {
    /// `secrets` are ascending, apart from each other, and on boundaries of characters.
    fn new(text: &str, secrets: &[Range<usize>]) -> Self {
        let mut masked = Self { text: String::with_capacity(text.len()), masks: Vec::new(), were: secrets.to_vec() };
        let mut done = 0;
        for secret in secrets {
            masked.text.push_str(text.get(done..secret.start).unwrap_or_default());
            let start = masked.text.len();
            masked.text.push_str(MASK);
            masked.masks.push(start..masked.text.len());
            done = secret.end;
        }
        masked.text.push_str(text.get(done..).unwrap_or_default());
        masked
    }

    /// Where position `at` of the old text is; the beginning of the mask where it was within a secret.
    fn map(&self, at: usize) -> usize {
        self.mapped(at, |mask| mask.start)
    }

    /// The same for the end of a range: the end of the mask.
    fn map_end(&self, at: usize) -> usize {
        self.mapped(at, |mask| mask.end)
    }

    fn mapped(&self, at: usize, within: impl Fn(&Range<usize>) -> usize) -> usize {
        let after = self.were.partition_point(|secret| secret.end <= at);
        match (self.were.get(after), self.masks.get(after)) {
            (Some(secret), Some(mask)) if secret.start < at => within(mask),
            _ => {
                let before = after.checked_sub(1).and_then(|last| self.were.get(last).zip(self.masks.get(last)));
                before.map_or(at, |(secret, mask)| mask.end.saturating_add(at.saturating_sub(secret.end)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Needles, mask};
    use crate::protocol::Protocol;
    use crate::protocol::event::{Direction, LoginOutcome};
    use crate::session::model::Session;
    use crate::view::testing::Talk;

    fn masked(talk: Talk) -> Session {
        let mut session = talk.session;
        mask(&mut session);
        session
    }

    fn texts(session: &Session) -> Vec<&str> {
        session.steps.iter().map(|step| step.text.as_str()).collect()
    }

    #[test]
    fn a_password_goes_wherever_it_is_echoed() {
        let session = masked(
            Talk::new(Protocol::Pop3)
                .s("+OK ready")
                .c("USER alice")
                .s("+OK")
                .c("PASS secret12")
                .secret("secret12")
                .s("-ERR no secret12 for alice")
                .login("USER/PASS", "alice", "secret12", &[2, 4], LoginOutcome::Rejected)
                .c("secret12")
                .message(Direction::Retrieved, &[], |message| {
                    message.header.subject = Some("my password is secret12, see c2VjcmV0MTI=".to_owned());
                    message.reply = Some("secret12".to_owned());
                })
                .edit(|session| session.banner = Some("welcome secret12".to_owned())),
        );
        assert_eq!(
            texts(&session),
            ["+OK ready", "USER alice", "+OK", "PASS ********", "-ERR no ******** for alice", "********"]
        );
        let pass = &session.steps[3];
        assert_eq!((pass.arguments.clone(), pass.secrets.clone()), (Some(5..13), vec![5..13]));
        assert_eq!(session.steps[5].command.as_deref(), Some("********"));
        let credential = &session.credentials[0];
        assert_eq!(credential.username.as_deref(), Some("alice"));
        assert_eq!(credential.password.as_ref().map(|secret| secret.reveal()), Some("********"));
        assert_eq!(session.messages[0].header.subject.as_deref(), Some("my password is ********, see ********"));
        assert_eq!(session.messages[0].reply.as_deref(), Some("********"));
        assert_eq!(session.banner.as_deref(), Some("welcome ********"));
        assert!(!format!("{session:?}").contains("secret12"));
    }

    #[test]
    fn base64_goes_at_any_alignment() {
        // NUL alice NUL secret12, user=alice NUL secret12 and xalice NUL secret12: three places modulo three.
        for blob in ["AGFsaWNlAHNlY3JldDEy", "AHhhbGljZQBzZWNyZXQxMg==", "AHh4YWxpY2UAc2VjcmV0MTI="] {
            let session = masked(
                Talk::new(Protocol::Smtp)
                    .s("220 hello")
                    .c(&format!("AUTH PLAIN {blob}"))
                    .s(&format!("501 cannot decode <{blob}>"))
                    .login("AUTH PLAIN", "alice", "secret12", &[2], LoginOutcome::Rejected),
            );
            assert_eq!(texts(&session)[1..], ["AUTH PLAIN ********", "501 cannot decode <********>"], "{blob}");
        }
    }

    #[test]
    fn what_a_step_called_secret_says_is_secret_too() {
        let session = masked(
            Talk::new(Protocol::Smtp)
                .s("220 hello")
                .c("AUTH PLAIN AGFsaWNlAHNlY3JldDEy")
                .secret("AGFsaWNlAHNlY3JldDEy")
                .s("535 no, alice: secret12 (AGFsaWNlAHNlY3JldDEy) is wrong"),
        );
        assert_eq!(texts(&session)[2], "535 no, alice: ******** (********) is wrong");
    }

    #[test]
    fn short_passwords_blank_no_text() {
        let talk = |password: &str| {
            masked(
                Talk::new(Protocol::Imap)
                    .s("* OK an am ample sample a")
                    .c(&format!("a LOGIN alice {password}"))
                    .with(|step| step.secrets = vec![14..step.text.len()])
                    .s("a NO am I?")
                    .login("LOGIN", "alice", password, &[2], LoginOutcome::Rejected),
            )
        };
        assert_eq!(texts(&talk("a")), ["* OK an am ample sample a", "a LOGIN alice ********", "a NO am I?"]);
        assert_eq!(
            texts(&talk("am")),
            ["* OK an ******** ample sample a", "a LOGIN alice ********", "a NO ******** I?"]
        );
    }

    #[test]
    fn long_and_quoted_secrets_are_found_in_pieces_and_as_sent() {
        let long: String = (0..40).map(|n| format!("{n:03}é")).collect();
        let mut needles = Needles::default();
        needles.learn_secret(&long);
        needles.learn_secret("pa\"ss\\word");
        let mut text = format!("<{long}> <pa\\\"ss\\\\word> <012é>");
        needles.mask_text(&mut text);
        assert_eq!(text, "<********> <********> <012é>");
    }

    #[test]
    fn hostile_ranges_and_repetitions_are_survived() {
        let mut talk = Talk::new(Protocol::Smtp).s("220 é").with(|step| {
            step.secrets = vec![5..usize::MAX, 9..3, 5..6];
            step.arguments = Some(2..usize::MAX);
        });
        let all_alike = "a".repeat(200_000);
        talk = talk.c(&all_alike).login("X", "alice", &format!("{}b", "a".repeat(50_000)), &[2], LoginOutcome::Unknown);
        let session = masked(talk);
        assert_eq!(session.steps[0].text, "220 ********");
        assert!(session.steps[1].text.contains('*'));
    }
}

//! What several rules about encryption read: offers of TLS, STARTTLS and its answer, alerts, the certificate.

use crate::flow::Side;
use crate::protocol::event::{Certificate, Channel, Exposure, Kind, StepId, Subject};
use crate::protocol::tls::alert;
use crate::protocol::{imap, pop3, smtp, tls};
use crate::session::Session;
use crate::session::model::{Severity, Step, TlsMode};
use std::collections::HashMap;

/// A list of capabilities that crossed in the clear.
#[derive(Clone, Copy)]
pub struct List<'a> {
    /// The step that carries it.
    pub step: &'a Step,
    /// The capabilities, one a line; empty where they are words of one line.
    lines: &'a str,
    /// What stands before the keyword of each line: SMTP's code.
    code: usize,
    /// The capabilities, as words of one line.
    words: &'a str,
}

impl<'a> List<'a> {
    /// The list that `step` carries; `None` where it carries none.
    fn of(step: &'a Step) -> Option<Self> {
        let (lines, words) = match &step.subject {
            Subject::Smtp(_) | Subject::Pop3(_) => (after_first_line(&step.text), ""),
            Subject::Imap(imap::Subject { what: imap::What::Untagged(imap::Untagged::Capability), .. }) => {
                ("", after_words(&step.text, 2))
            }
            Subject::Imap(_) => {
                const CODE: &str = "CAPABILITY ";
                let mut codes =
                    memchr::memchr_iter(b'[', step.text.as_bytes()).filter_map(|at| step.text.get(at + 1..));
                let list = codes.find_map(|code| {
                    let (word, list) = code.split_at_checked(CODE.len())?;
                    word.eq_ignore_ascii_case(CODE).then_some(list)
                })?;
                ("", list.get(..list.find(']')?)?)
            }
            _ => return None,
        };
        let code = if matches!(step.subject, Subject::Smtp(_)) { "250-".len() } else { 0 };
        Some(Self { step, lines, code, words })
    }

    /// The keyword of each capability, as sent.
    pub fn keywords(self) -> impl Iterator<Item = &'a str> {
        let of_line = move |line: &'a str| {
            // The dot ends POP3's list.
            let line = line.get(self.code..).map(str::trim).filter(|line| *line != ".")?;
            line.get(..memchr::memchr2(b' ', b'=', line.as_bytes()).unwrap_or(line.len()))
        };
        self.lines.lines().filter_map(of_line).chain(self.words.split_whitespace())
    }

    /// A keyword may have the letter `upper`, in any case, and behind it what is like `behind`: asked before keywords are
    /// looked at, as most lists have no such place.
    pub fn may_have(&self, upper: u8, behind: impl Fn(&[u8]) -> bool) -> bool {
        [self.lines, self.words].iter().any(|text| {
            let text = text.as_bytes();
            let mut places = memchr::memchr2_iter(upper, upper.to_ascii_lowercase(), text);
            places.any(|at| text.get(at + 1..).is_some_and(&behind))
        })
    }

    /// It offers STARTTLS or STLS.
    pub fn offers_tls(&self) -> bool {
        // What all of them end with; few keywords have an L.
        let ends = |behind: &[u8]| behind.first().is_some_and(|byte| byte.eq_ignore_ascii_case(&b'S'));
        self.may_have(b'L', ends)
            && self
                .keywords()
                .any(|word| ["STARTTLS", "STLS", "X-ANONYMOUSTLS"].iter().any(|it| word.eq_ignore_ascii_case(it)))
    }

    /// It has `keyword`.
    pub fn has(&self, keyword: &str) -> bool {
        self.keywords().any(|word| word.eq_ignore_ascii_case(keyword))
    }
}

fn after_first_line(text: &str) -> &str {
    memchr::memchr(b'\n', text.as_bytes()).and_then(|end| text.get(end + 1..)).unwrap_or_default()
}

/// `text` without its first `count` words.
fn after_words(text: &str, count: usize) -> &str {
    (0..count).fold(text, |text, _| {
        let text = text.trim_start();
        text.find(char::is_whitespace).and_then(|end| text.get(end..)).unwrap_or_default()
    })
}

/// The lists of capabilities in the clear before the client logs in or begins a message: later ones need not offer
/// STARTTLS any more (RFC 9051, section 6.2.1). `None` where the text of one is not there, or not all of it.
///
/// They are read anew each time: rules look at what costs less first.
pub fn lists(session: &Session) -> Option<impl DoubleEndedIterator<Item = List<'_>> + Clone> {
    let is_over = |step: &Step| step.channel != Channel::Clear || ends_the_beginning(step);
    let end = session.steps.iter().position(is_over).unwrap_or(session.steps.len());
    let steps = session.steps.get(..end).unwrap_or_default().iter().filter(|step| has_list(step));
    let all_there = steps.clone().all(|step| !step.text_omitted && !step.truncated);
    all_there.then(|| steps.filter_map(List::of))
}

fn ends_the_beginning(step: &Step) -> bool {
    match &step.subject {
        Subject::Smtp(smtp::Subject::Command(verb)) => matches!(verb, smtp::Verb::Auth | smtp::Verb::Mail),
        Subject::Pop3(pop3::Subject { what: pop3::What::Command(verb), .. }) => {
            matches!(verb, pop3::Verb::User | pop3::Verb::Auth | pop3::Verb::Apop)
        }
        Subject::Imap(imap::Subject { what: imap::What::Command { verb, .. }, .. }) => {
            matches!(verb, imap::Verb::Login | imap::Verb::Authenticate)
        }
        _ => false,
    }
}

/// It may carry a list.
fn has_list(step: &Step) -> bool {
    match &step.subject {
        Subject::Smtp(smtp::Subject::Reply {
            to: smtp::ReplyTo::Command(smtp::Verb::Ehlo | smtp::Verb::Lhlo),
            code,
            ..
        }) => *code == 250,
        Subject::Pop3(pop3::Subject { what: pop3::What::Reply { to, ok, .. }, .. }) => {
            *to == Some(pop3::Verb::Capa) && *ok
        }
        Subject::Imap(imap::Subject { what, .. }) => matches!(
            what,
            imap::What::Greeting(_) | imap::What::Untagged(imap::Untagged::Capability | imap::Untagged::Ok(_))
        ),
        _ => false,
    }
}

/// A STARTTLS or STLS in the clear.
pub struct Request<'a> {
    /// The command.
    pub command: &'a Step,
    /// Its reply, where one was seen.
    pub reply: Option<&'a Step>,
}

impl Request<'_> {
    /// The server agreed; `None` where its reply was not seen.
    pub fn accepted(&self) -> Option<bool> {
        match &self.reply?.subject {
            Subject::Smtp(smtp::Subject::Reply { code, .. }) => Some((200..300).contains(code)),
            Subject::Pop3(pop3::Subject { what: pop3::What::Reply { ok, .. }, .. }) => Some(*ok),
            Subject::Imap(imap::Subject { what: imap::What::Tagged { status, .. }, .. }) => {
                Some(*status == imap::Status::Ok)
            }
            _ => None,
        }
    }
}

/// Every STARTTLS and STLS in the clear, in order.
pub fn requests(session: &Session) -> Vec<Request<'_>> {
    let mut requests: Vec<Request<'_>> = Vec::new();
    let mut places: HashMap<StepId, usize> = HashMap::new();
    for step in &session.steps {
        if is_request(step) {
            places.insert(step.n, requests.len());
            requests.push(Request { command: step, reply: None });
        } else if !places.is_empty()
            && step.kind == Kind::Reply
            && let Some(request) = step.answers.and_then(|n| requests.get_mut(*places.get(&n)?))
        {
            request.reply.get_or_insert(step);
        }
    }
    requests
}

fn is_request(step: &Step) -> bool {
    step.channel == Channel::Clear
        && match &step.subject {
            Subject::Smtp(smtp::Subject::Command(verb)) => *verb == smtp::Verb::StartTls,
            Subject::Pop3(pop3::Subject { what: pop3::What::Command(verb), .. }) => *verb == pop3::Verb::Stls,
            Subject::Imap(imap::Subject { what: imap::What::Command { verb, .. }, .. }) => {
                *verb == imap::Verb::StartTls
            }
            _ => false,
        }
}

/// The steps of a log-in or of content that anybody could read: the first of them, where there are any.
pub fn exposed(session: &Session) -> Option<StepId> {
    let logins = session.credentials.iter().filter(|login| !login.encrypted && login.exposure == Exposure::Plaintext);
    let login = logins.filter_map(|login| login.steps.first().copied()).min();
    let messages = session.messages.iter().filter(|message| !message.encrypted && message.size > 0);
    let message = messages.filter_map(|message| message.steps.first().copied()).min();
    login.into_iter().chain(message).min()
}

/// Both ends are on one machine, by their addresses.
pub fn is_within_a_machine(session: &Session) -> bool {
    session.transport.endpoints.server.ip().to_canonical().is_loopback()
}

/// The first ClientHello.
pub fn hello(session: &Session) -> Option<&Step> {
    session.steps.iter().find(|step| step.subject == Subject::Tls(tls::Subject::ClientHello))
}

/// The ServerHello.
pub fn server_hello(session: &Session) -> Option<&Step> {
    session.steps.iter().find(|step| step.subject == Subject::Tls(tls::Subject::ServerHello))
}

/// Fatal alerts in the clear, in a handshake to which both sides agreed.
pub fn alerts(session: &Session) -> impl Iterator<Item = (&Step, u8)> {
    let steps = if session.tls.mode == TlsMode::None { &[][..] } else { &session.steps[..] };
    // Behind words that were decrypted the handshake is long over: OpenSSL 3 sends decode_error where a server closes
    // without close_notify.
    let is_inside = |step: &Step| step.channel == Channel::Decrypted && !matches!(step.subject, Subject::Tls(_));
    steps.iter().take_while(move |step| !is_inside(step)).filter_map(|step| match step.subject {
        Subject::Tls(tls::Subject::Alert { fatal: true, description }) => Some((step, description)),
        _ => None,
    })
}

/// What TLS's client sent last in a handshake of TLS 1.3 that failed after the server's certificate had crossed, where it
/// is one encrypted record, as long as that of an alert.
pub fn hidden_alert(session: &Session) -> Option<&Step> {
    /// A record's header, and an alert with its content type and a tag of 16 bytes.
    const BYTES: u64 = 5 + 2 + 1 + 16;
    if !session.tls.failed || session.tls.version.as_deref() != Some("TLS 1.3") || alerts(session).next().is_some() {
        return None;
    }
    let asked = hello(session)?.from;
    let is_encrypted = |step: &&Step| step.subject == Subject::Tls(tls::Subject::Encrypted);
    let alert = session.steps.iter().filter(is_encrypted).find(|step| step.from == asked && step.bytes == BYTES)?;
    session.steps.iter().filter(is_encrypted).any(|step| step.from != asked).then_some(alert)
}

/// The server's certificate, where it was seen, and the step that carries it, where that was kept.
pub fn certificate(session: &Session) -> Option<(&Certificate, Option<&Step>)> {
    let certificate = session.tls.certificate.as_ref()?;
    let carries = |step: &&Step| step.subject == Subject::Tls(tls::Subject::Certificate);
    Some((certificate, session.steps.iter().find(carries)))
}

/// The capture's time at which the certificate crossed, in seconds since 1970.
fn seen_at(session: &Session, step: Option<&Step>) -> Option<i64> {
    let time = step.map_or(session.transport.first.time, |step| step.time);
    Some(time.known()?.nanoseconds().div_euclid(1_000_000_000))
}

fn seconds(rfc3339: &str) -> Option<i64> {
    rfc3339.parse::<jiff::Timestamp>().ok().map(|time| time.as_second())
}

/// The certificate's time was over when it crossed.
pub fn is_expired(session: &Session) -> bool {
    let past =
        |(certificate, step): (&Certificate, _)| Some(seen_at(session, step)? > seconds(&certificate.not_after)?);
    certificate(session).and_then(past).unwrap_or(false)
}

/// Clocks that differ by less are no reason to call a certificate early: seconds.
const CLOCKS: i64 = 3_600;

/// The certificate's time had not begun when it crossed.
pub fn is_not_yet_valid(session: &Session) -> bool {
    let early = |(certificate, step): (&Certificate, _)| {
        Some(seen_at(session, step)? + CLOCKS < seconds(&certificate.not_before)?)
    };
    certificate(session).and_then(early).unwrap_or(false)
}

/// The certificate is signed by nobody but its owner.
pub fn is_self_signed(session: &Session) -> bool {
    certificate(session).is_some_and(|(it, _)| !it.subject.is_empty() && it.subject == it.issuer)
}

/// The certificate has names of hosts, and the name that the client asked for is none of them (RFC 9525, section 6.3).
/// Where it has none in subjectAltName, the common names count (RFC 6125, section 6.4.4).
pub fn is_of_another_name(session: &Session) -> bool {
    let Some((asked, (certificate, _))) = session.tls.server_name.as_deref().zip(certificate(session)) else {
        return false;
    };
    let names: Vec<&str> = hosts(certificate).collect();
    !names.is_empty() && !names.iter().any(|name| is_name_of(name, asked))
}

/// The names of hosts in a certificate.
pub fn hosts(certificate: &Certificate) -> impl Iterator<Item = &str> {
    let is_host = |name: &&str| !name.is_empty() && !name.contains(['@', ':', '=', '/', ' ']);
    let alternative = certificate.names.iter().map(String::as_str).filter(is_host);
    let has_names = alternative.clone().any(|name| name.parse::<std::net::IpAddr>().is_err());
    let common = certificate.subject.split(',').filter_map(|part| part.trim().strip_prefix("CN=")).filter(is_host);
    alternative.chain(common.filter(move |_| !has_names))
}

/// Whether a certificate for `name` is one for the host `asked`. A `*` stands for one label, the leftmost, or for a part of
/// it.
fn is_name_of(name: &str, asked: &str) -> bool {
    let plain = |name: &str| name.trim_end_matches('.').to_ascii_lowercase();
    let (name, asked) = (plain(name), plain(asked));
    if name == asked {
        return true;
    }
    let Some(((label, parent), (asked_label, asked_parent))) = name.split_once('.').zip(asked.split_once('.')) else {
        return false;
    };
    let fits = |(before, after): (&str, &str)| {
        asked_label.len() >= before.len() + after.len()
            && asked_label.starts_with(before)
            && asked_label.ends_with(after)
    };
    parent == asked_parent && label.split_once('*').is_some_and(fits)
}

/// The alert with which TLS's client has refused the certificate: where one is known to be about what `is_about` it.
pub fn refused_by(session: &Session, about: &[u8]) -> Option<StepId> {
    alerts(session).find(|(step, alert)| step.from == Side::Client && about.contains(alert)).map(|(step, _)| step.n)
}

/// What came of a certificate that is out of its time: which sentence says so, how much it matters if it does, and the
/// client's alert.
pub fn consequence(session: &Session) -> (usize, Option<Severity>, Option<StepId>) {
    if let Some(alert) = refused_by(session, &[alert::CERTIFICATE_EXPIRED]) {
        return (1, Some(Severity::High), Some(alert));
    }
    match refused_by(session, &[alert::BAD_CERTIFICATE, alert::CERTIFICATE_UNKNOWN]) {
        Some(alert) => (2, Some(Severity::Medium), Some(alert)),
        None => (0, None, None),
    }
}

/// The finding about the certificate that explains an alert of the client.
pub fn cause_of(session: &Session, description: u8) -> Option<&'static str> {
    let expired = || is_expired(session).then_some("certificate-expired");
    let early = || is_not_yet_valid(session).then_some("certificate-not-yet-valid");
    let own = || is_self_signed(session).then_some("certificate-self-signed");
    let other = || is_of_another_name(session).then_some("certificate-name-mismatch");
    match description {
        alert::CERTIFICATE_EXPIRED => expired().or_else(early),
        alert::UNKNOWN_CA => own(),
        alert::BAD_CERTIFICATE | alert::CERTIFICATE_UNKNOWN => expired().or_else(early).or_else(other).or_else(own),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{alerts, is_name_of};
    use crate::protocol::event::Channel;
    use crate::session::Needs;
    use crate::verdict::testing;

    #[test]
    fn an_alert_behind_decrypted_words_ends_no_handshake() {
        let script = ["S: 220 mx", "C: STARTTLS", "S: 220 go", &testing::tls::hello(""), &testing::tls::alert('C', 50)];
        let mut session = testing::session(&script.join("\n"), Needs::ALL);
        assert_eq!(alerts(&session).count(), 1);
        let mut said = session.steps[0].clone();
        said.channel = Channel::Decrypted;
        session.steps.insert(session.steps.len() - 1, said);
        assert_eq!(alerts(&session).count(), 0);
    }

    #[test]
    fn a_star_is_a_label() {
        for (name, asked) in [
            ("mx.example", "MX.example."),
            ("*.example.org", "mx.example.org"),
            ("mx*.example.org", "mx1.example.org"),
            ("*.example.org", "x.example.org"),
        ] {
            assert!(is_name_of(name, asked), "{name} {asked}");
        }
        for (name, asked) in [
            ("*.example.org", "example.org"),
            ("*.example.org", "a.b.example.org"),
            ("mx.*.org", "mx.example.org"),
            ("*", "example"),
            ("mx.example.org", "mx.example.net"),
            ("aa*a.example", "aa.example"),
        ] {
            assert!(!is_name_of(name, asked), "{name} {asked}");
        }
    }
}

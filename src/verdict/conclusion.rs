/*!
What a session, or a capture, comes to: is it safe, was it delivered, and which finding is on top.

A session's verdict is made from the session when a view asks for it; the capture's is the sum of its sessions'
([`Verdicts`](super::verdicts::Verdicts)). The words are in `view::locale`.

**On top** is the finding that explains the others: one that failed, or explains one that did, before one that is only
weak; then the more severe; then the one whose evidence came first. A finding that is explained by another is never on
top.
*/

use super::given_up;
use super::made_good;
use super::refusals;
use super::rule::Class;
use super::unplaced;
use crate::protocol::event::{Decided, Exposure};
use crate::protocol::smtp::Enhanced;
use crate::session::Session;
use crate::session::model::{Addressee, Credential, Fact, Finding, Outcome, Severity, Step, TlsMode};
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// Recipients that are named, of those who do not get their message.
const NAMED: usize = 3;

/// What a session, or a capture, comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it was safe from those on the path.
    pub safe: Safe,
    /// What became of what was sent.
    pub delivered: Delivered,
    /// The id of the finding on top.
    pub cause: Option<&'static str>,
    /// What it is made of.
    pub tally: Tally,
}

/// Whether something was safe from those on the path.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Safe {
    Yes,
    No,
    /// Nothing crossed that has to be safe, or the capture does not show it.
    #[default]
    Unknown,
}

/// What became of what was sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Delivered {
    /// The server took everything for everyone.
    Yes,
    /// It took nothing.
    No,
    /// It took some of it.
    Partly,
    /// It took nothing, and some of it may be tried again.
    Deferred,
    /// The capture does not show it.
    Unknown,
    /// Nothing was sent.
    #[default]
    Nothing,
}

/// Counts that a verdict rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Sessions, and those that were safe, and were not.
    pub sessions: u64,
    /// Sessions that were safe.
    pub safe: u64,
    /// Sessions that were not.
    pub not_safe: u64,
    /// Log-ins that were tried.
    pub logins: u64,
    /// Those whose password or token anyone on the path can read.
    pub readable_logins: u64,
    /// Messages whose content anyone on the path can read.
    pub readable_messages: u64,
    /// Sessions in which no connection came about.
    pub unconnected: u64,
    /// Why there was no encryption, where a finding says so.
    pub plain: Option<Unencrypted>,
    /// The TLS version of a safe session.
    pub version: Option<String>,
    /// Recipients for whom the server took the message.
    pub accepted: u64,
    /// Recipients that it refused.
    pub rejected: u64,
    /// Recipients that it refused for now.
    pub deferred: u64,
    /// Recipients that have no message because its content was not finished.
    pub aborted: u64,
    /// Recipients that were accepted, and that get nothing since the client gave the mail up after another was refused.
    pub given_up: u64,
    /// Recipients that were accepted, and that get nothing since the server ended the session after another was refused.
    pub cut_off: u64,
    /// Recipients of whom the capture does not show it.
    pub unknown: u64,
    /// Messages that the server took for recipients that the capture does not show.
    pub unnamed: u64,
    /// Sessions in which mail was sent, or refused, that the capture does not show.
    pub unseen: u64,
    /// The first of the recipients that were refused, or refused for now.
    pub undelivered: Vec<Undelivered>,
    /// The weakness that matters most: its id.
    pub weakness: Option<&'static str>,
}

/// Why there was no encryption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unencrypted {
    /// The server offered it, and the client did not use it.
    NotUsed,
    /// The server did not offer it.
    NotOffered,
    /// Somebody on the path took the offer out.
    Stripped,
}

/// A recipient who does not get a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Undelivered {
    /// The address.
    pub address: String,
    /// What the server's reply means, where that is known.
    pub meaning: Option<Fact>,
    /// The reply's code and its enhanced status code.
    pub code: Option<(u16, Option<Enhanced>)>,
    /// The reply in the server's words.
    pub reply: String,
}

impl Undelivered {
    /// The server refused for now.
    pub fn is_deferred(&self) -> bool {
        self.code.is_some_and(|(code, _)| (400..500).contains(&code))
    }
}

/// What `session`, whose findings are known, comes to.
pub fn of_session(session: &Session) -> Verdict {
    let unconnected = u64::from(session.transport.end.is_unconnected());
    let mut tally = Tally { sessions: 1, unconnected, ..Tally::default() };
    logins(session, &mut tally);
    deliveries(session, &mut tally);
    let weakness = session.findings.iter().filter(|finding| finding.class == Class::Weakness);
    let weakness = weakness.max_by_key(|finding| (finding.severity, Reverse(finding.steps.first().copied())));
    tally.weakness = weakness.filter(|finding| finding.severity >= Severity::Medium).map(|finding| finding.id);
    let has = |id: &str| session.findings.iter().any(|finding| finding.id == id);
    let not_safe = tally.readable_logins > 0 || tally.readable_messages > 0 || tally.weakness.is_some();
    let is_encrypted = session.tls.mode != TlsMode::None && has_ended(session);
    let safe = match (not_safe, is_encrypted) {
        (true, _) => Safe::No,
        (false, true) => Safe::Yes,
        (false, false) => Safe::Unknown,
    };
    match safe {
        Safe::Yes => {
            tally.safe = 1;
            tally.version = session.tls.version.clone();
        }
        Safe::No => {
            tally.not_safe = 1;
            tally.plain = match () {
                () if has("starttls-stripped") => Some(Unencrypted::Stripped),
                () if has("tls-offered-not-used") => Some(Unencrypted::NotUsed),
                () if has("tls-not-offered") => Some(Unencrypted::NotOffered),
                () => None,
            };
        }
        Safe::Unknown => {}
    }
    Verdict { safe, delivered: tally.delivered(), cause: cause(&session.findings).map(|finding| finding.id), tally }
}

/// The TLS handshake ended, as far as the capture shows it.
fn has_ended(session: &Session) -> bool {
    // What no longer is in the clear, was agreed upon.
    session.tls.version.is_some() && !session.findings.iter().any(|finding| finding.id == "tls-alert")
}

fn logins(session: &Session, tally: &mut Tally) {
    let can_be_read =
        |login: &&Credential| matches!(login.exposure, Exposure::Plaintext | Exposure::Token) && !login.encrypted;
    // A login that the server did not look at counts for the password that it gives away.
    let unheeded = session.unheeded.iter().filter(can_be_read).count() as u64;
    tally.logins = session.credentials.len() as u64 + unheeded;
    tally.readable_logins = session.credentials.iter().filter(can_be_read).count() as u64 + unheeded;
    tally.readable_messages =
        session.messages.iter().filter(|message| !message.encrypted && message.size > 0).count() as u64;
}

fn deliveries(session: &Session, tally: &mut Tally) {
    let made_good = made_good::recipients(session);
    let tried_again = made_good::tried_again(session);
    for transaction in &session.transactions {
        // What the client gave up before any content crossed, it did not send; those that were refused were refused.
        let unsent = transaction.outcome == Outcome::Aborted && transaction.message.is_none();
        for (place, addressee) in transaction.to.iter().enumerate() {
            let at = (transaction.n, place);
            if unsent && !is_refused(addressee.outcome) || made_good.contains(&at) || tried_again.contains_key(&at) {
                continue;
            }
            match addressee.outcome {
                Outcome::Accepted => tally.accepted += 1,
                Outcome::Rejected => tally.rejected += 1,
                Outcome::Deferred => tally.deferred += 1,
                Outcome::Aborted => tally.aborted += 1,
                Outcome::Partly | Outcome::Unknown => tally.unknown += 1,
            }
            if is_refused(addressee.outcome) && tally.undelivered.len() < NAMED {
                let reply = addressee.final_step.or(addressee.step).and_then(|n| session.step(n));
                tally.undelivered.push(Undelivered {
                    address: addressee.address.clone(),
                    meaning: reply.and_then(refusals::meaning_of),
                    code: reply.and_then(|reply| Some((reply.code()?, reply.enhanced()))),
                    reply: reply.map(Step::quoted).unwrap_or_default(),
                });
            }
        }
        // The message was taken, and each reply to RCPT that may have accepted a recipient is missing.
        let taken = transaction
            .reply
            .is_some_and(|reply| reply.to == Decided::Content && Outcome::of_code(reply.code) == Outcome::Accepted);
        let is_open = |addressee: &Addressee| addressee.outcome == Outcome::Unknown;
        let is_known = |addressee: &Addressee| addressee.outcome == Outcome::Accepted;
        if taken && transaction.to.iter().any(is_open) && !transaction.to.iter().any(is_known) {
            tally.unnamed += 1;
        }
        // The sender was refused, so that no recipient could be named; or the recipients are not in the capture.
        if transaction.to.is_empty() && !made_good.contains(&(transaction.n, 0)) {
            match transaction.outcome {
                Outcome::Accepted => tally.unnamed += 1,
                Outcome::Partly => {
                    tally.unnamed += 1;
                    tally.rejected += 1;
                }
                Outcome::Rejected => tally.rejected += 1,
                Outcome::Deferred => tally.deferred += 1,
                Outcome::Unknown if transaction.message.is_some() => tally.unseen = 1,
                Outcome::Aborted | Outcome::Unknown => {}
            }
        }
    }
    let left_out = given_up::recipients(session);
    (tally.given_up, tally.cut_off) = (left_out.by_client, left_out.by_server);
    if unplaced::hides_mail(session) {
        tally.unseen = 1;
    }
}

fn is_refused(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Rejected | Outcome::Deferred)
}

impl Tally {
    /// Adds the verdict on a further session.
    pub fn add(&mut self, other: &Verdict) {
        let Self {
            sessions,
            safe,
            not_safe,
            logins,
            readable_logins,
            readable_messages,
            unconnected,
            plain,
            version,
            accepted,
            rejected,
            deferred,
            aborted,
            given_up,
            cut_off,
            unknown,
            unnamed,
            unseen,
            undelivered,
            weakness,
        } = &other.tally;
        // What is said of all sessions is said only where it is true of each that is not safe.
        self.plain = if self.not_safe == 0 || *not_safe == 0 {
            self.plain.or(*plain)
        } else {
            self.plain.filter(|own| Some(*own) == *plain)
        };
        self.version = if self.safe == 0 || *safe == 0 {
            self.version.clone().or_else(|| version.clone())
        } else {
            self.version.take().filter(|own| Some(own) == version.as_ref())
        };
        self.sessions += sessions;
        self.safe += safe;
        self.not_safe += not_safe;
        self.logins += logins;
        self.readable_logins += readable_logins;
        self.readable_messages += readable_messages;
        self.unconnected += unconnected;
        self.accepted += accepted;
        self.rejected += rejected;
        self.deferred += deferred;
        self.aborted += aborted;
        self.given_up += given_up;
        self.cut_off += cut_off;
        self.unknown += unknown;
        self.unnamed += unnamed;
        self.unseen += unseen;
        let room = NAMED.saturating_sub(self.undelivered.len());
        self.undelivered.extend(undelivered.iter().take(room).cloned());
        self.weakness = self.weakness.or(*weakness);
    }

    /// Whether all of it was safe: where nothing is known to be unsafe, but not all is known, that is not known.
    pub fn safety(&self) -> Safe {
        match () {
            () if self.not_safe > 0 => Safe::No,
            () if self.safe > 0 && self.safe == self.sessions => Safe::Yes,
            () => Safe::Unknown,
        }
    }

    /// What became of what was sent to all recipients.
    pub fn delivered(&self) -> Delivered {
        let taken = self.accepted + self.unnamed;
        match (taken, self.rejected + self.aborted, self.deferred, self.unknown + self.unseen) {
            (0, 0, 0, 0) => Delivered::Nothing,
            (_, 0, 0, 0) => Delivered::Yes,
            (0, _, 0, 0) => Delivered::No,
            (0, _, 1.., 0) => Delivered::Deferred,
            (0, 0, 0, _) => Delivered::Unknown,
            (0, _, _, _) => Delivered::Unknown,
            (_, 0, 0, _) => Delivered::Unknown,
            _ => Delivered::Partly,
        }
    }
}

/// The finding on top of `findings`: of one session, or of those that span sessions.
pub fn cause(findings: &[Finding]) -> Option<&Finding> {
    let explaining = explaining(findings);
    let own = findings.iter().filter(|finding| finding.because_of.is_none());
    let ranked = own.filter_map(|finding| Some((rank(finding, &explaining)?, finding)));
    // Of several that matter alike, the one whose evidence came first.
    let place = |finding: &Finding| (finding.steps.first().copied().unwrap_or_default(), finding.id);
    ranked.min_by_key(|(rank, finding)| (*rank, place(finding))).map(|(_, finding)| finding)
}

/// How far up a finding belongs: whether it is no failure, and how much it matters. Lower comes first.
pub type Rank = (bool, Reverse<Severity>);

/// The ids that explain a failure.
pub fn explaining(findings: &[Finding]) -> BTreeSet<&'static str> {
    let failures = findings.iter().filter(|finding| finding.class == Class::Failure);
    failures.filter_map(|finding| finding.because_of).collect()
}

/// None for what nobody would ask about: remarks, and what is only for information.
pub fn rank(finding: &Finding, explaining: &BTreeSet<&'static str>) -> Option<Rank> {
    rank_of(finding.class, finding.severity, explaining.contains(finding.id))
}

pub fn rank_of(class: Class, severity: Severity, explains: bool) -> Option<Rank> {
    let failed = class == Class::Failure || explains;
    let is_remark = class == Class::Remark && !failed;
    (!is_remark && severity > Severity::Info).then_some((!failed, Reverse(severity)))
}

#[cfg(test)]
mod tests {
    use super::{Delivered, Safe, Verdict, cause, of_session};
    use crate::session::model::{Finding, Severity};
    use crate::verdict::testing::session;
    use crate::verdict::{Selection, judge, rules};

    fn verdict(script: &str) -> Verdict {
        let mut session = session(script, Selection::ALL.needs());
        judge(&mut session, Selection::ALL);
        of_session(&session)
    }

    const READ: &str = "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS secret\nS: +OK in";

    #[test]
    fn a_login_that_is_not_looked_at_counts_where_it_gives_a_password_away() {
        let within = |command: &str| {
            let tally = verdict(&format!("{READ}\nC: {command}\nS: -ERR Unknown command")).tally;
            (tally.logins, tally.readable_logins)
        };
        assert_eq!(within("APOP bob 0123456789abcdef0123456789abcdef"), (1, 1));
        assert_eq!(within("PASS another"), (2, 2));
    }

    #[test]
    fn who_is_accepted_in_the_end_is_one_recipient_who_gets_the_message() {
        let script = "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b> SIZE=9\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 451 4.7.1 Greylisted\n\
                      C: RSET\nS: 250 ok\nC: MAIL FROM:<a@b> SIZE=9\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\n\
                      C: Subject: x\nC: .\nS: 250 ok";
        let verdict = verdict(script);
        let tally = &verdict.tally;
        assert_eq!((tally.accepted, tally.deferred, tally.undelivered.len()), (1, 0, 0));
        assert_eq!(verdict.delivered, Delivered::Yes);
        assert_ne!(verdict.cause, Some("delivery-deferred"));
    }

    #[test]
    fn a_log_in_that_can_be_read_is_not_safe() {
        let verdict = verdict(READ);
        assert_eq!((verdict.safe, verdict.delivered), (Safe::No, Delivered::Nothing));
        assert_eq!((verdict.tally.logins, verdict.tally.readable_logins), (1, 1));
        assert_eq!(verdict.cause, Some("plaintext-password"));
    }

    #[test]
    fn where_nothing_crossed_nothing_is_known() {
        let verdict = verdict("S: +OK ready\nC: QUIT\nS: +OK bye");
        assert_eq!(
            verdict,
            Verdict { tally: super::Tally { sessions: 1, ..Default::default() }, ..Verdict::default() }
        );
    }

    #[test]
    fn what_is_known_of_mail_that_is_not_in_the_capture() {
        let opening = "S: 220 mx\nC: EHLO a\nS: 250 mx\nC~ 60\nS: 250 2.1.0 ok\nS: 250 2.1.5 ok\n";
        let delivered = |rest: &str| verdict(&format!("{opening}{rest}")).delivered;
        let (taken, refused) = ("S: 354 go\nC: text\nC: .\nS: 250 queued\n", "S: 354 go\nC~ 30\nS: 554 spam\n");
        let (sender, recipient) = ("C~ 20\nS: 552 5.3.4 big\n", "S: 550 5.1.1 who\n");
        for (rest, expected) in [
            (taken.to_owned(), Delivered::Yes),
            ([recipient, taken].concat(), Delivered::Partly),
            ([taken, sender].concat(), Delivered::Unknown),
            (refused.to_owned(), Delivered::No),
            ([refused, "C~ 60\nS: 250 ok\n", taken].concat(), Delivered::Partly),
            // It may be BDAT.
            ("C~ 90\nS: 250 queued\n".to_owned(), Delivered::Unknown),
            (recipient.to_owned(), Delivered::Unknown),
        ] {
            assert_eq!(delivered(&rest), expected, "{rest}");
        }
        let unanswered = "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nC: RCPT TO:<c@d>\nC: DATA\nS~ 20\n";
        let open = verdict(&[unanswered, taken].concat());
        assert_eq!((open.delivered, open.tally.unnamed, open.tally.unknown), (Delivered::Unknown, 1, 1));
        let hello = "S: 220 mx\nC~ 20\nS: 250 mx\nC: QUIT\nS: 221 bye";
        assert_eq!(verdict(hello).delivered, Delivered::Nothing, "EHLO alone is missing");
    }

    #[test]
    fn a_content_without_its_end_is_delivered_to_nobody() {
        let sent = "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\n";
        let unfinished = verdict(&format!("{sent}C: DATA\nS: 354 go\nC: text"));
        assert_eq!((unfinished.delivered, unfinished.tally.aborted), (Delivered::No, 1));
        let silent = verdict(&format!("{sent}C: DATA\nS: 354 go\nC: text\nC: ."));
        assert_eq!(silent.delivered, Delivered::Unknown, "the server has all of it");
        assert_eq!(verdict(&format!("{sent}C: RSET\nS: 250 ok")).delivered, Delivered::Nothing);
    }

    fn finding(id: &'static str, severity: Severity, step: u32, because_of: Option<&'static str>) -> Finding {
        let class = rules::find(id).expect("a rule").class;
        Finding { id, severity, class, steps: vec![step], because_of, ..Finding::default() }
    }

    #[test]
    fn what_explains_a_failure_is_above_other_failures_that_matter_less() {
        let top = |findings: &[Finding]| cause(findings).map(|finding| finding.id);
        let weak = finding("plaintext-password", Severity::High, 3, None);
        let failed = finding("login-refused", Severity::Low, 9, None);
        assert_eq!(top(&[weak.clone(), failed.clone()]), Some("login-refused"));
        let explained = finding("login-refused", Severity::Low, 9, Some("plaintext-password"));
        assert_eq!(top(&[weak.clone(), explained.clone()]), Some("plaintext-password"));
        let earlier = finding("session-refused", Severity::Low, 1, None);
        assert_eq!(top(&[failed.clone(), earlier]), Some("session-refused"), "the first of two alike");
        let worse = finding("too-big", Severity::Medium, 10, None);
        assert_eq!(top(&[failed, worse]), Some("too-big"));
        assert_eq!(top(&[explained]), None, "what is explained is never on top");
        assert_eq!(top(&[finding("bytes-missing", Severity::Medium, 1, None)]), None, "nor is a remark");
        assert_eq!(top(&[Finding { severity: Severity::Info, ..weak }]), None);
        assert_eq!(top(&[]), None);
    }
}

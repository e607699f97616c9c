/*!
Sessions written as conversations, for the views' tests.

```text
Talk::new(Protocol::Smtp)
    .s("220 ready")                     // a greeting
    .c("HELO cslabc39")                 // a command: its verb is the first word (IMAP: after the tag)
    .s("250 OK")                        // the reply to the command before it
    .phase(Phase::Transaction)…
```
*/

use crate::capture::Time;
use crate::flow::{CloseReason, Counters, Endpoints, PacketRef, Side, Transport};
use crate::protocol::event::{Channel, Direction, Exposure, Kind, LoginOutcome, Packets, Subject};
use crate::protocol::secret::Secret;
use crate::protocol::{Protocol, imap, pop3, smtp, tls};
use crate::session::model::*;

mod examples;

pub use examples::{everything, lab_pop3, lab_smtp, report};

/// 2009-12-08T06:00:00Z.
const START: i64 = 1_260_252_000_000_000;

/// A session under construction.
pub struct Talk {
    pub session: Session,
    phase: Phase,
    state: Option<State>,
    packet: u64,
}

impl Talk {
    pub fn new(protocol: Protocol) -> Self {
        let port = match protocol {
            Protocol::Smtp => 25,
            Protocol::Lmtp => 24,
            Protocol::Pop3 => 110,
            Protocol::Imap => 143,
        };
        let at = PacketRef { packet: 1, time: Time::from_microseconds(START) };
        let session = Session {
            id: 1,
            transport: Transport {
                endpoints: Endpoints {
                    client: "172.16.0.73:1893".parse().unwrap(),
                    server: format!("172.16.0.253:{port}").parse().unwrap(),
                },
                first: at,
                first_sequence: 0,
                last: at,
                end: CloseReason::Closed,
                left: None,
                from_start: true,
                counters: Counters { packets: 3, rtt_ms: Some(0.123_456), ..Counters::default() },
                conflicts: Default::default(),
                stalls: Default::default(),
                ends: None,
            }
            .into(),
            ..Session::empty(protocol)
        };
        Self { session, phase: Phase::Connection, state: None, packet: 3 }
    }

    pub fn phase(mut self, phase: Phase) -> Self {
        self.phase = phase;
        self
    }

    pub fn state(mut self, state: State) -> Self {
        self.state = Some(state);
        self
    }

    /// A command of the client.
    pub fn c(self, text: &str) -> Self {
        let imap = self.session.protocol == Protocol::Imap;
        let verb_at = if imap { text.find(' ').map_or(0, |space| space + 1) } else { 0 };
        let verb_end = text[verb_at..].find(' ').map_or(text.len(), |space| verb_at + space);
        self.step(Side::Client, Kind::Command, text).with(|step| {
            step.tag = imap.then(|| text[..verb_at].trim_end().into());
            step.command = Some(text[verb_at..verb_end].to_ascii_uppercase().into());
            step.arguments = (verb_end < text.len()).then_some(verb_end as u32 + 1..text.len() as u32);
        })
    }

    /// A greeting if it is the first step, otherwise the reply to the client's last step.
    pub fn s(self, text: &str) -> Self {
        let asked = self.session.steps.iter().rev().find(|step| step.from == Side::Client).map(|step| step.n);
        let kind = if self.session.steps.is_empty() { Kind::Greeting } else { Kind::Reply };
        self.step(Side::Server, kind, text).with(|step| {
            step.answers = asked;
            step.elapsed = asked.map(|_| 1_234_567).into();
        })
    }

    /// A step of any other kind, such as content.
    pub fn other(self, from: Side, kind: Kind, text: &str, bytes: u64) -> Self {
        let gap = kind == Kind::Gap;
        self.step(from, kind, text).with(|step| {
            step.bytes = bytes;
            if gap {
                step.subject = Subject::Gap(bytes);
            }
        })
    }

    fn step(mut self, from: Side, kind: Kind, text: &str) -> Self {
        self.packet += 1;
        let time = Time::from_microseconds(START + i64::try_from(self.packet).unwrap() * 1_500);
        let transport = &mut self.session.transport;
        transport.last = PacketRef { packet: self.packet, time };
        transport.counters.packets += 1;
        let subject = self.subject(kind, text);
        self.session.steps.push(Step {
            n: u32::try_from(self.session.steps.len() + 1).unwrap(),
            time,
            packets: Packets::one(self.packet),
            from,
            phase: self.phase,
            kind,
            tag: None,
            command: None,
            arguments: None,
            text: text.into(),
            truncated: false,
            text_omitted: false,
            bytes: text.len() as u64 + 2,
            channel: Channel::Clear,
            extra: None,
            subject,
            variant: Variant::Plain,
            answers: None,
            elapsed: None.into(),
        });
        self
    }

    /// The subject of a step, for the few verbs that these tests use.
    fn subject(&self, kind: Kind, text: &str) -> Subject {
        let asked = self.session.steps.iter().rev().find(|step| step.from == Side::Client);
        let verb = |text: &str, at: usize| text.split(' ').nth(at).unwrap_or_default().to_ascii_uppercase();
        let asked_verb = asked.and_then(|step| step.command.as_deref()).unwrap_or_default();
        let code = text.get(..3).and_then(|code| code.parse().ok());
        let after_content = asked.is_some_and(|step| step.kind == Kind::Data);
        match (kind, self.session.protocol) {
            (Kind::Gap, _) => Subject::Gap(40),
            (Kind::Tls, _) => Subject::Tls(tls::Subject::ClientHello),
            (Kind::Unknown, _) => Subject::Unknown,
            (_, Protocol::Smtp | Protocol::Lmtp) => Subject::Smtp(match kind {
                Kind::Greeting => smtp::Subject::Greeting { code: code.unwrap_or(220), ended: true },
                Kind::Command => smtp::Subject::Command(smtp_verb(&verb(text, 0))),
                Kind::Data => smtp::Subject::Content,
                _ => smtp::Subject::Reply {
                    to: match after_content {
                        true => smtp::ReplyTo::Content,
                        false => smtp::ReplyTo::Command(smtp_verb(asked_verb)),
                    },
                    code: code.unwrap_or(250),
                    enhanced: None,
                },
            }),
            (_, Protocol::Pop3) => {
                let state = match self.state {
                    Some(State::Pop3(state)) => state,
                    _ => pop3::State::Authorization,
                };
                let what = match kind {
                    Kind::Greeting => pop3::What::Greeting { ok: true, apop: text.contains('<'), code: None },
                    Kind::Command => pop3::What::Command(pop3_verb(&verb(text, 0))),
                    Kind::Data => pop3::What::Content(pop3::Verb::Retr),
                    _ => pop3::What::Reply {
                        to: Some(pop3_verb(asked_verb)),
                        ok: text.starts_with('+'),
                        code: None,
                        effect: None,
                    },
                };
                Subject::Pop3(pop3::Subject { state, what })
            }
            (_, Protocol::Imap) => {
                let state = match self.state {
                    Some(State::Imap(state)) => state,
                    _ => imap::State::NotAuthenticated,
                };
                let what = match kind {
                    Kind::Greeting => imap::What::Greeting(imap::Status::Ok),
                    Kind::Command => imap::What::Command { verb: imap::Verb::Authenticate, uid: false },
                    _ => {
                        imap::What::Tagged { to: Some(imap::Verb::Authenticate), status: imap::Status::No, code: None }
                    }
                };
                Subject::Imap(imap::Subject { state, what })
            }
        }
    }

    /// Changes the last step.
    pub fn with(mut self, change: impl FnOnce(&mut Step)) -> Self {
        change(self.session.steps.last_mut().expect("a step"));
        self
    }

    /// Marks `secret` in the last step's text as secret.
    pub fn secret(self, secret: &str) -> Self {
        self.with(|step| {
            let at = step.text.find(secret).expect("the secret in the text");
            step.extra_mut().secrets.push(at..at + secret.len());
        })
    }

    /// Adds an attempt to log in, read from `steps`.
    pub fn login(mut self, mechanism: &str, user: &str, password: &str, steps: &[u32], outcome: LoginOutcome) -> Self {
        self.session.credentials.push(Credential {
            mechanism: mechanism.to_owned(),
            username: Some(user.to_owned()),
            authorization_id: None,
            password: Some(Secret::new(password)),
            challenge: None,
            response: None,
            token: None,
            exposure: Exposure::Plaintext,
            reply: None,
            cause: None,
            outcome,
            encrypted: false,
            steps: steps.to_vec(),
            wire_forms: Vec::new(),
        });
        self
    }

    /// Adds a message, read from `steps`.
    pub fn message(mut self, direction: Direction, steps: &[u32], change: impl FnOnce(&mut Message)) -> Self {
        let mut message = Message {
            n: u32::try_from(self.session.messages.len() + 1).unwrap(),
            direction,
            envelope: None,
            mailbox: None,
            number: None,
            uid: None,
            unique_id: None,
            part: None,
            header: Header::default(),
            mime: None,
            attachments: Vec::new(),
            report: None,
            prints: Vec::new(),
            preview: None,
            size: 1_261,
            announced: None,
            faults: None,
            lines: Some(Lines { count: 41, ends: Some(LineEnds::CrLf) }),
            sha256: Some([0xab; 32]),
            body_sha256: Some([0xcd; 32]),
            unfinished: false,
            header_seen: true,
            complete: true,
            missing: Vec::new(),
            outcome: None,
            reply: None,
            steps: steps.to_vec(),
            encrypted: false,
            same_as: Vec::new(),
            stored: None,
        };
        change(&mut message);
        for &n in steps {
            let step = &mut self.session.steps[n as usize - 1];
            let carries = ContentRef {
                message: message.n,
                complete: message.complete,
                unfinished: message.unfinished,
                measure: message.lines.map_or(Measure::None, Measure::Lines),
            };
            let carries = (step.kind == Kind::Data).then_some(carries);
            step.extra_mut().carries = carries;
        }
        self.session.messages.push(message);
        self
    }

    /// Changes the session in any other way.
    pub fn edit(mut self, change: impl FnOnce(&mut Session)) -> Self {
        change(&mut self.session);
        self
    }
}

fn smtp_verb(word: &str) -> smtp::Verb {
    match word {
        "HELO" => smtp::Verb::Helo,
        "MAIL" => smtp::Verb::Mail,
        "RCPT" => smtp::Verb::Rcpt,
        "DATA" => smtp::Verb::Data,
        "QUIT" => smtp::Verb::Quit,
        "AUTH" => smtp::Verb::Auth,
        "NOOP" => smtp::Verb::Noop,
        _ => smtp::Verb::Other,
    }
}

fn pop3_verb(word: &str) -> pop3::Verb {
    match word {
        "USER" => pop3::Verb::User,
        "PASS" => pop3::Verb::Pass,
        "STAT" => pop3::Verb::Stat,
        "LIST" => pop3::Verb::List,
        "RETR" => pop3::Verb::Retr,
        "DELE" => pop3::Verb::Dele,
        "QUIT" => pop3::Verb::Quit,
        _ => pop3::Verb::Other,
    }
}

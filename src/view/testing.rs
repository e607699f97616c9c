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

use super::Report;
use crate::capture::{Format, LinkType, SourceInfo, Time};
use crate::flow::{At, Counters, End, Ends, Side, Transport};
use crate::limits::LimitsHit;
use crate::protocol::event::{self, Direction, Exposure, Kind, LoginOutcome, Packets, Subject};
use crate::protocol::{Protocol, imap, pop3, smtp, tls};
use crate::session::model::*;
use crate::session::purpose::{self, Purpose};
use crate::session::secret::Secret;
use crate::session::summary::Summary;

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
        let at = At { packet: 1, time: Time::from_microseconds(START) };
        let session = Session {
            id: 1,
            protocol,
            transport: Transport {
                ends: Ends {
                    client: "172.16.0.73:1893".parse().unwrap(),
                    server: format!("172.16.0.253:{port}").parse().unwrap(),
                },
                first: at,
                last: at,
                end: End::Closed,
                from_start: true,
                counters: Counters { packets: 3, rtt_ms: Some(0.123_456), ..Counters::default() },
                conflicts: Default::default(),
            },
            client_name: None,
            banner: None,
            capabilities: Vec::new(),
            tls: Tls::default(),
            steps: Vec::new(),
            credentials: Vec::new(),
            messages: Vec::new(),
            findings: Vec::new(),
            limits_hit: LimitsHit::default(),
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
            step.tag = imap.then(|| text[..verb_at].trim_end().to_owned());
            step.command = Some(text[verb_at..verb_end].to_ascii_uppercase());
            step.arguments = (verb_end < text.len()).then_some(verb_end + 1..text.len());
        })
    }

    /// A greeting, or the reply to the last thing that the client said.
    pub fn s(self, text: &str) -> Self {
        let asked = self.session.steps.iter().rev().find(|step| step.from == Side::Client).map(|step| step.n);
        let kind = if self.session.steps.is_empty() { Kind::Greeting } else { Kind::Reply };
        self.step(Side::Server, kind, text).with(|step| {
            step.code = text.get(..3).and_then(|code| code.parse().ok());
            step.answers = asked;
            step.elapsed = asked.map(|_| 1_234_567);
        })
    }

    /// Content, or anything else that has a kind of its own.
    pub fn other(self, from: Side, kind: Kind, text: &str, bytes: u64) -> Self {
        let gap = kind == Kind::Gap;
        self.step(from, kind, text).with(|step| {
            step.bytes = bytes;
            if gap {
                step.purpose = Purpose::Gap { from, bytes };
            }
        })
    }

    fn step(mut self, from: Side, kind: Kind, text: &str) -> Self {
        self.packet += 1;
        let time = Time::from_microseconds(START + i64::try_from(self.packet).unwrap() * 1_500);
        let transport = &mut self.session.transport;
        transport.last = At { packet: self.packet, time };
        transport.counters.packets += 1;
        let said = event::Step {
            from,
            kind,
            subject: self.subject(kind, text),
            time,
            packets: Packets::one(self.packet),
            text: text.as_bytes(),
            bytes: 40,
            tag: None,
            command: None,
            arguments: None,
            answers: None,
            secrets: Vec::new(),
        };
        let asked = self.session.steps.iter().rev().find(|step| step.from == Side::Client);
        let purpose = purpose::of(self.session.protocol, &said, asked);
        self.session.steps.push(Step {
            n: u32::try_from(self.session.steps.len() + 1).unwrap(),
            time,
            packets: Packets::one(self.packet),
            from,
            phase: self.phase,
            state: self.state,
            kind,
            tag: None,
            command: None,
            arguments: None,
            mailboxes: Vec::new(),
            code: None,
            enhanced: None,
            status: None,
            text: text.to_owned(),
            truncated: false,
            secrets: Vec::new(),
            bytes: text.len() as u64 + 2,
            carries: None,
            purpose,
            answers: None,
            elapsed: None,
        });
        self
    }

    /// What a step is in its protocol, as far as these tests speak it.
    fn subject(&self, kind: Kind, text: &str) -> Subject {
        let asked = self.session.steps.iter().rev().find(|step| step.from == Side::Client);
        let verb = |text: &str, at: usize| text.split(' ').nth(at).unwrap_or_default().to_ascii_uppercase();
        let asked_verb = asked.and_then(|step| step.command.clone()).unwrap_or_default();
        let after_content = asked.is_some_and(|step| step.kind == Kind::Data);
        match (kind, self.session.protocol) {
            (Kind::Gap, _) => Subject::Gap(40),
            (Kind::Tls, _) => Subject::Tls(tls::Subject::ClientHello),
            (Kind::Unknown, _) => Subject::Unknown,
            (_, Protocol::Smtp | Protocol::Lmtp) => Subject::Smtp(match kind {
                Kind::Greeting => smtp::Subject::Greeting { code: 220 },
                Kind::Command => smtp::Subject::Command(smtp_verb(&verb(text, 0))),
                Kind::Data => smtp::Subject::Content,
                _ => smtp::Subject::Reply {
                    to: match after_content {
                        true => smtp::Asked::Content,
                        false => smtp::Asked::Command(smtp_verb(&asked_verb)),
                    },
                    code: text.get(..3).and_then(|code| code.parse().ok()).unwrap_or(250),
                    enhanced: None,
                },
            }),
            (_, Protocol::Pop3) => {
                let state = match self.state {
                    Some(State::Pop3(state)) => state,
                    _ => pop3::State::Authorization,
                };
                let what = match kind {
                    Kind::Greeting => pop3::What::Greeting { ok: true, apop: text.contains('<') },
                    Kind::Command => pop3::What::Command(pop3_verb(&verb(text, 0))),
                    Kind::Data => pop3::What::Content(pop3::Verb::Retr),
                    _ => pop3::What::Reply {
                        to: Some(pop3_verb(&asked_verb)),
                        ok: text.starts_with('+'),
                        code: None,
                        effect: None,
                    },
                };
                Subject::Pop3(pop3::Subject { state, what })
            }
            (_, Protocol::Imap) => {
                let state = imap::State::NotAuthenticated;
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

    /// The last step carries `secret`.
    pub fn secret(self, secret: &str) -> Self {
        self.with(|step| {
            let at = step.text.find(secret).expect("the secret in the text");
            step.secrets.push(at..at + secret.len());
        })
    }

    /// The last steps were an attempt to log in.
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
            outcome,
            encrypted: false,
            steps: steps.to_vec(),
            wire_forms: Vec::new(),
        });
        self
    }

    /// The last steps carried a message.
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
            size: 1_261,
            lines: Some(Lines { count: 41, ends: Some(LineEnds::CrLf) }),
            sha256: Some([0xab; 32]),
            body_sha256: Some([0xcd; 32]),
            complete: true,
            missing: Vec::new(),
            outcome: None,
            reply: None,
            steps: steps.to_vec(),
            same_as: Vec::new(),
            kept: None,
        };
        change(&mut message);
        for &n in steps {
            let step = &mut self.session.steps[n as usize - 1];
            let carries = Carries { message: message.n, complete: message.complete, lines: message.lines };
            step.carries = (step.kind == Kind::Data).then_some(carries);
        }
        self.session.messages.push(message);
        self
    }

    /// Anything else.
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

fn mailbox(name: &str, address: &str) -> Mailbox {
    Mailbox { name: Some(name.to_owned()), address: Some(address.to_owned()) }
}

fn alternative() -> MimePart {
    let part = |content_type: &str, encoding: &str| MimePart {
        content_type: Some(content_type.to_owned()),
        charset: Some("gb2312".to_owned()),
        encoding: Some(encoding.to_owned()),
        ..MimePart::default()
    };
    MimePart {
        version: Some("1.0".to_owned()),
        content_type: Some("multipart/alternative".to_owned()),
        boundary: Some("----=_NextPart_000_0010_01CA77FE.A7C0B8D0".to_owned()),
        parts: vec![part("text/plain", "base64"), part("text/html", "quoted-printable")],
        ..MimePart::default()
    }
}

fn header(message: &mut Message) {
    message.header = Header {
        message_id: Some("4456CDCDB5224D37E0219099D42E0639@cslabc39".to_owned()),
        date: Some("Tue, 8 Dec 2009 14:00:00 +0800".to_owned()),
        subject: Some("实验十四：电子邮件协议".to_owned()),
        from: vec![mailbox("第七组三号", "group7_3@JServer.Netlab")],
        to: vec![mailbox("第七组三号", "group7_3@JServer.Netlab")],
        ..Header::default()
    };
    message.mime = Some(alternative());
}

/// The report's SMTP session.
pub fn lab_smtp() -> Session {
    Talk::new(Protocol::Smtp)
        .s("220 服务就绪")
        .c("HELO cslabc39")
        .s("250 请求命令完成")
        .phase(Phase::Transaction)
        .c("MAIL FROM: <group7_3@JServer.Netlab>")
        .s("250 请求命令完成")
        .c("RCPT TO: <group7_3@JServer.Netlab>")
        .s("250 请求命令完成")
        .c("DATA")
        .s("354 开始邮件输入")
        .other(Side::Client, Kind::Data, "", 1_266)
        .with(|step| step.packets.add(15))
        .s("250 OK")
        .message(Direction::Sent, &[4, 5, 6, 7, 8, 9, 10, 11], |message| {
            header(message);
            message.envelope = Some(Envelope {
                from: Some("group7_3@JServer.Netlab".to_owned()),
                to: vec![Recipient {
                    address: "group7_3@JServer.Netlab".to_owned(),
                    code: Some(250),
                    final_code: None,
                    accepted: true,
                }],
            });
            message.outcome = Some(crate::protocol::event::Delivery::Accepted);
            message.reply = Some("250 OK".to_owned());
        })
        .phase(Phase::Release)
        .c("QUIT")
        .s("221 服务关闭")
        .edit(|session| {
            session.client_name = Some("cslabc39".to_owned());
            session.banner = Some("服务就绪".to_owned());
            session.findings.push(Finding::new(FindingKind::PlaintextMessage, vec![10]));
        })
        .session
}

/// The report's POP3 session: the same message retrieved.
pub fn lab_pop3() -> Session {
    use crate::protocol::pop3::State as Pop3;
    Talk::new(Protocol::Pop3)
        .state(State::Pop3(Pop3::Authorization))
        .s("+OK JServer POP3 ready <1896.697170952@JServer.Netlab>")
        .phase(Phase::Authentication)
        .c("USER group7_3@JServer.Netlab")
        .s("+OK")
        .c("PASS group7_3")
        .secret("group7_3")
        .s("+OK Logged in.")
        .login("USER/PASS", "group7_3@JServer.Netlab", "group7_3", &[2, 3, 4, 5], LoginOutcome::Accepted)
        .phase(Phase::Transaction)
        .state(State::Pop3(Pop3::Transaction))
        .c("STAT")
        .s("+OK 1 1701")
        .c("LIST")
        .s("+OK 1 messages:\n1 1701\n.")
        .c("RETR 1")
        .s("+OK 1701 octets")
        .other(Side::Server, Kind::Data, "", 1_706)
        .message(Direction::Retrieved, &[10, 11, 12], |message| {
            header(message);
            message.number = Some(1);
            message.size = 1_701;
            message.same_as = vec![SameAs { session: 1, message: 1, by: Match::Body }];
        })
        .c("DELE 1")
        .s("+OK Marked to be deleted.")
        .phase(Phase::Release)
        .state(State::Pop3(Pop3::Update))
        .c("QUIT")
        .state(State::Pop3(Pop3::Update))
        .s("+OK Logging out, messages deleted.")
        .edit(|session| {
            session.id = 2;
            session.findings.push(Finding::new(FindingKind::PlaintextPassword, vec![4]));
        })
        .session
}

/// A session in which every field that may be absent is there, with nothing in it that is plain.
pub fn everything() -> Session {
    use crate::protocol::event::{Certificate, Delivery};
    use crate::protocol::imap::State as Imap;
    let hostile = || Some("\u{1b}[31m\u{202e}\"\\\n\u{0}é\u{200b}".to_owned());
    let mut session = Talk::new(Protocol::Imap)
        .state(State::Imap(Imap::NotAuthenticated))
        .s("* OK ready\u{7}")
        .c("a1 AUTHENTICATE PLAIN")
        .s("a1 NO [AUTHENTICATIONFAILED] \u{9b}2J")
        .with(|step| {
            step.status = Some("NO");
            step.enhanced = Some("5.7.8".to_owned());
            step.truncated = true;
        })
        .other(Side::Client, Kind::Gap, "", 40)
        .other(Side::Client, Kind::Tls, "", 517)
        .other(Side::Client, Kind::Unknown, "\u{0}\u{1}\u{fffd}", 3)
        .c("")
        .login("AUTH PLAIN", "\u{1b}[2Jbob", "x\ty", &[2, 3], LoginOutcome::Rejected)
        .message(Direction::Appended, &[], |message| {
            header(message);
            message.envelope = Some(Envelope { from: Some(String::new()), to: vec![Recipient::default()] });
            message.mailbox = hostile();
            message.number = Some(7);
            message.uid = Some(8);
            message.part = Some("bytes 0-1023".to_owned());
            message.header.subject = hostile();
            message.header.cc = vec![Mailbox::default()];
            message.attachments = vec![Attachment {
                filename: hostile(),
                content_type: Some("application/pdf".to_owned()),
                size: 3,
                sha256: [1; 32],
                complete: false,
                tnef: true,
                kept: None,
            }];
            message.complete = false;
            message.missing = vec![(10, 20)];
            message.outcome = Some(Delivery::Rejected);
            message.reply = hostile();
            message.same_as = vec![SameAs { session: 1, message: 1, by: Match::Content }];
        })
        .message(Direction::Retrieved, &[], |message| {
            message.part = Some("header fields".to_owned());
            message.header.subject = hostile();
        })
        .edit(|session| {
            session.id = 3;
            session.transport.ends.client = "[2003:de:2016:125:fc36:8317:4e86:cb72]:65535".parse().unwrap();
            session.transport.ends.server = "[::ffff:10.0.0.1]:143".parse().unwrap();
            session.transport.from_start = false;
            session.client_name = hostile();
            session.banner = hostile();
            session.capabilities = vec!["IMAP4rev1".to_owned()];
            session.tls = Tls {
                mode: TlsMode::StartTls,
                version: Some("TLS 1.2".to_owned()),
                cipher: Some("TLS_AES_128_GCM_SHA256".to_owned()),
                server_name: hostile(),
                alpn: hostile(),
                ja4: Some("t13d1516h2_8daaf6152771_e5627efa2ab1".to_owned()),
                certificate: Some(Certificate {
                    subject: "CN=\u{1b}[31m".to_owned(),
                    issuer: "CN=ca".to_owned(),
                    not_before: "2024-01-01T00:00:00Z".to_owned(),
                    not_after: "2025-01-01T00:00:00Z".to_owned(),
                    names: vec!["mail.example.org".to_owned()],
                    sha256: "00".repeat(32),
                }),
                decrypted: true,
            };
            session.findings.push(Finding::new(FindingKind::BytesMissing, vec![4]));
            session.limits_hit.hit(crate::limits::Limit::LineBytes);
        })
        .session;
    let credential = &mut session.credentials[0];
    credential.authorization_id = hostile();
    credential.challenge = hostile();
    credential.response = Some(Secret::new("response"));
    credential.token = Some(Secret::new("token"));
    session
}

/// The report on a capture that held `sessions`.
pub fn report(sessions: &[Session]) -> Report {
    let mut summary = Summary::default();
    sessions.iter().for_each(|session| summary.add(session));
    summary.packets.other = 29;
    summary.packets.read = summary.packets.mail + 29;
    summary.traffic.tcp_segments = 60;
    summary.traffic.tcp_connections = 2;
    summary.traffic.tcp_ports = vec![(25, 30), (110, 30)];
    let source = SourceInfo {
        name: "lab.pcap".to_owned(),
        format: Format::Pcap,
        compression: None,
        link_types: vec![LinkType(1)],
        packets: 64,
        bytes: 9_000,
        first: Some(Time::from_microseconds(START)),
        last: Some(Time::from_microseconds(START + 1_000_000)),
        dropped: None,
        problem: None,
    };
    Report { sources: vec![source], summary }
}

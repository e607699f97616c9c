//! Example sessions: the lab report's two, one in which every field is set, and a report on them.

use super::{START, Talk};
use crate::capture::{Format, LinkType, SourceInfo, Time};
use crate::flow::Side;
use crate::protocol::Protocol;
use crate::protocol::event::{Direction, Kind, LoginOutcome, StepId, Subject};
use crate::protocol::secret::Secret;
use crate::protocol::smtp;
use crate::session::model::*;
use crate::session::summary::Summary;
use crate::verdict::across::Across;
use crate::verdict::across::login_frequency::LoginCounter;
use crate::verdict::verdicts::Verdicts;
use crate::verdict::{Report, rules};

fn found(id: &str, steps: Vec<StepId>) -> Finding {
    rules::find(id).expect("a rule").finding(steps)
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
                    accepted: Some(true),
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
            session.findings.push(found("plaintext-message", vec![10]));
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
            session.findings.push(found("plaintext-password", vec![4]));
        })
        .session
}

/// A session in which every optional field is set, with hostile text wherever text comes off the wire.
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
            step.truncated = true;
        })
        .other(Side::Client, Kind::Gap, "", 40)
        .other(Side::Client, Kind::Tls, "", 517)
        .other(Side::Client, Kind::Unknown, "\u{0}\u{1}\u{fffd}", 3)
        .c("")
        .with(|step| {
            let enhanced = Some(smtp::Enhanced { class: 5, subject: 7, detail: 8 });
            step.subject = Subject::Smtp(smtp::Subject::Reply { to: smtp::ReplyTo::Sasl, code: 535, enhanced });
        })
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
            message.preview = hostile().map(|text| Box::new(crate::session::model::Preview { text, cut: true }));
            message.attachments = vec![Attachment {
                filename: hostile(),
                content_type: Some("application/pdf".to_owned()),
                size: 3,
                sha256: [1; 32],
                complete: false,
                tnef: true,
                stored: None,
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
            session.transport.endpoints.client = "[2003:de:2016:125:fc36:8317:4e86:cb72]:65535".parse().unwrap();
            session.transport.endpoints.server = "[::ffff:10.0.0.1]:143".parse().unwrap();
            session.transport.from_start = false;
            session.client_name = hostile();
            session.banner = hostile();
            session.capabilities = vec!["IMAP4rev1".to_owned()];
            *session.tls = Tls {
                mode: TlsMode::StartTls,
                offered: vec!["TLS 1.3".to_owned(), "TLS 1.2".to_owned()],
                established: true,
                failed: false,
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
                decryption: Decryption { by: Some(DecryptedBy::Capture), ..Decryption::default() },
            };
            session.findings.push(found("bytes-missing", vec![4]));
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
        clock_steps: Vec::new(),
    };
    let mut logins = LoginCounter::default();
    sessions.iter().for_each(|session| logins.session(session));
    let mut verdicts = Verdicts::default();
    sessions.iter().for_each(|session| verdicts.session(session));
    Report {
        sources: vec![source],
        summary,
        logins: logins.finish(),
        verdict: Some(verdicts.finish()),
        across: Default::default(),
    }
}

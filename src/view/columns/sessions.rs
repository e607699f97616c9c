//! `sessions`: a row a session.

use super::column::{Column, Table};
use super::shared::{Of, address, borrowed, count, end, listed, optional, owned, source, word};
use crate::capture::number;
use crate::protocol::event::Certificate;
use crate::session::Session;
use crate::session::model::{Severity, Tls};
use crate::verdict::conclusion::{Verdict, of_session};
use crate::verdict::upshot;
use crate::view::locale::{self, Label};
use crate::view::record::{enums, milliseconds};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The table of sessions.
#[derive(Debug, Clone, Copy)]
pub struct Sessions;

/// A session, and what it comes to.
pub struct SessionRow<'a> {
    /// The session.
    pub of: Of<'a>,
    /// What it comes to.
    pub verdict: Verdict,
}

impl<'a> SessionRow<'a> {
    /// The row of `session`.
    pub fn new(session: &'a Session) -> Self {
        Self { of: Of::new(session), verdict: of_session(session) }
    }

    fn tls(&self) -> &Tls {
        &self.of.session.tls
    }

    fn certificate(&self) -> Option<&Certificate> {
        self.tls().certificate.as_ref()
    }

    fn worst(&self) -> Option<Severity> {
        self.of.session.findings.iter().map(|finding| finding.severity).max()
    }

    /// The senders of envelopes, each once; the one of `MAIL FROM:<>` as `<>`.
    fn senders(&self) -> Vec<&str> {
        let session = self.of.session;
        let of_transactions = session.transactions.iter().filter_map(|transaction| transaction.from.as_deref());
        once(of_transactions.map(|from| if from.is_empty() { "<>" } else { from }))
    }

    /// The recipients of envelopes, the refused ones too, each once.
    fn recipients(&self) -> Vec<&str> {
        let session = self.of.session;
        once(session.transactions.iter().flat_map(|transaction| &transaction.to).map(|to| to.address.as_str()))
    }

    fn users(&self) -> Vec<&str> {
        once(self.of.session.credentials.iter().filter_map(|credential| credential.username.as_deref()))
    }
}

/// `texts` without those that came before.
fn once<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    texts.filter(|text| seen.insert(*text)).collect()
}

impl Table for Sessions {
    const NAME: &'static str = "sessions";
    const ROW: [&'static str; 2] = ["A session.", "一个会话。"];

    type Row<'a> = SessionRow<'a>;

    fn columns() -> &'static [Column<Self>] {
        COLUMNS
    }

    fn of_session(session: &Session) -> Box<dyn Iterator<Item = SessionRow<'_>> + '_> {
        Box::new(std::iter::once(SessionRow::new(session)))
    }
}

fn of_certificate<'r>(row: &'r SessionRow<'_>, get: fn(&Certificate) -> &str) -> Option<Cow<'r, str>> {
    borrowed(get(row.certificate()?))
}

const COLUMNS: &[Column<Sessions>] = &[
    Column::integer("id", "1, 2, … in the order of the sessions' first packets.", "按首个分组的顺序：1、2……。", |_, row: &SessionRow<'_>| {
        Some(row.of.session.id)
    })
    .titled(Label::Session),
    Column::text("uid", "Identifies the session on any run and machine.", "在任何一次运行、任何机器上都标识该会话。", |_, row: &SessionRow<'_>| {
        borrowed(&row.of.uid)
    }),
    Column::text("community_id", "Community ID v1, seed 0.", "Community ID v1，种子为 0。", |_, row: &SessionRow<'_>| borrowed(&row.of.community_id)),
    Column::text("protocol", "`smtp`, `lmtp`, `pop3`, `imap`.", "协议。", |_, row: &SessionRow<'_>| {
        word(enums::Protocol(row.of.session.protocol).name())
    }),
    Column::time("started", "Time of the first packet.", "首个分组的时间。", |_, row: &SessionRow<'_>| {
        Some(row.of.session.transport.first.time)
    })
    .titled(Label::Started),
    Column::time("ended", "Time of the last packet.", "最后一个分组的时间。", |_, row: &SessionRow<'_>| Some(row.of.session.transport.last.time)),
    Column::number("duration_ms", "Milliseconds from the first packet to the last.", "从首个到最后一个分组的毫秒数。", |_, row: &SessionRow<'_>| {
        row.of.session.transport.duration().map(milliseconds)
    }),
    Column::text("client_ip", "IP address of the end that opened the connection.", "打开连接一端的 IP 地址。", |_, row: &SessionRow<'_>| {
        address(row.of.session.transport.endpoints.client.ip())
    })
    .titled(Label::Client)
    .in_words(|_, row: &SessionRow<'_>| end(row.of.session.transport.endpoints.client)),
    Column::integer("client_port", "Its port.", "其端口。", |_, row: &SessionRow<'_>| {
        Some(row.of.session.transport.endpoints.client.port().into())
    }),
    Column::text("server_ip", "IP address of the other end.", "另一端的 IP 地址。", |_, row: &SessionRow<'_>| {
        address(row.of.session.transport.endpoints.server.ip())
    })
    .titled(Label::Server)
    .in_words(|_, row: &SessionRow<'_>| end(row.of.session.transport.endpoints.server)),
    Column::integer("server_port", "Its port.", "其端口。", |_, row: &SessionRow<'_>| {
        Some(row.of.session.transport.endpoints.server.port().into())
    }),
    Column::text("client_address", "Behind a proxy: the client for which it speaks.", "代理之后：它所代表的客户。", |_, row: &SessionRow<'_>| {
        address(row.of.session.client_address?)
    }),
    Column::text("via", "How that is known: `proxy-protocol`, `xclient`, `socks`, `http-connect`.", "由何得知。", |_, row: &SessionRow<'_>| {
        word(enums::Via(row.of.session.via?).name())
    }),
    Column::text("client_name", "The name that the client gave itself.", "客户自称的名字。", |_, row: &SessionRow<'_>| optional(&row.of.session.client_name)),
    Column::text("banner", "The server's greeting text.", "服务器问候语的文字。", |_, row: &SessionRow<'_>| optional(&row.of.session.banner)),
    Column::texts("capabilities", "List: the last EHLO, CAPA or CAPABILITY list.", "列表：最后一次 EHLO、CAPA 或 CAPABILITY 的内容。", |_, row: &SessionRow<'_>| {
        listed(&row.of.session.capabilities)
    }),
    Column::texts("from", "List: the senders of its envelopes, each once; `<>` for the empty one.", "列表：各信封的发件人，空发件人为 `<>`。", |_, row: &SessionRow<'_>| {
        listed(row.senders())
    })
    .titled(Label::EnvelopeFrom),
    Column::texts("to", "List: the recipients of its envelopes, also those refused, each once.", "列表：各信封的收件人，包括被拒绝的。", |_, row: &SessionRow<'_>| {
        listed(row.recipients())
    })
    .titled(Label::EnvelopeTo),
    Column::texts("user", "List: the user names of its log-ins, each once.", "列表：登录的用户名。", |_, row: &SessionRow<'_>| listed(row.users()))
        .titled(Label::User),
    Column::text(
        "outcome",
        "What became of it: `not-connected`, `refused` (by the greeting, or the answer to the client's); of what was sent: `accepted`, `partly`, \
         `deferred`, `rejected`, `rejected-or-deferred` (for good for some, for now for others), `aborted` (given up before its end), `unknown`; else `retrieved`, `appended`, `logged-in`, \
         `login-rejected`, `login-deferred` (the server put it off), `login-unknown`, `tls-failed`, `encrypted` (what happened is inside TLS), `hung-up` (the server ended it unasked), `failed` (a finding says \
         why), `nothing`.",
        "结果：未连接、被拒绝；所发邮件已接受、部分、暂缓、被拒、部分被拒而其余暂缓、放弃、未知；否则为取回、追加、已登录、登录被拒、登录被暂缓、登录结果未知、TLS 失败、已加密、服务器挂断、失败（原因见发现）、无。",
        |_, row: &SessionRow<'_>| word(enums::Upshot(upshot(row.of.session)).name()),
    )
    .titled(Label::Outcome).in_words(|reading, row: &SessionRow<'_>| owned(locale::upshot(reading.lang, upshot(row.of.session)))),
    Column::integer("step_count", "Steps.", "步数。", |_, row: &SessionRow<'_>| count(row.of.session.steps.len())),
    Column::integer("credential_count", "Attempts to log in.", "登录次数。", |_, row: &SessionRow<'_>| count(row.of.session.credentials.len())),
    Column::integer("transaction_count", "SMTP, LMTP: mail transactions.", "SMTP、LMTP：邮件事务数。", |_, row: &SessionRow<'_>| {
        count(row.of.session.transactions.len())
    }),
    Column::integer("message_count", "Messages, and parts of messages.", "邮件数。", |_, row: &SessionRow<'_>| count(row.of.session.messages.len()))
        .titled(Label::Messages),
    Column::integer("finding_count", "Findings.", "发现数。", |_, row: &SessionRow<'_>| count(row.of.session.findings.len())).titled(Label::Findings),
    Column::text("severity", "The highest severity among them: `info`, `low`, `medium`, `high`.", "其中最高的严重程度。", |_, row: &SessionRow<'_>| {
        word(enums::Severity(row.worst()?).name())
    })
    .titled(Label::Severity).in_words(|reading, row: &SessionRow<'_>| word(locale::severity(reading.lang, row.worst()?))),
    Column::text("verdict_safe", "Whether it was safe from those on the path: `yes`, `no`, `unknown`.", "对路径上的人是否安全。", |_, row: &SessionRow<'_>| {
        word(enums::Safe(row.verdict.safe).name())
    }),
    Column::text(
        "verdict_delivered",
        "What became of what was sent: `yes`, `no`, `partly`, `deferred`, `unknown`, `nothing`.",
        "所发邮件的结果。",
        |_, row: &SessionRow<'_>| word(enums::Delivered(row.verdict.delivered).name()),
    ),
    Column::text("verdict_cause", "The `id` of the finding on top.", "首要发现的 `id`。", |_, row: &SessionRow<'_>| word(row.verdict.cause?)),
    Column::text("verdict_text", "The verdict in a sentence or two, in the language asked for.", "结论，一两句话，用所选语言。", |reading, row: &SessionRow<'_>| {
        owned(locale::verdict(reading.lang, &row.verdict))
    }),
    Column::text("tls_mode", "`none`, `starttls`, `implicit`.", "TLS 的方式。", |_, row: &SessionRow<'_>| word(enums::TlsMode(row.tls().mode).name()))
        .titled(Label::Tls).in_words(|reading, row: &SessionRow<'_>| word(locale::tls_mode(reading.lang, row.tls().mode, row.tls().decrypted))),
    Column::boolean("tls_failed", "True if the handshake did not end.", "握手未完成则为真。", |_, row: &SessionRow<'_>| Some(row.tls().failed)),
    Column::boolean("tls_decrypted", "True if what crossed inside is known: it was decrypted, with secrets or before it was captured.", "TLS 之内的内容已知（用密钥解密，或抓包之前已解密）则为真。", |_, row: &SessionRow<'_>| Some(row.tls().decrypted)),
    Column::text("tls_version", "`TLS 1.3`.", "TLS 版本。", |_, row: &SessionRow<'_>| optional(&row.tls().version)),
    Column::text("tls_cipher", "IANA's name of the cipher suite.", "密码套件的 IANA 名称。", |_, row: &SessionRow<'_>| optional(&row.tls().cipher)),
    Column::text("tls_server_name", "The name that the client asked for (SNI).", "客户请求的名字（SNI）。", |_, row: &SessionRow<'_>| {
        optional(&row.tls().server_name)
    }),
    Column::text("tls_alpn", "The negotiated application protocol.", "协商的应用协议。", |_, row: &SessionRow<'_>| optional(&row.tls().alpn)),
    Column::text("tls_ja4", "JA4 of the ClientHello.", "ClientHello 的 JA4。", |_, row: &SessionRow<'_>| optional(&row.tls().ja4)),
    Column::text("tls_certificate_subject", "Subject of the server's certificate.", "服务器证书的主体。", |_, row: &SessionRow<'_>| {
        of_certificate(row, |certificate| &certificate.subject)
    }),
    Column::text("tls_certificate_issuer", "Its issuer.", "其颁发者。", |_, row: &SessionRow<'_>| of_certificate(row, |certificate| &certificate.issuer)),
    Column::text("tls_certificate_not_before", "Start of its validity, as in the JSON.", "有效期起。", |_, row: &SessionRow<'_>| {
        of_certificate(row, |certificate| &certificate.not_before)
    }),
    Column::text("tls_certificate_not_after", "End of its validity, as in the JSON.", "有效期止。", |_, row: &SessionRow<'_>| {
        of_certificate(row, |certificate| &certificate.not_after)
    }),
    Column::texts("tls_certificate_names", "List: its alternative names.", "列表：其备用名称。", |_, row: &SessionRow<'_>| listed(&row.certificate()?.names)),
    Column::text("tls_certificate_sha256", "SHA-256 of its DER encoding.", "其 DER 编码的 SHA-256。", |_, row: &SessionRow<'_>| {
        of_certificate(row, |certificate| &certificate.sha256)
    }),
    Column::text("end", "`closed`, `reset`, `idle`, `open`, `refused`, `unanswered`, `prohibited`.", "连接如何结束。", |_, row: &SessionRow<'_>| {
        word(enums::CloseReason(row.of.session.transport.end).name())
    }),
    Column::boolean("from_start", "False if the capture began in the middle of the connection.", "抓包从连接中途开始则为假。", |_, row: &SessionRow<'_>| {
        Some(row.of.session.transport.from_start)
    }),
    Column::integer("source", "The file of its first packet, from 0 in the order read.", "首个分组所在的文件，按读取顺序从 0 起。", |_, row: &SessionRow<'_>| {
        source(row.of.session.transport.first.packet)
    }),
    Column::integer("first_packet", "Number of its first packet in that file.", "首个分组在该文件中的序号。", |_, row: &SessionRow<'_>| {
        Some(number::frame(row.of.session.transport.first.packet))
    }),
    Column::integer("last_packet", "Number of its last packet.", "最后一个分组的序号。", |_, row: &SessionRow<'_>| {
        Some(number::frame(row.of.session.transport.last.packet))
    }),
    Column::integer("last_source", "The file of its last packet.", "最后一个分组所在的文件。", |_, row: &SessionRow<'_>| {
        source(row.of.session.transport.last.packet)
    }),
    Column::integer("bytes", "Bytes of both streams that were captured.", "双向已捕获的字节数。", |_, row: &SessionRow<'_>| {
        let counters = &row.of.session.transport.counters;
        Some(counters.client_bytes.saturating_add(counters.server_bytes))
    })
    .titled(Label::Size),
    Column::integer("transport_packets", "Packets of both directions.", "双向的分组数。", |_, row: &SessionRow<'_>| {
        Some(row.of.session.transport.counters.packets)
    }),
    Column::integer("transport_client_bytes", "Bytes of the client's stream that were captured.", "客户流中已捕获的字节数。", |_, row: &SessionRow<'_>| {
        Some(row.of.session.transport.counters.client_bytes)
    }),
    Column::integer("transport_server_bytes", "The same for the server's stream.", "服务器流中已捕获的字节数。", |_, row: &SessionRow<'_>| {
        Some(row.of.session.transport.counters.server_bytes)
    }),
    Column::integer("transport_client_missing", "Bytes of the client's stream that were never captured.", "客户流中未捕获的字节数。", |_, row: &SessionRow<'_>| {
        Some(row.of.session.transport.counters.client_missing)
    }),
    Column::integer("transport_server_missing", "The same for the server's stream.", "服务器流中未捕获的字节数。", |_, row: &SessionRow<'_>| {
        Some(row.of.session.transport.counters.server_missing)
    }),
    Column::integer("transport_retransmitted", "Segments sent again.", "重传的报文段数。", |_, row: &SessionRow<'_>| {
        Some(row.of.session.transport.counters.retransmitted)
    }),
    Column::integer("transport_reordered", "Segments out of order.", "乱序的报文段数。", |_, row: &SessionRow<'_>| {
        Some(row.of.session.transport.counters.reordered)
    }),
    Column::integer("transport_conflicting", "Bytes on which two overlapping segments disagree.", "重叠报文段不一致的字节数。", |_, row: &SessionRow<'_>| {
        Some(row.of.session.transport.counters.conflicting)
    }),
    Column::number("transport_rtt_ms", "Milliseconds from the SYN to the ACK that ends the handshake.", "从 SYN 到完成握手的 ACK 的毫秒数。", |_, row: &SessionRow<'_>| {
        row.of.session.transport.counters.rtt_ms
    }),
    Column::text(
        "source_file",
        "The name of the file of its first packet, as it was given; `-` is standard input, and live it is the interface.",
        "首个分组所在文件的名称，按所给的写法；`-` 为标准输入，实时抓取时为接口名。",
        |reading, row: &SessionRow<'_>| reading.source_file(row.of.session.transport.first.packet),
    ),
];

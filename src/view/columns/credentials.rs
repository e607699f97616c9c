//! `credentials`: a row an attempt to log in.

use super::column::{Column, Reading, Table};
use super::shared::{
    Of, address, borrowed, end, numbers, optional, packets_elsewhere, packets_of, people, source, word,
};
use crate::capture::{Time, number};
use crate::flow::Side;
use crate::protocol::secret::Secret;
use crate::session::Session;
use crate::session::model::{Credential, Step};
use crate::view::locale::{self, Label};
use crate::view::record::enums;
use std::borrow::Cow;

/// The table of log-ins.
#[derive(Debug, Clone, Copy)]
pub struct Credentials;

/// An attempt to log in.
pub struct CredentialRow<'a> {
    /// The session.
    pub of: Of<'a>,
    /// From 1 within the session.
    pub n: u64,
    /// The attempt.
    pub credential: &'a Credential,
}

impl CredentialRow<'_> {
    fn steps(&self) -> impl Iterator<Item = &Step> {
        self.credential.steps.iter().filter_map(|&n| self.of.session.step(n))
    }

    /// The packets of its steps, ascending, each once.
    fn packets(&self) -> Vec<u64> {
        let mut packets: Vec<u64> = self.steps().flat_map(|step| step.packets.iter()).collect();
        packets.sort_unstable();
        packets.dedup();
        packets
    }

    fn time(&self) -> Option<Time> {
        self.steps().next().map(|step| step.time)
    }
}

impl Table for Credentials {
    const NAME: &'static str = "credentials";
    const ROW: [&'static str; 2] = ["An attempt to log in.", "一次登录尝试。"];

    type Row<'a> = CredentialRow<'a>;

    fn columns() -> &'static [Column<Self>] {
        COLUMNS
    }

    fn of_session(session: &Session) -> Box<dyn Iterator<Item = CredentialRow<'_>> + '_> {
        let of = Of::new(session);
        let attempts = (1..).zip(&session.credentials);
        Box::new(attempts.map(move |(n, credential)| CredentialRow { of: of.clone(), n, credential }))
    }
}

/// The secret itself: redaction, if it was asked for, has masked it already.
fn revealed(secret: &Option<Secret<String>>) -> Option<Cow<'_, str>> {
    borrowed(secret.as_ref()?.reveal())
}

/// What an observer learns: the password or the token itself, or else why there is none.
fn secret<'a>(reading: &Reading, credential: &'a Credential) -> Option<Cow<'a, str>> {
    let sent = revealed(&credential.password).filter(|password| !password.is_empty());
    let token = || Some(format!("{}: {}", locale::label(reading.lang, Label::Token), revealed(&credential.token)?));
    let none = || format!("({})", locale::exposure(reading.lang, credential.exposure));
    sent.or_else(|| Some(Cow::Owned(token().unwrap_or_else(none))))
}

const COLUMNS: &[Column<Credentials>] = &[
    Column::integer("session", "The session's `id`.", "会话的 `id`。", |_, row: &CredentialRow<'_>| {
        Some(row.of.session.id)
    })
    .titled(Label::Session),
    Column::text("session_uid", "The session's `uid`.", "会话的 `uid`。", |_, row: &CredentialRow<'_>| {
        borrowed(&row.of.uid)
    }),
    Column::integer(
        "n",
        "1, 2, … within the session.",
        "会话内的序号：1、2……。",
        |_, row: &CredentialRow<'_>| Some(row.n),
    ),
    Column::text("protocol", "`smtp`, `lmtp`, `pop3`, `imap`.", "协议。", |_, row: &CredentialRow<'_>| {
        word(enums::Protocol(row.of.session.protocol).name())
    }),
    Column::time(
        "time",
        "When its first step was complete.",
        "第一步完成的时间。",
        |_, row: &CredentialRow<'_>| row.time(),
    ),
    Column::text(
        "no",
        "Numbers of the client's packets as people read them.",
        "客户分组的序号，供人阅读。",
        |_, row: &CredentialRow<'_>| {
            people(row.steps().filter(|step| step.from == Side::Client).flat_map(|step| step.packets.iter()))
        },
    )
    .titled(Label::Number),
    Column::integer(
        "packet",
        "Number of its first packet, within `packet_source`.",
        "首个分组在 `packet_source` 中的序号。",
        |_, row: &CredentialRow<'_>| row.packets().first().copied().map(number::frame),
    ),
    Column::integers(
        "packets",
        "List: the numbers of its packets within `packet_source`.",
        "列表：`packet_source` 中的分组序号。",
        |_, row: &CredentialRow<'_>| packets_of(row.packets().into_iter(), row.of.session.source()),
    ),
    Column::integer(
        "packet_source",
        "The file of `packets`, from 0 in the order read.",
        "`packets` 所在的文件，按读取顺序从 0 起。",
        |_, row: &CredentialRow<'_>| source(row.of.session.transport.first.packet),
    ),
    Column::texts(
        "packets_elsewhere",
        "List: packets of other files, each as `packet_source:number`.",
        "列表：其他文件中的分组，写作 `packet_source:序号`。",
        |_, row: &CredentialRow<'_>| packets_elsewhere(row.packets().into_iter(), row.of.session.source()),
    ),
    Column::text("client_ip", "The client's IP address.", "客户的 IP 地址。", |_, row: &CredentialRow<'_>| {
        address(row.of.session.transport.endpoints.client.ip())
    })
    .titled(Label::Client)
    .in_words(|_, row: &CredentialRow<'_>| end(row.of.session.transport.endpoints.client)),
    Column::integer("client_port", "Its port.", "其端口。", |_, row: &CredentialRow<'_>| {
        Some(row.of.session.transport.endpoints.client.port().into())
    }),
    Column::text("server_ip", "The server's IP address.", "服务器的 IP 地址。", |_, row: &CredentialRow<'_>| {
        address(row.of.session.transport.endpoints.server.ip())
    })
    .titled(Label::Server)
    .in_words(|_, row: &CredentialRow<'_>| end(row.of.session.transport.endpoints.server)),
    Column::integer("server_port", "Its port.", "其端口。", |_, row: &CredentialRow<'_>| {
        Some(row.of.session.transport.endpoints.server.port().into())
    }),
    Column::text(
        "mechanism",
        "`USER/PASS`, `APOP`, `LOGIN`, `AUTH PLAIN`, ….",
        "登录方式。",
        |_, row: &CredentialRow<'_>| borrowed(&row.credential.mechanism),
    )
    .titled(Label::Mechanism),
    Column::text("username", "User name, decoded.", "解码后的用户名。", |_, row: &CredentialRow<'_>| {
        optional(&row.credential.username)
    })
    .titled(Label::User),
    Column::text(
        "authorization_id",
        "SASL authorization identity.",
        "SASL 授权身份。",
        |_, row: &CredentialRow<'_>| optional(&row.credential.authorization_id),
    ),
    Column::text(
        "password",
        "Password, decoded, if the password itself was sent; masked by `--redact`.",
        "密码（若密码本身曾被发送）；`--redact` 时被遮盖。",
        |_, row: &CredentialRow<'_>| revealed(&row.credential.password),
    )
    .titled(Label::Password)
    .in_words(|reading, row: &CredentialRow<'_>| secret(reading, row.credential)),
    Column::text("challenge", "The server's challenge.", "服务器的质询。", |_, row: &CredentialRow<'_>| {
        optional(&row.credential.challenge)
    }),
    Column::text(
        "response",
        "The client's response to the challenge.",
        "客户对质询的应答。",
        |_, row: &CredentialRow<'_>| revealed(&row.credential.response),
    ),
    Column::text("token", "A bearer token.", "令牌。", |_, row: &CredentialRow<'_>| revealed(&row.credential.token)),
    Column::text(
        "exposure",
        "What an observer learns: `plaintext`, `token`, `hash`, `none`.",
        "旁观者得知什么。",
        |_, row: &CredentialRow<'_>| word(enums::Exposure(row.credential.exposure).name()),
    ),
    Column::text(
        "outcome",
        "`accepted`, `rejected`, `cancelled`, `unknown`.",
        "结果。",
        |_, row: &CredentialRow<'_>| word(enums::LoginOutcome(row.credential.outcome).name()),
    )
    .titled(Label::Outcome)
    .in_words(|reading, row: &CredentialRow<'_>| {
        word(locale::login_outcome(reading.lang, row.credential.outcome, row.credential.is_put_off()))
    }),
    Column::text(
        "cause",
        "Why it was not accepted, in the JSON's words.",
        "未被接受的原因，用 JSON 的词。",
        |_, row: &CredentialRow<'_>| word(enums::LoginCause(row.credential.cause?).name()),
    ),
    Column::text(
        "reply",
        "What the server answered, as sent.",
        "服务器的应答，按原样。",
        |_, row: &CredentialRow<'_>| optional(&row.credential.reply),
    ),
    Column::boolean(
        "encrypted",
        "True if it was sent inside TLS that was decrypted.",
        "在已解密的 TLS 内发送则为真。",
        |_, row: &CredentialRow<'_>| Some(row.credential.encrypted),
    ),
    Column::integers(
        "steps",
        "List: the `n` of the steps it was read from.",
        "列表：所据步骤的 `n`。",
        |_, row: &CredentialRow<'_>| numbers(row.credential.steps.iter().map(|&n| n.into())),
    ),
    Column::text(
        "source_file",
        "The name of the file of the session's first packet, as it was given; `-` is standard input, and live it is the interface.",
        "会话首个分组所在文件的名称，按所给的写法；`-` 为标准输入，实时抓取时为接口名。",
        |reading, row: &CredentialRow<'_>| reading.source_file(row.of.session.transport.first.packet),
    ),
];

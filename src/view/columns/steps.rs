//! `steps`: a row a step, which is a row of the report's tables.

use super::column::{Column, Reading, Table};
use super::shared::{Of, address, borrowed, listed, optional, owned, packets_elsewhere, packets_of, source, word};
use crate::capture::number;
use crate::flow::Side;
use crate::protocol::event;
use crate::session::Session;
use crate::session::model::Step;
use crate::verdict::purpose::purpose;
use crate::view::locale::{self, Label};
use crate::view::record::{enums, milliseconds};
use crate::view::{escape, table};
use std::borrow::Cow;
use std::net::SocketAddr;

/// The table of steps.
#[derive(Debug, Clone, Copy)]
pub struct Steps;

/// A step of a session.
pub struct StepRow<'a> {
    /// The session.
    pub of: Of<'a>,
    /// The step.
    pub step: &'a Step,
}

impl StepRow<'_> {
    /// The ends that it came from and went to.
    fn ends(&self) -> [SocketAddr; 2] {
        let ends = self.of.session.transport.endpoints;
        match self.step.from {
            Side::Client => [ends.client, ends.server],
            Side::Server => [ends.server, ends.client],
        }
    }

    fn source(&self) -> usize {
        number::source(self.step.packets.first())
    }
}

impl Table for Steps {
    const NAME: &'static str = "steps";
    const ROW: [&'static str; 2] =
        ["A step of a session: a command, a reply, content.", "会话中的一步：命令、应答或内容。"];

    type Row<'a> = StepRow<'a>;

    fn columns() -> &'static [Column<Self>] {
        COLUMNS
    }

    fn of_session(session: &Session) -> Box<dyn Iterator<Item = StepRow<'_>> + '_> {
        let of = Of::new(session);
        Box::new(session.steps.iter().map(move |step| StepRow { of: of.clone(), step }))
    }
}

/// The address of an end, with its port where both ends have the same address.
fn end<'a>([this, other]: [SocketAddr; 2]) -> Option<Cow<'a, str>> {
    if this.ip().to_canonical() == other.ip().to_canonical() {
        owned(SocketAddr::new(this.ip().to_canonical(), this.port()))
    } else {
        address(this.ip())
    }
}

/// The step's text, or a description of content, TLS, a gap and other steps without text.
fn summary(reading: &Reading, row: &StepRow<'_>) -> String {
    let (lang, step) = (reading.lang, row.step);
    let bracketed = |words: &str| match lang {
        crate::view::Lang::En => format!("({words})"),
        crate::view::Lang::Zh => format!("（{words}）"),
    };
    if step.text_omitted {
        return bracketed(locale::label(lang, Label::TextOmitted));
    }
    let is_content = matches!(step.kind, event::Kind::Data | event::Kind::Tls | event::Kind::Gap);
    if is_content || step.text.is_empty() {
        let words = locale::row(lang, &purpose(row.of.session, step), step.bytes, step.carries().as_ref());
        let without_text = || match is_content {
            true => locale::kind(lang, step.kind),
            false => locale::label(lang, Label::EmptyLine),
        };
        return words.unwrap_or_else(|| bracketed(without_text()));
    }
    let (text, cut) = escape::cut(&step.text, reading.text_limit);
    let mut text = text.to_owned();
    if cut || step.truncated {
        text.push('…');
    }
    text
}

/// The part of the text behind the verb.
fn arguments<'r>(reading: &Reading, step: &'r Step) -> Option<Cow<'r, str>> {
    let range = step.argument_range()?;
    let (start, end) = (step.text.ceil_char_boundary(range.start), step.text.floor_char_boundary(range.end));
    borrowed(escape::cut(step.text.get(start..end)?, reading.text_limit).0)
}

const COLUMNS: &[Column<Steps>] = &[
    Column::integer("session", "The session's `id`.", "会话的 `id`。", |_, row: &StepRow<'_>| {
        Some(row.of.session.id)
    }),
    Column::text("session_uid", "The session's `uid`.", "会话的 `uid`。", |_, row: &StepRow<'_>| {
        borrowed(&row.of.uid)
    }),
    Column::text(
        "protocol",
        "The session's protocol: `smtp`, `lmtp`, `pop3`, `imap`.",
        "会话的协议。",
        |_, row: &StepRow<'_>| word(enums::Protocol(row.of.session.protocol).name()),
    ),
    Column::integer(
        "n",
        "1, 2, … within the session.",
        "会话内的序号：1、2……。",
        |_, row: &StepRow<'_>| Some(row.step.n.into()),
    ),
    Column::time(
        "time",
        "Time of the packet that completed it.",
        "使其完整的那个分组的时间。",
        |_, row: &StepRow<'_>| Some(row.step.time),
    ),
    Column::number(
        "since_start_ms",
        "Milliseconds since the session's first packet.",
        "距会话首个分组的毫秒数。",
        |_, row: &StepRow<'_>| row.step.time.known_since(row.of.session.transport.first.time).map(milliseconds),
    ),
    Column::text(
        "no",
        "Numbers of its packets as people read them: `12`, `12-15`; of another file than the first, `2:12`.",
        "分组序号，供人阅读：`12`、`12-15`；不属于第一个文件的写作 `2:12`。",
        |_, row: &StepRow<'_>| owned(table::numbers(row.step)),
    )
    .titled(Label::Number),
    Column::integer(
        "packet",
        "Number of its first packet, within `packet_source`.",
        "首个分组在 `packet_source` 中的序号。",
        |_, row: &StepRow<'_>| Some(number::frame(row.step.packets.first())).filter(|&packet| packet > 0),
    ),
    Column::integers(
        "packets",
        "List: the numbers of its packets within `packet_source`.",
        "列表：`packet_source` 中的分组序号。",
        |_, row: &StepRow<'_>| packets_of(row.step.packets.iter(), row.source()),
    ),
    Column::integer(
        "packet_source",
        "The file of `packets`, from 0 in the order read.",
        "`packets` 所在的文件，按读取顺序从 0 起。",
        |_, row: &StepRow<'_>| source(row.step.packets.first()),
    ),
    Column::texts(
        "packets_elsewhere",
        "List: packets of other files, each as `packet_source:number`.",
        "列表：其他文件中的分组，写作 `packet_source:序号`。",
        |_, row: &StepRow<'_>| packets_elsewhere(row.step.packets.iter(), row.source()),
    ),
    Column::text(
        "channel",
        "What it was sent in: `clear`, `tls`, `decrypted`.",
        "传输方式：明文、TLS 或已解密。",
        |_, row: &StepRow<'_>| word(enums::Channel(row.step.channel).name()),
    ),
    Column::text("from", "The side that sent it: `client`, `server`.", "发送的一方。", |_, row: &StepRow<'_>| {
        word(enums::Side(row.step.from).name())
    }),
    Column::text("source", "The sender's IP address.", "发送方的 IP 地址。", |_, row: &StepRow<'_>| {
        address(row.ends()[0].ip())
    }),
    Column::integer("source_port", "The sender's port.", "发送方的端口。", |_, row: &StepRow<'_>| {
        Some(row.ends()[0].port().into())
    }),
    Column::text("destination", "The receiver's IP address.", "接收方的 IP 地址。", |_, row: &StepRow<'_>| {
        address(row.ends()[1].ip())
    }),
    Column::integer("destination_port", "The receiver's port.", "接收方的端口。", |_, row: &StepRow<'_>| {
        Some(row.ends()[1].port().into())
    }),
    Column::text(
        "sender",
        "`source`, with its port if both ends have the same address.",
        "`source`；两端地址相同时带端口。",
        |_, row: &StepRow<'_>| end(row.ends()),
    )
    .titled(Label::SourceIp),
    Column::text(
        "receiver",
        "`destination`, with its port if both ends have the same address.",
        "`destination`；两端地址相同时带端口。",
        |_, row: &StepRow<'_>| {
            let [from, to] = row.ends();
            end([to, from])
        },
    )
    .titled(Label::DestinationIp),
    Column::text(
        "phase",
        "`connection`, `encryption`, `authentication`, `transaction`, `release`.",
        "会话的阶段。",
        |_, row: &StepRow<'_>| word(enums::Phase(row.step.phase).name()),
    ),
    Column::text(
        "state",
        "POP3, IMAP: the protocol's own name for the state of the session.",
        "POP3、IMAP：协议自己的状态名。",
        |_, row: &StepRow<'_>| word(enums::State(row.step.state()?).name()),
    ),
    Column::text(
        "kind",
        "`greeting`, `command`, `reply`, `untagged`, `continuation`, `response`, `data`, `tls`, `gap`, `unknown`.",
        "步骤的种类。",
        |_, row: &StepRow<'_>| word(enums::Kind(row.step.kind).name()),
    ),
    Column::text("tag", "IMAP: the tag.", "IMAP：标签。", |_, row: &StepRow<'_>| optional(&row.step.tag)),
    Column::text("command", "The verb in upper case.", "大写的命令动词。", |_, row: &StepRow<'_>| {
        optional(&row.step.command)
    }),
    Column::text(
        "arguments",
        "What follows the verb, as sent.",
        "动词之后的内容，按原样。",
        |reading, row: &StepRow<'_>| arguments(reading, row.step),
    ),
    Column::texts(
        "mailboxes",
        "List: IMAP's mailboxes, decoded, if they were sent in modified UTF-7.",
        "列表：解码后的 IMAP 邮箱名。",
        |_, row: &StepRow<'_>| listed(row.step.mailboxes()),
    ),
    Column::integer("code", "SMTP: the reply code.", "SMTP：应答码。", |_, row: &StepRow<'_>| {
        row.step.code().map(u64::from)
    }),
    Column::text("enhanced", "SMTP: the enhanced status code.", "SMTP：增强状态码。", |_, row: &StepRow<'_>| {
        owned(row.step.enhanced()?)
    }),
    Column::text(
        "status",
        "POP3: `+OK`, `-ERR`; IMAP: `OK`, `NO`, `BAD`, `PREAUTH`, `BYE`.",
        "POP3、IMAP：状态。",
        |_, row: &StepRow<'_>| word(row.step.status()?),
    ),
    Column::text(
        "text",
        "The line or lines as sent, without the last line end; cut at 1,000 characters.",
        "原样的一行或多行，不含最后的行尾；最多 1,000 个字符。",
        |reading, row: &StepRow<'_>| borrowed(escape::cut(&row.step.text, reading.text_limit).0),
    ),
    Column::boolean(
        "truncated",
        "True if `text` is not complete.",
        "`text` 不完整则为真。",
        |reading, row: &StepRow<'_>| Some(row.step.truncated || escape::cut(&row.step.text, reading.text_limit).1),
    ),
    Column::boolean(
        "text_omitted",
        "True if the text was not kept, so that memory stays bounded.",
        "为限制内存而未保留文本则为真。",
        |_, row: &StepRow<'_>| Some(row.step.text_omitted),
    ),
    Column::boolean(
        "secret",
        "True if it carries a password or a token.",
        "带有密码或令牌则为真。",
        |_, row: &StepRow<'_>| Some(!row.step.secrets().is_empty()),
    ),
    Column::integer("bytes", "Length on the wire.", "线路上的字节数。", |_, row: &StepRow<'_>| {
        Some(row.step.bytes)
    }),
    Column::integer(
        "message",
        "Content: the `n` of the message that it belongs to.",
        "内容：所属邮件的 `n`。",
        |_, row: &StepRow<'_>| row.step.carries().map(|carries| carries.message.into()),
    ),
    Column::text(
        "summary",
        "`text` for people: content, TLS and gaps are described.",
        "供人阅读的 `text`：内容、TLS 与缺失以文字说明。",
        |reading, row: &StepRow<'_>| owned(summary(reading, row)),
    )
    .titled(Label::CommandAndParameters),
    Column::text(
        "purpose",
        "What it does, in the language asked for.",
        "作用，用所选语言。",
        |reading, row: &StepRow<'_>| Some(locale::purpose(reading.lang, &purpose(row.of.session, row.step))),
    )
    .titled(Label::Purpose),
    Column::integer(
        "answers",
        "A reply: the `n` of the step that it answers.",
        "应答：所答步骤的 `n`。",
        |_, row: &StepRow<'_>| row.step.answers.map(u64::from),
    ),
    Column::number(
        "elapsed_ms",
        "A reply: milliseconds since that step.",
        "应答：距该步骤的毫秒数。",
        |_, row: &StepRow<'_>| row.step.elapsed.nanoseconds().map(milliseconds),
    ),
    Column::text(
        "source_file",
        "The name of the file of the session's first packet, as it was given; `-` is standard input, and live it is the interface.",
        "会话首个分组所在文件的名称，按所给的写法；`-` 为标准输入，实时抓取时为接口名。",
        |reading, row: &StepRow<'_>| reading.source_file(row.of.session.transport.first.packet),
    ),
];

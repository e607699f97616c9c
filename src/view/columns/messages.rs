//! `messages`: a row a message, or a part of one.

use super::column::{Column, Table};
use super::shared::{Of, borrowed, count, listed, numbers, optional, owned, word};
use crate::session::Session;
use crate::session::model::{Mailbox, Message, MimePart};
use crate::view::locale::{self, Label};
use crate::view::record::{Hex, enums};
use std::borrow::Cow;

/// The table of messages.
#[derive(Debug, Clone, Copy)]
pub struct Messages;

/// A message of a session.
pub struct MessageRow<'a> {
    /// The session.
    pub of: Of<'a>,
    /// The message.
    pub message: &'a Message,
}

impl MessageRow<'_> {
    fn mime(&self) -> Option<&MimePart> {
        self.message.mime.as_ref()
    }
}

impl Table for Messages {
    const NAME: &'static str = "messages";
    const ROW: [&'static str; 2] = ["A message that was carried, or a part of one.", "一封传送的邮件，或其一部分。"];

    type Row<'a> = MessageRow<'a>;

    fn columns() -> &'static [Column<Self>] {
        COLUMNS
    }

    fn of_session(session: &Session) -> Box<dyn Iterator<Item = MessageRow<'_>> + '_> {
        let of = Of::new(session);
        Box::new(session.messages.iter().map(move |message| MessageRow { of: of.clone(), message }))
    }
}

/// `name <address>`.
fn mailboxes<'r>(list: &'r [Mailbox]) -> Option<Vec<Cow<'r, str>>> {
    listed(list.iter().map(|mailbox| {
        let text = |text: &'r Option<String>| text.as_deref().unwrap_or_default();
        match (text(&mailbox.name), text(&mailbox.address)) {
            ("", address) => address.to_owned(),
            (name, "") => name.to_owned(),
            (name, address) => format!("{name} <{address}>"),
        }
    }))
}

const COLUMNS: &[Column<Messages>] = &[
    Column::integer("session", "The session's `id`.", "会话的 `id`。", |_, row: &MessageRow<'_>| Some(row.of.session.id)).titled(Label::Session),
    Column::text("session_uid", "The session's `uid`.", "会话的 `uid`。", |_, row: &MessageRow<'_>| borrowed(&row.of.uid)),
    Column::integer("n", "1, 2, … within the session.", "会话内的序号：1、2……。", |_, row: &MessageRow<'_>| Some(row.message.n.into())).titled(Label::Message),
    Column::text("direction", "`sent`, `retrieved`, `appended`.", "方向。", |_, row: &MessageRow<'_>| word(enums::Direction(row.message.direction).name())),
    Column::text("envelope_from", "SMTP, LMTP: the envelope's sender; `<>` for the empty one.", "SMTP、LMTP：信封发件人，空发件人为 `<>`。", |_, row: &MessageRow<'_>| {
        let from = row.message.envelope.as_ref()?.from.as_deref()?;
        borrowed(if from.is_empty() { "<>" } else { from })
    })
    .titled(Label::EnvelopeFrom),
    Column::texts("envelope_to", "List: the envelope's recipients, also those refused.", "列表：信封收件人，包括被拒绝的。", |_, row: &MessageRow<'_>| {
        listed(row.message.envelope.as_ref()?.to.iter().map(|to| &to.address))
    })
    .titled(Label::EnvelopeTo),
    Column::text("mailbox", "IMAP: where it was retrieved from or appended to.", "IMAP：取自或存入的邮箱。", |_, row: &MessageRow<'_>| optional(&row.message.mailbox)),
    Column::integer("number", "POP3, IMAP: message number.", "POP3、IMAP：邮件序号。", |_, row: &MessageRow<'_>| row.message.number),
    Column::integer("uid", "IMAP: the message's UID.", "IMAP：邮件的 UID。", |_, row: &MessageRow<'_>| row.message.uid),
    Column::text("unique_id", "POP3: from UIDL.", "POP3：来自 UIDL。", |_, row: &MessageRow<'_>| optional(&row.message.unique_id)),
    Column::text("part", "What was carried, if it is not the whole message.", "所传的部分（若非整封）。", |_, row: &MessageRow<'_>| optional(&row.message.part)),
    Column::text("message_id", "Message-ID without angle brackets.", "Message-ID，不含尖括号。", |_, row: &MessageRow<'_>| optional(&row.message.header.message_id)),
    Column::text("date", "Date, as sent.", "Date，按原样。", |_, row: &MessageRow<'_>| optional(&row.message.header.date)),
    Column::time("date_utc", "`date` as a time, if it can be read as one.", "`date` 的时间值（若可读）。", |_, row: &MessageRow<'_>| row.message.header.date_utc)
        .titled(Label::Date),
    Column::text("subject", "Subject, decoded.", "解码后的主题。", |_, row: &MessageRow<'_>| optional(&row.message.header.subject)).titled(Label::Subject),
    Column::texts("from", "List: From, decoded.", "列表：解码后的 From。", |_, row: &MessageRow<'_>| mailboxes(&row.message.header.from)).titled(Label::From),
    Column::texts("to", "List: To.", "列表：To。", |_, row: &MessageRow<'_>| mailboxes(&row.message.header.to)).titled(Label::To),
    Column::texts("cc", "List: Cc.", "列表：Cc。", |_, row: &MessageRow<'_>| mailboxes(&row.message.header.cc)),
    Column::texts("reply_to", "List: Reply-To.", "列表：Reply-To。", |_, row: &MessageRow<'_>| mailboxes(&row.message.header.reply_to)),
    Column::text("mime_version", "MIME-Version.", "MIME-Version。", |_, row: &MessageRow<'_>| optional(&row.mime()?.version)),
    Column::text("mime_content_type", "Media type.", "媒体类型。", |_, row: &MessageRow<'_>| optional(&row.mime()?.content_type)).titled(Label::ContentType),
    Column::text("mime_charset", "Charset, as declared.", "声明的字符集。", |_, row: &MessageRow<'_>| optional(&row.mime()?.charset)),
    Column::text("mime_boundary", "Boundary of a multipart.", "multipart 的分界串。", |_, row: &MessageRow<'_>| optional(&row.mime()?.boundary)),
    Column::text("mime_encoding", "Content-Transfer-Encoding.", "Content-Transfer-Encoding。", |_, row: &MessageRow<'_>| optional(&row.mime()?.encoding)),
    Column::integer("attachment_count", "Attachments.", "附件数。", |_, row: &MessageRow<'_>| count(row.message.attachments.len())),
    Column::texts("attachments", "List: their file names; `?` for one without a name.", "列表：附件名，无名者为 `?`。", |_, row: &MessageRow<'_>| {
        let names = row.message.attachments.iter().map(|attachment| attachment.filename.as_deref().filter(|name| !name.is_empty()));
        listed(names.map(|name| name.unwrap_or("?")))
    })
    .titled(Label::Attachments),
    Column::integer("size", "Bytes of the content as it crossed.", "内容的字节数。", |_, row: &MessageRow<'_>| Some(row.message.size)).titled(Label::Size),
    Column::integer("lines", "Lines of the content.", "内容的行数。", |_, row: &MessageRow<'_>| row.message.lines.map(|lines| lines.count)),
    Column::text("line_ends", "`crlf`, `lf`, `mixed`.", "行尾。", |_, row: &MessageRow<'_>| word(enums::LineEnds(row.message.lines?.ends?).name())),
    Column::text("sha256", "SHA-256 of the content.", "内容的 SHA-256。", |_, row: &MessageRow<'_>| owned(Hex(row.message.sha256?))),
    Column::text("body_sha256", "SHA-256 of what follows the first empty line, with line ends as CRLF.", "首个空行之后内容的 SHA-256，行尾统一为 CRLF。", |_, row: &MessageRow<'_>| {
        owned(Hex(row.message.body_sha256?))
    }),
    Column::boolean("complete", "False if bytes are missing or the session ended within it.", "缺少字节或会话中途结束则为假。", |_, row: &MessageRow<'_>| {
        Some(row.message.complete)
    }),
    Column::boolean("unfinished", "True if its end never came.", "结尾从未到达则为真。", |_, row: &MessageRow<'_>| Some(row.message.unfinished)),
    Column::integer("missing", "Bytes of it that are not in the capture.", "抓包中缺少的字节数。", |_, row: &MessageRow<'_>| {
        Some(row.message.missing.iter().fold(0, |sum: u64, (_, length)| sum.saturating_add(*length)))
    }),
    Column::text("outcome", "Sent, appended: `accepted`, `partly`, `rejected`, `deferred`, `unknown`.", "发送、追加的结果。", |_, row: &MessageRow<'_>| {
        word(enums::Delivery(row.message.outcome?).name())
    })
    .titled(Label::Outcome).in_words(|reading, row: &MessageRow<'_>| word(locale::delivery(reading.lang, row.message.outcome?))),
    Column::text("reply", "The reply that decided.", "决定结果的应答。", |_, row: &MessageRow<'_>| optional(&row.message.reply)),
    Column::boolean("encrypted", "True if it was sent inside TLS that was decrypted.", "在已解密的 TLS 内发送则为真。", |_, row: &MessageRow<'_>| {
        Some(row.message.encrypted)
    }),
    Column::integers("steps", "List: the `n` of the steps it was read from.", "列表：所据步骤的 `n`。", |_, row: &MessageRow<'_>| {
        numbers(row.message.steps.iter().map(|&n| n.into()))
    }),
    Column::texts("same_as", "List: the same message in sessions before, each as `session:n:match`; `match` is `content`, `body` or `message-id`.", "列表：先前会话中的同一邮件，写作 `session:n:match`。", |_, row: &MessageRow<'_>| {
        listed(row.message.same_as.iter().map(|same| format!("{}:{}:{}", same.session, same.message, enums::Match(same.by).name())))
    })
    .titled(Label::SameAs),
    Column::text(
        "source_file",
        "The name of the file of the session's first packet, as it was given; `-` is standard input, and live it is the interface.",
        "会话首个分组所在文件的名称，按所给的写法；`-` 为标准输入，实时抓取时为接口名。",
        |reading, row: &MessageRow<'_>| reading.source_file(row.of.session.transport.first.packet),
    ),
];

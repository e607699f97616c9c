//! `attachments`: a row an attachment of a message.

use super::column::{Column, Table};
use super::shared::{Of, borrowed, count, optional, owned, word};
use crate::session::Session;
use crate::session::model::{Attachment, Message};
use crate::view::record::{Hex, enums};

/// The table of attachments.
#[derive(Debug, Clone, Copy)]
pub struct Attachments;

/// An attachment of a message of a session.
pub struct AttachmentRow<'a> {
    /// The session.
    pub of: Of<'a>,
    /// The message.
    pub message: &'a Message,
    /// From 0: its place in the message.
    pub nth: usize,
    /// The attachment.
    pub attachment: &'a Attachment,
}

impl Table for Attachments {
    const NAME: &'static str = "attachments";
    const ROW: [&'static str; 2] = ["An attachment of a message that was carried.", "所传邮件的一个附件。"];

    type Row<'a> = AttachmentRow<'a>;

    fn columns() -> &'static [Column<Self>] {
        COLUMNS
    }

    fn of_session(session: &Session) -> Box<dyn Iterator<Item = AttachmentRow<'_>> + '_> {
        let of = Of::new(session);
        Box::new(session.messages.iter().flat_map(move |message| {
            let of = of.clone();
            let attachments = message.attachments.iter().enumerate();
            attachments.map(move |(nth, attachment)| AttachmentRow { of: of.clone(), message, nth, attachment })
        }))
    }
}

const COLUMNS: &[Column<Attachments>] = &[
    Column::integer("session", "The session's `id`.", "会话的 `id`。", |_, row: &AttachmentRow<'_>| {
        Some(row.of.session.id)
    }),
    Column::text("session_uid", "The session's `uid`.", "会话的 `uid`。", |_, row: &AttachmentRow<'_>| {
        borrowed(&row.of.uid)
    }),
    Column::integer(
        "message",
        "The message's `n` in that session.",
        "该会话中邮件的 `n`。",
        |_, row: &AttachmentRow<'_>| Some(row.message.n.into()),
    ),
    Column::integer(
        "n",
        "1, 2, … within the message.",
        "邮件内的序号：1、2……。",
        |_, row: &AttachmentRow<'_>| count(row.nth.saturating_add(1)),
    ),
    Column::text(
        "direction",
        "Of the message: `sent`, `retrieved`, `appended`.",
        "邮件的方向。",
        |_, row: &AttachmentRow<'_>| word(enums::Direction(row.message.direction).name()),
    ),
    Column::text(
        "message_id",
        "Of the message: Message-ID without angle brackets.",
        "邮件的 Message-ID，不含尖括号。",
        |_, row: &AttachmentRow<'_>| optional(&row.message.header.message_id),
    ),
    Column::text("filename", "File name, decoded.", "解码后的文件名。", |_, row: &AttachmentRow<'_>| {
        optional(&row.attachment.filename)
    }),
    Column::text(
        "content_type",
        "Media type, for example `application/pdf`.",
        "媒体类型，例如 `application/pdf`。",
        |_, row: &AttachmentRow<'_>| optional(&row.attachment.content_type),
    ),
    Column::boolean(
        "tnef",
        "True for TNEF (`winmail.dat`), in which Outlook packs formatted text and further attachments.",
        "是 TNEF（`winmail.dat`，Outlook 将带格式的文字和其他附件装入其中）则为真。",
        |_, row: &AttachmentRow<'_>| Some(row.attachment.tnef),
    ),
    Column::integer("size", "Number of decoded bytes.", "解码后的字节数。", |_, row: &AttachmentRow<'_>| {
        Some(row.attachment.size)
    }),
    Column::text(
        "sha256",
        "SHA-256 of the decoded bytes.",
        "解码后内容的 SHA-256。",
        |_, row: &AttachmentRow<'_>| owned(Hex(row.attachment.sha256)),
    ),
    Column::boolean(
        "complete",
        "False if bytes are missing: size and digest then cover what was captured.",
        "缺少字节则为假：此时大小与摘要只涉及抓到的内容。",
        |_, row: &AttachmentRow<'_>| Some(row.attachment.complete),
    ),
    Column::text(
        "source_file",
        "The name of the file of the session's first packet, as it was given; `-` is standard input, and live it is the interface.",
        "会话首个分组所在文件的名称，按所给的写法；`-` 为标准输入，实时抓取时为接口名。",
        |reading, row: &AttachmentRow<'_>| reading.source_file(row.of.session.transport.first.packet),
    ),
];

//! `transactions`: a row a mail transaction of SMTP or LMTP.

use super::column::{Column, Reading, Table};
use super::shared::{Of, borrowed, listed, numbers, owned, word};
use crate::capture::Time;
use crate::protocol::event::{StepId, Subject};
use crate::protocol::smtp;
use crate::session::Session;
use crate::session::model::{Addressee, Message, Step, Transaction};
use crate::view::escape;
use crate::view::record::enums;
use std::borrow::Cow;

/// The table of mail transactions.
#[derive(Debug, Clone, Copy)]
pub struct Transactions;

/// A transaction of a session.
pub struct TransactionRow<'a> {
    /// The session.
    pub of: Of<'a>,
    /// The transaction.
    pub transaction: &'a Transaction,
}

impl TransactionRow<'_> {
    fn step(&self, n: StepId) -> Option<&Step> {
        self.of.session.step(n)
    }

    fn message(&self) -> Option<&Message> {
        self.of.session.messages.get((self.transaction.message? as usize).checked_sub(1)?)
    }

    fn steps(&self) -> impl DoubleEndedIterator<Item = &Step> {
        self.transaction.steps.iter().filter_map(|&n| self.step(n))
    }

    fn began(&self) -> Option<Time> {
        self.steps().next().map(|step| step.time)
    }

    fn ended(&self) -> Option<Time> {
        self.steps().next_back().map(|step| step.time)
    }

    /// For each recipient what `reply` says: with `""` where there is none, so that it stands at the place of its recipient.
    fn each<'r>(&'r self, reply: impl Fn(&'r Addressee) -> Option<Cow<'r, str>>) -> Option<Vec<Cow<'r, str>>> {
        listed(self.transaction.to.iter().map(|to| reply(to).unwrap_or_default()))
    }
}

impl Table for Transactions {
    const NAME: &'static str = "transactions";
    const ROW: [&'static str; 2] = [
        "A mail transaction of SMTP or LMTP: from MAIL to what ended it. The lists of replies have an item for each item of `to`, empty where \
         there is none.",
        "SMTP 或 LMTP 的一次邮件事务：从 MAIL 到其结束。各应答列表与 `to` 逐项对应，没有应答的为空。",
    ];

    type Row<'a> = TransactionRow<'a>;

    fn columns() -> &'static [Column<Self>] {
        COLUMNS
    }

    fn of_session(session: &Session) -> Box<dyn Iterator<Item = TransactionRow<'_>> + '_> {
        let of = Of::new(session);
        Box::new(session.transactions.iter().map(move |transaction| TransactionRow { of: of.clone(), transaction }))
    }
}

fn enhanced<'a>(step: Option<&Step>) -> Option<Cow<'a, str>> {
    match &step?.subject {
        Subject::Smtp(smtp::Subject::Reply { enhanced, .. }) => owned((*enhanced)?),
        _ => None,
    }
}

fn text<'r>(reading: &Reading, step: Option<&'r Step>) -> Option<Cow<'r, str>> {
    borrowed(escape::cut(&step?.text, reading.text_limit).0)
}

const COLUMNS: &[Column<Transactions>] = &[
    Column::integer("session", "The session's `id`.", "会话的 `id`。", |_, row: &TransactionRow<'_>| {
        Some(row.of.session.id)
    }),
    Column::text("session_uid", "The session's `uid`.", "会话的 `uid`。", |_, row: &TransactionRow<'_>| {
        borrowed(&row.of.uid)
    }),
    Column::integer(
        "n",
        "1, 2, … within the session.",
        "会话内的序号：1、2……。",
        |_, row: &TransactionRow<'_>| Some(row.transaction.n.into()),
    ),
    Column::text("protocol", "`smtp`, `lmtp`.", "协议。", |_, row: &TransactionRow<'_>| {
        word(enums::Protocol(row.of.session.protocol).name())
    }),
    Column::time(
        "started",
        "When its first step was complete.",
        "第一步完成的时间。",
        |_, row: &TransactionRow<'_>| row.began(),
    ),
    Column::time(
        "ended",
        "When its last step was complete.",
        "最后一步完成的时间。",
        |_, row: &TransactionRow<'_>| row.ended(),
    ),
    Column::text(
        "from",
        "The sender of MAIL; `<>` for the empty one; absent if MAIL was not captured.",
        "MAIL 的发件人，空发件人为 `<>`；未抓到 MAIL 时为空。",
        |_, row: &TransactionRow<'_>| {
            let from = row.transaction.from.as_deref()?;
            borrowed(if from.is_empty() { "<>" } else { from })
        },
    ),
    Column::texts(
        "to",
        "List: all recipients, including refused ones.",
        "列表：全部收件人，包括被拒绝的。",
        |_, row: &TransactionRow<'_>| listed(row.transaction.to.iter().map(|to| to.address.as_str())),
    ),
    Column::texts(
        "to_outcome",
        "List: what became of each: `accepted`, `rejected`, `deferred`, or `unknown` if a reply that decides was not seen.",
        "列表：各收件人的结果。",
        |_, row: &TransactionRow<'_>| row.each(|to| word(enums::Outcome(to.outcome).name())),
    ),
    Column::integers(
        "to_code",
        "List: codes of the replies to RCPT.",
        "列表：对 RCPT 的应答码。",
        |_, row: &TransactionRow<'_>| Some(row.transaction.to.iter().map(|to| to.code.map(u64::from)).collect()),
    ),
    Column::texts(
        "to_enhanced",
        "List: enhanced status codes of those replies.",
        "列表：这些应答的增强状态码。",
        |_, row: &TransactionRow<'_>| row.each(|to| enhanced(row.step(to.step?))),
    ),
    Column::texts(
        "to_text",
        "List: texts of those replies, as of their steps.",
        "列表：这些应答的文字，同其步骤。",
        |reading, row: &TransactionRow<'_>| row.each(|to| text(reading, row.step(to.step?))),
    ),
    Column::integers(
        "to_final_code",
        "List: codes of the replies that decided after RCPT: the recipient's own after the content (LMTP, PRDR), or the one for all.",
        "列表：RCPT 之后决定结果的应答码：收件人自己的（LMTP、PRDR），或对全部收件人的。",
        |_, row: &TransactionRow<'_>| Some(row.transaction.to.iter().map(|to| to.final_code.map(u64::from)).collect()),
    ),
    Column::texts(
        "to_final_enhanced",
        "List: enhanced status codes of those replies.",
        "列表：这些应答的增强状态码。",
        |_, row: &TransactionRow<'_>| row.each(|to| enhanced(row.step(to.final_step?))),
    ),
    Column::texts(
        "to_final_text",
        "List: texts of those replies, as of their steps.",
        "列表：这些应答的文字，同其步骤。",
        |reading, row: &TransactionRow<'_>| row.each(|to| text(reading, row.step(to.final_step?))),
    ),
    Column::integer(
        "size_said",
        "The size that MAIL declares (`SIZE=`), in bytes.",
        "MAIL 声明的大小（`SIZE=`），字节。",
        |_, row: &TransactionRow<'_>| row.transaction.size_said,
    ),
    Column::integer(
        "size_limit",
        "The size that the server announced as its limit, in bytes.",
        "服务器宣布的大小上限，字节。",
        |_, row: &TransactionRow<'_>| row.transaction.size_limit,
    ),
    Column::integer(
        "size",
        "Bytes of the content that crossed; absent if none did.",
        "所传内容的字节数；未传则为空。",
        |_, row: &TransactionRow<'_>| row.message().map(|message| message.size),
    ),
    Column::text(
        "outcome",
        "`accepted`, `partly` (for some recipients), `rejected`, `deferred` (refused for now), `aborted` (given up, or the connection \
         lost, before its end), `unknown`.",
        "结果：已接受、部分、被拒、暂缓、放弃、未知。",
        |_, row: &TransactionRow<'_>| word(enums::Outcome(row.transaction.outcome).name()),
    ),
    Column::integer(
        "message",
        "The `n` of the message that it carried.",
        "所传邮件的 `n`。",
        |_, row: &TransactionRow<'_>| row.transaction.message.map(u64::from),
    ),
    Column::integers(
        "steps",
        "List: the `n` of its commands, content and replies.",
        "列表：其命令、内容与应答步骤的 `n`。",
        |_, row: &TransactionRow<'_>| numbers(row.transaction.steps.iter().map(|&n| n.into())),
    ),
    Column::text(
        "source_file",
        "The name of the file of the session's first packet, as it was given; `-` is standard input, and live it is the interface.",
        "会话首个分组所在文件的名称，按所给的写法；`-` 为标准输入，实时抓取时为接口名。",
        |reading, row: &TransactionRow<'_>| reading.source_file(row.of.session.transport.first.packet),
    ),
];

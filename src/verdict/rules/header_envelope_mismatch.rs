use crate::protocol::Protocol;
use crate::protocol::event::{Direction, LoginOutcome};
use crate::session::Session;
use crate::session::model::{Header, Mailbox, Message, ReportForm};
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};
use std::cell::LazyCell;
use std::collections::HashMap;

/// A message that comes straight from its author says another sender in its header than in its envelope (the domains have
/// nothing in common), or goes to a recipient whom To and Cc do not name, and to none of those whom they name.
///
/// It matters because the reader sees the header, and the servers act on the envelope: a typing error in one of them
/// explains why mail arrives with somebody else, and a forged sender looks like this too.
///
/// Not: a null sender, a delivery report, an automatic answer; not a mailing list (List-*, Precedence), nor what was sent on
/// behalf of another (Sender, Resent-*) or is signed (DKIM-Signature); not an envelope's sender that is made for each
/// message (SRS, VERP); not a message that has been relayed (Received), whose recipient may be an alias; not LMTP; and not
/// a blind copy, beside which the recipients of the header have theirs: where one domain is asked for, and not the
/// header's, another server may have got that copy, unless the client has logged in.
///
/// RFC 5321, section 2.3.1: the envelope and the content. RFC 5322, section 3.6.3.
pub const RULE: Rule = Rule {
    id: "header-envelope-mismatch",
    severity: Severity::Info,
    class: Class::Remark,
    because_of: &[],
    since: "0.2.0",
    rank: 92,
    reference: Some("RFC 5321, section 2.3.1"),
    needs: Needs::MESSAGES,
    in_silence: false,
    words: Words {
        en: Text {
            title: "A message's header names others than its envelope",
            detail: "Servers send a message to the recipients of its envelope (RCPT) and report to its sender (MAIL); a \
                     reader sees the header's From, To and Cc. Here they name different people.",
            remedy: "If the message was to go to those of the header, correct the address that the program gives with MAIL \
                     or RCPT. A sender that the client is not entitled to is a reason to look closer.",
        },
        zh: Text {
            title: "邮件首部与信封中的地址不一致",
            detail: "服务器按信封投递邮件（RCPT 的收件人），并向信封的发件人（MAIL）报告；读者看到的是邮件首部的 From、To 和 Cc。\
                     这里两者指的不是同一些人。",
            remedy: "如果邮件本应发给邮件首部中的收件人，请更正程序在 MAIL 或 RCPT 中给出的地址。若客户无权使用该发件人，则值得进\
                     一步查看。",
        },
    },
    sentences: &[
        Sentence { en: "From says {0}, MAIL says {1}.", zh: "From 为 {0}，MAIL 为 {1}。" },
        Sentence {
            en: "To and Cc name {1}, and not {0}, to whom alone it is sent.",
            zh: "To 和 Cc 写的是 {1}，而邮件只发给了其中没有的 {0}。",
        },
    ],
    check,
};

fn check(session: &Session, found: &mut Found) {
    if session.protocol != Protocol::Smtp {
        return;
    }
    let copies: LazyCell<HashMap<&str, usize>, _> = LazyCell::new(|| {
        let mut copies = HashMap::new();
        for id in session.messages.iter().filter_map(|message| message.header.message_id.as_deref()) {
            *copies.entry(id).or_default() += 1;
        }
        copies
    });
    let is_alone = |message: &Message| message.header.message_id.as_deref().is_none_or(|id| copies.get(id) == Some(&1));
    for message in &session.messages {
        // Most messages are to and from whom they say: that is asked before what takes longer.
        let (sender, recipients) = (sender(message), recipients(session, message));
        if sender.is_none() && recipients.is_none() || !is_straight_from_its_author(message) {
            continue;
        }
        if let Some([author, from]) = sender {
            let occurrence = found.at(message.steps.first().copied()).says(0);
            let occurrence = occurrence.named(Key::Name, Fact::Name(author.to_owned()));
            _ = occurrence.named(Key::By, Fact::Name(from.to_owned()));
        }
        if let Some([asked, written]) = recipients.filter(|_| is_alone(message)) {
            let occurrence = found.at(message.steps.first().copied()).says(1);
            let occurrence = occurrence.named(Key::Recipient, Fact::Name(asked.to_owned()));
            _ = occurrence.named(Key::Name, Fact::Name(written.to_owned()));
        }
    }
}

fn is_straight_from_its_author(message: &Message) -> bool {
    const OTHERS: [&str; 14] = [
        "received",
        "precedence",
        "sender",
        "auto-submitted",
        "return-path",
        "delivered-to",
        "x-original-to",
        "x-forwarded-for",
        "x-forwarded-to",
        "x-loop",
        "dkim-signature",
        "errors-to",
        "x-mailing-list",
        "mailing-list",
    ];
    let begins = |name: &str, begin: &str| {
        name.as_bytes().get(..begin.len()).is_some_and(|it| it.eq_ignore_ascii_case(begin.as_bytes()))
    };
    let speaks_for_others = |name: &str| {
        OTHERS.iter().any(|other| name.eq_ignore_ascii_case(other))
            || ["list-", "resent-", "arc-"].iter().any(|begin| begins(name, begin))
    };
    message.direction == Direction::Sent
        && message.header_seen
        && message.report.as_ref().is_none_or(|report| report.form == ReportForm::Text)
        && !message.header.fields.iter().any(|field| speaks_for_others(&field.name))
}

/// The author and the envelope's sender, where they are of different domains.
fn sender(message: &Message) -> Option<[&str; 2]> {
    let from = message.envelope.as_ref()?.from.as_deref()?;
    let [Mailbox { address: Some(author), .. }] = message.header.from.as_slice() else { return None };
    let ((local, domain), (_, written)) = (from.rsplit_once('@')?, author.rsplit_once('@')?);
    let differs = domain != written && are_unrelated(domain, written) && !is_made_for_each_message(local);
    differs.then_some([author, from])
}

/// SRS, BATV, VERP, and what reports come back to.
fn is_made_for_each_message(local: &str) -> bool {
    let local = local.to_ascii_lowercase();
    let words = ["bounce", "return", "owner", "daemon", "postmaster", "srs", "prvs", "btv"];
    let digits = local.bytes().filter(u8::is_ascii_digit).count();
    local.contains(['=', '+', '#', '%', '!']) || digits >= 6 || words.iter().any(|word| local.contains(word))
}

/// Neither is a part of the other, and the last two labels differ. Names that may be written in two ways are not told
/// apart.
fn are_unrelated(one: &str, other: &str) -> bool {
    let is_plain = |name: &str| {
        name.is_ascii() && name.contains('.') && !name.to_ascii_lowercase().contains("xn--") && !name.starts_with('[')
    };
    let end = |name: &str| {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let mut labels: Vec<String> = name.rsplit('.').take(2).map(str::to_owned).collect();
        labels.reverse();
        labels
    };
    is_plain(one) && is_plain(other) && end(one) != end(other)
}

/// The first recipient of the envelope, and the first that the header names, where they are different ones.
fn recipients<'a>(session: &Session, message: &'a Message) -> Option<[&'a str; 2]> {
    let envelope = message.envelope.as_ref()?;
    let header: &Header = &message.header;
    let all = [&header.to, &header.cc];
    let named: Vec<&str> = all.into_iter().flatten().filter_map(|mailbox| mailbox.address.as_deref()).collect();
    let asked: Vec<&str> = envelope.to.iter().map(|recipient| recipient.address.as_str()).collect();
    let is_plain = |address: &&str| address.is_ascii() && address.contains('@') && !address.contains("xn--");
    let (first, written) = (*asked.first()?, *named.first()?);
    if first == written {
        return None;
    }
    let has_blind_copies = header.fields.iter().any(|field| field.name.eq_ignore_ascii_case("bcc"));
    let is_known = named.iter().chain(&asked).all(is_plain) && !has_blind_copies && asked.len() <= named.len();
    // A letter to oneself, with blind copies: each copy may be sent alone.
    let author = header.from.first().and_then(|mailbox| mailbox.address.as_deref());
    let to_oneself = |address: &&str| {
        let own = [author, envelope.from.as_deref()];
        own.into_iter().flatten().any(|own| bare(own) == bare(address))
    };
    let same = |one: &str| named.iter().any(|other| bare(one) == bare(other));
    if !is_known || named.iter().any(to_oneself) || asked.iter().any(|one| same(one)) {
        return None;
    }
    let domain = |address: &str| bare(address).rsplit_once('@').map(|(_, domain)| domain.to_owned());
    let same_domain = asked.iter().any(|one| named.iter().any(|other| domain(one) == domain(other)));
    let submits = matches!(session.transport.endpoints.server.port(), 465 | 587)
        || session.credentials.iter().any(|login| login.outcome == LoginOutcome::Accepted);
    (same_domain || submits).then_some([first, written])
}

/// An address without what stands behind a plus, in lower case.
fn bare(address: &str) -> String {
    let address = address.to_ascii_lowercase();
    match address.rsplit_once('@') {
        Some((local, domain)) => {
            let local = local.split_once('+').map_or(local, |(local, _)| local);
            format!("{}@{}", local.trim_matches('"'), domain.trim_end_matches('.'))
        }
        None => address,
    }
}

#[cfg(test)]
mod tests {
    use crate::verdict::testing::evidence;

    fn steps(mail: &str, rcpt: &[&str], header: &str) -> Option<Vec<u32>> {
        let rcpt: String = rcpt.iter().map(|to| format!("C: RCPT TO:<{to}>\nS: 250 ok\n")).collect();
        let header: String = header.lines().map(|line| format!("C: {line}\n")).collect();
        evidence(
            &super::RULE,
            &format!(
                "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<{mail}>\nS: 250 ok\n{rcpt}C: DATA\nS: 354 go\n\
                 {header}C:\nC: text\nC: .\nS: 250 ok\nC: QUIT\nS: 221 bye"
            ),
        )
    }

    const HEADER: &str = "From: Ann <ann@one.example>\nTo: bob@two.example\nMessage-ID: <1@one.example>";

    #[test]
    fn has_another_sender_or_another_recipient() {
        assert!(steps("eve@three.test", &["bob@two.example"], HEADER).is_some());
        assert!(steps("ann@one.example", &["bbo@two.example"], HEADER).is_some());
    }

    #[test]
    fn has_not_what_agrees_however_it_is_written() {
        assert_eq!(steps("ann@one.example", &["bob@two.example"], HEADER), None);
        assert_eq!(steps("Ann@mail.one.example", &["Bob+x@TWO.example", "carol@two.example"], HEADER), None);
        assert_eq!(steps("ann@one.example", &["carol@two.example", "bob@two.example"], HEADER), None, "a blind copy");
        assert_eq!(steps("ann@one.example", &["carol@four.test"], HEADER), None, "bob's copy goes elsewhere");
    }

    #[test]
    fn has_not_lists_reports_forwarded_mail_and_senders_made_for_each_message() {
        for field in [
            "List-Id: <l.test>",
            "Precedence: bulk",
            "Sender: eve@three.test",
            "Resent-From: eve@three.test",
            "Received: from a by b; Mon, 1 Jan 2024 00:00:00 +0000",
            "Auto-Submitted: auto-replied",
            "DKIM-Signature: v=1",
        ] {
            let header = format!("{field}\n{HEADER}");
            assert_eq!(steps("eve@three.test", &["bbo@two.example"], &header), None, "{field}");
        }
        for mail in
            ["", "srs0=ab=cd=one.example=ann@three.test", "list-bounces@three.test", "a+bob=two.example@three.test"]
        {
            assert_eq!(steps(mail, &["bob@two.example"], HEADER), None, "{mail}");
        }
    }

    has_not!(
        of_lmtp_whose_recipient_may_be_an_alias,
        "S: 220 mx\nC: LHLO a\nS: 250 mx\nC: MAIL FROM:<a@b.test>\nS: 250 ok\nC: RCPT TO:<c@d.test>\nS: 250 ok\nC: DATA\n\
         S: 354 go\nC: From: a@b.test\nC: To: e@d.test\nC:\nC: x\nC: .\nS: 250 ok"
    );
    has_not!(
        copies_of_one_message,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b.test>\nS: 250 ok\nC: RCPT TO:<c@d.test>\nS: 250 ok\nC: DATA\n\
         S: 354 go\nC: From: a@b.test\nC: To: c@d.test\nC: Message-ID: <1@b.test>\nC:\nC: x\nC: .\nS: 250 ok\n\
         C: MAIL FROM:<a@b.test>\nS: 250 ok\nC: RCPT TO:<e@d.test>\nS: 250 ok\nC: DATA\n\
         S: 354 go\nC: From: a@b.test\nC: To: c@d.test\nC: Message-ID: <1@b.test>\nC:\nC: x\nC: .\nS: 250 ok"
    );
}

//! 实验报告的问题与回答。 The questions of a lab report, and their answers.

use crate::protocol::Protocol;
use crate::protocol::event::Direction;
use crate::verdict::explain::{Abilities, Ability, Hand, Retrievals, Same, Sign};
use crate::view::locale::question::{Question, Word};

pub fn question(question: Question) -> &'static str {
    match question {
        Question::Tables => "有哪些会话，各经历哪些阶段？",
        Question::Passwords => "哪些用户登录、各登录多少次，在哪些报文中可见密码？",
        Question::Mime => "邮件带有哪些 MIME 信息，各是什么意思？",
        Question::SameMessage => "收取到的邮件与发送的是否相同？",
        Question::ByHand => "哪些会话是手工输入的，过程是否与邮件客户端相同？",
        Question::Failures => "这里为什么失败？",
        Question::Safety => "邮件在网络上是否安全，怎样保证安全？",
        Question::ImapOnly => "IMAP 在这里做了哪些 POP3 做不到的事？",
    }
}

pub fn word(word: Word) -> &'static str {
    match word {
        Word::Title => "抓包分析问答",
        Word::Session => "会话",
        Word::Ends => "客户 → 服务器",
        Word::Phases => "阶段与步骤数",
        Word::Packets => "报文序号",
        Word::Result => "结论",
        Word::Protocol => "协议",
        Word::HowOften => "登录情况",
        Word::Mechanism => "方式",
        Word::User => "用户名",
        Word::Password => "密码",
        Word::Outcome => "结果",
        Word::Field => "首部行",
        Word::Meaning => "含义",
        Word::Sent => "发送",
        Word::Fetched => "再次出现",
        Word::Proof => "依据",
        Word::ByHand => "手工输入",
        Word::Signs => "依据",
        Word::Failure => "失败之处",
        Word::ServerSaid => "服务器的原话",
        Word::Recipient => "收件人",
        Word::Weakness => "弱点",
        Word::Remedy => "对策",
        Word::Ability => "IMAP 能做的事",
        Word::Example => "例子",
        Word::Count => "次数",
        Word::NotShown => "抓包中看不出来。",
        Word::NoSessions => "抓包中没有邮件会话。",
        Word::NoLogins => "抓包中看不到登录。",
        Word::NoMessages => "抓包中看不出来：没有可读的邮件。",
        Word::NoMimeFields => "没有 MIME 首部字段",
        Word::FailedAcross => "没有单个会话失败；几个会话合起来才看得出失败，见下表。",
        Word::NothingFailed => "就抓包所见，没有失败。",
        Word::AcrossSessions => "多个会话",
        Word::NoFrom => "（无）",
        Word::NotDated => "缺少 Date 或 Message-ID，邮件客户端会自动加上这两项。",
        Word::HandWritten => "没有 MIME 字段的邮件是 US-ASCII 纯文本（RFC 5322；RFC 2045 第 5.2 节）。",
        Word::ReadNotSent => "以下各行由解析出的首部拼成，不是原文。",
        Word::SameAsElsewhere => "相同的还有",
        Word::Disposition => "该部分随正文显示还是作为附件，以及文件名（RFC 2183）",
        Word::ContentId => "该部分的标识，供其他部分引用（RFC 2045 第 7 节）",
        Word::Description => "关于该部分的说明（RFC 2045）",
        Word::Part => "部分",
        Word::Attachment => "附件",
        Word::Identical => "完全相同：字节数相同，SHA-256 相同",
        Word::OnlyLineEnds => "除行尾之外完全相同",
        Word::NotWhole => "其中一个在抓包中不完整，无法比较",
        Word::Rejected => "被拒绝",
        Word::Deferred => "暂时被拒绝",
        Word::Subject => "主题",
        Word::From => "发件人",
        Word::To => "收件人",
        Word::EndToEnd => {
            "TLS 保护的是每一段连接，不保护途经服务器上的邮件；为此应对邮件本身加密并签名（S/MIME 或 OpenPGP）。"
        }
        Word::NoneToCompare => "没有同一协议的客户端程序的会话可供对照：请同时给出它的抓包。",
        Word::AlreadySafe => "所有会话都使用了 TLS。请在邮件客户端中保持强制加密，并使用较新的版本。",
    }
}

pub fn sessions(counts: &[(&str, u64)], steps: u64) -> String {
    let all: u64 = counts.iter().map(|(_, count)| count).sum();
    let each: Vec<String> = counts.iter().map(|(protocol, count)| format!("{protocol} {count} 个")).collect();
    format!("共 {all} 个会话（{}），{steps} 个步骤。", each.join("，"))
}

pub fn phase(title: &str, steps: u64) -> String {
    format!("{title}：{steps}")
}

pub fn readable(readable: u64, all: u64) -> String {
    match (readable, all) {
        (0, _) => format!("共尝试登录 {all} 次，读到报文的人都看不到密码。"),
        (readable, all) if readable == all => format!("共尝试登录 {all} 次，每次的密码都能在下列报文中直接读到。"),
        _ => format!("共尝试登录 {all} 次，其中 {readable} 次的密码能在下列报文中直接读到。"),
    }
}

pub fn pop3_logs_in(retrievals: Retrievals) -> String {
    let Retrievals { sessions, readable, .. } = retrievals;
    let clear = if readable == sessions { "，用户名和密码都能读到" } else { "" };
    match sessions {
        1 => format!("POP3：客户为收取邮件而登录{clear}。"),
        _ => format!("POP3 每次收取邮件都发送用户名和密码：收取过邮件的 {sessions} 个会话无一例外{clear}。"),
    }
}

pub fn smtp_asked_for_none(messages: u64) -> String {
    format!("SMTP 服务器从未登录的客户接收了 {messages} 封邮件。")
}

pub fn messages(all: u64, mime: u64) -> String {
    let with = match (all, mime) {
        (_, 0) => "都没有 MIME 首部字段。".to_owned(),
        (all, mime) if all == mime => "都带有 MIME 首部字段。".to_owned(),
        (_, mime) => format!("其中 {mime} 个带有 MIME 首部字段。"),
    };
    format!("共 {all} 个不同的邮件或邮件部分，{with}")
}

pub fn same(same: &Same, [identical, traced, pairs]: [u64; 3]) -> String {
    let mut said = match (pairs, identical) {
        (0, _) if same.fetched == 0 => "抓包中看不出来：没有收取过完整的邮件。".to_owned(),
        (0, _) => "抓包中看不出来：没有一封邮件既有发送过程又有收取过程。".to_owned(),
        (1, 1) => "相同：邮件逐字节一致。".to_owned(),
        (pairs, identical) if pairs == identical => format!("相同：全部 {pairs} 对都逐字节一致。"),
        (_, 0) if traced == pairs => "正文完全相同；途经的主机在首部最前面添加了字段，因此并非逐字节一致。".to_owned(),
        (1, 0) => "不同：有改动，见下表。".to_owned(),
        _ => {
            let added = match traced {
                0 => String::new(),
                _ => format!("，{traced} 对正文完全相同而只在首部最前面添加了跟踪字段"),
            };
            format!("{pairs} 对中有 {identical} 对逐字节一致{added}，改动见下表。")
        }
    };
    let unmatched = same.fetched.saturating_sub(same.matched);
    if unmatched > 0 && pairs > 0 {
        said.push_str(&format!("另有 {unmatched} 封收取到的邮件，抓包中没有其发送过程。"));
    }
    said
}

fn numbers(list: &[u64]) -> String {
    let shown: Vec<String> = list.iter().take(20).map(u64::to_string).collect();
    let more = if list.len() > 20 { "……" } else { "" };
    format!("{}{more}", shown.join("、"))
}

pub fn typed(typed: &[u64], perhaps: u64, readable: u64) -> String {
    let mut said = match typed {
        _ if readable == 0 => return "抓包中看不出来：客户的命令都不可读。".to_owned(),
        [] => "没有看起来是手工输入的会话。".to_owned(),
        many => format!("会话 {} 看起来是手工输入的，或用普通 TCP 工具发送的。", numbers(many)),
    };
    if perhaps > 0 {
        said.push_str(&format!("{perhaps} 个会话只有微弱的迹象，不足为凭。"));
    }
    said
}

pub fn hand(hand: Hand) -> &'static str {
    match hand {
        Hand::Typed => "像是手工",
        Hand::Perhaps => "不确定",
        Hand::Program => "程序",
        Hand::Unknown => "看不出来",
    }
}

pub fn sign(sign: Sign, count: u64, lines: u64) -> String {
    let of = format!("{lines} 行中的 {count} 行");
    match sign {
        Sign::Characters => format!("逐个字符输入，每个字符一个报文：{of}"),
        Sign::Telnet => "命令行之前有 telnet 选项协商".to_owned(),
        Sign::Erased => format!("行中有退格或删除的字符：{of}"),
        Sign::LineFeed => format!("仅以 LF 结束：{of}"),
        Sign::ContentLineFeed => "邮件各行仅以 LF 结束".to_owned(),
        Sign::Pauses => format!("命令输完之前停顿一秒以上：{of}"),
        Sign::LowerCase => format!("命令没有用大写：{of}"),
        Sign::LowerWords => format!("from: 或 to: 没有用大写：{of}"),
        Sign::Unknown => format!("不是该协议的命令：{of}"),
    }
}

pub fn likeness(numbers: [u64; 2], only: [&[String]; 2], common: u64) -> String {
    let [typed, program] = numbers;
    let both = format!("会话 {typed}（手工）与会话 {program}（程序）");
    let list = |commands: &[String]| commands.join("、");
    match only {
        [[], []] => format!("{both}过程相同：命令相同，顺序也相同。"),
        [[], theirs] => format!("{both}有 {common} 个命令相同且顺序一致；程序的会话还有：{}。", list(theirs)),
        [ours, []] => format!("{both}有 {common} 个命令相同且顺序一致；手工的会话还有：{}。", list(ours)),
        [ours, theirs] => format!(
            "{both}有 {common} 个命令相同且顺序一致；仅手工的会话有：{}；仅程序的会话有：{}。",
            list(ours),
            list(theirs)
        ),
    }
}

pub fn failed(sessions: u64, recipients: u64) -> String {
    let refused = match recipients {
        0 => String::new(),
        _ => format!("服务器没有为 {recipients} 位收件人接收邮件。"),
    };
    format!("{sessions} 个会话中有失败。{refused}")
}

pub fn advice(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Smtp => {
            "SMTP：客户登录后通过 TLS 提交邮件，使用 465 端口（一开始就是 TLS，RFC 8314），或使用 587 端口并强制 STARTTLS；\
             服务器在转发之前要求登录。"
        }
        Protocol::Lmtp => "LMTP：只在本机或可信网络中使用，否则使用 STARTTLS。",
        Protocol::Pop3 => "POP3：使用 995 端口（一开始就是 TLS，RFC 8314），或在登录之前强制 STLS。",
        Protocol::Imap => "IMAP：使用 993 端口（一开始就是 TLS，RFC 8314），或在登录之前强制 STARTTLS。",
    }
}

pub fn in_sessions(sessions: u64, first: u64) -> String {
    match sessions {
        1 => first.to_string(),
        _ => format!("{sessions} 个会话，首先是 {first}"),
    }
}

pub fn ability(ability: Ability) -> &'static str {
    match ability {
        Ability::ListFolders => "列出邮箱：IMAP 有多个邮箱，POP3 只有一个",
        Ability::OtherFolder => "打开 INBOX 以外的邮箱",
        Ability::ManageFolders => "在服务器上创建、删除、重命名或订阅邮箱",
        Ability::Parts => "只取信封、结构、首部或某个部分；POP3 只有 TOP",
        Ability::ReadFlags => "读取服务器保存的标志，例如 \\Seen",
        Ability::SetFlags => "在服务器上设置标志，例如 \\Seen、\\Deleted",
        Ability::Search => "由服务器搜索、排序或按话题归类",
        Ability::Copy => "在服务器上的邮箱之间复制或移动邮件",
        Ability::Append => "把邮件存到服务器上（已发送邮件的副本、草稿）",
        Ability::Notice => "等待通知：有新邮件时服务器主动告知",
        Ability::Stays => "收取之后邮件仍留在服务器上：该会话没有删除邮件",
    }
}

pub fn imap(abilities: &Abilities) -> String {
    let Abilities { sessions, hidden, pop3, used } = abilities;
    let mut said = match (sessions, used.len()) {
        (0, _) => "抓包中没有 IMAP 会话。".to_owned(),
        (_, 0) if hidden == sessions => "抓包中看不出来：IMAP 的内容在 TLS 之内。".to_owned(),
        (_, 0) => format!("没有：{sessions} 个 IMAP 会话所做的，POP3 也能做到。"),
        (_, kinds) => format!("{sessions} 个 IMAP 会话中有 {kinds} 类，见下表。"),
    };
    if *sessions > 0 && *pop3 == 0 {
        said.push_str("抓包中没有 POP3 会话可供对照，POP3 做不到的事以 RFC 1939 为准。");
    }
    said
}

pub fn crossing(session: u64, protocol: &str, message: u32, direction: Direction) -> String {
    let how = match direction {
        Direction::Sent => "发送",
        Direction::Retrieved => "收取",
        Direction::Appended => "追加",
    };
    format!("会话 {session}（{protocol}）的邮件 {message}，{how}")
}

//! 两个会话的对照。 Comparisons of two sessions.

use super::terms::{bytes, side};
use crate::session::model::LineEnds;
use crate::verdict::compare::{Changed, Hand, Outcome, Quiet, Tally, What, Why};
use crate::view::escape;
use crate::view::locale::compared::{Parting, Quotes, Word};

pub fn word(word: Word) -> &'static str {
    match word {
        Word::Comparison => "会话对照",
        Word::Left => "左",
        Word::Right => "右",
        Word::Who => "发送方",
        Word::Steps => "步骤",
        Word::File => "文件",
        Word::Same => "相同",
        Word::Quiet => "仅有每次都会变化的不同",
        Word::Differs => "不同：[-左-]{+右+}",
        Word::OnlyLeft => "仅左边有",
        Word::OnlyRight => "仅右边有",
        Word::Unseen => "对应的步骤没有抓到，未必没有",
        Word::Content => "所说和所传的内容",
        Word::TheMessage => "邮件",
        Word::TheConnection => "连接",
        Word::Hidden => "TLS 之内的内容无法读取，只比较了种类和长度。",
    }
}

pub fn quiet(quiet: Quiet) -> &'static str {
    match quiet {
        Quiet::Name => "客户自报的名称",
        Quiet::Tag => "标签",
        Quiet::Words => "应答码之外的文字",
        Quiet::Nonce => "质询与应答，每次不同",
        Quiet::Spelling => "大小写或空格",
        Quiet::Order => "顺序",
        Quiet::DeclaredSize => "声明的大小",
        Quiet::Size => "字节数",
        Quiet::NotCompared => "已隐去或未保留，没有比较",
        Quiet::Further => "上文已比较的邮件的后续部分",
    }
}

pub fn what(what: &What) -> String {
    match what {
        What::Outcome => "结果".to_owned(),
        What::Code => "应答码".to_owned(),
        What::Reason => "原因".to_owned(),
        What::Verb => "命令".to_owned(),
        What::Hello => "通报客户名称的命令".to_owned(),
        What::Arguments => "命令的参数".to_owned(),
        What::Capabilities => "服务器支持的能力".to_owned(),
        What::Answer => "回答的内容".to_owned(),
        What::Overwritten => "单词被覆盖，像防火墙所为".to_owned(),
        What::Content(changed) => content(changed),
        What::Text => "文本".to_owned(),
    }
}

fn content(changed: &Changed) -> String {
    let Changed { sizes: [left, right], place, same_body, line_ends, gone, added, changed: other, incomplete } =
        changed;
    let mut told = vec![match left == right {
        true => format!("邮件内容，两边都是 {}", bytes(*left)),
        false => format!("邮件内容：左边 {}，右边 {}", bytes(*left), bytes(*right)),
    }];
    match place {
        Some(place) => {
            let [ours, theirs] = place.lengths;
            let how = match (ours, theirs) {
                (0, _) => format!("右边在此多出 {}", bytes(theirs)),
                (_, 0) => format!("左边在此多出 {}", bytes(ours)),
                _ => format!("由此起左边 {}、右边 {} 不同", bytes(ours), bytes(theirs)),
            };
            told.push(format!("第一个不同的字节在偏移 {} 处，第 {} 行；{how}", place.first, place.line));
        }
        None => told.push("SHA-256 不同".to_owned()),
    }
    let names =
        |names: &[String]| names.iter().map(|name| escape::line(name).into_owned()).collect::<Vec<_>>().join("、");
    for (list, about) in [(gone, "仅左边有的首部字段"), (added, "仅右边有的首部字段"), (other, "值不同的首部字段")]
    {
        if !list.is_empty() {
            told.push(format!("{about}：{}", names(list)));
        }
    }
    if *same_body {
        told.push("首部之后的正文相同".to_owned());
    }
    if let Some([left, right]) = line_ends {
        told.push(format!("行尾左边为 {}，右边为 {}", line_end(*left), line_end(*right)));
    }
    if *incomplete {
        told.push("没有全部抓到".to_owned());
    }
    told.join("；")
}

fn line_end(ends: Option<LineEnds>) -> &'static str {
    match ends {
        Some(LineEnds::CrLf) => "CRLF",
        Some(LineEnds::Lf) => "单独的 LF",
        Some(LineEnds::Mixed) => "CRLF 或 LF",
        None => "无",
    }
}

pub fn why(why: Why) -> &'static str {
    match why {
        Why::Gap => "此处有字节没有抓到",
        Why::Encrypted => "两边都在 TLS 之内",
        Why::Outside => "另一边的抓包开始得晚或结束得早",
    }
}

pub fn place(left: Option<(u32, &str)>, right: Option<(u32, &str)>) -> String {
    match (left, right) {
        (Some((n, packets)), Some((m, others))) if n == m => format!("第 {n} 步（分组 {packets} | {others}）"),
        (Some((n, packets)), Some((m, others))) => {
            format!("左边第 {n} 步（分组 {packets}）、右边第 {m} 步（分组 {others}）")
        }
        (Some((n, packets)), None) => format!("左边第 {n} 步（分组 {packets}）"),
        (None, Some((n, packets))) => format!("右边第 {n} 步（分组 {packets}）"),
        (None, None) => String::new(),
    }
}

pub fn parting(place: &str, parting: Parting<'_>) -> String {
    let how = match parting {
        Parting::Outcome { to, outcomes: [left, right], said: Quotes { left: ours, right: theirs } } => {
            format!("对于 {to}，左边的服务器{}（{ours}），右边的{}（{theirs}）", outcome(left), outcome(right))
        }
        Parting::Instead { from, said: Quotes { left, right }, overwritten } => {
            let over = if overwritten { "，是途中被覆盖的" } else { "" };
            format!("左边的{0}发送“{left}”，右边的为“{right}”{over}", side(from))
        }
        Parting::Only { hand, from, said } => {
            let (one, other) = match hand {
                Hand::Left => ("左", "右"),
                Hand::Right => ("右", "左"),
            };
            format!("{one}边的{}发送“{said}”，{other}边没有", side(from))
        }
    };
    format!("两个会话在{place}分开：{how}。")
}

fn outcome(outcome: Option<Outcome>) -> &'static str {
    match outcome {
        Some(Outcome::Accepted) => "接受",
        Some(Outcome::GoOn) => "请客户继续",
        Some(Outcome::Deferred) => "暂时不接受",
        Some(Outcome::Refused) => "拒绝",
        Some(Outcome::Bad) => "不理解",
        Some(Outcome::Bye) => "告辞",
        None => "应答",
    }
}

pub fn same_process(tally: &Tally) -> String {
    let Tally { rows, same, quiet, differ, unseen, .. } = tally;
    let alike = same + quiet;
    let differing = match differ {
        0 => String::new(),
        _ => format!("，{differ} 步所说或所传的内容不同"),
    };
    match (rows, unseen) {
        (0, _) => "两个会话都没有步骤。".to_owned(),
        (_, 0) => format!("过程相同：{rows} 步中 {alike} 步一致{differing}。"),
        _ => format!(
            "就两边抓到的部分而言过程相同：{rows} 步中 {alike} 步一致{differing}，{unseen} 步没有抓到对应的步骤。"
        ),
    }
}

/// `hand`: whose steps the other session has too.
pub fn within(hand: Hand) -> String {
    let (one, other) = match hand {
        Hand::Left => ("左", "右"),
        Hand::Right => ("右", "左"),
    };
    format!("{one}边会话的全部步骤，{other}边都有，顺序和结果相同。")
}

pub fn counts(tally: &Tally) -> String {
    let Tally { rows, same, quiet, differ, only_left, only_right, unseen } = tally;
    let mut told = vec![format!("共 {rows} 行，一致 {} 行", same + quiet)];
    for (count, about) in
        [(differ, "不同"), (only_left, "仅左边有"), (only_right, "仅右边有"), (unseen, "没有抓到对应步骤")]
    {
        if *count > 0 {
            told.push(format!("{about} {count} 行"));
        }
    }
    told.join("，") + "。"
}

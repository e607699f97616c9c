//! clap's errors in Chinese.

use crate::verdict::filter::Bad;
use crate::view::Lang;
use crate::view::locale::errors;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::error::Error;

/// What is wrong with the command line, in some lines.
pub(crate) fn error(error: &clap::Error) -> String {
    let context = |kind: ContextKind| error.get(kind).map(text).unwrap_or_default();
    let (argument, value) = (context(ContextKind::InvalidArg), context(ContextKind::InvalidValue));
    let said = match error.kind() {
        ErrorKind::InvalidValue if value.is_empty() => format!("选项 '{argument}' 需要一个值"),
        ErrorKind::InvalidValue => format!("'{argument}' 的值 '{value}' 无效"),
        ErrorKind::UnknownArgument => format!("没有 '{argument}' 这个选项或参数"),
        ErrorKind::InvalidSubcommand => format!("没有 '{}' 这个命令", context(ContextKind::InvalidSubcommand)),
        ErrorKind::NoEquals => format!("'{argument}' 的值要写在等号之后"),
        ErrorKind::ValueValidation => {
            format!("'{argument}' 的值 '{value}' 无效：{}", reason(error.source(), &value))
        }
        ErrorKind::TooManyValues => format!("'{argument}' 的值过多：'{value}' 是多余的"),
        ErrorKind::TooFewValues => format!("'{argument}' 的值不够：至少需要 {} 个", context(ContextKind::MinValues)),
        ErrorKind::WrongNumberOfValues => format!(
            "'{argument}' 需要 {} 个值，给出了 {} 个",
            context(ContextKind::ExpectedNumValues),
            context(ContextKind::ActualNumValues)
        ),
        ErrorKind::ArgumentConflict => {
            let prior = context(ContextKind::PriorArg);
            match (argument.is_empty(), prior.is_empty()) {
                // Words of our own, in the language already.
                (true, _) => return raw(error),
                (false, _) if prior == argument => format!("'{argument}' 只能写一次"),
                (false, true) => format!("'{argument}' 不能与其他选项同用"),
                (false, false) => format!("'{argument}' 不能与 {prior} 同用"),
            }
        }
        ErrorKind::MissingRequiredArgument => format!("还缺少：{argument}"),
        ErrorKind::MissingSubcommand => "请写出一个命令".to_owned(),
        ErrorKind::InvalidUtf8 => "参数中有不是 UTF-8 的字节".to_owned(),
        // Help, where nothing else was typed.
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            return error.render().to_string();
        }
        _ => return raw(error),
    };
    let mut lines = format!("错误：{said}\n");
    let list = |kind| error.get(kind).map(text).filter(|list| !list.is_empty());
    for (kind, words) in [
        (ContextKind::ValidValue, "可选值"),
        (ContextKind::ValidSubcommand, "可用的命令"),
        (ContextKind::SuggestedValue, "相近的值"),
        (ContextKind::SuggestedSubcommand, "相近的命令"),
        (ContextKind::SuggestedArg, "相近的选项"),
    ] {
        if let Some(list) = list(kind) {
            lines.push_str(&format!("  {words}：{list}\n"));
        }
    }
    if let Some(usage) = error.get(ContextKind::Usage).map(text) {
        let usage = usage.trim().trim_start_matches("Usage:").trim_start();
        lines.push_str(&format!("\n用法：{usage}\n"));
    }
    lines.push_str("\n详见 '--help'。\n");
    lines
}

/// An error whose words are ours.
fn raw(error: &clap::Error) -> String {
    let said = error.render().to_string();
    let said = said.strip_prefix("error: ").unwrap_or(&said);
    let (words, usage) = said.split_once("\n\nUsage:").unwrap_or((said, ""));
    let usage = usage.split("\n\nFor more").next().unwrap_or_default().trim();
    match usage.is_empty() {
        true => format!("错误：{}\n", words.trim_end()),
        false => format!("错误：{}\n\n用法：{usage}\n", words.trim_end()),
    }
}

/// Why a value is wrong.
fn reason(source: Option<&(dyn Error + 'static)>, value: &str) -> String {
    let Some(source) = source else { return "无法理解".to_owned() };
    if let Some(bad) = source.downcast_ref::<Bad>() {
        return errors::bad(Lang::Zh, bad);
    }
    // clap's own, of numbers: what it says is all that there is.
    let said = source.to_string();
    match said.split_once(" is not in ") {
        Some((_, range)) => format!("应在 {range} 之内"),
        None if value.parse::<i128>().is_err() => "应为数字".to_owned(),
        None => "数字过大或过小".to_owned(),
    }
}

fn text(value: &ContextValue) -> String {
    match value {
        ContextValue::String(text) => text.clone(),
        ContextValue::Strings(texts) => texts.join("、"),
        ContextValue::StyledStr(text) => text.to_string(),
        ContextValue::StyledStrs(texts) => texts.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        ContextValue::Number(number) => number.to_string(),
        ContextValue::Bool(is) => is.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Cli;
    use super::error;
    use crate::view::Lang;

    #[test]
    fn every_kind_of_error_that_can_happen_is_chinese() {
        for (typed, words) in [
            ("read", "还缺少：<文件>"),
            ("read x --format yaml", "'yaml' 无效"),
            ("read x --format jsn", "json"),
            ("read x --format", "需要一个值"),
            ("read x --formt json", "--format"),
            ("raed x", "相近的命令：read"),
            ("zzz", "没有 'zzz' 这个命令"),
            ("read x --redact=pseudo", "可选值：mask、pseudonym"),
            ("read x --session none", "会话序号"),
            ("read x --port gopher=70", "没有叫 `gopher` 的协议"),
            ("read x --port smtp", "PROTOCOL=PORT"),
            ("read x --server 10.0.0.300", "不是连接的一端"),
            ("read x --since yesterday", "不是时间"),
            ("read x --shard 0/3", "不是份额"),
            ("read x --shard a/b", "I/N"),
            ("read x --threads 99", "应在 1..=16 之内"),
            ("read x --threads many", "应为数字"),
            ("read x --lang en --lang zh", "只能写一次"),
            ("read x --json --format json", "不能与"),
            ("read x --extract a --redact", "不能与"),
            ("compare a b c", "多余"),
            ("live eth0 eth1", "没有 'eth1'"),
            ("compare a b --session 1", "I,J"),
            ("read x --extract-limit 5", "还缺少：--extract <DIR>"),
            ("-r x.pcap -i eth0", "只能用其中一个"),
            ("-r x.pcap -w y.pcap", "-w 保存"),
            ("-r", "哪个文件"),
            ("completions ksh", "'ksh' 无效"),
        ] {
            let words_typed = std::iter::once("mailtap").chain(typed.split(' ')).map(Into::into).collect();
            let instead = Cli::understand(words_typed, Lang::Zh).expect_err(typed);
            let said = error(&instead);
            assert!(said.contains(words) && said.starts_with("错误："), "{typed}: {said}");
            for english in ["error:", "Usage", "tip:", "For more", "possible", " the ", "invalid", "cannot"] {
                assert!(!said.contains(english), "{typed}: {english}: {said}");
            }
        }
    }
}

//! What is said on standard error, in the language of the output. Errors say it in English themselves.

use super::identity::Harm;
use super::key_files::{Gathered, NoKey};
use super::named::STANDARD_OUTPUT;
use super::privileges::Kept;
use super::problem::{AtFile, MayNot, Problem};
use super::which::Which;
use super::{say, words};
use crate::capture::{CaptureError, Format, Tell, Told};
use crate::pipeline::Outcome;
use crate::protocol::tls::private_key::BadKey;
use crate::verdict::Report;
use crate::view::Lang;
use crate::view::csv::CutShort;
use crate::view::extract::{AtPath, NotEmpty};
use crate::view::locale::{self, errors};
use std::io;
use std::path::Path;

/// What went wrong.
pub(super) fn error(lang: Lang, error: &anyhow::Error) -> String {
    match lang {
        Lang::En => format!("{error:#}"),
        Lang::Zh => zh(error),
    }
}

fn zh(error: &anyhow::Error) -> String {
    let reason =
        || error.root_cause().downcast_ref::<io::Error>().map_or_else(|| error.root_cause().to_string(), system);
    if let Some(problem) = error.downcast_ref::<Problem>() {
        return match problem {
            Problem::Unwritable(file) => format!("{file}：无法写入：{}", reason()),
            Problem::NoKey => format!("--redact=pseudonym：无法取得生成代号所需的随机密钥：{}", reason()),
        };
    }
    if let Some(error) = error.downcast_ref::<CaptureError>() {
        return errors::capture(Lang::Zh, error);
    }
    match error.downcast_ref::<Harm>() {
        Some(Harm::Capture { written }) => return format!("{}：无法写入：它就是所读的抓包文件", place(written)),
        Some(Harm::Keys { written }) => return format!("{}：无法写入：密钥从该文件读取", place(written)),
        Some(Harm::Twice { written, other }) => return format!("{}：无法写入：{other} 是同一个文件", place(written)),
        Some(Harm::Messages) => return "标准错误就是所读的抓包文件".to_owned(),
        None => {}
    }
    if let Some(Kept { what, todo }) = error.downcast_ref() {
        return format!("无法放弃权限：{}：{}", errors::said(Lang::Zh, what), errors::said(Lang::Zh, todo));
    }
    if let Some(NoKey { name, why }) = error.downcast_ref() {
        return format!("{name}：{}", no_key(*why));
    }
    if let Some(bad) = error.downcast_ref() {
        return errors::bad(Lang::Zh, bad);
    }
    // It is in the language already.
    if let Some(which) = error.downcast_ref::<Which>() {
        return which.to_string();
    }
    // An error, and what it comes from.
    let one = |error: &(dyn std::error::Error + 'static)| match error.downcast_ref::<io::Error>() {
        Some(error) => system(error),
        None => errors::said(Lang::Zh, &error.to_string()),
    };
    let last = error.chain().take_while(|error| !error.is::<io::Error>()).count();
    error.chain().take(last + 1).map(one).collect::<Vec<_>>().join("：")
}

/// Why a file has no private key that is of use.
fn no_key(why: BadKey) -> &'static str {
    match why {
        BadKey::NoPem => "没有 PEM：请指定含有 `-----BEGIN PRIVATE KEY-----` 一行的文件",
        BadKey::PublicOnly => "没有私钥，只有公开的内容（证书）：请指定含有服务器私钥的文件",
        BadKey::Encrypted => "私钥已加密：请先解密，例如用 openssl pkey -in 文件 -out 明文文件",
        BadKey::NotRsa => "私钥不是 RSA 的，其他私钥不能解密抓到的内容：请用 --keylog",
        BadKey::Malformed => "私钥无法读取：已损坏，或是不认识的种类",
    }
}

/// What the system says, or this program of a file.
fn system(error: &io::Error) -> String {
    if let Some(AtFile { name, error }) = inner(error) {
        return format!("{}：{}", place(name), system(error));
    }
    if let Some(short) = inner::<CutShort>(error) {
        return format!("{}；{}", system(&short.error), short.tables(Lang::Zh));
    }
    if let Some(AtPath { path, error }) = inner(error) {
        return format!("{}：{}", path.display(), system(error));
    }
    if let Some(MayNot { user, error }) = inner(error) {
        return format!(
            "{}：mailtap 以 {user} 的身份继续运行，该用户不能写入那里：请用 --user 指定其他用户",
            system(error)
        );
    }
    if let Some(NotEmpty { folder, is_ours }) = inner(error) {
        let what = if *is_ours {
            "其中有以前 --extract 写出的文件：请先删除"
        } else {
            "目录不为空：请先清空"
        };
        return format!("{folder}：{what}，或换一个目录");
    }
    errors::system(Lang::Zh, error)
}

/// What is written to.
fn place(name: &str) -> &str {
    if name == STANDARD_OUTPUT { "标准输出" } else { name }
}

fn inner<E: std::error::Error + 'static>(error: &io::Error) -> Option<&E> {
    error.get_ref().and_then(|inner| inner.downcast_ref())
}

/// Says what happens to the file that is followed.
pub(super) fn following(lang: Lang) -> Tell {
    Box::new(move |told| match told {
        Told::Name { name, what } => say::line(&of(lang, name, what)),
        Told::Failed(error) => say::line(&errors::capture(lang, error)),
    })
}

/// Says what of the capture was damaged and stepped over: everything after it was read.
pub(super) fn stepped_over(lang: Lang, report: &Report) {
    damaged(lang, report, None).iter().for_each(|line| say::line(line));
}

/// What is damaged in what was read: what was stepped over, everything after it having been read; what ended the reading with
/// `ending` is left out.
pub(super) fn damaged(lang: Lang, report: &Report, ending: Option<&CaptureError>) -> Vec<String> {
    // What could not be opened has been told.
    let sources = report.sources.iter().filter(|source| source.format != Format::Unknown);
    let ending = ending.map(|problem| (problem.problem(), problem.to_string()));
    if ending.is_some() && report.sources.len() < 2 {
        return Vec::new();
    }
    let (mut seen, mut told) = (false, Vec::new());
    for source in sources {
        let Some(its) = &source.problem else { continue };
        if let Some((what, whole)) = &ending
            && !seen
            && its.ends_with(what)
            && whole.starts_with(&source.name)
        {
            seen = true;
            continue;
        }
        told.push(of(lang, &source.name, its));
    }
    told
}

/// `what` is said of the file.
fn of(lang: Lang, name: &str, what: &str) -> String {
    format!("{name}{}{}", colon(lang), errors::said(lang, what))
}

fn colon(lang: Lang) -> &'static str {
    match lang {
        Lang::En => ": ",
        Lang::Zh => "：",
    }
}

/// Says which sessions stayed closed though there were secrets, and which key logs were of no use.
pub(super) fn decryption(lang: Lang, gathered: &Gathered, report: &Report) {
    let counts = &report.summary.tls;
    for reason in locale::tls::closed(lang, counts) {
        say::line(&reason);
    }
    useless(lang, gathered, counts.sessions());
}

/// The same of several captures that were read one by one, each with its own numbers of sessions.
pub(super) fn decryption_of_each<'a>(
    lang: Lang,
    gathered: &Gathered,
    reports: impl IntoIterator<Item = (&'a Path, &'a Report)>,
) {
    let mut sessions = 0;
    for (path, report) in reports {
        let counts = &report.summary.tls;
        sessions += counts.sessions();
        for reason in locale::tls::closed(lang, counts) {
            say::line(&format!("{}{}{reason}", path.to_string_lossy(), colon(lang)));
        }
    }
    useless(lang, gathered, sessions);
}

fn useless(lang: Lang, gathered: &Gathered, sessions: u64) {
    for log in gathered.useless_logs() {
        say::line(&words::fits_none(lang, &log.to_string_lossy(), sessions));
    }
}

/// Says that none of the packets or sessions is one of those asked for, where the output has no words for it.
pub(super) fn say_none(lang: Lang, report: &Report) {
    let held = report.sources.iter().map(|source| source.packets).sum();
    if let Some(none) = locale::none_asked_for(lang, &report.summary, held).into_iter().flatten().next() {
        say::line(&none);
    }
}

/// Says what is damaged in what was read, and hands over the report.
///
/// # Errors
/// The problem at which the reading ended.
pub(super) fn problems(lang: Lang, outcome: Outcome) -> Result<Report, CaptureError> {
    // It ended one of the files; the others' problems are told as well.
    damaged(lang, &outcome.report, outcome.problem.as_ref()).iter().for_each(|line| say::line(line));
    outcome.problem.map_or(Ok(()), Err)?;
    Ok(outcome.report)
}

/// Said where `--redact` meets an option that keeps what crossed.
pub(super) fn cannot_be_masked(lang: Lang) -> &'static str {
    match lang {
        Lang::En => {
            "
Packets and mail are written as they crossed, with the passwords in them. Write them without --redact and keep them to \
yourself; then run `mailtap read --redact` on the packets for what you pass on.
"
        }
        Lang::Zh => {
            "
分组和邮件按原样写出，其中含有密码。请不加 --redact 写出并自行保管；要交给别人的，再用 `mailtap read --redact` 从抓包文件生成。
"
        }
    }
}

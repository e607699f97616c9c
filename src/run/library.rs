/*!
`mailtap read` for a program that uses the library: the same files, secrets and bounds, with a view of the program's own, and nothing
on standard error.
*/

use super::key_files::{self, Packets};
use super::{analyze, told, views};
use crate::capture::{self, Beside, CaptureError, Damage, Filter};
use crate::cli::{KeyFiles, Redaction};
use crate::pipeline::{self, Options};
use crate::session::Plan;
use crate::verdict::Report;
use crate::view::columns::Reading;
use crate::view::locale::errors;
use crate::view::redact::Redact;
use crate::view::{Lang, View};
use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Files of several that are named in [`Told::problems`] when they cannot be opened; further ones are counted.
const NAMED: usize = 1_000;

/// What is to be read, and how.
#[derive(Debug, Default)]
pub struct Request {
    /// Capture files, folders and patterns; `-` is standard input.
    pub files: Vec<PathBuf>,
    /// A BPF expression.
    pub filter: Option<String>,
    /// Files with secrets of TLS.
    pub keys: KeyFiles,
    /// What to look at. What the view and the sources decide (`selection`, `waiting_sessions`, `limits_hit`) is set here.
    pub options: Options,
    /// How to mask secrets, if at all.
    pub redact: Option<Redaction>,
    /// The language of texts for people.
    pub lang: Lang,
}

/// What is to be told when all has been read that could be.
#[derive(Debug)]
pub struct Told {
    /// What is known of the captures as a whole.
    pub report: Report,
    /// What is damaged or was not read, in the language that was asked for, each with the file's name.
    pub problems: Vec<String>,
}

/// Reads what `request` asks for, as `mailtap read` does, into the view that `begin` makes once the files are open. Setting `stop` ends
/// the reading early; an error of the view does, too.
///
/// # Errors
/// Where no file can be opened, a file of secrets not be read, or the filter is wrong, before `begin` is called; those of the view
/// after it. A capture that breaks off is none: what was read is shown, and [`Told::problems`] has why.
pub fn read_into(
    request: Request,
    stop: &Arc<AtomicBool>,
    begin: impl FnOnce(Reading) -> Box<dyn View>,
) -> anyhow::Result<Told> {
    let Request { mut files, filter, keys, mut options, redact, lang } = request;
    files = capture::find(&files)?.files;
    let filter = filter.as_deref().map(Filter::new).transpose()?;
    options.filter.in_order()?;
    let gathered = key_files::gather(&keys, Packets::Files(&files))?;
    let endless = files.iter().any(|file| capture::is_pipe(file));
    let (groups, limits_hit) = pipeline::in_order(&files);
    options.limits_hit = limits_hit;
    options.limits_hit.add(&gathered.limits);
    let unread = RefCell::new((Vec::new(), 0));
    let tell = |error: &CaptureError| {
        let (named, count): &mut (Vec<String>, usize) = &mut unread.borrow_mut();
        if named.len() < NAMED {
            named.push(errors::capture(lang, error));
        }
        *count += 1;
    };
    let secrets = gathered.sink();
    let beside =
        Beside { stop: endless.then_some(stop), secrets: secrets.as_ref(), unread: Some(&tell), ..Beside::default() };
    let reading = match options.threads {
        // Sessions that are over are shown while nothing comes.
        _ if endless => capture::Reading::AsItComes,
        1 => capture::Reading::Here,
        _ => capture::Reading::Ahead,
    };
    let mut source = capture::open_beside(&groups, filter, Damage::default(), reading, options.memory.order(), beside)?;
    let sources = source.info().into_iter().map(|info| info.name).collect();
    let mut view = begin(Reading { lang, sources, ..Reading::default() });
    if let Some(how) = redact {
        view = views::redacted(Redact::holding(view, options.memory.ended() / 2), how, options.memory)?;
    }
    let needs = analyze::ask(&mut options, &*view, redact.is_some());
    let plan = Arc::new(Plan { needs, keys: gathered.keys(), ..Plan::default() });
    let outcome = pipeline::run(&mut *source, &options, &plan, &mut *view, stop)?;
    let (mut problems, count) = unread.into_inner();
    if count > problems.len() {
        let of = outcome.report.sources.len();
        problems.push(errors::capture(lang, &CaptureError::NotRead { files: count, of }));
    }
    // The problem that ended the reading is also that of its source.
    let ending = outcome.problem.as_ref();
    problems.extend(told::damaged(lang, &outcome.report, ending));
    problems.extend(ending.map(|problem| errors::capture(lang, problem)));
    Ok(Told { report: outcome.report, problems })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::EachSession;
    use std::fs;
    use std::path::Path;
    use std::sync::atomic::Ordering;

    fn lab() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lab/courier-imap/capture.pcap")
    }

    fn read(files: Vec<PathBuf>, lang: Lang) -> anyhow::Result<(usize, Told)> {
        let sessions = Arc::new(std::sync::Mutex::new(0));
        let counted = Arc::clone(&sessions);
        let told = read_into(Request { files, lang, ..Request::default() }, &Arc::default(), move |reading| {
            assert!(!reading.sources.is_empty());
            Box::new(EachSession::new(move |_| {
                *counted.lock().unwrap() += 1;
                Ok(())
            }))
        })?;
        let sessions = *sessions.lock().unwrap();
        Ok((sessions, told))
    }

    #[test]
    fn what_is_damaged_or_missing_is_told_and_the_rest_is_read() {
        let (sessions, told) = read(vec![lab()], Lang::En).unwrap();
        assert!(sessions > 0 && told.problems.is_empty(), "{:?}", told.problems);
        let folder = tempfile::tempdir().unwrap();
        let short = folder.path().join("short.pcap");
        let bytes = fs::read(lab()).unwrap();
        fs::write(&short, &bytes[..bytes.len() - 7]).unwrap();
        let (_, told) = read(vec![short.clone()], Lang::En).unwrap();
        let [problem] = &*told.problems else { panic!("{:?}", told.problems) };
        assert!(problem.contains("short.pcap: truncated in packet"), "{problem}");
        let missing = folder.path().join("missing.pcap");
        let (with_missing, told) = read(vec![lab(), missing.clone()], Lang::Zh).unwrap();
        assert_eq!(with_missing, sessions);
        assert!(matches!(&*told.problems, [problem] if problem.contains("missing.pcap")), "{:?}", told.problems);
        let error = read(vec![missing], Lang::En).unwrap_err();
        assert!(matches!(error.downcast_ref(), Some(CaptureError::Missing { .. })), "{error}");
    }

    #[test]
    fn it_ends_when_it_is_told_to() {
        let stop = Arc::new(AtomicBool::new(true));
        let told = read_into(Request { files: vec![lab()], ..Request::default() }, &stop, |_| {
            Box::new(EachSession::new(|_| Ok(())))
        });
        assert_eq!(told.unwrap().report.summary.packets.read, 0);
        assert!(stop.load(Ordering::Relaxed));
    }
}

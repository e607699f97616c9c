//! `mailtap compare`: reads one capture or two, picks a session of each, and shows them beside each other.

use super::key_files::{self, Packets};
use super::outputs::at_once;
use super::progress::{Ender, Progress};
use super::which::{self, Which};
use super::{identity, told, views};
use crate::capture::{self, Beside, Damage, Filter, Reading, SecretsSink};
use crate::cli::{CompareFormat, Study};
use crate::pipeline::{self, Outcome};
use crate::session::{Needs, Plan, Session};
use crate::verdict::Report;
use crate::verdict::compare::{Contents, comparable, compare as compared};
use crate::view::address::canonical;
use crate::view::compare::{Compared, json, markdown, table};
use crate::view::redact::Redact;
use crate::view::table::Style;
use crate::view::{Lang, View, locale};
use std::cell::{Cell, RefCell};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Sessions that are named in an error.
const NAMED: usize = 20;

/// Reads, compares and shows.
///
/// # Errors
/// If there are no two sessions to compare, if a capture cannot be read, or the output cannot be written.
pub fn compare(mut study: Study, asked: Option<[u64; 2]>) -> anyhow::Result<()> {
    if study.files.iter().filter(|file| file.as_os_str() == "-").count() > 1 {
        let said = match study.lang {
            Lang::En => "standard input can be read once: name a file, or give `-` alone with --session I,J",
            Lang::Zh => "标准输入只能读取一次：请写出一个文件，或只写一个 `-` 并加 --session I,J",
        };
        return Err(Which(said.to_owned()).into());
    }
    identity::check_files(&study.files, &study.keys, study.file.as_deref(), None)?;
    let gathered = key_files::gather(&study.keys, Packets::Files(&study.files))?;
    study.options.limits_hit.add(&gathered.limits);
    let contents = Arc::new(Contents::default());
    let needs = Needs::STEPS.and(Needs::MESSAGES);
    let plan =
        Arc::new(Plan { needs, content_store: Some(contents.clone()), keys: gathered.keys(), ..Plan::default() });
    let picked = Rc::new(RefCell::new(Picked::default()));
    let first_file = Rc::new(Cell::new(None));
    let picker = Picker {
        pairing: wanted(&study, asked),
        picked: Rc::clone(&picked),
        first_file: Rc::clone(&first_file),
        seen: 0,
    };
    let mut view: Box<dyn View> = match study.redact {
        None => Box::new(picker),
        Some(how) => {
            let memory = study.options.memory;
            views::redacted(Redact::holding(picker, memory.ended() / 2), how, memory)?
        }
    };
    let progress = Progress::begin(&study.around, study.lang, &study.files, false);
    study.options.tally = progress.tally();
    let mut problems = Vec::new();
    let mut last = None;
    let mut reports = Vec::new();
    for file in &study.files {
        let mut run = OneOfTwo { view: &mut *view, sessions: 0, report: None };
        let outcome = read(&study, file, &plan, gathered.sink().as_ref(), &mut run)?;
        if first_file.get().is_none() {
            first_file.set(Some(run.sessions));
        }
        last = run.report;
        reports.push(outcome.report);
        problems.extend(outcome.problem);
    }
    if let Some(report) = &last {
        view.finish(report)?;
    }
    drop(view);
    let picked = Rc::try_unwrap(picked).map(RefCell::into_inner).unwrap_or_default();
    progress.ender().end();
    reports.iter().for_each(|report| told::stepped_over(study.lang, report));
    let chosen = chosen(&study, asked, picked);
    let sessions = match (chosen, problems.is_empty()) {
        // A session that is not there may be in the part that could not be read.
        (Err(_), false) => return Err(problems.remove(0).into()),
        (chosen, _) => chosen?,
    };
    show(&study, &sessions, &contents, progress.ender())?;
    if !study.around.quiet {
        let read = study.files.iter().map(PathBuf::as_path).zip(&reports);
        told::decryption_of_each(study.lang, &gathered, read);
    }
    match problems.into_iter().next() {
        Some(problem) => Err(problem.into()),
        None => Ok(()),
    }
}

fn read(
    study: &Study,
    file: &Path,
    plan: &Arc<Plan>,
    secrets: Option<&SecretsSink>,
    view: &mut dyn View,
) -> anyhow::Result<Outcome> {
    let filter = study.filter.as_deref().map(Filter::new).transpose()?;
    let (order, tally) = (study.options.memory.order(), study.options.tally.as_ref());
    let beside = Beside { tally, secrets, ..Beside::default() };
    let mut source =
        capture::open_beside(&[vec![file.to_owned()]], filter, Damage::default(), Reading::Here, order, beside)?;
    let options = pipeline::Options { waiting_sessions: study.options.memory.ended() / 4, ..study.options.clone() };
    Ok(pipeline::run(&mut *source, &options, plan, view, &AtomicBool::new(false))?)
}

fn show(study: &Study, sessions: &[Session; 2], contents: &Contents, progress: Ender) -> anyhow::Result<()> {
    let mut out = at_once(study.file.as_deref(), study.redact.is_none(), &study.around, progress, study.lang)?;
    let [left, right] = sessions;
    let masked = study.redact.is_some();
    let comparison = compared(left, right, contents, masked);
    let name = |at: usize| {
        let file = study.files.get(at).or(study.files.first());
        file.map(|file| file.display().to_string()).unwrap_or_default()
    };
    let names = [name(0), name(1)];
    let shown = Compared {
        comparison: &comparison,
        sessions: [left, right],
        files: names.each_ref().map(String::as_str),
        lang: study.lang,
        masked,
    };
    match study.format {
        CompareFormat::Table => table(&mut out, Style { width: study.width, colour: study.colour }, &shown)?,
        CompareFormat::Json => json(&mut out, &shown)?,
        CompareFormat::Markdown => markdown(&mut out, &shown)?,
    }
    Ok(out.flush()?)
}

/// Hands the sessions of one file on, and keeps its report: the view is finished after the last file.
struct OneOfTwo<'a> {
    view: &'a mut dyn View,
    sessions: u64,
    report: Option<Report>,
}

impl View for OneOfTwo<'_> {
    fn session(&mut self, session: Session) -> io::Result<()> {
        self.sessions += 1;
        self.view.session(session)
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        self.report = Some(report.clone());
        Ok(())
    }
}

/// The session that is wanted of each side: its file, and its number; without one, the first or the second of the file.
type Wanted = [(usize, Option<u64>); 2];

fn wanted(study: &Study, asked: Option<[u64; 2]>) -> Wanted {
    let second = study.files.len().saturating_sub(1).min(1);
    match asked {
        Some([left, right]) => [(0, Some(left)), (second, Some(right))],
        None => [(0, None), (second, None)],
    }
}

/// Keeps the sessions that are wanted, and of the others what an error names.
struct Picker {
    pairing: Wanted,
    picked: Rc<RefCell<Picked>>,
    /// How many sessions the first file has, once it is known. Those that come later are of the second.
    first_file: Rc<Cell<Option<u64>>>,
    seen: u64,
}

#[derive(Default)]
struct Picked {
    sessions: [Option<Session>; 2],
    /// For each file: how many sessions there are, and the first of them in words.
    counts: [u64; 2],
    named: [Vec<String>; 2],
}

impl View for Picker {
    fn session(&mut self, session: Session) -> io::Result<()> {
        let file = usize::from(self.first_file.get().is_some_and(|first| self.seen >= first));
        self.seen += 1;
        let mut picked = self.picked.borrow_mut();
        let Picked { sessions, counts, named } = &mut *picked;
        let (Some(count), Some(named)) = (counts.get_mut(file), named.get_mut(file)) else { return Ok(()) };
        *count += 1;
        if named.len() < NAMED {
            let ends = session.transport.endpoints;
            let protocol = locale::protocol(Lang::En, session.protocol);
            named.push(format!("{} {protocol} {} > {}", session.id, canonical(ends.client), canonical(ends.server)));
        }
        for (hand, (of, number)) in self.pairing.iter().enumerate() {
            // With one file, the first session goes to the left and the second to the right.
            let nth = if self.pairing[0].0 == self.pairing[1].0 { hand as u64 + 1 } else { 1 };
            let is_it = number.map_or(*count == nth, |number| number == session.id);
            if let Some(place) = sessions.get_mut(hand).filter(|_| *of == file && is_it) {
                *place = Some(session.clone());
            }
        }
        Ok(())
    }

    fn finish(&mut self, _: &Report) -> io::Result<()> {
        Ok(())
    }
}

/// The two sessions, or why there are none.
fn chosen(study: &Study, asked: Option<[u64; 2]>, picked: Picked) -> Result<[Session; 2], Which> {
    let Picked { sessions, counts, named } = picked;
    let lang = study.lang;
    let about = |file: usize| {
        let name = study.files.get(file).map(|name| name.display().to_string()).unwrap_or_default();
        let (count, list) = (counts.get(file).copied().unwrap_or(0), named.get(file).map(|list| list.join("; ")));
        which::there(lang, &name, count, count as usize > NAMED, &list.unwrap_or_default())
    };
    let all = match study.files.len() {
        1 => about(0),
        _ => which::both(lang, &about(0), &about(1)),
    };
    let [left, right] = sessions;
    if asked.is_none() {
        let clear = match study.files.len() {
            1 => counts[0] == 2,
            _ => counts == [1, 1],
        };
        if !clear {
            let enough = if study.files.len() == 1 { counts[0] > 2 } else { counts[0] > 0 && counts[1] > 0 };
            return Err(Which(which::advice(lang, &all, enough, study.files.len() == 1)));
        }
    }
    let missing = |hand: usize| {
        let number = asked.and_then(|numbers| numbers.get(hand).copied()).unwrap_or(0);
        Which(which::missing(lang, number, &all))
    };
    let (left, right) = (left.ok_or_else(|| missing(0))?, right.ok_or_else(|| missing(1))?);
    if !comparable(left.protocol, right.protocol) {
        let [one, other] = [&left, &right].map(|session| (session.id, locale::protocol(lang, session.protocol)));
        return Err(Which(which::incomparable(lang, one, other, &all)));
    }
    Ok([left, right])
}

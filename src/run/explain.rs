//! `mailtap explain`: reads captures, and answers the questions of a lab report from them.

use super::captures::Unread;
use super::key_files::{self, Packets};
use super::outputs::at_once;
use super::progress::{Ender, Progress};
use super::told::say_none;
use super::{identity, told, views};
use crate::capture::{self, Beside, Damage, Filter, Reading};
use crate::cli::{CompareFormat, Study};
use crate::pipeline;
use crate::session::content_store::ContentStore;
use crate::session::{Plan, Session};
use crate::verdict::explain::{Explainer, Explanation, Heads};
use crate::verdict::{Needs, Report, Selection};
use crate::view::View;
use crate::view::explain::{json, markdown, page, table};
use crate::view::redact::Redact;
use crate::view::table::Style;
use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Reads, explains and shows.
///
/// # Errors
/// If a capture cannot be read, or the output cannot be written.
pub fn explain(mut study: Study) -> anyhow::Result<()> {
    identity::check_files(&study.files, &study.keys, study.file.as_deref(), None)?;
    let gathered = key_files::gather(&study.keys, Packets::Files(&study.files))?;
    let filter = study.filter.as_deref().map(Filter::new).transpose()?;
    let memory = study.options.memory;
    let progress = Progress::begin(&study.around, study.lang, &study.files, false);
    study.options.tally = progress.tally();
    let (files, limits_hit) = pipeline::in_order(&study.files);
    study.options.limits_hit = limits_hit;
    study.options.limits_hit.add(&gathered.limits);
    let reading = if study.options.threads > 1 { Reading::Ahead } else { Reading::Here };
    let tally = study.options.tally.clone();
    let (damage, order) = (Damage::default(), memory.order());
    let secrets = gathered.sink();
    let unread = Unread::new(study.lang);
    let tell = |error: &_| unread.tell(error);
    let beside = Beside { stop: None, tally: tally.as_ref(), secrets: secrets.as_ref(), unread: Some(&tell) };
    let mut source = capture::open_beside(&files, filter, damage, reading, order, beside)?;
    // What is quoted as sent has not passed the redaction: with `--redact`, nothing is.
    let masked = study.redact.is_some();
    let heads = (!masked).then(|| Arc::new(Heads::default()));
    let answers = Rc::new(RefCell::new(Explanation::default()));
    let collector = Collector { explainer: Explainer::new(masked, heads.clone()), answers: Rc::clone(&answers) };
    let mut view: Box<dyn View> = match study.redact {
        None => Box::new(collector),
        Some(how) => views::redacted(Redact::holding(collector, memory.ended() / 2), how, memory)?,
    };
    study.options.waiting_sessions = if masked { memory.ended() / 4 } else { memory.ended() };
    let needs = view.needs().and(study.options.selection.needs()).and(study.options.filter.needs());
    let content_store = heads.map(|heads| -> Arc<dyn ContentStore> { heads });
    let plan = Arc::new(Plan { needs, content_store, keys: gathered.keys(), ..Plan::default() });
    let outcome = pipeline::run(&mut *source, &study.options, &plan, &mut *view, &AtomicBool::new(false))?;
    drop(view);
    say_none(study.lang, &outcome.report);
    show(&study, &answers.borrow(), progress.ender())?;
    drop(progress);
    let report = told::problems(study.lang, outcome)?;
    if !study.around.quiet {
        told::decryption(study.lang, &gathered, &report);
    }
    Ok(unread.ended(study.files.len())?)
}

fn show(study: &Study, answers: &Explanation, progress: Ender) -> anyhow::Result<()> {
    let mut out = at_once(study.file.as_deref(), study.redact.is_none(), &study.around, progress, study.lang)?;
    let page = page(study.lang, answers);
    match study.format {
        CompareFormat::Table => table(&mut out, Style { width: study.width, colour: study.colour }, &page)?,
        CompareFormat::Json => json(&mut out, &page)?,
        CompareFormat::Markdown => markdown(&mut out, study.lang, &page)?,
    }
    Ok(out.flush()?)
}

/// Passes each session to the explainer, and forgets it.
struct Collector {
    explainer: Explainer,
    answers: Rc<RefCell<Explanation>>,
}

impl View for Collector {
    fn session(&mut self, session: Session) -> io::Result<()> {
        self.explainer.session(&session);
        Ok(())
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        let cause = report.verdict.as_ref().and_then(|verdict| verdict.cause);
        *self.answers.borrow_mut() = self.explainer.finish(&report.across, &report.logins, cause);
        Ok(())
    }

    fn needs(&self) -> Needs {
        Needs::ALL
    }

    fn selection(&self) -> Selection {
        Selection::ALL
    }
}

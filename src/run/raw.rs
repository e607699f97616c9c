//! `--raw`: the bytes of one conversation, as both sides sent them.

use super::captures::Unread;
use super::conversations::Conversations;
use super::key_files::{self, Packets};
use super::{Named, identity, private, say, told, words};
use crate::capture::{self, Beside, Damage, Filter, Outlet, Reading};
use crate::cli::{Analysis, Input};
use crate::pipeline;
use crate::session::content_store::ContentStore;
use crate::session::{Plan, Session};
use crate::verdict::{Needs, Report, Selection};
use crate::view::View;
use std::cell::RefCell;
use std::io::{self, BufWriter, Write};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Why nothing is written: the command line asks for what cannot be.
#[derive(Debug, thiserror::Error)]
#[error("--raw: {0}")]
pub struct Refused(String);

/// Reads, and writes the bytes of the one session that is selected.
///
/// # Errors
/// If there is not one session, if a capture cannot be read, or the output cannot be written.
pub fn raw(mut analysis: Analysis) -> anyhow::Result<()> {
    identity::check(&analysis)?;
    if analysis.output.unasked_terminal {
        let why =
            "bytes off the wire can harm a terminal: write them to a file by -o FILE, or use -o - to have them here";
        return Err(Refused(why.to_owned()).into());
    }
    let Input::Files(files) = &analysis.input else {
        return Err(Refused("a conversation is written once it is over: read it from a file".to_owned()).into());
    };
    let filter = analysis.filter.as_deref().map(Filter::new).transpose()?;
    let memory = analysis.options.memory;
    let gathered = key_files::gather(&analysis.keys, Packets::Files(files))?;
    let (files, limits_hit) = pipeline::in_order(files);
    analysis.options.limits_hit = limits_hit;
    analysis.options.limits_hit.add(&gathered.limits);
    let reading = if analysis.options.threads > 1 { Reading::Ahead } else { Reading::Here };
    let secrets = gathered.sink();
    let unread = Unread::new(analysis.output.lang);
    let tell = |error: &_| unread.tell(error);
    let beside = Beside { secrets: secrets.as_ref(), unread: Some(&tell), ..Beside::default() };
    let mut source = capture::open_beside(&files, filter, Damage::default(), reading, memory.order(), beside)?;
    let conversations = Arc::new(Conversations::new()?);
    let raw_store: Arc<dyn ContentStore> = conversations.clone();
    let plan =
        Arc::new(Plan { needs: Needs::NONE, raw_store: Some(raw_store), keys: gathered.keys(), ..Plan::default() });
    analysis.options.selection = Selection::NONE;
    analysis.options.waiting_sessions = memory.ended();
    let picked = Rc::new(RefCell::new(Picked::default()));
    let mut view = Picker(Rc::clone(&picked));
    let outcome = pipeline::run(&mut *source, &analysis.options, &plan, &mut view, &AtomicBool::new(false))?;
    let Picked { session, count } = picked.take();
    let session = match (session, count) {
        (Some(session), 1) => session,
        (_, 0) => {
            return Err(outcome
                .problem
                .map_or_else(|| Refused("there is no such session".to_owned()).into(), Into::into));
        }
        (_, count) => return Err(Refused(format!("these are {count} sessions: choose one by --session N")).into()),
    };
    let out: Box<dyn Write> = match &analysis.output.file {
        Some(file) => {
            let stop = Arc::new(AtomicBool::new(false));
            let created = private::created(file, true, &stop)?;
            Box::new(Named { name: file.display().to_string(), out: Outlet::new(created.file, stop) })
        }
        None => Box::new(Named::stdout()),
    };
    let mut out = BufWriter::with_capacity(1 << 16, out);
    conversations.check()?;
    if let Some(raw) = &session.raw {
        conversations.copy(raw, &mut out)?;
    }
    out.flush()?;
    let counters = &session.transport.counters;
    let missing = counters.client_missing + counters.server_missing;
    if missing > 0 {
        say::line(&words::not_captured(analysis.output.lang, session.id, missing));
    }
    let report = told::problems(analysis.output.lang, outcome)?;
    if !analysis.around.quiet {
        told::decryption(analysis.output.lang, &gathered, &report);
    }
    Ok(unread.ended(report.sources.len())?)
}

/// The first session that is selected, and how many are.
#[derive(Default)]
struct Picked {
    session: Option<Session>,
    count: u64,
}

struct Picker(Rc<RefCell<Picked>>);

impl View for Picker {
    fn session(&mut self, session: Session) -> io::Result<()> {
        let mut picked = self.0.borrow_mut();
        picked.count += 1;
        picked.session.get_or_insert(session);
        Ok(())
    }

    fn finish(&mut self, _: &Report) -> io::Result<()> {
        Ok(())
    }

    fn needs(&self) -> Needs {
        Needs::NONE
    }

    fn selection(&self) -> Selection {
        Selection::NONE
    }
}

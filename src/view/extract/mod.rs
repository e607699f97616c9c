/*!
`--extract DIR`: each message as a file, its attachments, a transcript of each session, and an index of them all.

```text
DIR/index.json                          what each file holds, with digests and missing ranges
DIR/00001-smtp/transcript.txt           the lines that both sides sent
DIR/00001-smtp/message-1.eml            the content as transferred: the bytes that `size` and `sha256` describe
DIR/00001-smtp/message-1/1-report.pdf   its attachments, decoded: a number, and the safe part of the sender's name
DIR/00001-smtp/message-2.partial.eml    a message with bytes missing from the capture: the index says which
DIR/00003-imap/message-1.part           a part of a message, if only that was transferred (the index says which)
```

While the capture is read, content is in `DIR/unfinished` (see [`Spool`]), the sessions are listed in
`index.json.unfinished`, and `index.json` says that they are. Whatever has its final name is whole and is listed, also
after a run that was killed. Only the owner can read the files. Every file is created new, in a directory that was empty, so nothing is overwritten;
and no name off the wire chooses a directory.
*/

mod index;
mod names;
mod spool;
mod transcript;

pub use index::Counts;
pub(crate) use spool::AtPath;
pub use spool::Spool;
#[cfg(feature = "parquet")]
pub(crate) use spool::named;

use super::{Lang, View};
use crate::limits::{Limit, LimitsHit};
use crate::session::content_store::StoredContent;
use crate::session::model::{Attachment, Message, Session, Step};
use crate::verdict::{Needs, Report, Selection};
use index::{Index, Place};
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const INDEX: &str = "index.json";
const INDEX_UNFINISHED: &str = "index.json.unfinished";
const SPOOL: &str = "unfinished";

/// Writes the sessions' content to files, and passes the sessions on to another view.
pub struct Extract<V> {
    inner: V,
    /// The first error of `inner`, which gets no more sessions after it. Files are written on.
    inner_failed: Option<io::Error>,
    /// Set when `inner` fails, to end a capture that would otherwise run until Ctrl-C.
    stop: Option<Arc<AtomicBool>>,
    directory: PathBuf,
    lang: Lang,
    spool: Arc<Spool>,
    index: Option<Index<BufWriter<File>>>,
    /// Files for which there was no room, by the bound that left them out.
    left_out: LimitsHit,
}

/// Files of a session that are to get their names, below the directory: with their content, or empty without.
type Files = Vec<(String, Option<Arc<StoredContent>>)>;

/// Prepares `directory`, which must be empty or not exist, and returns the store for content in it, which has room for
/// `limit` bytes of files. The store sets `stop` when it can write no more.
///
/// # Errors
/// If the directory is not empty or cannot be written.
pub fn prepare(directory: &Path, limit: u64, stop: &Arc<AtomicBool>) -> io::Result<Arc<Spool>> {
    make(directory)?;
    begin(directory, limit, stop)
}

/// The second half of [`prepare`]: the store, in a directory that [`make`] has made.
///
/// # Errors
/// If the directory cannot be written.
pub fn begin(directory: &Path, limit: u64, stop: &Arc<AtomicBool>) -> io::Result<Arc<Spool>> {
    Spool::new(directory.join(SPOOL), limit, Arc::clone(stop)).map(Arc::new)
}

/// The first half of [`prepare`]: creates `directory`, for its owner alone, unless it is there. Returns whether it was created.
///
/// # Errors
/// If the directory is not empty or cannot be created.
pub fn make(directory: &Path) -> io::Result<bool> {
    make_beside(directory, |_| false)
}

/// As [`make`]; files that `passed_over` knows by their names do not count as content.
///
/// # Errors
/// As [`make`].
pub fn make_beside(directory: &Path, passed_over: fn(&OsStr) -> bool) -> io::Result<bool> {
    let is_there = is_there(directory, passed_over)?;
    if !is_there {
        spool::make_directory(directory)?;
    }
    Ok(!is_there)
}

/// A directory that is to be written into holds something.
#[derive(Debug, thiserror::Error)]
#[error(
    "{folder}: holds {}, or name another directory",
    if *.is_ours { "what an earlier --extract wrote: remove it" } else { "something already: empty it" }
)]
pub(crate) struct NotEmpty {
    pub folder: String,
    /// It was written by an earlier run.
    pub is_ours: bool,
}

/// Whether there is such a directory, which is then empty.
fn is_there(directory: &Path, passed_over: fn(&OsStr) -> bool) -> io::Result<bool> {
    let is_passed_over =
        |entry: &io::Result<fs::DirEntry>| entry.as_ref().is_ok_and(|entry| passed_over(&entry.file_name()));
    match fs::read_dir(directory) {
        Ok(mut entries) => {
            if let Some(entry) = entries.find(|entry| !is_passed_over(entry)) {
                entry.map_err(|error| spool::named(directory, &error))?;
                let is_ours = directory.join(INDEX).exists() || directory.join(INDEX_UNFINISHED).exists();
                let error = NotEmpty { folder: directory.display().to_string(), is_ours };
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, error));
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(spool::named(directory, &error)),
    }
    Ok(true)
}

impl<V: View> Extract<V> {
    /// Writes to `directory`, which [`prepare`] made `spool` in, and passes sessions on to `inner`. If `inner` fails,
    /// `stop` is set (if given), and files are still written.
    ///
    /// # Errors
    /// If the index cannot be created.
    pub fn new(
        inner: V,
        directory: PathBuf,
        lang: Lang,
        spool: Arc<Spool>,
        stop: Option<Arc<AtomicBool>>,
    ) -> io::Result<Self> {
        let path = directory.join(INDEX_UNFINISHED);
        let list = spool::make_file(&path).and_then(|file| about(&path, Index::begin(file)))?;
        let draft = spool.draft();
        let mut out = spool::make_file(&draft)?;
        let begun = index::unfinished(INDEX_UNFINISHED);
        about(&draft, out.write_all(begun.as_bytes()).and_then(|()| out.flush()))?;
        spool::rename_new(&draft, &directory.join(INDEX))?;
        Ok(Self {
            inner,
            inner_failed: None,
            stop,
            directory,
            lang,
            spool,
            index: Some(list),
            left_out: LimitsHit::default(),
        })
    }

    fn extract(&mut self, session: &mut Session) -> io::Result<()> {
        self.spool.check()?;
        let own = format!("{:05}-{}", session.id, session.protocol.name());
        let mut files = Files::new();
        let mut places = Vec::with_capacity(session.messages.len());
        let mut left_out = LimitsHit::default();
        for message in &mut session.messages {
            let name = message_file(message);
            let stored = message.stored.take();
            let place = self.admit(&mut files, &mut left_out, format!("{own}/{name}"), stored)?;
            let mut attached = Vec::with_capacity(message.attachments.len());
            for (number, attachment) in (1..).zip(&mut message.attachments) {
                let name = format!("{own}/message-{}/{}", message.n, attachment_file(number, attachment));
                attached.push(self.admit(&mut files, &mut left_out, name, attachment.stored.take())?);
            }
            places.push((place, attached));
        }
        session.limits_hit.add(&left_out);
        let transcript = self.transcript(session, &places, format!("{own}/transcript.txt"))?;
        if transcript.left_out() > 0 {
            session.limits_hit.hit(Limit::ExtractBytes);
            left_out.hit(Limit::ExtractBytes);
        }
        self.left_out.add(&left_out);

        // First the list, then what it lists: what is there is listed, whenever the run ends.
        let messages = session.messages.iter().zip(places);
        let messages = messages.map(|(message, (place, attached))| index::Message::new(message, place, attached));
        let entry = index::Session::new(session, transcript.clone(), messages.collect());
        if let Some(index) = &mut self.index {
            about(&self.directory.join(INDEX_UNFINISHED), index.add(&entry))?;
        }
        let mut directories = HashSet::new();
        let mut named = |file: &str| {
            let path = self.directory.join(file);
            for (slash, _) in file.match_indices('/') {
                let directory = file.get(..slash).unwrap_or_default();
                if directories.insert(directory.to_owned()) {
                    spool::make_directory(&self.directory.join(directory))?;
                }
            }
            io::Result::Ok(path)
        };
        for (file, stored) in files {
            let path = named(&file)?;
            match stored {
                Some(stored) => self.spool.claim(&stored, &path)?,
                None => drop(spool::make_file(&path)?),
            }
        }
        match transcript {
            Place::File(file) => spool::rename_new(&self.spool.draft(), &named(&file)?),
            Place::LeftOut(_) => Ok(()),
        }
    }

    /// Adds the file `name` to `files`, if there is room for it. Content that was not stored is an empty file, so that
    /// each has one. A file for which there is none is counted in `left_out`.
    fn admit(
        &self,
        files: &mut Files,
        left_out: &mut LimitsHit,
        name: String,
        stored: Option<Arc<StoredContent>>,
    ) -> io::Result<Place> {
        let room = stored.as_ref().map_or(Ok(Ok(())), |stored| self.spool.admit(stored))?;
        match room {
            Ok(()) => files.push((name.clone(), stored)),
            Err(limit) => left_out.hit(limit),
        }
        Ok(Place::new(name, room))
    }

    /// Writes the transcript of `session`, not yet under its name `file`.
    fn transcript(&self, session: &Session, places: &[(Place, Vec<Place>)], file: String) -> io::Result<Place> {
        let named = session.messages.iter().zip(places).filter_map(|(message, (place, _))| match place {
            Place::File(_) => Some((message.n, message_file(message))),
            Place::LeftOut(_) => None,
        });
        let draft = self.spool.draft();
        let mut out = spool::make_file(&draft)?;
        let written = transcript::write(&mut out, self.lang, session, &named.collect());
        let size = about(&draft, written.and_then(|()| out.flush()).and_then(|()| out.get_ref().metadata()))?.len();
        let place = Place::new(file, self.spool.grant(size));
        if place.left_out() > 0 {
            about(&draft, fs::remove_file(&draft))?;
        }
        Ok(place)
    }

    /// Keeps the first error of `inner`, and sets `stop` on an error.
    fn heed(&mut self, shown: io::Result<()>) {
        if let Err(error) = shown {
            self.inner_failed.get_or_insert(error);
            if let Some(stop) = &self.stop {
                stop.store(true, Ordering::Relaxed);
            }
        }
    }

    /// Ends the index.
    fn finish_index(&mut self, report: &Report) -> io::Result<()> {
        let Some(index) = self.index.take() else { return Ok(()) };
        let (unfinished, finished) = (self.directory.join(INDEX_UNFINISHED), self.directory.join(INDEX));
        let counts = about(&unfinished, index.finish(report))?;
        self.spool.remove()?;
        about(&finished, fs::rename(&unfinished, &finished))?;
        log::debug!("extracted {counts:?}");
        Ok(())
    }
}

impl<V: View> View for Extract<V> {
    fn step(&mut self, session: &Session, step: &Step) -> io::Result<()> {
        if self.inner_failed.is_none() {
            let shown = self.inner.step(session, step);
            self.heed(shown);
        }
        Ok(())
    }

    fn session(&mut self, mut session: Session) -> io::Result<()> {
        self.extract(&mut session)?;
        if self.inner_failed.is_none() {
            let shown = self.inner.session(session);
            self.heed(shown);
        }
        Ok(())
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        self.spool.check()?;
        self.finish_index(report)?;
        match self.inner_failed.take() {
            Some(error) => Err(error),
            None if self.left_out.is_empty() => self.inner.finish(report),
            None => {
                let mut report = report.clone();
                report.summary.limits_hit.add(&self.left_out);
                self.inner.finish(&report)
            }
        }
    }

    /// Everything: the extracted files do not depend on what `inner` shows.
    fn needs(&self) -> Needs {
        Needs::ALL
    }

    fn selection(&self) -> Selection {
        self.inner.selection()
    }
}

/// The name of a message's file. Mail readers open `.eml`, so a part of a message has another extension.
fn message_file(message: &Message) -> String {
    let partial = if message.complete { "" } else { ".partial" };
    let extension = if message.part.is_none() { "eml" } else { "part" };
    format!("message-{}{partial}.{extension}", message.n)
}

/// The name of an attachment's file. It ends in `.partial` if bytes are missing, so that no program opens it by its
/// type.
fn attachment_file(number: usize, attachment: &Attachment) -> String {
    let otherwise = names::unnamed(attachment.content_type.as_deref().unwrap_or_default());
    let name = names::safe(attachment.filename.as_deref().unwrap_or_default(), &otherwise);
    let partial = if attachment.complete { "" } else { ".partial" };
    format!("{number}-{name}{partial}")
}

/// `outcome`, with an error that names the file `path`.
fn about<T>(path: &Path, outcome: io::Result<T>) -> io::Result<T> {
    outcome.map_err(|error| spool::named(path, &error))
}

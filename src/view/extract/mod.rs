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

While the capture is read, content is in `DIR/unfinished` (see [`Spool`]), and the index in `index.json.unfinished`.
Only the owner can read the files. Every file is created new, in a directory that was empty, so nothing is overwritten;
and no name off the wire chooses a directory.
*/

mod index;
mod names;
mod spool;
mod transcript;

pub use index::Counts;
pub use spool::Spool;

use super::{Lang, View};
use crate::session::model::{Attachment, Message, Session, Step};
use crate::verdict::{Needs, Report, Selection};
use index::Index;
use std::collections::HashMap;
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
}

/// Prepares `directory`, which must be empty or not exist, and returns the store for content in it. The store sets
/// `stop` when it can write no more.
///
/// # Errors
/// If the directory is not empty or cannot be written.
pub fn prepare(directory: &Path, stop: &Arc<AtomicBool>) -> io::Result<Arc<Spool>> {
    make(directory)?;
    begin(directory, stop)
}

/// The second half of [`prepare`]: the store, in a directory that [`make`] has made.
///
/// # Errors
/// If the directory cannot be written.
pub fn begin(directory: &Path, stop: &Arc<AtomicBool>) -> io::Result<Arc<Spool>> {
    Spool::new(directory.join(SPOOL), Arc::clone(stop)).map(Arc::new)
}

/// The first half of [`prepare`]: creates `directory`, for its owner alone, unless it is there. Returns whether it was created.
///
/// # Errors
/// If the directory is not empty or cannot be created.
pub fn make(directory: &Path) -> io::Result<bool> {
    let is_there = is_there(directory)?;
    if !is_there {
        spool::make_directory(directory)?;
    }
    Ok(!is_there)
}

/// Whether there is such a directory, which is then empty.
fn is_there(directory: &Path) -> io::Result<bool> {
    match fs::read_dir(directory) {
        Ok(mut entries) => {
            if let Some(entry) = entries.next() {
                entry.map_err(|error| spool::named(directory, &error))?;
                let what = match directory.join(INDEX).exists() || directory.join(INDEX_UNFINISHED).exists() {
                    true => "what an earlier --extract wrote: remove it",
                    false => "something already: empty it",
                };
                let said = format!("{}: holds {what}, or name another directory", directory.display());
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, said));
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
        let index = spool::make_file(&path).and_then(|file| about(&path, Index::begin(file)))?;
        Ok(Self { inner, inner_failed: None, stop, directory, lang, spool, index: Some(index) })
    }

    fn extract(&mut self, session: &mut Session) -> io::Result<()> {
        self.spool.check()?;
        let own = format!("{:05}-{}", session.id, session.protocol.name());
        spool::make_directory(&self.directory.join(&own))?;
        let mut files = HashMap::new();
        let mut written = Vec::with_capacity(session.messages.len());
        for message in &mut session.messages {
            let file = message_file(message);
            let attached = self.attachments(&own, message)?;
            // A message whose content was not stored gets an empty file, so that every message has a file.
            match message.stored.take() {
                Some(stored) => self.spool.claim(&stored, &self.directory.join(&own).join(&file))?,
                None => drop(spool::make_file(&self.directory.join(&own).join(&file))?),
            }
            files.insert(message.n, file.clone());
            written.push((format!("{own}/{file}"), attached));
        }
        let transcript = format!("{own}/transcript.txt");
        let path = self.directory.join(&transcript);
        let mut out = spool::make_file(&path)?;
        about(&path, transcript::write(&mut out, self.lang, session, &files).and_then(|()| out.flush()))?;
        let messages = session.messages.iter().zip(written);
        let messages =
            messages.map(|(message, (file, attached))| index::Message::new(message, file, attached)).collect();
        let entry = index::Session::new(session, transcript, messages);
        match &mut self.index {
            Some(index) => about(&self.directory.join(INDEX_UNFINISHED), index.add(&entry)),
            None => Ok(()),
        }
    }

    /// Gives the files of a message's attachments their names, and returns the names.
    fn attachments(&self, own: &str, message: &mut Message) -> io::Result<Vec<String>> {
        let directory = format!("{own}/message-{}", message.n);
        if !message.attachments.is_empty() {
            spool::make_directory(&self.directory.join(&directory))?;
        }
        let mut files = Vec::with_capacity(message.attachments.len());
        for (number, attachment) in (1..).zip(&mut message.attachments) {
            let file = format!("{directory}/{}", attachment_file(number, attachment));
            match attachment.stored.take() {
                Some(stored) => self.spool.claim(&stored, &self.directory.join(&file))?,
                None => drop(spool::make_file(&self.directory.join(&file))?),
            }
            files.push(file);
        }
        Ok(files)
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
        let written = index.finish(report).and_then(|(mut out, counts)| out.flush().map(|()| counts));
        let counts = about(&unfinished, written)?;
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
            None => self.inner.finish(report),
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

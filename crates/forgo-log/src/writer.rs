//! Writes the record of one run.
//!
//! Records are collected and appended by one write each time there are many, and at the end: a run
//! without actions costs one write.

use std::fs::File;
use std::io::{self, Write};

use serde::Serialize;

use crate::frame;
use crate::history::Contents;
use crate::record::{Action, Begin, End, Key, Record, TextId};
use crate::store::Store;

/// So many bytes are collected before they are written.
const ENOUGH: usize = 256 << 10;

/// The lines of a key.
pub trait KeyText {
    /// Calls `take` with each line.
    fn each_line(&self, take: &mut dyn FnMut(&[u8]));
}

/// Appends what becomes of one run.
#[derive(Debug)]
pub struct Writer {
    store: Store,
    run: u64,
    /// The file; opened when the first records are written. A run stays in its segment, which can
    /// then be read without others.
    file: Target,
    begin: Option<Begin>,
    actions: Vec<Action>,
    /// Keys that the actions have, with their lines.
    lines: Vec<(Key, Vec<TextId>)>,
    texts: Vec<Vec<u8>>,
    /// The records in the file, or collected for it.
    known: Contents,
    looked: bool,
    size: usize,
}

/// Where records go.
#[derive(Debug)]
enum Target {
    /// Nothing was written yet.
    Unopened,
    /// To the end of this file.
    Open(File),
    /// It could not be opened: nothing is recorded.
    None,
}

impl Writer {
    /// For a run that begins; nothing is written yet.
    pub fn new(store: Store, begin: Begin) -> Writer {
        Writer {
            store,
            run: begin.run,
            file: Target::Unopened,
            begin: Some(begin),
            actions: Vec::new(),
            lines: Vec::new(),
            texts: Vec::new(),
            known: Contents::default(),
            looked: false,
            size: 0,
        }
    }

    /// The beginning of the run as long as it is not written, to complete it.
    pub fn begin(&mut self) -> Option<&mut Begin> {
        self.begin.as_mut()
    }

    /// Reads the existing records, so that they are not written again. Costs time in proportion
    /// to the segment, so it is for runs that have much to write.
    pub fn look_through(&mut self) {
        if std::mem::replace(&mut self.looked, true) {
            return;
        }
        if let Some(path) = self.open()
            && let Ok(contents) = Contents::read(&path)
        {
            self.known.texts.extend(contents.texts);
            self.known.keys.extend(contents.keys);
        }
    }

    /// The name of a text, which is recorded if it is new.
    pub fn text(&mut self, text: &[u8]) -> TextId {
        let id = TextId::of(text);
        if self.known.texts.insert(id) {
            self.size += text.len() + 2;
            self.texts.push(text.to_vec());
        }
        id
    }

    /// Reports whether the lines of a key are on record.
    pub fn has_key(&self, key: &Key) -> bool {
        self.known.keys.contains(key)
    }

    /// Records the lines of a key, if they are new.
    pub fn key(&mut self, key: Key, lines: &dyn KeyText) {
        if !self.known.keys.insert(key) {
            return;
        }
        let mut ids = Vec::new();
        lines.each_line(&mut |line| ids.push(self.text(line)));
        self.size += 16 + 8 * ids.len();
        self.lines.push((key, ids));
    }

    /// Records an action. Everything that it refers to must be recorded before.
    pub fn action(&mut self, action: Action) {
        self.size += 64;
        self.actions.push(action);
        if self.size >= ENOUGH {
            // A log that can't be written is not worth failing for.
            let _ = self.flush();
        }
    }

    /// Writes the collected records.
    ///
    /// # Errors
    /// Fails if the log can't be written; the collected records are lost then.
    pub fn flush(&mut self) -> io::Result<()> {
        let bytes = self.take()?;
        self.append(&bytes)
    }

    /// Writes the rest, and the end of the run.
    ///
    /// # Errors
    /// Fails if the log can't be written.
    pub fn finish(&mut self, end: End) -> io::Result<()> {
        let mut bytes = self.take()?;
        push(&mut bytes, &Record::End(end))?;
        self.append(&bytes)
    }

    /// The frames of all that was collected.
    fn take(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.size = 0;
        if let Some(begin) = self.begin.take() {
            push(&mut bytes, &Record::Begin(begin))?;
        }
        if !self.texts.is_empty() {
            push(&mut bytes, &Record::Texts(std::mem::take(&mut self.texts)))?;
        }
        if !self.lines.is_empty() {
            push(&mut bytes, &Record::Keys(std::mem::take(&mut self.lines)))?;
        }
        if !self.actions.is_empty() {
            let (run, actions) = (self.run, std::mem::take(&mut self.actions));
            push(&mut bytes, &Record::Actions { run, actions })?;
        }
        Ok(bytes)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.open();
        match &mut self.file {
            // One write: frames of several processes do not mix.
            Target::Open(file) => file.write_all(bytes),
            Target::Unopened | Target::None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Opens the file, and returns its path, if it was not tried before.
    fn open(&mut self) -> Option<std::path::PathBuf> {
        if !matches!(self.file, Target::Unopened) {
            return None;
        }
        self.file = Target::None;
        let (path, file) = self.store.open().ok()?;
        self.file = Target::Open(file);
        Some(path)
    }
}

fn push(bytes: &mut Vec<u8>, record: &impl Serialize) -> io::Result<()> {
    let payload = postcard::to_allocvec(record).map_err(io::Error::other)?;
    frame::push(bytes, &payload);
    Ok(())
}

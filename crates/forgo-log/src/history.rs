//! Reads a log.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde::Deserialize;

use crate::frame;
use crate::record::{Action, Begin, End, Key, Record, TextId};
use crate::store::Store;

/// One invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its number, which stays the same as long as it is on record.
    pub number: u64,
    /// How it began.
    pub begin: Begin,
    /// The actions that ended, in that order.
    pub actions: Vec<Action>,
    /// Its end; `None` if it was killed, or has not ended yet.
    pub end: Option<End>,
}

/// A segment, read as a whole.
#[derive(Debug, Default)]
pub struct Segment {
    first_run: u64,
    /// The runs that began in it, in that order.
    pub runs: Vec<Run>,
    texts: HashMap<TextId, Vec<u8>>,
    keys: HashMap<Key, Vec<TextId>>,
}

impl Segment {
    /// Reads a segment. Damaged parts of it are left out.
    ///
    /// # Errors
    /// Fails if the file can't be read.
    pub fn read(path: &Path) -> io::Result<Segment> {
        Ok(Segment::parse(&fs::read(path)?))
    }

    fn parse(bytes: &[u8]) -> Segment {
        let mut segment = Segment {
            first_run: 1,
            ..Segment::default()
        };
        let mut places = HashMap::new();
        for payload in frame::payloads(bytes) {
            // A record of a later format is left out as well.
            let Ok(record) = postcard::from_bytes(payload) else {
                continue;
            };
            match record {
                Record::Segment { first_run } => segment.first_run = first_run,
                Record::Begin(begin) => {
                    places.insert(begin.run, segment.runs.len());
                    let number = segment.first_run + segment.runs.len() as u64;
                    segment.runs.push(Run {
                        number,
                        begin,
                        actions: Vec::new(),
                        end: None,
                    });
                }
                Record::Texts(texts) => {
                    let named = texts.into_iter().map(|text| (TextId::of(&text), text));
                    segment.texts.extend(named);
                }
                Record::Keys(keys) => segment.keys.extend(keys),
                Record::Actions { run, actions } => {
                    if let Some(&place) = places.get(&run) {
                        segment.runs[place].actions.extend(actions);
                    }
                }
                Record::End(end) => {
                    if let Some(&place) = places.get(&end.run) {
                        segment.runs[place].end = Some(end);
                    }
                }
            }
        }
        segment
    }

    /// The number that the next run gets.
    pub fn next_run(&self) -> u64 {
        self.first_run + self.runs.len() as u64
    }

    /// A text; `None` if the record of it is lost.
    pub fn text(&self, id: TextId) -> Option<&[u8]> {
        self.texts.get(&id).map(Vec::as_slice)
    }

    /// What an action does, and the package that it works on.
    pub fn name(&self, action: &Action) -> (String, String) {
        let text = self.text(action.name).unwrap_or_default();
        let text = String::from_utf8_lossy(text);
        match text.split_once('\0') {
            Some((mode, package)) => (mode.to_owned(), package.to_owned()),
            None => (text.into_owned(), String::new()),
        }
    }

    /// Reports whether the lines of a key are on record here.
    pub fn has_key(&self, key: &Key) -> bool {
        self.keys.contains_key(key)
    }

    /// The lines of a key; `None` if they are not on record here as a whole.
    pub fn lines(&self, key: &Key) -> Option<Vec<&[u8]>> {
        let ids = self.keys.get(key)?;
        ids.iter().map(|id| self.text(*id)).collect()
    }
}

/// What a segment has, without the runs: cheaper to read than a [`Segment`].
#[derive(Debug, Default)]
pub struct Contents {
    /// The texts.
    pub texts: HashSet<TextId>,
    /// The keys whose lines it has.
    pub keys: HashSet<Key>,
}

/// The beginning of [`Record`], with the texts where they lie.
#[derive(Deserialize)]
enum Glance<'a> {
    #[expect(dead_code, reason = "the variants have the order of those of Record")]
    Segment {
        first_run: u64,
    },
    #[expect(dead_code, reason = "as above")]
    Begin(Begin),
    #[serde(borrow)]
    Texts(Vec<&'a [u8]>),
    Keys(Vec<(Key, Vec<TextId>)>),
}

impl Contents {
    /// Reads a segment.
    ///
    /// # Errors
    /// Fails if the file can't be read.
    pub fn read(path: &Path) -> io::Result<Contents> {
        let bytes = fs::read(path)?;
        let mut contents = Contents::default();
        for payload in frame::payloads(&bytes) {
            match postcard::from_bytes(payload) {
                Ok(Glance::Texts(texts)) => {
                    contents.texts.extend(texts.into_iter().map(TextId::of));
                }
                Ok(Glance::Keys(keys)) => {
                    contents.keys.extend(keys.into_iter().map(|(key, _)| key))
                }
                Ok(Glance::Segment { .. } | Glance::Begin(_)) | Err(_) => {}
            }
        }
        Ok(contents)
    }
}

/// All segments of a log, the newest first. Each is read when it is asked for.
#[derive(Debug)]
pub struct History {
    paths: Vec<PathBuf>,
    read: Vec<Rc<Segment>>,
}

impl History {
    /// The history of a log; empty if there is none.
    ///
    /// # Errors
    /// Fails if the directory exists and can't be read.
    pub fn open(store: &Store) -> io::Result<History> {
        let segments = match store.segments() {
            Ok(segments) => segments,
            Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(e) => return Err(e),
        };
        Ok(History {
            paths: segments.into_iter().rev().map(|(_, path)| path).collect(),
            read: Vec::new(),
        })
    }

    /// A segment, 0 being the newest; `None` behind the oldest. One that was removed meanwhile, or
    /// can't be read, is empty.
    pub fn segment(&mut self, at: usize) -> Option<Rc<Segment>> {
        while self.read.len() <= at {
            let path = self.paths.get(self.read.len())?;
            let segment = Segment::read(path).unwrap_or_default();
            self.read.push(Rc::new(segment));
        }
        self.read.get(at).cloned()
    }
}

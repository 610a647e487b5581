//! What a frame holds. A reader skips records that it does not understand.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// Names a text of the same segment: its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TextId([u8; 8]);

impl TextId {
    /// The name of a text.
    pub fn of(text: &[u8]) -> TextId {
        TextId(xxh3_64(text).to_le_bytes())
    }
}

/// The beginning of an action ID: 128 bits of its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key(pub [u8; 16]);

impl Key {
    /// Of the whole hash.
    pub fn of(hash: &[u8; 32]) -> Key {
        let (key, _) = hash.split_first_chunk().expect("32 bytes are more than 16");
        Key(*key)
    }
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Record {
    /// Begins a segment.
    Segment {
        /// How many runs the segments before it hold, and those that were removed.
        first_run: u64,
    },
    /// A run began.
    Begin(Begin),
    /// Texts that other records name.
    Texts(Vec<Vec<u8>>),
    /// The lines of keys.
    Keys(Vec<(Key, Vec<TextId>)>),
    /// Actions of a run that ended.
    Actions {
        /// The run.
        run: u64,
        /// The actions.
        actions: Vec<Action>,
    },
    /// A run ended.
    End(End),
}

/// An invocation of forgo.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Begin {
    /// Tells it from all others.
    pub run: u64,
    /// When it began, in microseconds since 1970.
    pub start: u64,
    /// The process.
    pub pid: u32,
    /// The words of the command line, from the command's name on.
    pub command: Vec<String>,
    /// The directory that it worked in.
    pub dir: String,
    /// The Go release; empty if the whole answer was reused before the release was determined.
    pub release: String,
    /// Variables of the environment that set up builds.
    pub settings: Vec<(String, String)>,
}

/// The end of an invocation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct End {
    /// See [`Begin::run`].
    pub run: u64,
    /// When it ended, in microseconds since 1970.
    pub end: u64,
    /// The exit status.
    pub status: i32,
    /// The whole answer was known.
    pub answered: bool,
}

/// An action that ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// Its number in the plan.
    pub node: u32,
    /// Its mode (`build`, `link`, …), then a NUL byte, then the package that it works on.
    pub name: TextId,
    /// Its key.
    pub key: Option<Key>,
    /// Of a test: the key of the inputs that it read.
    pub inputs: Option<Key>,
    /// How it ended.
    pub verdict: Verdict,
    /// The thread that it ran on.
    pub slot: u32,
    /// When it began, in microseconds since the run began.
    pub start: u64,
    /// How long it took, in microseconds.
    pub took: u64,
    /// User CPU time of its programs, in microseconds.
    pub user: u64,
    /// System CPU time, in microseconds.
    pub sys: u64,
    /// The most memory that one of its programs used, in KiB.
    pub peak: u64,
    /// The action that it waited for last.
    pub after: Option<u32>,
}

/// How an action ended. The words are those of `forgo_load::verdict`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// Its result was known, in this way.
    Reused(String),
    /// Its work was done.
    Ran {
        /// `StaleReason` of `go list`; may be empty.
        stale: String,
        /// The ways that did not apply.
        tried: Vec<Tried>,
        /// A part of it that was reused; or empty.
        part: String,
    },
    /// It failed.
    Failed,
    /// Something it needs failed.
    Skipped,
    /// It has no result that could be reused.
    Done,
}

/// A way of reuse that did not apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// The way.
    pub way: String,
    /// Why it did not.
    pub why: String,
    /// What the reason is about; or empty.
    pub detail: String,
}

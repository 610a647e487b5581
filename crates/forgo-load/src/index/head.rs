//! What the index keeps of a source file: what its head says, and its content.

use forgo_golang::constraint::BuildLines;
use forgo_golang::header::Header;

/// What the head of a file says.
#[derive(Debug)]
pub enum FileHead {
    /// A .go file.
    Go(Box<Header>),
    /// A source file in another language.
    Other(BuildLines),
    /// A file whose content says nothing (.syso).
    Binary,
    /// It could not be read.
    Unreadable(HeadError),
}

/// Why a head could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadError {
    /// The text, complete.
    pub text: String,
    /// go/build leaves such a file out if it is not Go.
    pub hides: bool,
}

/// How much of a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// As much as its head takes.
    Head,
    /// All of it, for [`Content`] is wanted too.
    Whole,
}

/// What a file says beyond its head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Content {
    /// The hash of all of it.
    pub hash: [u8; 32],
    /// It has no line directive.
    pub no_lines: bool,
}

//! The index's data about a source file: its head, and its content.

use forgo_golang::constraint::BuildLines;
use forgo_golang::header::Header;

/// The data in the head of a file.
#[derive(Debug)]
pub enum FileHead {
    /// A .go file.
    Go(Box<Header>),
    /// A source file in another language.
    Other(BuildLines),
    /// A file whose content is not looked at (.syso).
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

/// Data about a file beyond its head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Content {
    /// The hash of all of it.
    pub hash: [u8; 32],
    /// It has no line directive.
    pub no_lines: bool,
}

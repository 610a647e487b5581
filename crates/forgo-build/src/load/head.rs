//! Reads the heads of source files: only as much of a file as its package clause, imports and
//! constraints take. Answers to the file access of go/build's matchFile.

use std::cell::RefCell;
use std::io::{self, Read};

use forgo_golang::constraint::BuildLines;
use forgo_golang::header::{self, Header, HeaderError};

use crate::fsys::Overlay;

/// Bytes that are read at first: nearly all heads are shorter.
const FIRST_READ: usize = 8 << 10;

/// A file of a directory and what its head says.
#[derive(Debug)]
pub struct SourceFile {
    /// Base name.
    pub name: String,
    /// The name does not say that the file is for another target.
    pub fits: bool,
    /// `None` where it was not worth reading.
    pub head: Option<FileHead>,
}

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

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Reads the head of a file. `file` is its full name, `name` its base name.
pub fn read_head(overlay: &Overlay, file: &str, name: &str) -> FileHead {
    if name.ends_with(".syso") {
        return FileHead::Binary;
    }
    BUFFER.with_borrow_mut(|buffer| {
        let read = if name.ends_with(".go") {
            grow(
                overlay,
                file,
                buffer,
                header::read_go_prefix,
                header::read_go,
            )
            .map(|r| r.map(|h| FileHead::Go(Box::new(h))))
        } else {
            grow(
                overlay,
                file,
                buffer,
                header::read_other_prefix,
                header::read_other,
            )
            .map(|r| r.map(FileHead::Other))
        };
        match read {
            Ok(Ok(head)) => head,
            Ok(Err(e)) => FileHead::Unreadable(head_error(name, &e)),
            Err(e) => FileHead::Unreadable(HeadError {
                text: e.to_string(),
                hides: true,
            }),
        }
    })
}

type Parsed<T> = Result<T, HeaderError>;

/// Reads more and more of a file until its head is complete.
fn grow<T>(
    overlay: &Overlay,
    file: &str,
    buffer: &mut Vec<u8>,
    of_prefix: fn(&str, &[u8]) -> Option<Parsed<T>>,
    of_all: fn(&str, &[u8]) -> Parsed<T>,
) -> io::Result<Parsed<T>> {
    let mut opened = overlay.open(file)?;
    let mut filled = 0;
    loop {
        let want = if filled == 0 { FIRST_READ } else { filled * 4 };
        if buffer.len() < want {
            buffer.resize(want, 0);
        }
        let mut ended = false;
        while filled < want {
            match opened.read(&mut buffer[filled..want]) {
                Ok(0) => {
                    ended = true;
                    break;
                }
                Ok(n) => filled += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    let text = crate::fsys::path_error("read", file, &e);
                    return Err(io::Error::new(e.kind(), format!("read {file}: {text}")));
                }
            }
        }
        if ended {
            return Ok(of_all(file, &buffer[..filled]));
        }
        if let Some(head) = of_prefix(file, &buffer[..filled]) {
            return Ok(head);
        }
    }
}

fn head_error(name: &str, e: &HeaderError) -> HeadError {
    match e {
        HeaderError::Nul { .. } | HeaderError::Syntax { .. } => HeadError {
            text: e.to_string(),
            hides: false,
        },
        HeaderError::BuildLines { err, .. } => HeadError {
            text: format!("{name}: {err}"),
            hides: true,
        },
    }
}

//! Reads the heads of source files: only as much of a file as its package clause, imports and
//! constraints take. Answers to the file access of go/build's matchFile.

use std::cell::RefCell;
use std::io::{self, Read};

use forgo_cache::OutputId;
use forgo_golang::header::{self, HeaderError};
use memchr::memmem;

use crate::fsys::Overlay;

pub use crate::index::head::{Content, Extent, FileHead, HeadError};

/// Bytes that are read at first: nearly all heads are shorter.
const FIRST_READ: usize = 8 << 10;

/// Bytes that are read at once of a file that is wanted whole: more than nearly all have.
const AT_ONCE: usize = 64 << 10;

/// A file of a directory and its head.
#[derive(Debug)]
pub struct SourceFile {
    /// Base name.
    pub name: String,
    /// The name does not restrict the file to another target.
    pub fits: bool,
    /// `None` where it was not worth reading.
    pub head: Option<FileHead>,
}

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Reads the head of a file. `file` is its full name, `name` its base name.
pub fn read_head(overlay: &Overlay, file: &str, name: &str) -> FileHead {
    read(overlay, file, name, Extent::Head).0
}

/// Reads the head of a file, and where all of it is to be read and can be, its [`Content`] too.
pub fn read(
    overlay: &Overlay,
    file: &str,
    name: &str,
    extent: Extent,
) -> (FileHead, Option<Content>) {
    if name.ends_with(".syso") {
        return (FileHead::Binary, None);
    }
    BUFFER.with_borrow_mut(|buffer| {
        let mut opened = match overlay.open(file) {
            Ok(opened) => Source {
                file,
                opened,
                buffer,
                filled: 0,
                ended: false,
            },
            Err(e) => return (unreadable(&e), None),
        };
        let whole = extent == Extent::Whole;
        if whole && let Err(e) = opened.fill(usize::MAX) {
            return (unreadable(&e), None);
        }
        let read = if name.ends_with(".go") {
            opened
                .head(header::read_go_prefix, header::read_go)
                .map(|r| r.map(|h| FileHead::Go(Box::new(h))))
        } else {
            opened
                .head(header::read_other_prefix, header::read_other)
                .map(|r| r.map(FileHead::Other))
        };
        let head = match read {
            Ok(Ok(head)) => head,
            Ok(Err(e)) => FileHead::Unreadable(head_error(name, &e)),
            Err(e) => unreadable(&e),
        };
        let text = &opened.buffer[..opened.filled];
        let content = || Content {
            hash: OutputId::of(text).0,
            no_lines: line_directives(text).next().is_none(),
        };
        (head, whole.then(content))
    })
}

/// The `//line` and `/*line` directives of a Go file, each from its second word to the end of the
/// line, and maybe some text that looks like one.
pub fn line_directives(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    memmem::find_iter(text, b"line ")
        .filter(|&at| at >= 2 && matches!(&text[at - 2..at], b"//" | b"/*"))
        .map(|at| {
            let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |n| at + n);
            &text[at..end]
        })
}

fn unreadable(e: &io::Error) -> FileHead {
    FileHead::Unreadable(HeadError {
        text: e.to_string(),
        hides: true,
    })
}

type Parsed<T> = Result<T, HeaderError>;

/// A file as far as it has been read.
struct Source<'s, R> {
    file: &'s str,
    opened: R,
    buffer: &'s mut Vec<u8>,
    filled: usize,
    ended: bool,
}

impl<R: Read> Source<'_, R> {
    /// Looks at more and more of the file until its head is complete.
    fn head<T>(
        &mut self,
        of_prefix: fn(&str, &[u8]) -> Option<Parsed<T>>,
        of_all: fn(&str, &[u8]) -> Parsed<T>,
    ) -> io::Result<Parsed<T>> {
        let mut want = FIRST_READ;
        loop {
            self.fill(want)?;
            if self.ended && self.filled <= want {
                return Ok(of_all(self.file, &self.buffer[..self.filled]));
            }
            if let Some(head) = of_prefix(self.file, &self.buffer[..want]) {
                return Ok(head);
            }
            want *= 4;
        }
    }

    /// Reads until so many bytes are there, or the file ends.
    fn fill(&mut self, want: usize) -> io::Result<()> {
        while self.filled < want && !self.ended {
            let room = want.min((self.filled * 2).max(AT_ONCE));
            if self.buffer.len() < room {
                self.buffer.resize(room, 0);
            }
            let room = want.min(self.buffer.len());
            match self.opened.read(&mut self.buffer[self.filled..room]) {
                Ok(0) => self.ended = true,
                Ok(n) => self.filled += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    let (file, text) = (self.file, crate::fsys::path_error("read", self.file, &e));
                    return Err(io::Error::new(e.kind(), format!("read {file}: {text}")));
                }
            }
        }
        Ok(())
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

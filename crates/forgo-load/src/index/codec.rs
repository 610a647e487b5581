//! Heads of source files as bytes. Errors in a file are not kept: such a file is read each time, so
//! that the messages need not be stored.

use std::sync::Arc;

use forgo_golang::constraint::BuildLines;
use forgo_golang::header::{Directive, Embed, Header, Import, ImportComment};
use forgo_golang::position::Position;

use super::head::FileHead;

const GO: u8 = 1;
const OTHER: u8 = 2;

/// Encodes the head of `file`; `None` where it is not kept.
pub fn encode(file: &str, head: &FileHead) -> Option<Vec<u8>> {
    let mut to = Writer(Vec::new());
    match head {
        FileHead::Go(header) => {
            to.0.push(GO);
            to.header(file, header)?;
        }
        FileHead::Other(lines) => {
            to.0.push(OTHER);
            to.lines(lines);
        }
        FileHead::Binary | FileHead::Unreadable(_) => return None,
    }
    Some(to.0)
}

/// Decodes the head of `file`.
pub fn decode(file: &str, bytes: &[u8]) -> Option<FileHead> {
    let (kind, rest) = bytes.split_first()?;
    let mut from = Reader {
        rest,
        file: Arc::from(file),
    };
    let head = match *kind {
        GO => FileHead::Go(Box::new(from.header()?)),
        OTHER => FileHead::Other(from.lines()?),
        _ => return None,
    };
    from.rest.is_empty().then_some(head)
}

struct Writer(Vec<u8>);

impl Writer {
    /// Seven bits a byte, least first.
    fn number(&mut self, mut n: usize) {
        while n >= 0x80 {
            self.0.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.0.push(n as u8);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn optional(&mut self, text: Option<&str>) {
        self.0.push(u8::from(text.is_some()));
        if let Some(text) = text {
            self.text(text);
        }
    }

    /// `None` for a position that a `//line` comment moved to another file.
    fn position(&mut self, file: &str, pos: &Position) -> Option<()> {
        let Position {
            file: named,
            line,
            column,
        } = pos;
        self.number(*line as usize);
        self.number(*column as usize);
        (**named == *file).then_some(())
    }

    fn header(&mut self, file: &str, header: &Header) -> Option<()> {
        let Header {
            package,
            synopsis,
            has_doc,
            imports,
            embeds,
            directives,
            build,
            import_comment,
            parse_error,
        } = header;
        if parse_error.is_some() {
            return None;
        }
        self.text(package);
        self.text(synopsis);
        self.0.push(u8::from(*has_doc));
        self.number(imports.len());
        for Import { path, pos, doc } in imports {
            self.text(path);
            self.position(file, pos)?;
            self.optional(doc.as_deref());
        }
        self.number(embeds.len());
        for Embed { pattern, pos } in embeds {
            self.text(pattern);
            self.position(file, pos)?;
        }
        self.number(directives.len());
        for Directive { text, pos } in directives {
            self.text(text);
            self.position(file, pos)?;
        }
        self.lines(build);
        match import_comment {
            ImportComment::None => self.optional(None),
            ImportComment::Path(path) => self.optional(Some(path)),
            ImportComment::Malformed { .. } => return None,
        }
        Some(())
    }

    fn lines(&mut self, lines: &BuildLines) {
        let BuildLines {
            go_build,
            plus_build,
            binary_only,
        } = lines;
        self.optional(go_build.as_deref());
        self.number(plus_build.len());
        for line in plus_build {
            self.text(line);
        }
        self.0.push(u8::from(*binary_only));
    }
}

struct Reader<'b> {
    rest: &'b [u8],
    file: Arc<str>,
}

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn flag(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn number(&mut self) -> Option<usize> {
        let mut n = 0;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            n |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(n);
            }
        }
        None
    }

    fn text(&mut self) -> Option<String> {
        let length = self.number()?;
        let (text, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        std::str::from_utf8(text).ok().map(str::to_owned)
    }

    fn optional(&mut self) -> Option<Option<String>> {
        match self.flag()? {
            true => self.text().map(Some),
            false => Some(None),
        }
    }

    fn position(&mut self) -> Option<Position> {
        Some(Position {
            file: Arc::clone(&self.file),
            line: u32::try_from(self.number()?).ok()?,
            column: u32::try_from(self.number()?).ok()?,
        })
    }

    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.number()?;
        // A number that is wrong must not take the memory.
        let mut list = Vec::with_capacity(count.min(self.rest.len()));
        for _ in 0..count {
            list.push(item(self)?);
        }
        Some(list)
    }

    fn header(&mut self) -> Option<Header> {
        Some(Header {
            package: self.text()?,
            synopsis: self.text()?,
            has_doc: self.flag()?,
            imports: self.list(|r| {
                Some(Import {
                    path: r.text()?,
                    pos: r.position()?,
                    doc: r.optional()?,
                })
            })?,
            embeds: self.list(|r| {
                Some(Embed {
                    pattern: r.text()?,
                    pos: r.position()?,
                })
            })?,
            directives: self.list(|r| {
                Some(Directive {
                    text: r.text()?,
                    pos: r.position()?,
                })
            })?,
            build: self.lines()?,
            import_comment: match self.optional()? {
                Some(path) => ImportComment::Path(path),
                None => ImportComment::None,
            },
            parse_error: None,
        })
    }

    fn lines(&mut self) -> Option<BuildLines> {
        Some(BuildLines {
            go_build: self.optional()?,
            plus_build: self.list(Reader::text)?,
            binary_only: self.flag()?,
        })
    }
}

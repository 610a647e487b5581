//! Lines of a file, and `//line` comments, which give its lines other names. Answers to
//! go/token.File.

use std::sync::Arc;

use crate::path;
use crate::position::Position;
use crate::raw;

/// The position that a `//line` comment gives to the text after it.
#[derive(Debug)]
struct LineInfo {
    offset: usize,
    file: Arc<str>,
    line: usize,
    /// 0: not given.
    column: usize,
}

/// Where the lines of a file begin.
#[derive(Debug)]
pub(super) struct Lines {
    file: Arc<str>,
    size: usize,
    starts: Vec<usize>,
    infos: Vec<LineInfo>,
}

impl Lines {
    pub(super) fn new(file: Arc<str>, size: usize) -> Lines {
        let mut starts = Vec::with_capacity(64);
        starts.push(0);
        Lines {
            file,
            size,
            starts,
            infos: Vec::new(),
        }
    }

    /// A line begins here. None begins at the end of the file.
    pub(super) fn add(&mut self, offset: usize) {
        if offset < self.size && self.starts.last().is_none_or(|&last| last < offset) {
            self.starts.push(offset);
        }
    }

    /// Returns the number of the last line found so far.
    pub(super) fn count(&self) -> usize {
        self.starts.len()
    }

    /// Returns the offset at which the last line found so far begins.
    pub(super) fn last_start(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    /// The line of an offset, `//line` comments aside.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start <= offset)
    }

    /// The position of an offset.
    pub(super) fn position(&self, offset: usize) -> Position {
        let line = self.line(offset);
        let column = offset - self.starts[line - 1] + 1;
        let at = |file: &Arc<str>, line, column| Position {
            file: Arc::clone(file),
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(column).unwrap_or(u32::MAX),
        };
        let i = self.infos.partition_point(|info| info.offset <= offset);
        let Some(info) = i.checked_sub(1).map(|i| &self.infos[i]) else {
            return at(&self.file, line, column);
        };
        let distance = line - self.line(info.offset);
        let column = match (info.column, distance) {
            (0, _) => 0,
            (base, 0) => base + (offset - info.offset),
            _ => column,
        };
        at(&info.file, info.line + distance, column)
    }

    /// Notes that the text from `offset` on is `line` of the file `name`: an empty name with a
    /// column is the name of before, a relative one is relative to the file's directory.
    fn rename(&mut self, offset: usize, comment: usize, name: &str, line: usize, column: usize) {
        let file = if name.is_empty() {
            if column > 0 {
                self.position(comment).file
            } else {
                Arc::from("")
            }
        } else {
            let name = path::clean(name);
            if path::is_abs(&name) {
                Arc::from(name)
            } else {
                Arc::from(path::join2(path::split(&self.file).0, &name))
            }
        };
        let later = self.infos.last().is_none_or(|last| last.offset < offset);
        if later && offset < self.size {
            self.infos.push(LineInfo {
                offset,
                file,
                line,
                column,
            });
        }
    }

    /// Applies a comment that begins with `line ` behind its marker. `text` is what follows that,
    /// `text_at` its offset, `next` the offset that the comment is about. `Err` is a message and
    /// where it belongs.
    pub(super) fn directive(
        &mut self,
        text: &[u8],
        text_at: usize,
        next: usize,
    ) -> Result<(), (usize, String)> {
        const MAX: u64 = 1 << 30;
        let (head, last) = match rsplit_colon(text) {
            Some(parts) => parts,
            None => return Ok(()),
        };
        let invalid = |what: &str, from: usize, to: usize| {
            let number = raw::text(&text[from..to]);
            Err((text_at + from, format!("invalid {what} number: {number}")))
        };
        let (last_at, end) = (head.len() + 1, text.len());
        let Some(n) = number(last) else {
            return invalid("line", last_at, end);
        };
        let before = rsplit_colon(head).and_then(|(name, line)| Some((name, number(line)?)));
        let (name, line, column) = match before {
            Some(_) if n == 0 || n > MAX => return invalid("column", last_at, end),
            Some((name, line)) => (name, line, n),
            None => (head, n, 0),
        };
        if line == 0 || line > MAX {
            let end = if column > 0 { head.len() } else { end };
            return invalid("line", name.len() + 1, end);
        }
        let name = &raw::text(name);
        self.rename(next, text_at, name, line as usize, column as usize);
        Ok(())
    }
}

fn rsplit_colon(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr::memrchr(b':', text)?;
    Some((&text[..colon], &text[colon + 1..]))
}

/// A decimal number that fits 64 bits.
fn number(text: &[u8]) -> Option<u64> {
    let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    digits
        .then(|| std::str::from_utf8(text).ok()?.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions() {
        // Lines begin at 0, 10, 20, 30.
        let mut lines = Lines::new(Arc::from("/d/x.go"), 40);
        for start in [10, 20, 30, 40] {
            lines.add(start);
        }
        assert_eq!(lines.count(), 4);
        for (offset, want) in [(0, "1:1"), (9, "1:10"), (10, "2:1"), (40, "4:11")] {
            assert_eq!(
                lines.position(offset).to_string(),
                format!("/d/x.go:{want}")
            );
        }
        lines.directive(b"y.go:100", 5, 10).unwrap();
        lines.directive(b":7:3", 5, 25).unwrap();
        for (offset, want) in [
            (9, "/d/x.go:1:10"),
            (10, "/d/y.go:100"),
            (24, "/d/y.go:101"),
            (25, "/d/x.go:7:3"),
            (29, "/d/x.go:7:7"),
            (31, "/d/x.go:8:2"),
        ] {
            assert_eq!(lines.position(offset).to_string(), want);
        }
    }

    #[test]
    fn directives() {
        for (text, want) in [
            ("x.go:1", "/d/x.go:1"),
            ("/abs/../x.go:5", "/x.go:5"),
            ("a:b:5", "/d/a:b:5"),
            ("x.go:3:4", "/d/x.go:3:4"),
            (":5", "5"),
            ("x.go", "/d/f.go:2:1"),
            ("x.go:", "35: invalid line number: "),
            ("x.go:1x", "35: invalid line number: 1x"),
            ("x.go:0", "35: invalid line number: 0"),
            ("x.go:0:1", "35: invalid line number: 0"),
            ("x.go:1:0", "37: invalid column number: 0"),
            ("x.go:1:2000000000", "37: invalid column number: 2000000000"),
            (
                "x.go:99999999999999999999",
                "35: invalid line number: 99999999999999999999",
            ),
        ] {
            let mut lines = Lines::new(Arc::from("/d/f.go"), 100);
            lines.add(50);
            let got = match lines.directive(text.as_bytes(), 30, 50) {
                Ok(()) => lines.position(50).to_string(),
                Err((at, msg)) => format!("{at}: {msg}"),
            };
            assert_eq!(got, want, "{text}");
        }
    }
}

//! Finds where the head of a file ends without parsing it. Answers to the importReader of
//! go/build/read.go.

use memchr::{memchr, memchr2};

/// Why the end was not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// A Go file does not begin like this: the parser must see all of the file for the error.
    Syntax,
    /// A NUL byte.
    Nul,
    /// The text is only the beginning of the file, and the head goes on behind it.
    More,
}

/// Length of the part of a Go file up to the first token after the imports.
pub(super) fn go_head(src: &[u8], whole: bool) -> Result<usize, Stop> {
    let mut r = Reader { src, pos: 0, whole };
    r.keyword("package")?;
    r.ident()?;
    while r.peek_token()? == b'i' {
        r.keyword("import")?;
        if r.peek_token()? == b'(' {
            r.pos += 1;
            while r.peek_token()? != b')' {
                r.import()?;
            }
            r.pos += 1;
        } else {
            r.import()?;
        }
    }
    Ok(r.pos)
}

/// Length of the leading comments and spaces of any source file.
pub(super) fn leading_comments(src: &[u8], whole: bool) -> Result<usize, Stop> {
    let mut r = Reader { src, pos: 0, whole };
    r.peek_token()?;
    Ok(r.pos)
}

struct Reader<'a> {
    src: &'a [u8],
    pos: usize,
    whole: bool,
}

fn is_ident(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80
}

impl Reader<'_> {
    /// The next byte, not consumed; 0 at the end of the file.
    fn peek(&self) -> Result<u8, Stop> {
        match self.src.get(self.pos) {
            Some(0) => Err(Stop::Nul),
            Some(&b) => Ok(b),
            None if self.whole => Ok(0),
            None => Err(Stop::More),
        }
    }

    /// The next byte, consumed.
    fn next(&mut self) -> Result<u8, Stop> {
        let b = self.peek()?;
        self.pos += usize::from(b != 0);
        Ok(b)
    }

    /// Skips spaces, semicolons and comments, and looks at what follows.
    fn peek_token(&mut self) -> Result<u8, Stop> {
        loop {
            match self.peek()? {
                b' ' | b'\x0c' | b'\t' | b'\r' | b'\n' | b';' => self.pos += 1,
                b'/' => {
                    self.pos += 1;
                    match self.next()? {
                        b'/' => self.line_comment()?,
                        b'*' => self.block_comment()?,
                        _ => return Err(Stop::Syntax),
                    }
                }
                b => return Ok(b),
            }
        }
    }

    fn line_comment(&mut self) -> Result<(), Stop> {
        match memchr2(b'\n', 0, &self.src[self.pos..]) {
            Some(i) if self.src[self.pos + i] == 0 => return Err(Stop::Nul),
            Some(i) => self.pos += i + 1,
            None => self.pos = self.src.len(),
        }
        Ok(())
    }

    fn block_comment(&mut self) -> Result<(), Stop> {
        let body = self.pos;
        loop {
            match memchr2(b'/', 0, &self.src[self.pos..]) {
                Some(i) if self.src[self.pos + i] == 0 => return Err(Stop::Nul),
                Some(i) => {
                    self.pos += i + 1;
                    let before = self.pos - 2;
                    if before >= body && self.src[before] == b'*' {
                        return Ok(());
                    }
                }
                None => return Err(self.unfinished()),
            }
        }
    }

    /// The text ends where it must go on.
    fn unfinished(&self) -> Stop {
        if self.whole { Stop::Syntax } else { Stop::More }
    }

    fn keyword(&mut self, keyword: &str) -> Result<(), Stop> {
        self.peek_token()?;
        for b in keyword.bytes() {
            if self.next()? != b {
                return Err(Stop::Syntax);
            }
        }
        if is_ident(self.peek()?) {
            Err(Stop::Syntax)
        } else {
            Ok(())
        }
    }

    fn ident(&mut self) -> Result<(), Stop> {
        if !is_ident(self.peek_token()?) {
            return Err(Stop::Syntax);
        }
        while is_ident(self.peek()?) {
            self.pos += 1;
        }
        Ok(())
    }

    fn string(&mut self) -> Result<(), Stop> {
        self.peek_token()?;
        match self.next()? {
            b'`' => loop {
                match self.next()? {
                    b'`' => return Ok(()),
                    0 => return Err(Stop::Syntax),
                    _ => {}
                }
            },
            b'"' => loop {
                match self.next()? {
                    b'"' => return Ok(()),
                    0 | b'\n' => return Err(Stop::Syntax),
                    b'\\' => {
                        self.next()?;
                    }
                    _ => {}
                }
            },
            _ => Err(Stop::Syntax),
        }
    }

    /// An optional name and a path.
    fn import(&mut self) -> Result<(), Stop> {
        match self.peek_token()? {
            b'.' => self.pos += 1,
            b if is_ident(b) => self.ident()?,
            _ => {}
        }
        self.string()
    }
}

/// The text without a byte order mark at its beginning.
pub(super) fn without_bom(src: &[u8]) -> &[u8] {
    src.strip_prefix("\u{feff}".as_bytes()).unwrap_or(src)
}

/// Only characters that may stand anywhere in a Go file: no NUL, no byte order mark, all UTF-8.
pub(super) fn is_clean(src: &[u8]) -> bool {
    let text_ok = src.is_ascii() || std::str::from_utf8(src).is_ok_and(|s| !s.contains('\u{feff}'));
    text_ok && memchr(0, src).is_none()
}

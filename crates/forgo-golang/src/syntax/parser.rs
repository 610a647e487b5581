//! The parser's state and its steps from token to token. Answers to the first part of
//! go/parser/parser.go.

use super::comment::CommentGroup;
use super::decl::Func;
use super::scan::{Scanner, Token};
use super::token::{Key, Op, Tok};
use super::{Error, File, Result};
use crate::deep::deep;
use crate::raw;
use crate::release::Release;

/// Nesting beyond this is an error (maxNestLev).
const MAX_NESTING: u32 = 100_000;

pub(super) struct Parser<'s> {
    pub src: &'s [u8],
    /// The Go release.
    pub release: Release,
    scanner: Scanner<'s>,
    /// The current token, never a comment.
    pub token: Token,
    /// End of the token before.
    pub last_end: usize,
    pub comments: Vec<CommentGroup>,
    pub funcs: Vec<Func>,
    /// Below 0: in the head of a control clause, where `{` opens the body.
    pub expr_level: i32,
    /// In an operand of `=` where `=` can't be an assignment.
    pub in_rhs: bool,
    nesting: u32,
}

/// How a construct that may be an embedded type or a field was taken.
pub(super) const SEMI: Tok = Tok::Op(Op::Semicolon);

impl<'s> Parser<'s> {
    pub fn new(src: &'s [u8], release: Release) -> Result<Parser<'s>> {
        let token = Token {
            tok: Tok::Illegal,
            pos: 0,
            end: 0,
            implicit: false,
        };
        let mut p = Parser {
            src,
            release,
            scanner: Scanner::new(src),
            token,
            last_end: 0,
            comments: Vec::new(),
            funcs: Vec::new(),
            expr_level: 0,
            in_rhs: false,
            nesting: 0,
        };
        p.next()?;
        Ok(p)
    }

    pub fn file(mut self) -> Result<File> {
        self.source_file()?;
        Ok(File {
            funcs: self.funcs,
            comments: self.comments,
        })
    }

    /// Takes the next token that is not a comment; gathers comments on the way. A comment on the
    /// line of the token before makes a group with those on that line, others with adjacent lines.
    pub fn next(&mut self) -> Result<()> {
        let previous = (self.token.tok != Tok::Illegal).then_some(self.token.pos);
        self.last_end = self.token.end;
        self.token = self.scanner.scan()?;
        if self.token.tok == Tok::Comment {
            if previous.is_some_and(|at| !self.newline_between(at, self.token.pos)) {
                self.comment_group(0)?;
            }
            while self.token.tok == Tok::Comment {
                self.comment_group(1)?;
            }
        }
        Ok(())
    }

    fn newline_between(&self, from: usize, to: usize) -> bool {
        self.src[from..to].contains(&b'\n')
    }

    /// Comments, each at most `gap` lines below the end of the one before.
    fn comment_group(&mut self, gap: usize) -> Result<()> {
        let mut list = Vec::new();
        let mut end = self.token.pos;
        while self.token.tok == Tok::Comment {
            let between = &self.src[end..self.token.pos];
            if between.iter().filter(|&&b| b == b'\n').count() > gap {
                break;
            }
            end = self.token.end;
            list.push((self.token.pos, self.token.end));
            self.token = self.scanner.scan()?;
        }
        self.comments.push(CommentGroup { list });
        Ok(())
    }

    pub fn is(&self, op: Op) -> bool {
        self.token.tok == Tok::Op(op)
    }

    pub fn is_key(&self, key: Key) -> bool {
        self.token.tok == Tok::Key(key)
    }

    pub fn is_newline(&self) -> bool {
        self.token.tok == SEMI && self.token.implicit
    }

    pub fn text(&self) -> String {
        raw::text(&self.src[self.token.pos..self.token.end])
    }

    pub fn error<T>(&self, pos: usize, message: impl Into<String>) -> Result<T> {
        Err(Error {
            pos,
            message: message.into(),
        })
    }

    /// `expected X, found Y`; the token found is named only if it is the current one.
    pub fn expected<T>(&self, pos: usize, what: &str) -> Result<T> {
        let mut message = format!("expected {what}");
        if pos == self.token.pos {
            if self.is_newline() {
                message.push_str(", found newline");
            } else if self.token.tok.is_literal() {
                message.push_str(&format!(", found {}", self.literal_text()));
            } else {
                message.push_str(&format!(", found '{}'", self.token.tok.text()));
            }
        }
        self.error(pos, message)
    }

    /// A literal as the scanner gives it: raw strings lose their carriage returns.
    fn literal_text(&self) -> String {
        let text = self.text();
        if text.starts_with('`') {
            text.replace('\r', "")
        } else {
            text
        }
    }

    /// Takes this token; gives its position.
    pub fn expect(&mut self, tok: Tok) -> Result<usize> {
        let pos = self.token.pos;
        if self.token.tok != tok {
            return self.expected(pos, &format!("'{}'", tok.text()));
        }
        self.next()?;
        Ok(pos)
    }

    pub fn expect_op(&mut self, op: Op) -> Result<usize> {
        self.expect(Tok::Op(op))
    }

    pub fn expect_key(&mut self, key: Key) -> Result<usize> {
        self.expect(Tok::Key(key))
    }

    /// A closing bracket, with a hint at a missing comma.
    pub fn expect_closing(&mut self, op: Op, context: &str) -> Result<usize> {
        if !self.is(op) && self.is_newline() {
            return self.error(
                self.token.pos,
                format!("missing ',' before newline in {context}"),
            );
        }
        self.expect_op(op)
    }

    /// A semicolon; none is needed before a closing bracket.
    pub fn expect_semi(&mut self) -> Result<()> {
        match self.token.tok {
            Tok::Op(Op::RParen | Op::RBrace) => Ok(()),
            SEMI => self.next(),
            _ => self.expected(self.token.pos, "';'"),
        }
    }

    /// Whether a comma follows; neither a comma nor `follow` is an error.
    pub fn at_comma(&mut self, context: &str, follow: Op) -> Result<bool> {
        if self.is(Op::Comma) {
            return Ok(true);
        }
        if self.is(follow) {
            return Ok(false);
        }
        let newline = if self.is_newline() {
            " before newline"
        } else {
            ""
        };
        self.error(self.token.pos, format!("missing ','{newline} in {context}"))
    }

    pub fn ident(&mut self) -> Result<(usize, String)> {
        let pos = self.token.pos;
        if self.token.tok != Tok::Ident {
            self.expect(Tok::Ident)?;
        }
        let name = self.text();
        self.next()?;
        Ok((pos, name))
    }

    /// Runs `f` one level deeper. All recursion of the parser goes through here.
    pub fn nested<T>(&mut self, f: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.descend()?;
        let result = deep(|| f(self));
        self.ascend(1);
        result
    }

    /// Goes one level deeper, for a loop whose rounds are nested in each other.
    pub fn descend(&mut self) -> Result<()> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return self.error(self.token.pos, "exceeded max nesting depth");
        }
        Ok(())
    }

    /// Comes back from so many levels.
    pub fn ascend(&mut self, levels: u32) {
        self.nesting -= levels;
    }

    /// Runs `f` where an expression is inside brackets.
    pub fn bracketed<T>(&mut self, f: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.expr_level += 1;
        let result = f(self);
        self.expr_level -= 1;
        result
    }
}

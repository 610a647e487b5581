//! Statements of go.mod files, with their comments. Answers to golang.org/x/mod/modfile/read.go.

use super::lexer::{Kind, LexError, Lexer, Token};
use super::{Error, ErrorList, Line, Position};

/// A top-level statement.
pub(super) enum Stmt {
    Line(Line),
    Block(Block),
}

/// `verb ( … )`
pub(super) struct Block {
    /// Comments before it.
    pub before: Vec<String>,
    pub start: Position,
    /// The tokens before the parenthesis.
    pub tokens: Vec<String>,
    pub lines: Vec<Line>,
}

/// Parses a file into statements. There is at most one error.
pub(super) fn parse(file: &str, text: &str) -> Result<Vec<Stmt>, ErrorList> {
    let run = || {
        let mut lexer = Lexer::new(text);
        let token = lexer.next()?;
        Parser {
            file,
            lexer,
            token,
            stmts: Vec::new(),
        }
        .file()
    };
    run().map_err(|LexError { pos, err }| {
        ErrorList(vec![Error {
            file: file.to_owned(),
            pos,
            err,
            ..Error::default()
        }])
    })
}

struct Parser<'a> {
    file: &'a str,
    lexer: Lexer<'a>,
    /// The next token.
    token: Token<'a>,
    stmts: Vec<Stmt>,
}

impl<'a> Parser<'a> {
    fn lex(&mut self) -> Result<Token<'a>, LexError> {
        let next = self.lexer.next()?;
        Ok(std::mem::replace(&mut self.token, next))
    }

    fn error<T>(&self, err: impl Into<String>) -> Result<T, LexError> {
        Err(LexError {
            pos: self.lexer.position(),
            err: err.into(),
        })
    }

    fn file(mut self) -> Result<Vec<Stmt>, LexError> {
        // Comments belong to a statement that follows at once.
        let mut comments = Vec::new();
        loop {
            match self.token.kind {
                Kind::Newline => {
                    self.lex()?;
                    comments.clear();
                }
                Kind::Comment => comments.push(self.lex()?.text.to_owned()),
                Kind::End => return Ok(self.stmts),
                _ => {
                    let mut stmt = self.stmt()?;
                    let before = match &mut stmt {
                        Stmt::Line(line) => &mut line.before,
                        Stmt::Block(block) => &mut block.before,
                    };
                    *before = std::mem::take(&mut comments);
                    self.stmts.push(stmt);
                }
            }
        }
    }

    fn stmt(&mut self) -> Result<Stmt, LexError> {
        let first = self.lex()?;
        let mut line = new_line(&first, false);
        loop {
            let token = self.lex()?;
            if token.kind.ends_line() {
                finish(&mut line, &token);
                return Ok(Stmt::Line(line));
            }
            if token.kind != Kind::Punctuation(b'(') {
                line.tokens.push(token.text.to_owned());
                line.end = token.end;
                continue;
            }
            let next = self.token.kind;
            if next.ends_line() {
                return Ok(Stmt::Block(self.block(line.start, line.tokens)?));
            }
            line.tokens.push(token.text.to_owned());
            if next == Kind::Punctuation(b')') {
                let close = self.lex()?;
                if self.token.kind.ends_line() {
                    self.lex()?;
                    line.tokens.pop();
                    let Line { start, tokens, .. } = line;
                    let (before, lines) = (Vec::new(), Vec::new());
                    return Ok(Stmt::Block(Block {
                        before,
                        start,
                        tokens,
                        lines,
                    }));
                }
                line.tokens.push(close.text.to_owned());
            }
        }
    }

    fn block(&mut self, start: Position, tokens: Vec<String>) -> Result<Block, LexError> {
        let mut block = Block {
            before: Vec::new(),
            start,
            tokens,
            lines: Vec::new(),
        };
        // Comments before the next line; an empty one stands for blank lines.
        let mut comments: Vec<String> = Vec::new();
        loop {
            match self.token.kind {
                Kind::SuffixComment => {
                    self.lex()?;
                }
                Kind::Newline => {
                    self.lex()?;
                    let blank = match comments.last() {
                        None => !block.lines.is_empty(),
                        Some(last) => !last.is_empty(),
                    };
                    if blank {
                        comments.push(String::new());
                    }
                }
                Kind::Comment => comments.push(self.lex()?.text.to_owned()),
                Kind::End => {
                    let Position {
                        line, line_rune, ..
                    } = block.start;
                    return self.error(format!(
                        "syntax error (unterminated block started at {}:{line}:{line_rune})",
                        self.file
                    ));
                }
                Kind::Punctuation(b')') => {
                    self.lex()?;
                    if !self.token.kind.ends_line() {
                        return self.error("syntax error (expected newline after closing paren)");
                    }
                    self.lex()?;
                    return Ok(block);
                }
                _ => {
                    let mut line = self.line()?;
                    line.before = std::mem::take(&mut comments);
                    block.lines.push(line);
                }
            }
        }
    }

    fn line(&mut self) -> Result<Line, LexError> {
        let first = self.lex()?;
        let mut line = new_line(&first, true);
        loop {
            let token = self.lex()?;
            if token.kind.ends_line() {
                finish(&mut line, &token);
                return Ok(line);
            }
            line.tokens.push(token.text.to_owned());
            line.end = token.end;
        }
    }
}

fn new_line(first: &Token<'_>, in_block: bool) -> Line {
    Line {
        start: first.start,
        tokens: vec![first.text.to_owned()],
        in_block,
        end: first.end,
        ..Line::default()
    }
}

fn finish(line: &mut Line, last: &Token<'_>) {
    if last.kind == Kind::SuffixComment {
        line.suffix.push(last.text.to_owned());
    }
}

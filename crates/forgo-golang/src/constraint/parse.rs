//! Parsing `//go:build` and `// +build` lines. Answers to go/build/constraint/expr.go.

use std::fmt;

use super::Expr;
use crate::deep::deep;
use crate::raw;
use crate::unicode::{is_digit, is_letter};

/// Why an expression did not parse; displays the message alone, as the stock error does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Byte offset in the expression.
    pub offset: usize,
    /// Message.
    pub err: String,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.err)
    }
}

impl std::error::Error for SyntaxError {}

fn error<T>(offset: usize, err: impl Into<String>) -> Result<T, SyntaxError> {
    Err(SyntaxError {
        offset,
        err: err.into(),
    })
}

/// Parses a `//go:build` or `// +build` line.
pub fn parse(line: &str) -> Result<Expr, SyntaxError> {
    if let Some(text) = split_go_build(line) {
        return Parser::new(text).whole();
    }
    if let Some(text) = split_plus_build(line) {
        return parse_plus_build(text);
    }
    error(0, "not a build constraint")
}

/// A `//go:build` line?
pub fn is_go_build(line: &str) -> bool {
    split_go_build(line).is_some()
}

/// A `// +build` line?
pub fn is_plus_build(line: &str) -> bool {
    split_plus_build(line).is_some()
}

/// The expression of a `//go:build` line.
fn split_go_build(line: &str) -> Option<&str> {
    after_keyword(single_line(line)?.strip_prefix("//go:build")?)
}

/// The expression of a `// +build` line; the space before the plus is optional.
fn split_plus_build(line: &str) -> Option<&str> {
    let comment = single_line(line)?.strip_prefix("//")?;
    after_keyword(comment.trim().strip_prefix("+build")?)
}

fn single_line(line: &str) -> Option<&str> {
    let line = line.strip_suffix('\n').unwrap_or(line);
    (!line.contains('\n')).then_some(line)
}

/// Returns the text behind a keyword, if the keyword ends there.
fn after_keyword(rest: &str) -> Option<&str> {
    let rest = rest.trim_end();
    let trimmed = rest.trim_start();
    (rest.is_empty() || trimmed.len() < rest.len()).then_some(trimmed)
}

/// Letters, digits, underscores and dots; unlike an identifier it may begin with a digit.
fn is_tag_char(c: char) -> bool {
    is_letter(c) || is_digit(c) || c == '_' || c == '.'
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    End,
    Tag(&'a str),
    /// `(`, `)`, `!`, `&&` or `||`.
    Op(&'a str),
}

/// Nesting (and so recursion) is bounded by this many operands.
const MAX_SIZE: usize = 1000;

const UNEXPECTED_END: &str = "unexpected end of expression";
const MISSING_PAREN: &str = "missing close paren";

/// A recursive descent parser. Each method leaves the token after the text that it parsed in
/// `token`.
struct Parser<'a> {
    text: &'a str,
    next: usize,
    token: Token<'a>,
    /// Where `token` begins.
    pos: usize,
    size: usize,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Parser<'a> {
        Parser {
            text,
            next: 0,
            token: Token::End,
            pos: 0,
            size: 0,
        }
    }

    fn whole(mut self) -> Result<Expr, SyntaxError> {
        let x = self.or()?;
        match self.token {
            Token::End => Ok(x),
            Token::Tag(t) | Token::Op(t) => error(self.pos, format!("unexpected token {t}")),
        }
    }

    fn or(&mut self) -> Result<Expr, SyntaxError> {
        let mut x = self.and()?;
        while self.token == Token::Op("||") {
            x = Expr::Or(Box::new(x), Box::new(self.and()?));
        }
        Ok(x)
    }

    fn and(&mut self) -> Result<Expr, SyntaxError> {
        let mut x = self.not()?;
        while self.token == Token::Op("&&") {
            x = Expr::And(Box::new(x), Box::new(self.not()?));
        }
        Ok(x)
    }

    fn not(&mut self) -> Result<Expr, SyntaxError> {
        self.size += 1;
        if self.size > MAX_SIZE {
            return error(self.pos, "build expression too large");
        }
        self.lex()?;
        if self.token != Token::Op("!") {
            return self.atom();
        }
        self.lex()?;
        if self.token == Token::Op("!") {
            return error(self.pos, "double negation not allowed");
        }
        Ok(Expr::Not(Box::new(self.atom()?)))
    }

    fn atom(&mut self) -> Result<Expr, SyntaxError> {
        match self.token {
            Token::Op("(") => {
                let open = self.pos;
                let x = deep(|| self.or()).map_err(|mut e| {
                    if e.err == UNEXPECTED_END {
                        e.err = MISSING_PAREN.to_owned();
                    }
                    e
                })?;
                if self.token != Token::Op(")") {
                    return error(open, MISSING_PAREN);
                }
                self.lex()?;
                Ok(x)
            }
            Token::Tag(tag) => {
                let tag = tag.to_owned();
                self.lex()?;
                Ok(Expr::Tag(tag))
            }
            Token::End => error(self.pos, UNEXPECTED_END),
            Token::Op(op) => error(self.pos, format!("unexpected token {op}")),
        }
    }

    fn lex(&mut self) -> Result<(), SyntaxError> {
        let rest = &self.text[self.next..];
        let token = rest.trim_start_matches([' ', '\t']);
        self.pos = self.next + rest.len() - token.len();
        let Some(first) = token.chars().next() else {
            self.next = self.pos;
            self.token = Token::End;
            return Ok(());
        };
        let len = match first {
            '(' | ')' | '!' => 1,
            '&' | '|' if token[1..].starts_with(first) => 2,
            _ => {
                let len = token.find(|c| !is_tag_char(c)).unwrap_or(token.len());
                if len == 0 {
                    let first = raw::decoded(first);
                    return error(self.pos, format!("invalid syntax at {first}"));
                }
                self.next = self.pos + len;
                self.token = Token::Tag(&token[..len]);
                return Ok(());
            }
        };
        self.next = self.pos + len;
        self.token = Token::Op(&token[..len]);
        Ok(())
    }
}

/// Parses the old syntax: spaces mean or, commas mean and. A malformed word is the tag `ignore`.
fn parse_plus_build(text: &str) -> Result<Expr, SyntaxError> {
    const MAX_OPERATORS: usize = 100;
    let mut operators = 0;
    let mut join = |x: Option<Expr>, y: Expr, op: fn(Box<Expr>, Box<Expr>) -> Expr| match x {
        None => Ok(y),
        Some(x) => {
            operators += 1;
            if operators > MAX_OPERATORS {
                return error(0, "expression too complex for // +build lines");
            }
            Ok(op(Box::new(x), Box::new(y)))
        }
    };
    let mut any = None;
    for clause in text.split_whitespace() {
        let mut all = None;
        for literal in clause.split(',') {
            all = Some(join(all, plus_build_literal(literal), Expr::And)?);
        }
        if let Some(all) = all {
            any = Some(join(any, all, Expr::Or)?);
        }
    }
    Ok(any.unwrap_or_else(ignore))
}

fn plus_build_literal(literal: &str) -> Expr {
    if literal.starts_with("!!") || literal == "!" {
        return ignore();
    }
    let (tag, negated) = match literal.strip_prefix('!') {
        Some(tag) => (tag, true),
        None => (literal, false),
    };
    let valid = !tag.is_empty() && tag.chars().all(is_tag_char);
    let x = if valid {
        Expr::Tag(tag.to_owned())
    } else {
        ignore()
    };
    if negated { Expr::Not(Box::new(x)) } else { x }
}

fn ignore() -> Expr {
    Expr::Tag("ignore".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_build_expressions() {
        for (text, want) in [
            ("x", "x"),
            ("x.1_é && 386", "x.1_é && 386"),
            ("x||y&&z", "x || (y && z)"),
            ("(x||y)&&!z", "(x || y) && !z"),
            ("\tx \t&& y ", "x && y"),
            ("a || b || c", "a || b || c"),
        ] {
            assert_eq!(
                parse(&format!("//go:build {text}")).unwrap().to_string(),
                want
            );
        }
    }

    #[test]
    fn go_build_errors() {
        for (text, want, offset) in [
            ("", "unexpected end of expression", 0),
            ("x &&", "unexpected end of expression", 4),
            ("(x", "missing close paren", 0),
            ("((x)", "missing close paren", 0),
            ("(x &&", "missing close paren", 5),
            ("x)", "unexpected token )", 1),
            ("x y", "unexpected token y", 2),
            ("!!x", "double negation not allowed", 1),
            ("! !x", "double negation not allowed", 2),
            ("&& x", "unexpected token &&", 0),
            ("x & y", "invalid syntax at &", 2),
            ("x |", "invalid syntax at |", 2),
            ("x, y", "invalid syntax at ,", 1),
            ("@", "invalid syntax at @", 0),
            ("x &&\u{2713}", "invalid syntax at \u{2713}", 4),
        ] {
            let got = parse(&format!("//go:build {text}")).unwrap_err();
            assert_eq!(
                (got.to_string().as_str(), got.offset),
                (want, offset),
                "{text}"
            );
        }
        assert_eq!(
            parse("// go:build x").unwrap_err().to_string(),
            "not a build constraint"
        );
        let many = |n| format!("//go:build {}x", "x && ".repeat(n));
        assert!(parse(&many(999)).is_ok());
        assert_eq!(
            parse(&many(1000)).unwrap_err().err,
            "build expression too large"
        );
    }

    #[test]
    fn plus_build_expressions() {
        for (line, want) in [
            ("// +build x", "x"),
            ("//+build x y", "x || y"),
            ("// +build x,!y z", "(x && !y) || z"),
            ("// +build", "ignore"),
            ("// +build !!x", "ignore"),
            ("// +build !", "ignore"),
            ("// +build x,", "x && ignore"),
            ("// +build !x-y", "!ignore"),
            ("//\t+build\tx", "x"),
        ] {
            assert_eq!(parse(line).unwrap().to_string(), want, "{line}");
        }
        let many = |n| format!("// +build {}x", "x ".repeat(n));
        assert!(parse(&many(100)).is_ok());
        let err = parse(&many(101)).unwrap_err();
        assert_eq!(
            err.to_string(),
            "expression too complex for // +build lines"
        );
    }

    #[test]
    fn recognize() {
        for (line, go, plus) in [
            ("//go:build", true, false),
            ("//go:build x\n", true, false),
            ("//go:build x\n\n", false, false),
            ("//go:buildx", false, false),
            (" //go:build x", false, false),
            ("//go:build\tx", true, false),
            ("// +build", false, true),
            ("// +buildx", false, false),
            ("//   +build x \n", false, true),
            ("/* +build x */", false, false),
        ] {
            assert_eq!(
                (is_go_build(line), is_plus_build(line)),
                (go, plus),
                "{line:?}"
            );
        }
    }
}

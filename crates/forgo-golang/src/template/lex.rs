//! Tokens of a template. Answers to text/template/parse/lex.go.

use std::borrow::Cow;

use crate::quote::quote;
use crate::raw;
use crate::unicode::{is_digit, is_letter, is_print};

/// Kinds of tokens. Keywords come last, from `Block` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tok {
    Error,
    Bool,
    Char,
    CharConstant,
    Complex,
    Assign,
    Declare,
    Eof,
    Field,
    Identifier,
    LeftDelim,
    LeftParen,
    Number,
    Pipe,
    RawString,
    RightDelim,
    RightParen,
    Space,
    String,
    Text,
    Variable,
    Block,
    Break,
    Continue,
    Dot,
    Define,
    Else,
    End,
    If,
    Nil,
    Range,
    Template,
    With,
}

fn keyword(word: &str) -> Option<Tok> {
    Some(match word {
        "." => Tok::Dot,
        "block" => Tok::Block,
        "break" => Tok::Break,
        "continue" => Tok::Continue,
        "define" => Tok::Define,
        "else" => Tok::Else,
        "end" => Tok::End,
        "if" => Tok::If,
        "nil" => Tok::Nil,
        "range" => Tok::Range,
        "template" => Tok::Template,
        "with" => Tok::With,
        _ => return None,
    })
}

/// A token: for `Tok::Error` the text is the message.
#[derive(Debug, Clone)]
pub(super) struct Item<'s> {
    pub kind: Tok,
    /// Byte offset in the source.
    pub pos: usize,
    pub text: Cow<'s, str>,
    /// Line it starts on, from 1.
    pub line: usize,
}

impl Item<'_> {
    /// How errors name the token.
    pub fn describe(&self) -> String {
        match self.kind {
            Tok::Eof => "EOF".into(),
            Tok::Error => self.text.to_string(),
            k if k >= Tok::Block => format!("<{}>", self.text),
            _ if self.text.len() > 10 => {
                let head: String = self.text.chars().take(10).collect();
                format!("{}...", quote(&head))
            }
            _ => quote(&self.text),
        }
    }
}

const LEFT: &str = "{{";
const RIGHT: &str = "}}";
/// A minus and the space beside it.
const TRIM_LEN: usize = 2;

/// Cuts a source into tokens, on demand.
pub(super) struct Lexer<'s> {
    input: &'s str,
    pos: usize,
    start: usize,
    at_eof: bool,
    paren_depth: i32,
    line: usize,
    start_line: usize,
    inside_action: bool,
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn is_alphanumeric(c: Option<char>) -> bool {
    c.is_some_and(|c| c == '_' || is_letter(c) || is_digit(c))
}

fn trims_left(s: &str) -> bool {
    let b = s.as_bytes();
    b.len() >= TRIM_LEN && b[0] == b'-' && is_space(b[1] as char)
}

fn trims_right(s: &str) -> bool {
    let b = s.as_bytes();
    b.len() >= TRIM_LEN && is_space(b[0] as char) && b[1] == b'-'
}

fn newlines(s: &str) -> usize {
    s.bytes().filter(|&b| b == b'\n').count()
}

/// `%#U`.
fn unicode_name(c: Option<char>) -> String {
    match c {
        None => "U+FFFFFFFFFFFFFFFF".into(),
        Some(c) if c != raw::decoded(c) => unicode_name(Some(raw::decoded(c))),
        Some(c) if is_print(c) => format!("U+{:04X} '{c}'", c as u32),
        Some(c) => format!("U+{:04X}", c as u32),
    }
}

impl<'s> Lexer<'s> {
    pub fn new(input: &'s str) -> Self {
        Lexer {
            input,
            pos: 0,
            start: 0,
            at_eof: false,
            paren_depth: 0,
            line: 1,
            start_line: 1,
            inside_action: false,
        }
    }

    pub fn next_item(&mut self) -> Item<'s> {
        if self.inside_action {
            self.inside()
        } else {
            self.text()
        }
    }

    fn rest(&self) -> &'s str {
        &self.input[self.pos..]
    }

    fn next(&mut self) -> Option<char> {
        let Some(c) = self.rest().chars().next() else {
            self.at_eof = true;
            return None;
        };
        self.pos += c.len_utf8();
        if c == '\n' {
            self.line += 1;
        }
        Some(c)
    }

    fn backup(&mut self) {
        if self.at_eof {
            return;
        }
        if let Some(c) = self.input[..self.pos].chars().next_back() {
            self.pos -= c.len_utf8();
            if c == '\n' {
                self.line -= 1;
            }
        }
    }

    fn peek(&mut self) -> Option<char> {
        let c = self.next();
        self.backup();
        c
    }

    fn emit(&mut self, kind: Tok) -> Item<'s> {
        let text = Cow::Borrowed(&self.input[self.start..self.pos]);
        let item = Item {
            kind,
            pos: self.start,
            text,
            line: self.start_line,
        };
        self.start = self.pos;
        self.start_line = self.line;
        item
    }

    /// Drops the text that was passed over without `next`.
    fn ignore(&mut self) {
        self.line += newlines(&self.input[self.start..self.pos]);
        self.start = self.pos;
        self.start_line = self.line;
    }

    fn accept(&mut self, valid: &str) -> bool {
        if self.next().is_some_and(|c| valid.contains(c)) {
            return true;
        }
        self.backup();
        false
    }

    fn accept_run(&mut self, valid: &str) {
        while self.next().is_some_and(|c| valid.contains(c)) {}
        self.backup();
    }

    /// An error ends the scan: nothing is left of the input.
    fn error(&mut self, message: impl Into<Cow<'s, str>>) -> Item<'s> {
        let item = Item {
            kind: Tok::Error,
            pos: self.start,
            text: message.into(),
            line: self.start_line,
        };
        self.start = 0;
        self.pos = 0;
        self.input = "";
        item
    }

    fn text(&mut self) -> Item<'s> {
        loop {
            let Some(x) = self.rest().find(LEFT) else {
                self.pos = self.input.len();
                if self.pos > self.start {
                    self.line += newlines(&self.input[self.start..self.pos]);
                    return self.emit(Tok::Text);
                }
                return self.emit(Tok::Eof);
            };
            if x > 0 {
                self.pos += x;
                let before = &self.input[self.start..self.pos];
                let trim = if trims_left(&self.input[self.pos + LEFT.len()..]) {
                    before.len() - before.trim_end_matches(is_space).len()
                } else {
                    0
                };
                self.pos -= trim;
                self.line += newlines(&self.input[self.start..self.pos]);
                let item = self.emit(Tok::Text);
                self.pos += trim;
                self.ignore();
                if !item.text.is_empty() {
                    return item;
                }
            }
            if let Some(item) = self.left_delim() {
                return item;
            }
        }
    }

    /// At `{{`. `None` after a comment: text follows.
    fn left_delim(&mut self) -> Option<Item<'s>> {
        self.pos += LEFT.len();
        let marker = if trims_left(self.rest()) { TRIM_LEN } else { 0 };
        if self.input[self.pos + marker..].starts_with("/*") {
            self.pos += marker;
            self.ignore();
            return self.comment();
        }
        let item = self.emit(Tok::LeftDelim);
        self.inside_action = true;
        self.pos += marker;
        self.ignore();
        self.paren_depth = 0;
        Some(item)
    }

    fn comment(&mut self) -> Option<Item<'s>> {
        self.pos += "/*".len();
        let Some(x) = self.rest().find("*/") else {
            return Some(self.error("unclosed comment"));
        };
        self.pos += x + "*/".len();
        let Some(trim) = self.right_delim_ahead() else {
            return Some(self.error("comment ends before closing delimiter"));
        };
        if trim {
            self.pos += TRIM_LEN;
        }
        self.pos += RIGHT.len();
        if trim {
            self.skip_left_space();
        }
        self.ignore();
        None
    }

    fn skip_left_space(&mut self) {
        let rest = self.rest();
        self.pos += rest.len() - rest.trim_start_matches(is_space).len();
    }

    /// Whether `}}` or ` -}}` comes next; true inside for the latter.
    fn right_delim_ahead(&self) -> Option<bool> {
        let rest = self.rest();
        if trims_right(rest) && rest[TRIM_LEN..].starts_with(RIGHT) {
            return Some(true);
        }
        rest.starts_with(RIGHT).then_some(false)
    }

    fn right_delim(&mut self) -> Item<'s> {
        let trim = self.right_delim_ahead() == Some(true);
        if trim {
            self.pos += TRIM_LEN;
            self.ignore();
        }
        self.pos += RIGHT.len();
        let item = self.emit(Tok::RightDelim);
        if trim {
            self.skip_left_space();
            self.ignore();
        }
        self.inside_action = false;
        item
    }

    fn inside(&mut self) -> Item<'s> {
        if self.right_delim_ahead().is_some() {
            if self.paren_depth == 0 {
                return self.right_delim();
            }
            return self.error("unclosed left paren");
        }
        let Some(c) = self.next() else {
            return self.error("unclosed action");
        };
        match c {
            ' ' | '\t' | '\r' | '\n' => {
                self.backup();
                self.space()
            }
            '=' => self.emit(Tok::Assign),
            ':' if self.next() != Some('=') => self.error("expected :="),
            ':' => self.emit(Tok::Declare),
            '|' => self.emit(Tok::Pipe),
            '"' => self.quoted('"', Tok::String, "unterminated quoted string"),
            '`' => self.raw_quoted(),
            '\'' => self.quoted('\'', Tok::CharConstant, "unterminated character constant"),
            '$' if self.at_terminator() => self.emit(Tok::Variable),
            '$' => self.field_or_variable(Tok::Variable),
            '.' if self
                .rest()
                .bytes()
                .next()
                .is_some_and(|b| !b.is_ascii_digit()) =>
            {
                self.field_or_variable(Tok::Field)
            }
            '.' | '+' | '-' | '0'..='9' => {
                self.backup();
                self.number()
            }
            _ if is_alphanumeric(Some(c)) => {
                self.backup();
                self.identifier()
            }
            '(' => {
                self.paren_depth += 1;
                self.emit(Tok::LeftParen)
            }
            ')' => {
                self.paren_depth -= 1;
                if self.paren_depth < 0 {
                    return self.error("unexpected right paren");
                }
                self.emit(Tok::RightParen)
            }
            _ if c.is_ascii() && is_print(c) => self.emit(Tok::Char),
            _ => self.error(format!(
                "unrecognized character in action: {}",
                unicode_name(Some(c))
            )),
        }
    }

    fn space(&mut self) -> Item<'s> {
        let mut spaces = 0;
        while self.peek().is_some_and(is_space) {
            self.next();
            spaces += 1;
        }
        // The last space may belong to a right delimiter with a trim marker.
        let last = &self.input[self.pos - 1..];
        if trims_right(last) && last[TRIM_LEN..].starts_with(RIGHT) {
            self.backup();
            if spaces == 1 {
                return self.right_delim();
            }
        }
        self.emit(Tok::Space)
    }

    fn identifier(&mut self) -> Item<'s> {
        let c = self.skip_alphanumeric();
        let word = &self.input[self.start..self.pos];
        if !self.at_terminator() {
            return self.error(format!("bad character {}", unicode_name(c)));
        }
        match word {
            "true" | "false" => self.emit(Tok::Bool),
            _ => self.emit(keyword(word).unwrap_or(Tok::Identifier)),
        }
    }

    fn skip_alphanumeric(&mut self) -> Option<char> {
        loop {
            let c = self.next();
            if !is_alphanumeric(c) {
                self.backup();
                return c;
            }
        }
    }

    fn field_or_variable(&mut self, kind: Tok) -> Item<'s> {
        if self.at_terminator() {
            return self.emit(if kind == Tok::Variable {
                kind
            } else {
                Tok::Dot
            });
        }
        let c = self.skip_alphanumeric();
        if !self.at_terminator() {
            return self.error(format!("bad character {}", unicode_name(c)));
        }
        self.emit(kind)
    }

    fn at_terminator(&mut self) -> bool {
        match self.peek() {
            None | Some('.' | ',' | '|' | ':' | ')' | '(') => true,
            Some(c) => is_space(c) || self.rest().starts_with(RIGHT),
        }
    }

    fn quoted(&mut self, quote: char, kind: Tok, unterminated: &'static str) -> Item<'s> {
        loop {
            match self.next() {
                Some('\\') if self.next().is_some_and(|c| c != '\n') => {}
                None | Some('\\' | '\n') => return self.error(unterminated),
                Some(c) if c == quote => return self.emit(kind),
                Some(_) => {}
            }
        }
    }

    fn raw_quoted(&mut self) -> Item<'s> {
        loop {
            match self.next() {
                None => return self.error("unterminated raw quoted string"),
                Some('`') => return self.emit(Tok::RawString),
                Some(_) => {}
            }
        }
    }

    fn number(&mut self) -> Item<'s> {
        let mut ok = self.scan_number();
        let mut kind = Tok::Number;
        if ok && matches!(self.peek(), Some('+' | '-')) {
            kind = Tok::Complex;
            ok = self.scan_number() && self.input[..self.pos].ends_with('i');
        }
        if ok {
            return self.emit(kind);
        }
        let text = quote(&self.input[self.start..self.pos]);
        self.error(format!("bad number syntax: {text}"))
    }

    fn scan_number(&mut self) -> bool {
        self.accept("+-");
        let mut digits = "0123456789_";
        let (mut decimal, mut hex) = (true, false);
        if self.accept("0") {
            if self.accept("xX") {
                (digits, decimal, hex) = ("0123456789abcdefABCDEF_", false, true);
            } else if self.accept("oO") {
                (digits, decimal) = ("01234567_", false);
            } else if self.accept("bB") {
                (digits, decimal) = ("01_", false);
            }
        }
        self.accept_run(digits);
        if self.accept(".") {
            self.accept_run(digits);
        }
        if decimal && self.accept("eE") || hex && self.accept("pP") {
            self.accept("+-");
            self.accept_run("0123456789_");
        }
        self.accept("i");
        if is_alphanumeric(self.peek()) {
            self.next();
            return false;
        }
        true
    }
}

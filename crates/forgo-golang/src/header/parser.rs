//! Parses the package clause and the imports of a Go file, with the comments among them. Answers to
//! go/parser in its ImportsOnly mode.

use std::ops::Range;

use super::scanner::Scanner;
use super::token::{Kind, Token};

/// The syntax tree, as far as it goes.
#[derive(Debug, Default)]
pub(super) struct File {
    /// The name in the package clause.
    pub package: Option<Token>,
    /// Where the package clause begins.
    pub package_start: usize,
    /// The comment group that documents the package.
    pub doc: Option<Group>,
    /// Imports in order.
    pub imports: Vec<ImportSpec>,
}

/// An import.
#[derive(Debug)]
pub(super) struct ImportSpec {
    /// Where it begins: at its name, or else at its path.
    pub start: usize,
    pub path: Token,
    /// The comment group before it; of the whole declaration when that has but this import.
    pub doc: Option<Group>,
}

/// Comments with no empty line or token between them: indices into [`Parser::comments`].
pub(super) type Group = Range<usize>;

/// Too many errors: the parser gives up.
struct Bailout;

/// More errors than these end the parse.
const MAX_ERRORS: usize = 10;

/// Keywords that a statement can begin with: where parsing goes on after an error.
const STATEMENT_START: [&str; 14] = [
    "break",
    "const",
    "continue",
    "defer",
    "fallthrough",
    "for",
    "go",
    "goto",
    "if",
    "return",
    "select",
    "switch",
    "type",
    "var",
];

/// A parser with one token of look-ahead.
pub(super) struct Parser<'a> {
    pub scanner: Scanner<'a>,
    /// All comments up to the next token.
    pub comments: Vec<Token>,
    token: Token,
    /// The comment group right before `token`, on separate lines.
    lead: Option<Group>,
    /// Where skipping after an error stopped last, and how often it did there.
    sync: (usize, u32),
}

/// Parses a file. The tree is empty when the package clause is not right.
pub(super) fn parse(scanner: Scanner<'_>) -> (File, Parser<'_>) {
    let token = Token {
        kind: Kind::Illegal,
        start: 0,
        end: 0,
        line: 0,
    };
    let mut p = Parser {
        scanner,
        comments: Vec::new(),
        token,
        lead: None,
        sync: (0, 0),
    };
    p.next();
    let file = p.file().ok().flatten().unwrap_or_default();
    (file, p)
}

impl Parser<'_> {
    /// Goes to the next token that is not a comment, and finds the comments that belong to it.
    fn next(&mut self) {
        self.lead = None;
        let previous_line = self.token.line;
        self.token = self.scanner.scan();
        if self.token.kind != Kind::Comment {
            return;
        }
        if self.token.line == previous_line {
            // A comment after the previous token.
            self.comment_group(0);
        }
        let mut last = None;
        while self.token.kind == Kind::Comment {
            last = Some(self.comment_group(1));
        }
        if let Some((group, end_line)) = last
            && end_line + 1 == self.token.line
        {
            self.lead = Some(group);
        }
    }

    /// Reads comments until a token, or a comment more than `gap` lines further down. Returns them
    /// with the line that they end on.
    fn comment_group(&mut self, gap: usize) -> (Group, usize) {
        let first = self.comments.len();
        let mut end_line = self.token.line;
        while self.token.kind == Kind::Comment && self.token.line <= end_line + gap {
            let comment = self.token;
            self.comments.push(comment);
            end_line = comment.line + self.scanner.newlines(comment);
            self.token = self.scanner.scan();
        }
        (first..self.comments.len(), end_line)
    }

    /// Reports an error, unless there was one on the same line.
    fn error(&mut self, offset: usize, msg: String) -> Result<(), Bailout> {
        let pos = self.scanner.lines.position(offset);
        if self
            .scanner
            .errors
            .last()
            .is_some_and(|last| last.pos.line == pos.line)
        {
            return Ok(());
        }
        if self.scanner.errors.len() > MAX_ERRORS {
            return Err(Bailout);
        }
        self.scanner.error(offset, msg);
        Ok(())
    }

    /// Reports that something else was expected than the current token.
    fn error_expected(&mut self, what: &str) -> Result<(), Bailout> {
        let found = match self.token.kind {
            Kind::Semicolon { written: false } => "newline".to_owned(),
            kind if kind.is_literal() => self.scanner.text(self.token).into_owned(),
            kind => format!("'{}'", kind.name()),
        };
        self.error(self.token.start, format!("expected {what}, found {found}"))
    }

    fn expect(&mut self, kind: Kind) -> Result<(), Bailout> {
        if self.token.kind != kind {
            self.error_expected(&format!("'{}'", kind.name()))?;
        }
        self.next();
        Ok(())
    }

    fn at(&self, fixed: &'static str) -> bool {
        self.token.kind == Kind::Fixed(fixed)
    }

    /// Consumes the end of a statement.
    fn expect_semicolon(&mut self) -> Result<(), Bailout> {
        match self.token.kind {
            Kind::Fixed(")" | "}") => {}
            Kind::Semicolon { .. } => self.next(),
            Kind::Fixed(",") => {
                self.error_expected("';'")?;
                self.next();
            }
            _ => {
                self.error_expected("';'")?;
                let starts = |kind| matches!(kind, Kind::Fixed(k) if STATEMENT_START.contains(&k));
                self.skip_until(starts);
            }
        }
        Ok(())
    }

    /// Skips to a token where parsing can go on.
    fn skip_until(&mut self, stop: impl Fn(Kind) -> bool) {
        while self.token.kind != Kind::Eof {
            if stop(self.token.kind) {
                // Without progress only so often.
                let (at, count) = self.sync;
                if self.token.start == at && count < 10 {
                    self.sync.1 += 1;
                    return;
                }
                if self.token.start > at {
                    self.sync = (self.token.start, 0);
                    return;
                }
            }
            self.next();
        }
    }

    fn file(&mut self) -> Result<Option<File>, Bailout> {
        // With an error in the first token this is hardly a Go file.
        if !self.scanner.errors.is_empty() {
            return Ok(None);
        }
        let doc = self.lead.take();
        let package_start = self.token.start;
        self.expect(Kind::Fixed("package"))?;
        let package = self.token;
        self.expect(Kind::Ident)?;
        self.expect_semicolon()?;
        if !self.scanner.errors.is_empty() {
            return Ok(None);
        }
        let mut file = File {
            package: Some(package),
            package_start,
            doc,
            imports: Vec::new(),
        };
        while self.at("import") {
            self.import_decl(&mut file.imports)?;
        }
        Ok(Some(file))
    }

    fn import_decl(&mut self, imports: &mut Vec<ImportSpec>) -> Result<(), Bailout> {
        let doc = self.lead.take();
        self.next();
        let first = imports.len();
        if self.at("(") {
            self.next();
            while !self.at(")") && self.token.kind != Kind::Eof {
                let doc = self.lead.take();
                self.import_spec(doc, imports)?;
            }
            self.expect(Kind::Fixed(")"))?;
            self.expect_semicolon()?;
        } else {
            self.import_spec(None, imports)?;
        }
        if let [only] = &mut imports[first..]
            && only.doc.is_none()
        {
            only.doc = doc;
        }
        Ok(())
    }

    fn import_spec(
        &mut self,
        doc: Option<Group>,
        imports: &mut Vec<ImportSpec>,
    ) -> Result<(), Bailout> {
        let start = self.token.start;
        if self.token.kind == Kind::Ident || self.at(".") {
            self.next();
        }
        let path = self.token;
        if path.kind == Kind::String {
            self.next();
        } else if path.kind.is_literal() {
            self.error(path.start, "import path must be a string".to_owned())?;
            self.next();
        } else {
            self.error(path.start, "missing import path".to_owned())?;
            self.skip_until(|kind| {
                matches!(
                    kind,
                    Kind::Semicolon { .. } | Kind::Fixed("," | ":" | ")" | "]" | "}")
                )
            });
        }
        self.expect_semicolon()?;
        imports.push(ImportSpec { start, path, doc });
        Ok(())
    }
}

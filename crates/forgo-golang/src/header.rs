//! The head of a source file: all that loading needs to know of it. Answers to go/build/read.go,
//! with go/scanner and go/parser as far as the import section goes.
//!
//! A file is read in two steps, as the stock command reads it. First the end of the imports is
//! found byte by byte; then only the text before it is scanned and parsed. When the first step
//! fails, the whole file is parsed, so that the error is the parser's.

mod extent;
mod import_comment;
mod lines;
mod parser;
mod scanner;
mod token;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use self::extent::Stop;
use self::lines::Lines;
use self::parser::{File, Group, ImportSpec, Parser};
use self::scanner::Scanner;
use self::token::{Kind, Token};
use crate::constraint::{BuildLines, BuildLinesError, build_lines};
use crate::embed::parse_go_embed;
use crate::position::{ErrorList, Position, SyntaxError};
use crate::quote::unquote;
use crate::unicode::is_graphic;
use crate::{doc, path};

/// The contents of the head of a Go file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Header {
    /// Name in the package clause; empty when that does not parse. Set even when the imports do
    /// not.
    pub package: String,
    /// First sentence of the package comment (doc.Synopsis); empty when there is none.
    pub synopsis: String,
    /// Has a package comment (even one whose synopsis is empty).
    pub has_doc: bool,
    /// Imports in order; empty when `parse_error` is set.
    pub imports: Vec<Import>,
    /// Patterns of `//go:embed` lines.
    pub embeds: Vec<Embed>,
    /// `//go:` lines before the package clause.
    pub directives: Vec<Directive>,
    /// Constraint lines.
    pub build: BuildLines,
    /// Comment after the package clause that gives the import path.
    pub import_comment: ImportComment,
    /// Why the head does not parse. The stock command has a list here but for an import path that
    /// is not allowed, which is then the only error: `invalid import path: …`.
    pub parse_error: Option<ErrorList>,
}

/// An import.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Import {
    /// Path, unquoted.
    pub path: String,
    /// Where the spec begins.
    pub pos: Position,
    /// Text of the comment before `import "C"` (ast.CommentGroup.Text); `None` without comment or
    /// for other paths.
    pub doc: Option<String>,
}

/// A pattern in a `//go:embed` line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Embed {
    /// The pattern.
    pub pattern: String,
    /// Where.
    pub pos: Position,
}

/// A `//go:` comment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directive {
    /// The whole comment.
    pub text: String,
    /// Where.
    pub pos: Position,
}

/// `package x // import "path"`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ImportComment {
    /// There is none.
    #[default]
    None,
    /// The path.
    Path(String),
    /// A comment on that line that does not unquote: `file:line: cannot parse import comment`.
    Malformed {
        /// The line that the stock command names.
        line: u32,
    },
}

/// Why a file's head could not be read at all (as opposed to not parsing).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderError {
    /// A NUL byte in the head.
    Nul {
        /// File name.
        file: String,
    },
    /// Not Go, and the leading comments do not end as comments should.
    Syntax {
        /// File name.
        file: String,
    },
    /// The constraint lines can't be determined.
    BuildLines {
        /// File name.
        file: String,
        /// The error.
        err: BuildLinesError,
    },
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HeaderError::Nul { file } => write!(f, "read {file}: unexpected NUL in input"),
            HeaderError::Syntax { file } => write!(f, "read {file}: syntax error"),
            HeaderError::BuildLines { file, err } => write!(f, "{}: {err}", path::base(file)),
        }
    }
}

impl std::error::Error for HeaderError {}

/// Reads the head of a Go file. `file` is the name used in positions (directory joined with the
/// file's name); `src` is the whole file.
pub fn read_go(file: &str, src: &[u8]) -> Result<Header, HeaderError> {
    go_header(file, src, true).unwrap_or_else(|More| Ok(Header::default()))
}

/// Like [`read_go`] for the beginning of a file; `None` means that more of the file is needed.
pub fn read_go_prefix(file: &str, prefix: &[u8]) -> Option<Result<Header, HeaderError>> {
    go_header(file, prefix, false).ok()
}

/// The constraint lines of a file that is not Go (.c, .s, .h …).
pub fn read_other(file: &str, src: &[u8]) -> Result<BuildLines, HeaderError> {
    other_header(file, src, true).unwrap_or_else(|More| Ok(BuildLines::default()))
}

/// Like [`read_other`] for the beginning of a file; `None` means that more of the file is needed.
pub fn read_other_prefix(file: &str, prefix: &[u8]) -> Option<Result<BuildLines, HeaderError>> {
    other_header(file, prefix, false).ok()
}

/// More of the file is needed; of a whole file never.
struct More;

fn other_header(
    file: &str,
    src: &[u8],
    whole: bool,
) -> Result<Result<BuildLines, HeaderError>, More> {
    let src = extent::without_bom(src);
    let name = || file.to_owned();
    Ok(match extent::leading_comments(src, whole) {
        Ok(end) => {
            build_lines(&src[..end]).map_err(|err| HeaderError::BuildLines { file: name(), err })
        }
        Err(Stop::Nul) => Err(HeaderError::Nul { file: name() }),
        Err(Stop::Syntax) => Err(HeaderError::Syntax { file: name() }),
        Err(Stop::More) => return Err(More),
    })
}

fn go_header(file: &str, src: &[u8], whole: bool) -> Result<Result<Header, HeaderError>, More> {
    let src = extent::without_bom(src);
    let head = match extent::go_head(src, whole) {
        Ok(end) => &src[..end],
        Err(Stop::Syntax) if whole => src,
        Err(Stop::Nul) => {
            return Ok(Err(HeaderError::Nul {
                file: file.to_owned(),
            }));
        }
        Err(Stop::Syntax | Stop::More) => return Err(More),
    };
    let build = match build_lines(head) {
        Ok(build) => build,
        Err(err) => {
            let file = file.to_owned();
            return Ok(Err(HeaderError::BuildLines { file, err }));
        }
    };
    let name: Arc<str> = Arc::from(file);
    let scanner = Scanner::new(head, Lines::new(Arc::clone(&name), head.len()));
    let (tree, parser) = parser::parse(scanner);
    let mut reader = Reader {
        tree,
        parser,
        header: Header {
            build,
            ..Header::default()
        },
    };
    reader.package(head);
    reader.content();
    if reader.header.imports.iter().any(|i| i.path == "embed") {
        if !whole {
            return Err(More);
        }
        reader.header.embeds = embeds(src, name);
    }
    Ok(Ok(reader.header))
}

/// Turns the syntax tree into a [`Header`].
struct Reader<'a> {
    tree: File,
    parser: Parser<'a>,
    header: Header,
}

impl Reader<'_> {
    /// The contents of the package clause and its comments.
    fn package(&mut self, head: &[u8]) {
        if let Some(name) = self.tree.package {
            self.header.package = self.parser.scanner.text(name).into_owned();
        }
        if let Some(doc) = self.tree.doc.clone() {
            self.header.has_doc = true;
            self.header.synopsis = doc::synopsis(&self.comment_text(doc));
        }
        self.header.import_comment = import_comment::find(&head[self.tree.package_start..]);
    }

    /// The imports and what else counts only in a file without errors.
    fn content(&mut self) {
        let errors = std::mem::take(&mut self.parser.scanner.errors);
        if !errors.is_empty() {
            let mut list = ErrorList(errors);
            list.sort();
            self.header.parse_error = Some(list);
            return;
        }
        let specs = std::mem::take(&mut self.tree.imports);
        let mut imports = Vec::with_capacity(specs.len());
        for spec in &specs {
            let import = self.import(spec);
            if !is_valid_import(&import.path) {
                let msg = format!("invalid import path: {}", import.path);
                let error = SyntaxError {
                    pos: import.pos,
                    msg,
                };
                self.header.parse_error = Some(ErrorList(vec![error]));
                return;
            }
            imports.push(import);
        }
        self.header.imports = imports;
        self.directives();
    }

    fn import(&self, spec: &ImportSpec) -> Import {
        let literal = self.parser.scanner.text(spec.path);
        let path = match literal.strip_prefix('"').and_then(|s| s.strip_suffix('"')) {
            Some(plain) if !plain.contains('\\') => plain.to_owned(),
            // The scanner has accepted the literal, so it has a value.
            _ => unquote(&literal).unwrap_or_default(),
        };
        let doc = match &spec.doc {
            Some(doc) if path == "C" => Some(self.comment_text(doc.clone())),
            _ => None,
        };
        Import {
            path,
            pos: self.position(spec.start),
            doc,
        }
    }

    fn directives(&mut self) {
        for comment in &self.parser.comments {
            if comment.start >= self.tree.package_start {
                break;
            }
            let text = self.parser.scanner.text(*comment);
            if text.starts_with("//go:") {
                let (text, pos) = (text.into_owned(), self.position(comment.start));
                self.header.directives.push(Directive { text, pos });
            }
        }
    }

    fn position(&self, offset: usize) -> Position {
        self.parser.scanner.lines.position(offset)
    }

    fn comment_text(&self, group: Group) -> String {
        let comments: Vec<Cow<'_, str>> = self.parser.comments[group]
            .iter()
            .map(|c| self.parser.scanner.text(*c))
            .collect();
        let comments: Vec<&str> = comments.iter().map(|c| &**c).collect();
        doc::comment_text(&comments)
    }
}

/// Only letters, digits and the punctuation that the language allows compilers to allow.
fn is_valid_import(path: &str) -> bool {
    const ILLEGAL: &str = "!\"#$%&'()*,:;<=>?[\\]^{|}`\u{fffd}";
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'-' | b'_');
    !path.is_empty()
        && (path.bytes().all(plain)
            || path
                .chars()
                .all(|c| is_graphic(c) && !c.is_whitespace() && !ILLEGAL.contains(c)))
}

/// The patterns of all `//go:embed` comments of a file.
fn embeds(src: &[u8], file: Arc<str>) -> Vec<Embed> {
    let mut found = Vec::new();
    let mut scanner = Scanner::new(src, Lines::new(file, src.len()));
    loop {
        let token = scanner.scan();
        match token.kind {
            Kind::Eof => return found,
            Kind::Comment => add_embeds(&scanner, token, &mut found),
            _ => {}
        }
    }
}

fn add_embeds(scanner: &Scanner<'_>, comment: Token, found: &mut Vec<Embed>) {
    let text = scanner.text(comment);
    if !text.starts_with("//go:embed") {
        return;
    }
    for (offset, pattern) in parse_go_embed(&text).unwrap_or_default() {
        let pos = scanner.lines.position(comment.start + offset);
        found.push(Embed { pattern, pos });
    }
}

#[cfg(test)]
mod tests;

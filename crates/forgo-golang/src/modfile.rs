//! go.mod and go.work files. Answers to golang.org/x/mod/modfile.

mod directives;
mod lexer;
mod syntax;
mod text;

use std::fmt;

pub use directives::{parse, parse_lax, parse_work};
pub use text::{auto_quote, is_directory_path, module_path, must_quote};

use crate::gover;
use crate::module::Version;

/// Where a token or line begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// From 1.
    pub line: u32,
    /// Rune in the line, from 1.
    pub line_rune: u32,
    /// Byte offset.
    pub byte: usize,
}

/// A statement: its tokens, comments and place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// Comments on the lines before, `//` included.
    pub before: Vec<String>,
    /// Comments at the end of the line, `//` included.
    pub suffix: Vec<String>,
    /// Where it begins.
    pub start: Position,
    /// Tokens as spelled (quotes kept), with the verb unless it is in a block.
    pub tokens: Vec<String>,
    /// In a `verb ( … )` block?
    pub in_block: bool,
    /// Where it ends.
    pub end: Position,
}

/// `module` statement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Module {
    /// Path (the version is empty).
    pub module: Version,
    /// Text of a `// Deprecated:` comment.
    pub deprecated: String,
    /// Place.
    pub syntax: Line,
}

/// `go` statement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Go {
    /// `1.23`
    pub version: String,
    /// Place.
    pub syntax: Line,
}

/// `toolchain` statement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Toolchain {
    /// `go1.21rc1`
    pub name: String,
    /// Place.
    pub syntax: Line,
}

/// `godebug key=value`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Godebug {
    /// Key.
    pub key: String,
    /// Value.
    pub value: String,
    /// Place.
    pub syntax: Line,
}

/// `require path version`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Require {
    /// The module.
    pub module: Version,
    /// `// indirect`
    pub indirect: bool,
    /// Place.
    pub syntax: Line,
}

/// `exclude path version`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exclude {
    /// The module.
    pub module: Version,
    /// Place.
    pub syntax: Line,
}

/// `replace old [version] => new [version]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Replace {
    /// Left of the arrow.
    pub old: Version,
    /// Right of the arrow.
    pub new: Version,
    /// Place.
    pub syntax: Line,
}

/// `retract`: a closed interval of versions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Retract {
    /// Lowest version.
    pub low: String,
    /// Highest version.
    pub high: String,
    /// Reason, from the comments.
    pub rationale: String,
    /// Place.
    pub syntax: Line,
}

/// `tool path` or `ignore path`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PathLine {
    /// The path.
    pub path: String,
    /// Place.
    pub syntax: Line,
}

/// `use directory` of go.work.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Use {
    /// Directory as written.
    pub path: String,
    /// Place.
    pub syntax: Line,
}

/// A parsed go.mod.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct File {
    /// `module`
    pub module: Option<Module>,
    /// `go`
    pub go: Option<Go>,
    /// `toolchain`
    pub toolchain: Option<Toolchain>,
    /// `godebug`
    pub godebug: Vec<Godebug>,
    /// `require`
    pub require: Vec<Require>,
    /// `exclude`
    pub exclude: Vec<Exclude>,
    /// `replace`
    pub replace: Vec<Replace>,
    /// `retract`
    pub retract: Vec<Retract>,
    /// `tool`
    pub tool: Vec<PathLine>,
    /// `ignore`
    pub ignore: Vec<PathLine>,
}

impl File {
    /// The go version, or the default for a file without one (gover.FromGoMod).
    pub fn go_version(&self) -> &str {
        self.go
            .as_ref()
            .map_or(gover::DEFAULT_GO_MOD, |go| &go.version)
    }
}

/// A parsed go.work.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WorkFile {
    /// `go`
    pub go: Option<Go>,
    /// `toolchain`
    pub toolchain: Option<Toolchain>,
    /// `godebug`
    pub godebug: Vec<Godebug>,
    /// `use`
    pub use_: Vec<Use>,
    /// `replace`
    pub replace: Vec<Replace>,
}

impl WorkFile {
    /// The go version, or the default for a file without one (gover.FromGoWork).
    pub fn go_version(&self) -> &str {
        self.go
            .as_ref()
            .map_or(gover::DEFAULT_GO_WORK, |go| &go.version)
    }
}

/// One error. Displays `file:5:2: verb path: message` as far as the parts are known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Error {
    /// File as given to the parser.
    pub file: String,
    /// Place.
    pub pos: Position,
    /// Statement, where the error is about a module path.
    pub verb: String,
    /// Module path, where the error is about one.
    pub mod_path: String,
    /// The message.
    pub err: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Error {
            file,
            pos,
            verb,
            mod_path,
            err,
        } = self;
        if pos.line_rune > 1 {
            write!(f, "{file}:{}:{}: ", pos.line, pos.line_rune)?;
        } else if pos.line > 0 {
            write!(f, "{file}:{}: ", pos.line)?;
        } else if !file.is_empty() {
            write!(f, "{file}: ")?;
        }
        if !mod_path.is_empty() {
            write!(f, "{verb} {mod_path}: ")?;
        } else if !verb.is_empty() {
            write!(f, "{verb}: ")?;
        }
        f.write_str(err)
    }
}

/// All errors of a file, one on a line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ErrorList(pub Vec<Error>);

impl fmt::Display for ErrorList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, err) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            err.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ErrorList {}

/// Makes a version canonical: (path, version) → version or the error's text.
pub type VersionFixer<'a> = &'a dyn Fn(&str, &str) -> Result<String, FixError>;

/// Why a [`VersionFixer`] refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FixError {
    /// About the module at that version: the text after `path@version: ` (module.ModuleError).
    Module(String),
    /// Any other error.
    Other(String),
}

#[cfg(test)]
mod tests;

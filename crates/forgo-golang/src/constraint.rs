//! Build constraints: expressions, tags and file names. Answers to go/build/constraint and to the
//! matching rules of go/build and cmd/go/internal/imports.

mod context;
mod expr;
mod imports_tags;
mod lines;
mod parse;

pub use context::{Context, SeenTags};
pub use expr::Expr;
pub use imports_tags::ImportsTags;
pub use lines::{BuildLines, BuildLinesError, build_lines};
pub use parse::{SyntaxError, is_go_build, is_plus_build, parse};

//! The tools that are driven, and how: command lines, environment, identities.

pub mod cc;
pub mod cc_probe;
pub mod security;
pub mod tool_id;

use crate::config::Config;

/// The path of a tool of the distribution (base.Tool).
pub fn tool(config: &Config, name: &str) -> String {
    format!("{}/{name}", config.dist.tool_dir)
}

/// `f` in `dir`, unless absolute or in the pseudo-directory `$WORK` (`mkAbs`).
pub fn make_absolute(dir: &str, f: &str) -> String {
    let _ = (dir, f);
    todo!()
}

//! The environment, the go/env files and the flags, resolved once into a [`Config`].
//!
//! Answers to cmd/go/internal/cfg, to cmd/go/internal/envcmd's defaults, to
//! cmd/go/internal/toolchain and to cmd/go/internal/work/init.go.

use forgo_build::config::Config;

use crate::exit::Outcome;
use crate::flags::Flags;

/// Everything but what the command's flags say: the first stage, before flags are parsed.
pub fn from_environment(command: &str) -> Outcome<Config> {
    let _ = command;
    todo!()
}

/// Adds what the flags say (`Config::flags`, `Config::modules`, tags): the second stage.
pub fn apply_flags(cfg: &mut Config, flags: &Flags) -> Outcome {
    let _ = (cfg, flags);
    todo!()
}

/// work.BuildInit: checks flags against each other and the target, and derives
/// [`forgo_build::config::ModeSettings`]. To be called once `modules_enabled` is known.
pub fn build_init(cfg: &mut Config, modules_enabled: bool) -> Outcome {
    let _ = (cfg, modules_enabled);
    todo!()
}

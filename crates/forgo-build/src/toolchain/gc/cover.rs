//! The cover tool's command line.
//!
//! Answers to cover in cmd/go/internal/work/exec.go.

use forgo_golang::quote::hex;
use sha2::{Digest, Sha256};

use crate::toolchain::inputs::compile::Inputs;

/// Returns the command line that instruments `sources`. `config` is the file that describes the
/// package, `outputs` lists the files to write.
pub fn cover(
    inputs: &Inputs<'_>,
    config: &str,
    outputs: &str,
    sources: Vec<String>,
) -> Vec<String> {
    let mut args = inputs.unkeyed.tools.command("cover");
    let words = [
        "-pkgcfg",
        config,
        "-mode",
        inputs.cover_mode,
        "-var",
        &counter_name(inputs.import_path),
        "-outfilelist",
        outputs,
    ];
    args.extend(words.map(str::to_owned));
    args.extend(sources);
    args
}

/// Returns the beginning of the names of the variables that instrumentation adds: unlike any of the
/// user's.
fn counter_name(import_path: &str) -> String {
    let sum = Sha256::digest(import_path);
    format!("goCover_{}_", hex(&sum[..6]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_named_by_the_import_paths_hash() {
        assert_eq!(counter_name("example.com/p"), "goCover_af47ab6ae337_");
    }
}

//! GOEXPERIMENT: the flags of a distribution and what a setting means. Answers to
//! internal/buildcfg/exp.go and internal/goexperiment.

use std::collections::BTreeMap;

/// The experiments of a distribution.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// Lower-case names in the order of goexperiment.Flags, with their baseline conditions.
    pub names: Vec<String>,
    /// On by default, with the expression that says where (Go source text).
    pub baseline: BTreeMap<String, String>,
}

/// Reads names from the text of GOROOT/src/internal/goexperiment/flags.go and baselines from
/// GOROOT/src/internal/buildcfg/exp.go.
pub fn parse_experiment_flags(_flags_go: &str, _exp_go: &str) -> Flags {
    todo!()
}

/// What a GOEXPERIMENT setting means on a target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Experiment {
    /// Enabled ones, in table order.
    pub enabled: Vec<String>,
    /// The setting relative to the baseline: `nofoo,bar`; the `X:` text of version strings.
    pub canonical: String,
    /// All of them, `nofoo` for the disabled (Experiment.All).
    pub all: Vec<String>,
}

/// buildcfg.ParseGOEXPERIMENT. `Err` is the stock message.
pub fn parse_goexperiment(
    _flags: &Flags,
    _goos: &str,
    _goarch: &str,
    _setting: &str,
) -> Result<Experiment, String> {
    todo!()
}

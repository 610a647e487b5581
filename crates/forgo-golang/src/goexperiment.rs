//! GOEXPERIMENT: the flags of a distribution and what a setting means. Answers to
//! internal/buildcfg/exp.go and internal/goexperiment.

use std::collections::{BTreeMap, BTreeSet};

/// The experiments of a distribution.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// Lower-case names in the order of goexperiment.Flags.
    pub names: Vec<String>,
    /// On by default, with the expression that defines the platforms (Go source text).
    pub baseline: BTreeMap<String, String>,
    /// Architectures with the register ABI as the default.
    pub regabi_supported: BTreeSet<String>,
    /// Architectures where it can't be switched off.
    pub regabi_always_on: BTreeSet<String>,
    /// Operating systems whose tools can't read DWARF 5.
    pub dwarf5_unsupported: BTreeSet<String>,
}

/// Reads names from the text of GOROOT/src/internal/goexperiment/flags.go and baselines from
/// GOROOT/src/internal/buildcfg/exp.go.
pub fn parse_experiment_flags(flags_go: &str, exp_go: &str) -> Flags {
    let mut flags = Flags::default();
    let body = between(flags_go, "type Flags struct {", "\n}");
    for line in body.lines() {
        let mut words = line.split_whitespace();
        if let (Some(name), Some("bool")) = (words.next(), words.next()) {
            flags.names.push(name.to_lowercase());
        }
    }
    for line in between(exp_go, "baseline := goexperiment.Flags{", "\n\t}").lines() {
        if let Some((name, value)) = line.trim().trim_end_matches(',').split_once(':') {
            flags
                .baseline
                .insert(name.trim().to_lowercase(), value.trim().to_string());
        }
    }
    parse_regabi(&mut flags, between(exp_go, "switch goarch {", "\n\t}"));
    for condition in between(exp_go, "dwarf5Supported := ", "\n").split("&&") {
        let name = condition
            .trim_matches([' ', '(', ')', '\t'])
            .strip_prefix("goos != ");
        flags
            .dwarf5_unsupported
            .extend(name.map(|n| n.trim_matches('"').to_string()));
    }
    flags
}

/// The cases of `switch goarch`, each of which sets one or both of two variables.
fn parse_regabi(flags: &mut Flags, body: &str) {
    let mut architectures: Vec<String> = Vec::new();
    for line in body.lines().map(str::trim) {
        if let Some(list) = line.strip_prefix("case ") {
            let names = list.trim_end_matches(':').split(',');
            architectures = names
                .map(|n| n.trim().trim_matches('"').to_string())
                .collect();
        } else if line == "regabiAlwaysOn = true" {
            flags.regabi_always_on.extend(architectures.iter().cloned());
        } else if line == "regabiSupported = true" {
            flags.regabi_supported.extend(architectures.iter().cloned());
        }
    }
}

/// The text between the first `start` and the next `end`; empty if there is none.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let Some((_, rest)) = text.split_once(start) else {
        return "";
    };
    rest.split_once(end).map_or(rest, |(body, _)| body)
}

/// The meaning of a GOEXPERIMENT setting on a target.
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
    flags: &Flags,
    goos: &str,
    goarch: &str,
    setting: &str,
) -> Result<Experiment, String> {
    let supported = flags.regabi_supported.contains(goarch);
    let baseline: BTreeSet<&str> = flags
        .baseline
        .iter()
        .filter_map(|(name, condition)| {
            let on = match condition.as_str() {
                "true" => true,
                "regabiSupported" => supported,
                "regabiAlwaysOn" => flags.regabi_always_on.contains(goarch),
                "dwarf5Supported" => !flags.dwarf5_unsupported.contains(goos),
                _ => false,
            };
            on.then_some(name.as_str())
        })
        .collect();
    let regabi = ["regabiwrappers", "regabiargs"];
    let mut enabled = baseline.clone();
    for word in setting.split(',').filter(|w| !w.is_empty()) {
        if word == "none" {
            enabled.clear();
            continue;
        }
        let (name, on) = match word.strip_prefix("no") {
            Some(name) => (name, false),
            None => (word, true),
        };
        let known = flags.names.iter().find(|n| *n == name).map(String::as_str);
        let names: &[&str] = match known {
            Some(ref name) => std::slice::from_ref(name),
            None if name == "regabi" => &regabi,
            None => return Err(format!("unknown GOEXPERIMENT {name}")),
        };
        for name in names {
            if on {
                enabled.insert(name)
            } else {
                enabled.remove(name)
            };
        }
    }
    for name in regabi {
        if flags.regabi_always_on.contains(goarch) {
            enabled.insert(name);
        } else if !supported {
            enabled.remove(name);
        }
    }
    if enabled.contains("regabiargs") && !enabled.contains("regabiwrappers") {
        return Err("GOEXPERIMENT regabiargs requires regabiwrappers".into());
    }
    let signed = |name: &String| {
        if enabled.contains(name.as_str()) {
            name.clone()
        } else {
            format!("no{name}")
        }
    };
    let differs = |n: &&String| enabled.contains(n.as_str()) != baseline.contains(n.as_str());
    Ok(Experiment {
        enabled: flags
            .names
            .iter()
            .filter(|n| enabled.contains(n.as_str()))
            .cloned()
            .collect(),
        canonical: flags
            .names
            .iter()
            .filter(differs)
            .map(signed)
            .collect::<Vec<_>>()
            .join(","),
        all: flags.names.iter().map(signed).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLAGS_GO: &str = "
// Flags is the set of experiments.
type Flags struct {
	FieldTrack        bool
	RegabiWrappers bool
	// RegabiArgs enables args.
	RegabiArgs bool

	Dwarf5 bool
	GreenTeaGC bool
	Arenas bool
}
";
    const EXP_GO: &str = "
	switch goarch {
	case \"amd64\", \"arm64\":
		regabiAlwaysOn = true
		regabiSupported = true
	case \"s390x\":
		regabiSupported = true
	}
	dwarf5Supported := (goos != \"darwin\" && goos != \"ios\")

	baseline := goexperiment.Flags{
		RegabiWrappers:       regabiSupported,
		RegabiArgs:           regabiSupported,
		Dwarf5:               dwarf5Supported,
		GreenTeaGC:           true,
	}
";

    fn parse(goos: &str, goarch: &str, setting: &str) -> Result<Experiment, String> {
        parse_goexperiment(
            &parse_experiment_flags(FLAGS_GO, EXP_GO),
            goos,
            goarch,
            setting,
        )
    }

    #[test]
    fn settings() {
        let e = parse("linux", "amd64", "").expect("no setting is a setting");
        assert_eq!(
            e.enabled,
            ["regabiwrappers", "regabiargs", "dwarf5", "greenteagc"]
        );
        assert_eq!(e.canonical, "");
        let e = parse("linux", "amd64", "arenas,nogreenteagc,noregabi").expect("valid");
        assert_eq!(e.canonical, "nogreenteagc,arenas");
        assert_eq!(e.all[0], "nofieldtrack");
        assert_eq!(
            parse("darwin", "amd64", "").map(|e| e.enabled.contains(&"dwarf5".to_string())),
            Ok(false)
        );
        assert_eq!(
            parse("linux", "386", "").map(|e| e.enabled),
            Ok(vec!["dwarf5".into(), "greenteagc".into()])
        );
        assert_eq!(
            parse("linux", "s390x", "none,fieldtrack").map(|e| e.enabled),
            Ok(vec!["fieldtrack".into()])
        );
    }

    #[test]
    fn refusals() {
        assert_eq!(
            parse("linux", "amd64", "bogus"),
            Err("unknown GOEXPERIMENT bogus".into())
        );
        let want = "GOEXPERIMENT regabiargs requires regabiwrappers";
        assert_eq!(
            parse("linux", "s390x", "noregabiwrappers"),
            Err(want.into())
        );
    }
}

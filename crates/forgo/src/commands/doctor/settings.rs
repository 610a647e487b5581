//! Environment variables: those of forgo that are set, and settings of Go that are not valid.

use super::finding::{Finding, Level};
use crate::config::process::Variables;
use crate::config::{Startup, env_file, own};
use crate::flags::goflags;

/// Reports on the FORGO_ variables.
pub fn of_forgo(variables: &Variables) -> Vec<Finding> {
    let mut findings = Vec::new();
    for variable in own::VARIABLES {
        let (name, value) = (variable.name, variables.get(variable.name));
        if value.is_empty() {
            continue;
        }
        let finding = match variable.complaint(variables) {
            Some((wrong, remedy)) => Finding::new("variables", Level::Error, wrong).remedy(remedy),
            None => Finding::new(
                "variables",
                Level::Note,
                format!("{name}={value}: {}", variable.help),
            ),
        };
        findings.push(finding.fact("name", name).fact("value", value));
    }
    for name in own::unknown(variables) {
        let finding = Finding::new(
            "variables",
            Level::Warning,
            format!("{name} is not a variable of forgo"),
        );
        findings.push(finding.remedy("unset it; 'forgo help' lists the variables"));
    }
    if findings.is_empty() {
        findings.push(Finding::new(
            "variables",
            Level::Ok,
            "no FORGO_ variable is set",
        ));
    }
    findings
}

/// Reports on the settings of Go: those that end every command, and those that make forgo slower.
pub fn of_go(startup: &Startup) -> Vec<Finding> {
    let mut findings = Vec::new();
    let error = |text: &str, remedy: &str| {
        Finding::new("settings", Level::Error, text.trim()).remedy(remedy)
    };
    let show = "'forgo env -changed' shows the settings that differ from their defaults";
    match startup.check() {
        Ok(warning) if warning.is_empty() => {}
        Ok(warning) => {
            findings.push(Finding::new("settings", Level::Warning, warning.trim()).remedy(show))
        }
        Err(stop) => findings.push(error(&stop.text, "correct or unset GOROOT or GOPATH")),
    }
    if let Err(stop) = startup.check_build_configuration() {
        findings.push(error(&stop.text, show));
    }
    let env = &startup.cfg.env;
    if let Err(text) = goflags::words(env.get("GOFLAGS"), false) {
        findings.push(error(&text, "correct or unset GOFLAGS"));
    }
    if let Err(why) = env_file::location(&startup.process)
        && why != "GOENV=off"
    {
        let text = format!("no file for 'go env -w': {why}");
        let finding = Finding::new("settings", Level::Warning, text);
        findings.push(finding.remedy("set HOME, or GOENV to a file"));
    }
    if startup.cfg.debug.traces_cache() {
        let text = "GODEBUG traces cache keys: forgo's own optimizations are off";
        let finding = Finding::new("settings", Level::Note, text);
        findings.push(finding.remedy("unset GODEBUG for normal use"));
    }
    if findings.is_empty() {
        findings.push(Finding::new("settings", Level::Ok, "valid"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_forgo() {
        let of = |list: &[(&str, &str)]| {
            let list = list.iter().map(|(k, v)| ((*k).into(), (*v).into()));
            of_forgo(&Variables::from_list(list.collect()))
        };
        assert_eq!(of(&[])[0].level, Level::Ok);
        let found = of(&[
            ("FORGO_EXTRAS", "off"),
            ("FORGO_VERIFY", "lots"),
            ("FORGO_EXTRA", "on"),
        ]);
        let levels: Vec<Level> = found.iter().map(|f| f.level).collect();
        assert_eq!(levels, [Level::Note, Level::Error, Level::Warning]);
        assert_eq!(found[1].text, "FORGO_VERIFY=lots is not understood");
        assert_eq!(
            found[1].remedy,
            "set it to a percentage from 0% to 100%, or unset it"
        );
        assert!(found[2].text.starts_with("FORGO_EXTRA is not"));
    }
}

//! The go command that forgo drives, its release, the toolchain that go.mod asks for, and the
//! program that the name `go` runs.

use forgo_golang::release::{is_native, native};
use forgo_load::disk::{self, Because};
use forgo_load::process;
use forgo_load::stock::{self, Kind, kind};

use super::finding::{Finding, Level};
use crate::config::process::Variables;
use crate::config::toolchain::{self, Preview};
use crate::config::{Startup, goroot};

/// Reports on the distribution and on the toolchain that a command here would use.
pub fn examine(startup: &Startup) -> Vec<Finding> {
    let dist = &startup.cfg.dist;
    if dist.stock_go.file().is_empty() {
        return vec![missing("no go command found that is not forgo")];
    }
    vec![found(startup), release(startup), toolchain(startup)]
}

/// Reports that forgo has no go command to drive, for this reason.
pub fn missing(why: &str) -> Finding {
    let why = why.trim().trim_start_matches("forgo: ");
    let why = why.split(&format!("; {}", stock::REMEDY)).next();
    Finding::new("go", Level::Error, why.unwrap_or_default())
        .remedy(format!("install Go, or {}", stock::REMEDY))
}

fn found(startup: &Startup) -> Finding {
    let (dist, file) = (&startup.cfg.dist, startup.cfg.dist.stock_go.file());
    let how = goroot::how_found(&dist.stock_go, &startup.process);
    Finding::new("go", Level::Ok, format!("{file}, {how}"))
        .fact("file", file)
        .fact("found", how)
        .fact("goroot", dist.goroot.as_str())
}

fn release(startup: &Startup) -> Finding {
    let dist = &startup.cfg.dist;
    let supported = is_native(&dist.version);
    let release = goroot::platform(dist);
    let finding = match (dist.version.is_empty(), supported) {
        (true, _) => Finding::new(
            "release",
            Level::Error,
            format!("unknown: GOROOT {} has no VERSION file", dist.goroot),
        )
        .remedy(format!("unset GOROOT, or {}", stock::REMEDY)),
        (_, true) => Finding::new("release", Level::Ok, format!("{release}, supported")),
        (_, false) => Finding::new(
            "release",
            Level::Error,
            format!("{release} is not supported: forgo runs the stock go command instead"),
        )
        .remedy(format!(
            "install a release of {}, and set FORGO_GO to its go command",
            native().join(" or ")
        )),
    };
    finding
        .fact("version", dist.version.as_str())
        .fact("supported", supported)
}

/// The toolchain that GOTOOLCHAIN, go.work or go.mod selects here.
fn toolchain(startup: &Startup) -> Finding {
    let new = |level: Level, text: String| Finding::new("toolchain", level, text);
    let unsupported = |name: &str| !is_native(name);
    let hint = "set GOTOOLCHAIN=local to use the local release, if go.mod allows it";
    match toolchain::preview(startup) {
        Ok(Preview::Local) => new(Level::Ok, "the local one".to_owned()).fact("local", true),
        Ok(Preview::Installed { name, go }) if unsupported(&name) => new(
            Level::Warning,
            format!("{name} is selected here and not supported: forgo runs {go} instead"),
        )
        .remedy(hint)
        .fact("name", name),
        Ok(Preview::Installed { name, go }) => new(Level::Ok, format!("{name}, {go}"))
            .fact("name", name)
            .fact("file", go),
        Ok(Preview::Missing { name }) => new(
            Level::Note,
            format!("{name} is selected here; the next command downloads it"),
        )
        .remedy(hint)
        .fact("name", name),
        Err(stop) => new(Level::Error, stop.text.trim().to_owned())
            .remedy("correct GOTOOLCHAIN, or the go and toolchain lines of go.mod or go.work"),
    }
}

/// Reports which program `go` runs in a shell with this PATH.
pub fn on_path(variables: &Variables) -> Finding {
    let new = |level: Level, text: String| Finding::new("go on PATH", level, text);
    let Some(file) = goroot::first_on_path(variables, "go") else {
        return new(Level::Note, "no go on PATH".to_owned())
            .remedy("use forgo by its own name, or link it as go in a directory on PATH");
    };
    let is_forgo = kind(&file) == Kind::Forgo;
    let finding = match is_forgo {
        true if is_this_program(&file) => new(Level::Ok, format!("{file} is this forgo")),
        true => new(Level::Warning, format!("{file} is another copy of forgo"))
            .remedy("link it to this program, so that both names run the same version"),
        false => new(Level::Note, format!("{file} is not forgo")).remedy(
            "to run forgo as go, link it as go in a directory that comes first on PATH: \
             mkdir -p ~/bin && ln -s \"$(command -v forgo)\" ~/bin/go",
        ),
    };
    finding.fact("file", file).fact("forgo", is_forgo)
}

fn is_this_program(file: &str) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |meta: &std::fs::Metadata| (meta.dev(), meta.ino());
    let this = process::this_program().and_then(|file| disk::own::metadata(Because::Handed, file));
    let that = disk::own::metadata(Because::Handed, file);
    matches!((this, that), (Ok(this), Ok(that)) if identity(&this) == identity(&that))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_search_are_split_into_text_and_remedy() {
        let stop = format!("forgo: FORGO_GO=/x: is a directory; {}\n", stock::REMEDY);
        let finding = missing(&stop);
        assert_eq!(finding.text, "FORGO_GO=/x: is a directory");
        assert!(finding.remedy.starts_with("install Go, or set FORGO_GO"));
    }

    #[test]
    fn a_path_without_go() {
        let list = vec![("PATH".to_owned(), "/no/such/dir:relative".to_owned())];
        let finding = on_path(&Variables::from_list(list));
        assert_eq!(finding.level, Level::Note);
        assert_eq!(finding.text, "no go on PATH");
    }
}

//! What module loading asks of the stock command: downloads into the module cache, version queries,
//! edits of go.mod and go.sum.
//!
//! Downloads run in a temporary module which has the checksums of all go.sum files in force: so
//! they are verified as always, and the user's files stay untouched.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::fs;
use std::process::Stdio;

use forgo_golang::gover;
use forgo_golang::modfile::FixError;
use forgo_golang::module::Version;
use forgo_golang::path;
use forgo_golang::quote::quote;
use forgo_golang::raw;
use serde::Deserialize;

use super::api::{Fatal, LoadOptions, Modules};
use super::errors::{Error, Need};
use super::pool;
use crate::disk;
use crate::process::{self, Learns};

/// Why something is not there, when the stock command has no words for it.
const MISSING: &str = "not in the module cache";

/// How many stock commands run at once.
const PROCESSES: usize = 4;

/// An element of `go mod download -json` and `go list -m -json`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Downloaded {
    #[serde(default)]
    path: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    versions: Vec<String>,
    #[serde(default)]
    error: Option<ErrorText>,
}

/// `"text"` or `{"Err": "text"}`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum ErrorText {
    Plain(String),
    Wrapped {
        #[serde(rename = "Err")]
        err: String,
    },
}

impl ErrorText {
    fn text(&self) -> &str {
        match self {
            ErrorText::Plain(s) | ErrorText::Wrapped { err: s } => s,
        }
    }
}

/// Output of the stock command.
struct Output {
    stdout: String,
    stderr: String,
}

impl Modules<'_> {
    /// The error for something that is not in the module cache: a request to fetch it, or that it
    /// could not be fetched.
    pub(super) fn unavailable(&self, need: Need) -> Error {
        if self.memo.attempted.lock_set().contains(&need) {
            Error::Unfetched(need)
        } else {
            Error::Need(vec![need])
        }
    }

    /// Runs `f` until nothing has to be fetched for it.
    pub(super) fn fetching<T>(&self, f: impl Fn() -> Result<T, Error>) -> Result<T, Error> {
        loop {
            match f() {
                Err(Error::Need(needs)) => self.fetch_all(&needs)?,
                Err(e) => return Err(self.explain(e)),
                ok => return ok,
            }
        }
    }

    /// Fetches, each thing once in an invocation. A thing that can't be fetched stays missing; an
    /// error here ends the command.
    pub(super) fn fetch_all(&self, needs: &[Need]) -> Result<(), Error> {
        let needs: BTreeSet<Need> = {
            let mut attempted = self.memo.attempted.lock_set();
            needs
                .iter()
                .filter(|n| attempted.insert((*n).clone()))
                .cloned()
                .collect()
        };
        let (mut mods, mut zips, mut infos) = (Vec::new(), Vec::new(), Vec::new());
        for n in needs {
            match n {
                Need::Mod(m) => mods.push(m),
                Need::Zip(m) => zips.push(m),
                Need::Info(m) => infos.push(m),
            }
        }
        if !mods.is_empty() {
            self.fetch_mods(&mods)?;
        }
        for m in zips.iter().filter(|m| !self.has_zip(m)) {
            self.say(format!("go: downloading {} {}\n", m.path, m.version));
        }
        self.fetch_listed(&["mod", "download", "-json"], &zips, Need::Zip)?;
        self.fetch_listed(&["list", "-m", "-e", "-json"], &infos, Need::Info)
    }

    /// Reports whether the archive is there, if not its files.
    fn has_zip(&self, m: &Version) -> bool {
        ["zip", "ziphash"].iter().all(|suffix| {
            let file = self.cache_path(m, suffix);
            file.is_ok_and(|f| disk::metadata(f).is_ok())
        })
    }

    /// go.mod files alone: the stock command reads the graph of a module that requires them. Of
    /// several versions of a path it would read the highest only: each gets a separate module.
    fn fetch_mods(&self, mods: &[Version]) -> Result<(), Error> {
        let mut versions: HashMap<&str, usize> = HashMap::new();
        let mut requires: Vec<String> = Vec::new();
        for m in mods {
            let nth = versions.entry(&m.path).or_default();
            if requires.len() <= *nth {
                requires.push(String::new());
            }
            let _ = writeln!(requires[*nth], "require {} {}", m.path, m.version);
            *nth += 1;
        }
        for outputs in requires.chunks(PROCESSES) {
            for output in pool::map_io(outputs, |r| self.traced(r, &["mod", "graph"])) {
                self.check_mismatch(&output?.stderr)?;
            }
        }
        Ok(())
    }

    /// Modules named on the command line, some at a time: their queries are serial within one
    /// process.
    fn fetch_listed(
        &self,
        command: &[&str],
        modules: &[Version],
        need: impl Fn(Version) -> Need + Sync,
    ) -> Result<(), Error> {
        if modules.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = modules.iter().map(Version::to_string).collect();
        let chunks: Vec<&[String]> = names.chunks(names.len().div_ceil(PROCESSES)).collect();
        let outputs = pool::map_io(&chunks, |chunk| {
            let mut args = command.to_vec();
            args.extend(chunk.iter().map(String::as_str));
            self.traced("", &args)
        });
        for (chunk, output) in chunks.iter().zip(outputs) {
            let output = output?;
            let answers = parse(&output.stdout);
            if answers.len() < chunk.len() {
                // It gave up: a checksum does not match, for example.
                self.check_mismatch(&output.stderr)?;
                return Err(Error::fatal(output.stderr));
            }
            for a in answers {
                let Some(e) = a.error else { continue };
                let m = Version::new(a.path, a.version);
                let mut text = e.text().to_string();
                let need = need(m.clone());
                if let Need::Zip(_) = need {
                    // A build would not ask for the info file.
                    text = text.replace(".info: ", ".zip: ");
                }
                self.memo.failed.put(need, module_error(&m, &text));
            }
        }
        Ok(())
    }

    /// A mismatch is reported with the name of the file that has the other checksum, which the
    /// stock command knows only as its temporary module's go.sum.
    fn check_mismatch(&self, stderr: &str) -> Result<(), Error> {
        let parts = || {
            let (_, rest) = stderr.split_once("verifying ")?;
            let (m, rest) = rest.split_once(": checksum mismatch\n\tdownloaded: ")?;
            let (path, version) = m.split_once('@')?;
            Some((Version::new(path, version), rest.lines().next()?))
        };
        match parts() {
            Some((m, hash)) => self.check_sum(&m, hash),
            None => Ok(()),
        }
    }

    /// Puts the stock command's error where something could not be fetched.
    pub(super) fn explain(&self, e: Error) -> Error {
        match e {
            Error::Unfetched(need) => self.fetch_error(need),
            Error::Module(m, e) => self.explain(*e).about(&m),
            Error::BuildList(stack, e) => Error::BuildList(stack, Box::new(self.explain(*e))),
            e => e,
        }
    }

    fn fetch_error(&self, need: Need) -> Error {
        if let Some(known) = self.memo.failed.get(&need) {
            return known;
        }
        let error = match &need {
            Need::Mod(m) => {
                let line = format!("require {} {}\n", m.path, m.version);
                match self.in_scratch(&line, &["mod", "graph"]) {
                    Ok(output) => {
                        let text = output.stderr.trim_end();
                        let text = text.strip_prefix("go: ").unwrap_or(text);
                        let text = if text.is_empty() { MISSING } else { text };
                        module_error(m, text)
                    }
                    Err(e) => e,
                }
            }
            Need::Zip(m) | Need::Info(m) => Error::text(MISSING).about(m),
        };
        self.memo.failed.put(need, error.clone());
        error
    }

    /// Resolves a version query (`latest`, a branch, `v1.2`) of a module.
    pub(super) fn query(&self, m: &Version) -> Result<String, Error> {
        if self.is_vendor() {
            let reason = &self.state.build_mod_reason;
            let reason = if reason.is_empty() {
                String::new()
            } else {
                format!("\n\t({reason})")
            };
            return Err(Error::text(format!(
                "cannot query module due to -mod=vendor{reason}"
            )));
        }
        self.query_with(m, &[])
    }

    /// Resolves `latest` without regard to retractions.
    pub(super) fn query_latest(&self, m: &Version) -> Result<String, Error> {
        self.query_with(m, &["-retracted"])
    }

    fn query_with(&self, m: &Version, flags: &[&str]) -> Result<String, Error> {
        let arg = m.to_string();
        let args = [&["list", "-m", "-e", "-json"], flags, &[&arg]].concat();
        let output = self.traced("", &args)?;
        match parse(&output.stdout).into_iter().next() {
            None => Err(Error::fatal(output.stderr)),
            Some(Downloaded { error: Some(e), .. }) => Err(module_error(m, e.text())),
            Some(a) => Ok(a.version),
        }
    }

    /// Why a query in a go.mod could not be answered: the words of a go.mod's error, which are
    /// others than those of `list -m` ([`e`](Error), used where the stock command now knows an
    /// answer).
    pub(super) fn why_not_required(&self, m: &Version, e: &Error) -> FixError {
        if self.is_vendor() {
            return FixError::Other(e.to_string());
        }
        let line = format!("require {} {}\n", m.path, quote(&m.version));
        match self.in_scratch(&line, &["list", "-m", "-mod=mod"]) {
            Ok(output) => requirement_error(&output.stderr, &m.path)
                .unwrap_or_else(|| FixError::Other(e.to_string())),
            Err(e) => FixError::Other(e.to_string()),
        }
    }

    /// The versions that there are of the pseudo-module `go`.
    pub(super) fn releases(&self) -> Result<Vec<String>, Error> {
        let output = self.traced("", &["list", "-m", "-versions", "-json", "go"])?;
        match parse(&output.stdout).into_iter().next() {
            Some(a) if a.error.is_none() => Ok(a.versions),
            _ => {
                let text = output.stderr.trim_end();
                Err(Error::text(text.strip_prefix("go: ").unwrap_or(text)))
            }
        }
    }

    /// [`in_scratch`](Modules::in_scratch), which under `-x` shows the stock command's requests.
    fn traced(&self, requires: &str, args: &[&str]) -> Result<Output, Error> {
        if !self.cfg.flags.x {
            return self.in_scratch(requires, args);
        }
        let (command, rest) = args.split_at(2);
        let output = self.in_scratch(requires, &[command, &["-x"], rest].concat())?;
        let lines = output.stderr.split_inclusive('\n');
        let (shown, stderr): (Vec<_>, Vec<_>) = lines.partition(|l| l.starts_with("# get "));
        self.say(shown.concat());
        Ok(Output {
            stderr: stderr.concat(),
            ..output
        })
    }

    /// Runs the stock command in a temporary module with the given requirements. It is an error if
    /// it can't run; whether it succeeds is seen by the files that it leaves in the module cache.
    #[expect(
        clippy::disallowed_methods,
        reason = "in a directory of its own, for a command after which no answer is kept"
    )]
    fn in_scratch(&self, requires: &str, args: &[&str]) -> Result<Output, Error> {
        self.check_cache_dir()
            .map_err(|e| Error::fatal(format!("go: {e}")))?;
        let failed =
            |e: &dyn std::fmt::Display| Error::fatal(format!("forgo: fetching modules: {e}"));
        let dir = tempfile::Builder::new()
            .prefix("forgo-fetch-")
            .tempdir_in(&self.cfg.dirs.tmp)
            .map_err(|e| failed(&e))?;
        let name = dir.path().to_str().unwrap_or_default().to_string();
        // With pruning, `go mod graph` reads little more than the requirements given here.
        let go = match gover::compare(self.local(), "1.17").is_lt() {
            true => self.local(),
            false => "1.17",
        };
        let go_mod = format!("module forgo.invalid/fetch\n\ngo {go}\n\n{requires}");
        fs::write(path::join2(&name, "go.mod"), go_mod).map_err(|e| failed(&e))?;
        let mut sums = Vec::new();
        for file in self.all_sum_files() {
            if let Ok(data) = self.tree.read_file(&file) {
                sums.extend(data);
                sums.push(b'\n');
            }
        }
        if !sums.is_empty() {
            fs::write(path::join2(&name, "go.sum"), sums).map_err(|e| failed(&e))?;
        }
        let goflags = if self.cfg.modules.modcacherw {
            "GOFLAGS=-modcacherw"
        } else {
            "GOFLAGS="
        };
        let env = ["GOWORK=off", "GO111MODULE=on", "GOTOOLCHAIN=local", goflags];
        self.stock(&name, args, &env.map(str::to_string))
    }

    fn stock(&self, dir: &str, args: &[&str], env: &[String]) -> Result<Output, Error> {
        let go = &self.cfg.dist.stock_go;
        let mut command = go.child(self.cfg, dir, env).map_err(Error::fatal)?;
        command.args(process::os_all(args)).stdin(Stdio::null());
        let learns = Learns::Refuse("the stock command looked after modules");
        match process::output(&mut command, learns) {
            // A script in the place of the stock command, which runs forgo.
            Ok(o) if o.stderr.starts_with(b"forgo: ") => {
                Err(Error::fatal(String::from_utf8_lossy(&o.stderr).trim_end()))
            }
            Ok(o) => Ok(Output {
                stdout: raw::borrow(&o.stdout).into_owned(),
                stderr: raw::borrow(&o.stderr).into_owned(),
            }),
            Err(e) => {
                let why = process::exit_text(Err(e), go.file()).unwrap_or_default();
                Err(Error::fatal(format!("forgo: {why}")))
            }
        }
    }

    /// Lets the stock command load the packages and make the edits of go.mod and go.sum (or
    /// go.work.sum) that this needs. Gives the errors that packages have, by import path.
    pub(super) fn delegate_edits(
        &self,
        options: &LoadOptions,
        patterns: &[String],
    ) -> Result<HashMap<String, String>, Fatal> {
        let cfg = self.cfg;
        let mut args: Vec<String> = ["list", "-e", "-deps", "-json=ImportPath,Error"]
            .map(str::to_string)
            .into();
        if options.tests {
            args.push("-test".to_string());
        }
        let mut flag = |name: &str, value: &str| {
            if !value.is_empty() {
                args.push(format!("-{name}={value}"));
            }
        };
        if cfg.modules.mod_explicit {
            flag("mod", &cfg.modules.mod_flag);
        }
        flag("modfile", &cfg.modules.modfile);
        flag("overlay", &cfg.modules.overlay);
        flag("tags", &cfg.flags.tags.join(","));
        for (name, on) in [
            ("modcacherw", cfg.modules.modcacherw),
            ("race", cfg.flags.race),
            ("msan", cfg.flags.msan),
            ("asan", cfg.flags.asan),
        ] {
            if on {
                flag(name, "true");
            }
        }
        args.push("--".to_string());
        args.extend(patterns.iter().cloned());
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let output = self
            .stock("", &args, &["GOTOOLCHAIN=local".to_string()])
            .map_err(Error::into_fatal)?;
        // Reported with its importer: a module that was found for an import and can't be had.
        // Nothing of it is left in go.mod, so loading here would look for it once more.
        let by_importer =
            |line: &str| line.ends_with(" imports\n") || line.ends_with(" tested by\n");
        let mut fatal = false;
        for line in output.stderr.split_inclusive('\n') {
            let progress = ["go: finding ", "go: found ", "go: downloading "];
            fatal |= line.starts_with("go: ") && by_importer(line);
            if fatal || progress.iter().any(|p| line.starts_with(p)) {
                self.say(line.to_string());
            }
        }
        if fatal {
            return Err(Fatal::reported());
        }
        Ok(package_errors(&output.stdout))
    }
}

/// Extracts the error of a go.mod's only requirement from the stock command's output.
fn requirement_error(stderr: &str, path: &str) -> Option<FixError> {
    let (_, text) = stderr.trim_end().split_once("\ngo.mod:")?;
    let (_, text) = text.split_once(": ")?;
    Some(match text.strip_prefix(&format!("require {path}: ")) {
        Some(text) => FixError::Module(text.to_owned()),
        None => FixError::Other(text.to_owned()),
    })
}

/// The errors in a stream of packages.
fn package_errors(stdout: &str) -> HashMap<String, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Listed {
        #[serde(default)]
        import_path: String,
        error: Option<ErrorText>,
    }
    serde_json::Deserializer::from_str(stdout)
        .into_iter::<Listed>()
        .map_while(Result::ok)
        .filter_map(|p| Some((p.import_path, p.error?.text().to_string())))
        .collect()
}

fn parse(stdout: &str) -> Vec<Downloaded> {
    serde_json::Deserializer::from_str(stdout)
        .into_iter()
        .map_while(Result::ok)
        .collect()
}

/// An error from its text, which may begin with the module's name.
fn module_error(m: &Version, text: &str) -> Error {
    if let Some(rest) = text.strip_prefix(&format!("module {}: ", m.path)) {
        // `go list -m` adds this prefix only for queries that nothing matches; else the error has
        // it.
        return match rest.starts_with("no matching versions ") {
            true => Error::text(rest),
            false => Error::text(rest).about(&Version::new(&*m.path, "")),
        };
    }
    match text.strip_prefix(&format!("{m}: ")) {
        // `go list -m` puts the name before errors that don't have it by themselves.
        Some(rest) if rest.starts_with("module lookup disabled by ") => Error::text(rest),
        Some(rest) => Error::text(rest).about(m),
        None => Error::text(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_come_in_two_forms() {
        let stream = r#"{"Path":"a","Version":"v1.0.0","Error":"no"}
            {"Path":"b","Version":"v1.0.0","Error":{"Err":"never"}} {"Path":"c"}"#;
        let texts: Vec<String> = parse(stream)
            .iter()
            .map(|d| d.error.as_ref().map_or("", ErrorText::text).to_string())
            .collect();
        assert_eq!(texts, ["no", "never", ""]);
    }

    #[test]
    fn requirements_are_blamed_or_not() {
        let of = |text: &str| {
            let stderr = format!("go: errors parsing go.mod:\ngo.mod:5: {text}\n");
            requirement_error(&stderr, "a.com/x").map(|e| match e {
                FixError::Module(text) => ("module", text),
                FixError::Other(text) => ("other", text),
            })
        };
        let text = String::from("reading a: 404");
        assert_eq!(
            of("require a.com/x: reading a: 404"),
            Some(("module", text.clone()))
        );
        assert_eq!(of("reading a: 404"), Some(("other", text)));
        assert!(requirement_error("", "a.com/x").is_none());
    }

    #[test]
    fn module_name_is_not_repeated() {
        let m = Version::new("a.com/x", "v1.0.0");
        let e = module_error(&m, "a.com/x@v1.0.0: gone");
        assert_eq!(e.clone().about(&m).to_string(), "a.com/x@v1.0.0: gone");
        assert_eq!(module_error(&m, "off").to_string(), "off");
    }
}

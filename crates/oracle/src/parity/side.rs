//! Running one of the two commands: the same directory, the same temporary directory, a fixed
//! environment, and a separate cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::programs::{Programs, Who};
use crate::tree::{self, Take};

/// The output of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// Exit status; -1 when a signal ended it.
    pub code: i32,
}

/// The parts that both sides have in common.
pub struct Setting<'p> {
    /// The programs.
    pub programs: &'p Programs,
    /// Where the project is.
    pub dir: PathBuf,
    /// Where everything else is put.
    pub scratch: PathBuf,
    /// Of the variant.
    pub environment: Vec<(String, String)>,
    /// GOMODCACHE, GOPROXY …: how this machine gets modules.
    modules: Vec<(String, String)>,
}

impl<'p> Setting<'p> {
    /// Asks the stock command for what a build here may need from outside.
    pub fn new(
        programs: &'p Programs,
        dir: PathBuf,
        scratch: PathBuf,
        environment: Vec<(String, String)>,
    ) -> Result<Setting<'p>, String> {
        let names = [
            "GOMODCACHE",
            "GOPROXY",
            "GOSUMDB",
            "GONOSUMDB",
            "GONOPROXY",
            "GOPRIVATE",
        ];
        let go = programs.goroot.join("bin/go");
        let output = Command::new(&go)
            .arg("env")
            .args(names)
            .current_dir("/")
            .env("GOTOOLCHAIN", "local")
            .output()
            .map_err(|e| format!("{}: {e}", go.display()))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let modules = names
            .iter()
            .map(|n| (*n).to_owned())
            .zip(text.lines().map(str::to_owned));
        let modules = modules.collect();
        fs::create_dir_all(scratch.join("tmp"))
            .map_err(|e| format!("{}: {e}", scratch.display()))?;
        Ok(Setting {
            programs,
            dir,
            scratch,
            environment,
            modules,
        })
    }

    /// Reports whether forgo's own optimizations are on.
    pub fn has_extras(&self) -> bool {
        self.environment
            .iter()
            .any(|(name, value)| name == "FORGO_EXTRAS" && value == "on")
    }

    /// The cache of a side.
    pub fn cache(&self, who: Who) -> PathBuf {
        self.scratch.join(format!("cache-{}", who.title()))
    }

    /// A command on a cache.
    pub fn command(&self, who: Who, cache: &Path, godebug: &str, args: &[String]) -> Command {
        let stock = self.programs.goroot.join("bin/go");
        let program = match who {
            Who::Stock => &stock,
            Who::Forgo => &self.programs.forgo,
        };
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{path}", self.programs.goroot.join("bin").display());
        let mut command = Command::new(program);
        command
            .args(args)
            .current_dir(&self.dir)
            .env_clear()
            .env("PATH", path)
            .env("PWD", &self.dir)
            .env("HOME", self.scratch.join("home"))
            .env("TMPDIR", self.scratch.join("tmp"))
            .env("GOROOT", &self.programs.goroot)
            .env("GOPATH", self.scratch.join("gopath"))
            .env("GOCACHE", cache)
            .env("GODEBUG", godebug)
            .env("FORGO_GO", &stock)
            // -x does not show the work that forgo skips beyond the stock command; `never-wrong`
            // proves it.
            .env("FORGO_EXTRAS", "off")
            .envs([
                ("GOENV", "off"),
                ("GOTOOLCHAIN", "local"),
                ("GOFLAGS", ""),
                ("GOWORK", ""),
            ])
            .envs([
                ("LANG", "C"),
                ("GOBIN", ""),
                ("GO111MODULE", ""),
                ("GOTELEMETRY", "off"),
            ])
            .envs(self.modules.iter().map(|(name, value)| (name, value)))
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Runs a command on a cache.
    pub fn run(
        &self,
        who: Who,
        cache: &Path,
        godebug: &str,
        args: &[String],
    ) -> Result<Said, String> {
        let mut command = self.command(who, cache, godebug, args);
        let output = command
            .output()
            .map_err(|e| format!("{}: {e}", command.get_program().to_string_lossy()))?;
        Ok(Said {
            stdout: self.plain(&output.stdout, cache),
            stderr: self.plain(&output.stderr, cache),
            code: output.status.code().unwrap_or(-1),
        })
    }

    /// Text without the parts that may differ: the temporary directory's number, the cache's name.
    pub fn plain(&self, bytes: &[u8], cache: &Path) -> String {
        let text = String::from_utf8_lossy(bytes);
        let text = text.replace(&cache.display().to_string(), "$GOCACHE");
        let work = format!("{}/go-build", self.scratch.join("tmp").display());
        let plain = without_digits_after(&text, &work, "$WORK");
        let link = format!("{}/go-link-", self.scratch.join("tmp").display());
        let plain = without_digits_after(&plain, &link, "$LINK");
        plain.split_inclusive('\n').map(without_time).collect()
    }
}

/// Puts `name` in place of a temporary directory's beginning and the number that follows it.
fn without_digits_after(text: &str, beginning: &str, name: &str) -> String {
    let mut parts = text.split(beginning);
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(name);
        plain.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    plain
}

/// `0.018s # cd /x; git status` has the time that git took.
fn without_time(line: &str) -> String {
    match line.split_once("s # cd ") {
        Some((time, rest)) if time.parse::<f64>().is_ok() => format!("0s # cd {rest}"),
        _ => line.to_owned(),
    }
}

/// Copies the stock command's part of a cache; files that can't change are linked.
pub fn copy_cache(from: &Path, to: &Path) -> Result<(), String> {
    tree::copy(from, to, &|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match &*name {
            "README" | "trim.txt" => Take::Copy,
            name if name.ends_with("-d") => Take::Link,
            name if name.ends_with("-a") || path.is_dir() => Take::Copy,
            _ => Take::LeaveOut,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_run_to_run_is_left_out() {
        let text = "/t/go-link-12/a.o /t/go-link-345 /t/go-linker";
        let plain = without_digits_after(text, "/t/go-link-", "$LINK");
        assert_eq!(plain, "$LINK/a.o $LINK /t/go-linker");
        assert_eq!(
            without_time("0.018s # cd /x; git tag\n"),
            "0s # cd /x; git tag\n"
        );
        assert_eq!(without_time("files # cd /x\n"), "files # cd /x\n");
    }
}

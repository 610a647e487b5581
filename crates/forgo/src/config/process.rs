//! The inputs from the process itself: environment, current directory, arguments.
//!
//! Answers to os.Getwd, to base.Cwd, to handleChdirFlag in cmd/go/main.go and to
//! toolchain.FilterEnv.

use forgo_load::disk::{self, Because};
use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;

use forgo_golang::raw;
use forgo_load::process::{errno_text, os};
use forgo_load::stock::MARKER;

use crate::exit::{Outcome, Stop};

/// The process's environment, in order and as a map. Left out are the variable that counts
/// toolchain switches and the mark of a stock command within a forgo, which is not for programs
/// that this one starts.
pub struct Variables {
    /// The mark, see [`MARKER`].
    pub marker: String,
    /// In the process's order.
    pub list: Vec<(String, String)>,
    /// The same; of duplicates the first counts, as in Go.
    pub map: BTreeMap<String, String>,
}

impl Variables {
    /// Reads them.
    pub fn read() -> Variables {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is where the environment is read"
        )]
        let all = std::env::vars_os();
        let mut marker = String::new();
        let mut list = Vec::new();
        for (name, value) in all {
            let (name, value) = (
                raw::into_text(name.into_vec()),
                raw::into_text(value.into_vec()),
            );
            match name.as_str() {
                MARKER => marker = value,
                "GOTOOLCHAIN_INTERNAL_SWITCH_COUNT" => {}
                _ => list.push((name, value)),
            }
        }
        Variables {
            marker,
            ..Variables::from_list(list)
        }
    }

    /// From a list.
    pub fn from_list(list: Vec<(String, String)>) -> Variables {
        let mut map = BTreeMap::new();
        for (k, v) in &list {
            map.entry(k.clone()).or_insert_with(|| v.clone());
        }
        let marker = String::new();
        Variables { marker, list, map }
    }

    /// os.Getenv.
    pub fn get(&self, key: &str) -> &str {
        self.map.get(key).map_or("", String::as_str)
    }

    /// os.Setenv.
    pub fn set(&mut self, key: &str, value: &str) {
        self.unset(key);
        self.list.push((key.to_owned(), value.to_owned()));
        self.map.insert(key.to_owned(), value.to_owned());
    }

    /// os.Unsetenv.
    pub fn unset(&mut self, key: &str) {
        self.list.retain(|(k, _)| k != key);
        self.map.remove(key);
    }
}

/// The arguments after the program's name.
pub fn arguments() -> Vec<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is where the arguments are read"
    )]
    let all = std::env::args_os();
    all.skip(1).map(|a| raw::into_text(a.into_vec())).collect()
}

/// Reports whether this program was started under the name `go`.
pub fn is_named_go() -> bool {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is where the arguments are read"
    )]
    let name = std::env::args_os().next().unwrap_or_default();
    std::path::Path::new(&name)
        .file_name()
        .is_some_and(|n| n == "go")
}

/// The current directory, spelled as `$PWD` spells it where that is right.
pub fn current_dir(pwd: &str) -> Outcome<String> {
    if pwd.starts_with('/')
        && let (Ok(dot), Ok(named)) = (
            disk::own::metadata(Because::Key, "."),
            disk::own::metadata(Because::Key, pwd),
        )
        && (dot.dev(), dot.ino()) == (named.dev(), named.ino())
    {
        return Ok(pwd.to_owned());
    }
    #[expect(clippy::disallowed_methods, reason = "this is where it is read")]
    match std::env::current_dir() {
        Ok(dir) => Ok(disk::text_of(dir)),
        Err(e) => {
            let why = errno_text(&e);
            Err(Stop::fatal(format!(
                "cannot determine current directory: getwd: {why}"
            )))
        }
    }
}

/// Takes `-C dir` away from the head of a command's arguments and goes there. Returns the directory
/// that the process was in, where that can be opened.
pub fn take_chdir(args: &mut Vec<String>) -> Outcome<Option<File>> {
    let Some(first) = args.first() else {
        return Ok(None);
    };
    let dir = if matches!(first.as_str(), "-C" | "--C") {
        if args.len() < 2 {
            return Ok(None);
        }
        args.drain(..2).nth(1).unwrap_or_default()
    } else if let Some(dir) = first
        .strip_prefix("-C=")
        .or_else(|| first.strip_prefix("--C="))
    {
        let dir = dir.to_owned();
        args.remove(0);
        dir
    } else {
        return Ok(None);
    };
    let start = disk::own::open(Because::Handed, ".").ok();
    #[expect(clippy::disallowed_methods, reason = "-C is this")]
    std::env::set_current_dir(os(&dir))
        .map_err(|e| Stop::fatal(format!("go: chdir {dir}: {}", errno_text(&e))))?;
    Ok(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chdir_flag_is_taken_only_from_the_head() {
        let mut args = vec!["-a".to_owned(), "-C".to_owned(), "x".to_owned()];
        take_chdir(&mut args).unwrap();
        assert_eq!(args.len(), 3);
        let mut args = vec!["-C".to_owned()];
        take_chdir(&mut args).unwrap();
        assert_eq!(args, ["-C"]);
        let mut args = vec!["-C=/no/such/dir".to_owned(), "x".to_owned()];
        let stop = take_chdir(&mut args).unwrap_err();
        assert_eq!(
            stop.text,
            "go: chdir /no/such/dir: no such file or directory\n"
        );
        assert_eq!(args, ["x"]);
    }
}

//! Caches in which the stock command has built the standard library, as far as projects need it;
//! kept between runs, one for all variants in which the standard library is the same.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::projects::{Project, Variant};
use super::side::Setting;
use crate::programs::Who;

/// Flags that packages of the standard library do not see as dependencies. An error here costs only
/// time: the keys are the stock command's.
const NOT_OF_STD: [&str; 6] = ["-tags", "-ldflags=", "-buildvcs=", "-pgo=", "-mod=", "-p="];

/// Settings that they do not see.
const NO_SETTINGS_OF_STD: [&str; 4] = [
    "PKG_CONFIG_PATH",
    "CGO_CFLAGS_ALLOW",
    "CGO_CFLAGS_DISALLOW",
    // So far as keys go, and bytes.
    "GOGC",
];

/// Only one at a time fills a cache: two would compile the same.
static FILLING: Mutex<()> = Mutex::new(());

/// The cache for a project in a variant, after the stock command has built into it what the project
/// needs of the standard library.
pub fn prepared(
    setting: &Setting,
    project: &Project,
    variant: &Variant,
) -> Result<PathBuf, String> {
    let base = crate::places::cache_dir()?.with_file_name("parity");
    let seed = base
        .join(setting.programs.release())
        .join(format!("seed-{}", name(variant)));
    fs::create_dir_all(&seed).map_err(|e| format!("{}: {e}", seed.display()))?;
    let stock = |args: &[String]| {
        let said = setting.run(Who::Stock, &seed, "", args)?;
        match said.code {
            0 => Ok(said.stdout),
            _ => Err(format!("go {}: {}", args.join(" "), said.stderr)),
        }
    };
    let of_std = "{{if .Standard}}{{.ImportPath}}{{end}}";
    let list = stock(&variant.command("list", &["-e", "-deps", "-f", of_std], &project.packages))?;
    // `fmt [example.com/program]` is `fmt` with that program's profile.
    let names = list
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    let packages: BTreeSet<String> = names.map(str::to_owned).collect();
    let packages: Vec<String> = packages.into_iter().collect();
    // Without a pattern the stock command would build the directory it is in.
    if !packages.is_empty() {
        let _one = FILLING.lock().unwrap_or_else(PoisonError::into_inner);
        // Not `build`: that wants a program for most build modes.
        let nothing = "{{/* */}}";
        let mut plain = variant.clone();
        plain.flags.retain(|flag| !is_for_named(flag));
        stock(&plain.command("list", &["-export", "-f", nothing], &packages))?;
    }
    Ok(seed)
}

/// Is a flag for the packages that the command line names? Here those of the standard library would
/// be.
fn is_for_named(flag: &str) -> bool {
    let for_tools = ["-gcflags=", "-asmflags="];
    let for_all = |prefix: &&str| {
        flag.strip_prefix(*prefix)
            .is_some_and(|f| !f.starts_with("all="))
    };
    flag.starts_with("-cover") || for_tools.iter().any(for_all)
}

/// Returns the settings of a variant that the standard library depends on, as a file's name.
fn name(variant: &Variant) -> String {
    let mut words = Vec::new();
    let settings = variant.environment.iter();
    for (key, value) in settings.filter(|(key, _)| !NO_SETTINGS_OF_STD.contains(&key.as_str())) {
        words.push(format!("{key}={value}"));
    }
    let mut flags = variant.flags.iter();
    while let Some(flag) = flags.next() {
        if flag == "-tags" {
            flags.next();
        } else if !is_for_named(flag) && !NOT_OF_STD.iter().any(|prefix| flag.starts_with(prefix)) {
            words.push(flag.clone());
        }
    }
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    words.join(" ").chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_that_std_does_not_see_share_a_seed() {
        for (variant, want) in [
            ("", ""),
            ("-tags extra -ldflags=-s", ""),
            ("-cover -covermode=atomic -gcflags=-l", ""),
            ("-gcflags=all=-l", "_gcflags_all__l"),
            ("PKG_CONFIG_PATH=pc -tags pc -race", "_race"),
            ("GOOS=windows -trimpath -pgo=off", "GOOS_windows__trimpath"),
        ] {
            assert_eq!(name(&Variant::parse(variant)), want, "{variant}");
        }
    }
}

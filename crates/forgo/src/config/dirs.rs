//! Directories that the environment names: the user's configuration and cache, GOPATH, GOMODCACHE,
//! GOCACHE, the directory for temporary files.
//!
//! Answers to os.UserConfigDir, os.UserCacheDir, cmd/go/internal/cache/default.go, and to GOPATH in
//! cmd/go/internal/cfg/cfg.go and go/build.

use forgo_golang::path;
use forgo_load::config::{Dirs, Environment};

use super::process::Variables;

/// os.UserConfigDir.
pub fn user_config(variables: &Variables) -> Result<String, String> {
    user_dir(
        variables,
        "XDG_CONFIG_HOME",
        ".config",
        "Library/Application Support",
    )
}

/// os.UserCacheDir.
fn user_cache(variables: &Variables) -> Result<String, String> {
    user_dir(variables, "XDG_CACHE_HOME", ".cache", "Library/Caches")
}

fn user_dir(variables: &Variables, xdg: &str, unix: &str, mac: &str) -> Result<String, String> {
    let home = variables.get("HOME");
    if cfg!(target_os = "macos") {
        if home.is_empty() {
            return Err("$HOME is not defined".into());
        }
        return Ok(format!("{home}/{mac}"));
    }
    match variables.get(xdg) {
        "" if home.is_empty() => Err(format!("neither ${xdg} nor $HOME are defined")),
        "" => Ok(format!("{home}/{unix}")),
        dir if dir.starts_with('/') => Ok(dir.to_owned()),
        _ => Err(format!("path in ${xdg} is relative")),
    }
}

/// A setting, and whether it differs from its default.
pub type Changed<T> = (T, bool);

/// GOCACHE in force (cache.DefaultDir), and why it is off if the user did not choose that.
pub fn gocache(variables: &Variables, setting: &str) -> (Changed<String>, Option<String>) {
    let (default, error) = match user_cache(variables) {
        Ok(dir) => (path::join2(&dir, "go-build"), None),
        Err(e) => (
            "off".to_owned(),
            Some(format!("GOCACHE is not defined and {e}")),
        ),
    };
    if setting.is_empty() {
        return ((default, false), error);
    }
    let changed = setting != default;
    if setting.starts_with('/') || setting == "off" {
        return ((setting.to_owned(), changed), None);
    }
    let error = "GOCACHE is not an absolute path".to_owned();
    (("off".to_owned(), changed), Some(error))
}

/// GOPATH when nothing sets it.
fn default_gopath(variables: &Variables) -> String {
    let home = variables.get("HOME");
    if home.is_empty() {
        return String::new();
    }
    let dir = path::join2(home, "go");
    let goroot = variables.get("GOROOT");
    if !goroot.is_empty() && path::clean(goroot) == dir {
        return String::new();
    }
    dir
}

/// GOPATH as it is set, or guessed from where the home is; whether the user's file changed it: the
/// process's own setting counts as the default.
pub fn gopath_as_given(variables: &Variables, env: &Environment) -> Changed<String> {
    let default = match variables.get("GOPATH") {
        "" => default_gopath(variables),
        set => set.to_owned(),
    };
    super::variables::or_default(env, "GOPATH", &default)
}

/// What GOPATH is where this [was given](gopath_as_given): a guess that came out relative is taken
/// back.
pub fn gopath<'g>(given: &'g str, env: &Environment) -> &'g str {
    let relative = |dir: &str| !dir.is_empty() && !dir.starts_with('/');
    if env.get("GOPATH").is_empty() && given.split(':').any(relative) {
        return "";
    }
    given
}

/// A directory beneath the first element of GOPATH, or empty.
pub fn in_gopath(gopath: &str, relative: &str) -> String {
    match gopath.split(':').next() {
        None | Some("") => String::new(),
        Some(first) => path::join2(first, relative),
    }
}

/// All directories of a configuration.
pub fn resolve(variables: &Variables, env: &Environment) -> Dirs {
    let (given, _) = gopath_as_given(variables, env);
    let gopath = gopath(&given, env);
    let ((gocache, _), gocache_error) = gocache(variables, env.get("GOCACHE"));
    // A guess that was taken back still leads to the module cache.
    let (gomodcache, _) =
        super::variables::or_default(env, "GOMODCACHE", &in_gopath(&given, "pkg/mod"));
    let first_set = |list: [&str; 3]| {
        list.into_iter()
            .find(|d| !d.is_empty())
            .unwrap_or_default()
            .to_owned()
    };
    Dirs {
        gopath: gopath
            .split(':')
            .filter(|_| !gopath.is_empty())
            .map(str::to_owned)
            .collect(),
        gobin: env.get("GOBIN").to_owned(),
        gomodcache,
        gocache,
        gocache_error,
        tmp: first_set([env.get("GOTMPDIR"), variables.get("TMPDIR"), "/tmp"]),
        home: variables.get("HOME").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(list: &[(&str, &str)]) -> Variables {
        Variables::from_list(
            list.iter()
                .map(|(k, v)| ((*k).into(), (*v).into()))
                .collect(),
        )
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn caches() {
        let home = variables(&[("HOME", "/h")]);
        assert_eq!(
            gocache(&home, ""),
            (("/h/.cache/go-build".into(), false), None)
        );
        assert_eq!(gocache(&home, "/c"), (("/c".into(), true), None));
        assert!(!gocache(&home, "/h/.cache/go-build").0.1);
        assert_eq!(gocache(&home, "c").0.0, "off");
        let none = variables(&[]);
        let error = "GOCACHE is not defined and neither $XDG_CACHE_HOME nor $HOME are defined";
        assert_eq!(gocache(&none, "").1.as_deref(), Some(error));
        assert_eq!(gocache(&none, "off"), (("off".into(), false), None));
        let relative = variables(&[("XDG_CONFIG_HOME", "x")]);
        assert_eq!(
            user_config(&relative).unwrap_err(),
            "path in $XDG_CONFIG_HOME is relative"
        );
    }

    #[test]
    fn gopath_is_not_goroot() {
        assert_eq!(default_gopath(&variables(&[("HOME", "/h")])), "/h/go");
        assert_eq!(
            default_gopath(&variables(&[("HOME", "/h"), ("GOROOT", "/h/go/")])),
            ""
        );
        assert_eq!(in_gopath("/a:/b", "pkg/mod"), "/a/pkg/mod");
        assert_eq!(in_gopath("", "bin"), "");
    }
}

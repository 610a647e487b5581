//! The two commands that are compared: where they are, and how they are started.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

/// One of the two commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The go command of the Go distribution.
    Stock,
    /// forgo.
    Forgo,
}

impl Who {
    /// Both, the stock command first.
    pub const BOTH: [Who; 2] = [Who::Stock, Who::Forgo];

    /// The name for a column.
    pub fn title(self) -> &'static str {
        match self {
            Who::Stock => "go",
            Who::Forgo => "forgo",
        }
    }
}

/// Where the programs are.
#[derive(Debug, Clone)]
pub struct Programs {
    /// GOROOT of the Go distribution that both commands drive.
    pub goroot: PathBuf,
    /// The forgo under test.
    pub forgo: PathBuf,
}

impl Programs {
    /// The first line of GOROOT/VERSION.
    pub fn release(&self) -> String {
        let text = fs::read_to_string(self.goroot.join("VERSION")).unwrap_or_default();
        text.lines().next().unwrap_or("unknown").to_string()
    }
}

/// Finds the programs. `go` is a GOROOT or a go command; without it `FORGO_TEST_GOROOT` counts,
/// then the go command on PATH. Without `forgo` it is looked for beside this program, in the target
/// directory of the repository, and on PATH.
pub fn find(go: Option<PathBuf>, forgo: Option<PathBuf>) -> Result<Programs, String> {
    let go = go.or_else(|| std::env::var_os("FORGO_TEST_GOROOT").map(PathBuf::from));
    let goroot = match go {
        Some(dir) if dir.is_dir() => dir,
        Some(command) => goroot_of(&command)?,
        None => goroot_of(Path::new("go"))?,
    };
    if !goroot.join("bin/go").is_file() {
        return Err(format!("{} has no bin/go", goroot.display()));
    }
    let forgo = match forgo.or_else(built).or_else(|| on_path("forgo")) {
        Some(file) if file.is_file() => file,
        Some(file) => return Err(format!("{}: no such program", file.display())),
        None => {
            let text = "no forgo beside this program or on PATH: name it with --forgo";
            return Err(text.into());
        }
    };
    let absolute =
        |p: PathBuf| std::path::absolute(&p).map_err(|e| format!("{}: {e}", p.display()));
    Ok(Programs {
        goroot: absolute(goroot)?,
        forgo: absolute(forgo)?,
    })
}

fn goroot_of(go: &Path) -> Result<PathBuf, String> {
    let out = Command::new(go)
        .args(["env", "GOROOT"])
        .env("GOTOOLCHAIN", "local")
        .output();
    let out = out.map_err(|e| {
        format!(
            "{}: {e}; name a Go distribution or a go command with --go",
            go.display()
        )
    })?;
    Ok(PathBuf::from(String::from_utf8_lossy(&out.stdout).trim()))
}

/// The forgo that was built last, where this program was built with it.
fn built() -> Option<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.or_else(|| Some(crate::places::repository().ok()?.join("target")));
    // A test is a program in a directory below.
    let exe = std::env::current_exe().unwrap_or_default();
    let beside = exe.ancestors().skip(1).take(2).map(|dir| dir.join("forgo"));
    let others = ["release/forgo", "debug/forgo"];
    let others = target
        .iter()
        .flat_map(|target| others.map(|name| target.join(name)));
    beside.chain(others).find(|file| file.is_file())
}

/// Finds a program on PATH.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|file| file.is_file())
}

/// Returns a command whose environment has none of the user's Go settings, except where modules
/// are.
pub fn command(programs: &Programs, who: Who) -> Command {
    let stock = programs.goroot.join("bin/go");
    let mut cmd = Command::new(match who {
        Who::Stock => &stock,
        Who::Forgo => &programs.forgo,
    });
    for (key, _) in std::env::vars_os() {
        let key = key.to_string_lossy().into_owned();
        if key.starts_with("GO")
            && !["GOPROXY", "GOSUMDB", "GOMODCACHE", "GOPATH"].contains(&key.as_str())
        {
            cmd.env_remove(&key);
        }
    }
    cmd.env("GOENV", "off")
        .env("GOTOOLCHAIN", "local")
        .env("GOROOT", &programs.goroot)
        .env("FORGO_GO", &stock);
    cmd
}

/// Returns the SHA-256 of a file, in hex.
pub fn sum(path: &Path) -> Result<String, String> {
    let data = fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(Sha256::digest(data)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect())
}

/// Writes a file, and its directory.
pub fn write_file(path: &Path, text: &str) -> Result<(), String> {
    let dir = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(dir)
        .and_then(|()| fs::write(path, text))
        .map_err(|e| format!("{}: {e}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_that_are_not_there() {
        let dir = tempfile::tempdir().unwrap();
        let goroot = Some(dir.path().to_owned());
        assert!(
            find(goroot.clone(), None)
                .unwrap_err()
                .ends_with("has no bin/go")
        );
        write_file(&dir.path().join("bin/go"), "").unwrap();
        let forgo = dir.path().join("forgo");
        let error = find(goroot.clone(), Some(forgo.clone())).unwrap_err();
        assert!(error.ends_with("no such program"), "{error}");
        write_file(&forgo, "").unwrap();
        assert_eq!(find(goroot, Some(forgo.clone())).unwrap().forgo, forgo);
    }
}

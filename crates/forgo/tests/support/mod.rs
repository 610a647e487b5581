//! Runs the stock command and forgo on the same work and compares their output.
//!
//! Distributions to compare with: those that `FORGO_TEST_GOROOT` lists (separated by `:`), else the
//! one of the `go` on PATH.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(
    clippy::disallowed_methods,
    reason = "tests find their distribution in the environment"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use forgo_golang::raw;
use forgo_load::process::os;

/// GOROOTs to test with.
pub fn goroots() -> Vec<PathBuf> {
    if let Ok(list) = std::env::var("FORGO_TEST_GOROOT") {
        return list
            .split(':')
            .filter(|d| !d.is_empty())
            .map(PathBuf::from)
            .collect();
    }
    let output = Command::new("go")
        .args(["env", "GOROOT"])
        .env("GOTOOLCHAIN", "local")
        .output()
        .expect("a go command on PATH, or FORGO_TEST_GOROOT");
    vec![PathBuf::from(
        String::from_utf8(output.stdout).expect("UTF-8").trim(),
    )]
}

/// The output of a command.
#[derive(Debug, PartialEq, Eq)]
pub struct Said {
    pub stdout: String,
    pub stderr: String,
    pub code: Option<i32>,
}

impl Said {
    /// With `$W` for the world's directory.
    fn masked(mut self, world: &World) -> Said {
        let dir = world.dir.path().to_str().expect("UTF-8");
        for text in [&mut self.stdout, &mut self.stderr] {
            *text = text.replace(dir, "$W");
        }
        self
    }
}

/// A directory tree with a module cache, a build cache and a home.
pub struct World {
    pub dir: tempfile::TempDir,
    pub goroot: PathBuf,
    env: Vec<(String, String)>,
    /// Where commands start.
    start: String,
}

/// Makes a directory of links to the entries of another one, except for some.
fn link_but(from: &Path, to: &Path, but: &[&str]) {
    std::fs::create_dir_all(to).expect("a directory");
    for item in std::fs::read_dir(from).expect("a directory").flatten() {
        let name = item.file_name();
        if !but.contains(&name.to_str().expect("UTF-8")) {
            std::os::unix::fs::symlink(item.path(), to.join(name)).expect("a link");
        }
    }
}

/// Writes an executable file.
pub fn write_executable(file: &Path, bytes: &[u8]) {
    std::fs::write(file, bytes).expect("a file");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(file, mode).expect("its mode");
}

impl World {
    /// With these files (`name`, `text`) in the directory `w`, where commands start.
    pub fn new(goroot: &Path, files: &[(&str, &str)]) -> World {
        let dir = tempfile::Builder::new()
            .prefix("forgo-test")
            .tempdir()
            .expect("a directory");
        let world = World {
            dir,
            goroot: goroot.to_owned(),
            env: Vec::new(),
            start: "w".into(),
        };
        for sub in ["w", "home/.config/go/telemetry", "tmp", "gopath"] {
            std::fs::create_dir_all(world.path(sub)).expect("a directory");
        }
        // The stock command counts its actions in files.
        std::fs::write(world.path("home/.config/go/telemetry/mode"), "off").expect("a file");
        for (name, text) in files {
            world.write(name, text);
        }
        world
    }

    /// A path below the world's directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(os(name))
    }

    /// Writes a file below `w`.
    pub fn write(&self, name: &str, text: &str) {
        let file = self.path("w").join(name);
        std::fs::create_dir_all(file.parent().expect("a parent")).expect("directories");
        std::fs::write(file, text).expect("a file");
    }

    /// Adds a file to each of these packages (directory with a final slash, name) that no other
    /// world has, so that their results are in no cache.
    pub fn make_new(&self, packages: &[(&str, &str)]) {
        let name = self.dir.path().file_name().and_then(|name| name.to_str());
        let name = name.expect("UTF-8");
        for (dir, package) in packages {
            let text = format!("package {package}\n\nconst New = \"{name}\"\n");
            self.write(&format!("{dir}new.go"), &text);
        }
    }

    /// Uses a copy of the distribution that lacks these tools. Returns the directory of its tools,
    /// and that of the tools of the distribution. Everything but the go command is a link.
    pub fn copy_distribution(&mut self, without: &[&str]) -> (PathBuf, PathBuf) {
        let copy = self.path("goroot");
        let from = std::mem::replace(&mut self.goroot, copy);
        let to = &self.goroot;
        let tools = std::fs::read_dir(from.join("pkg/tool")).expect("tools");
        let real = tools
            .flatten()
            .map(|entry| entry.path())
            .find(|dir| dir.join("link").exists())
            .expect("a linker");
        link_but(&from, to, &["bin", "pkg"]);
        std::fs::create_dir(to.join("bin")).expect("a directory");
        std::fs::copy(from.join("bin/go"), to.join("bin/go")).expect("the go command");
        link_but(&from.join("pkg"), &to.join("pkg"), &["tool"]);
        let name = real.file_name().expect("a name");
        let copied = to.join("pkg/tool").join(name);
        link_but(&real, &copied, without);
        (copied, real)
    }

    /// Commands start in this directory, as it is spelled here.
    pub fn start_in(&mut self, dir: &str) {
        dir.clone_into(&mut self.start);
    }

    /// Sets a variable for all commands; `$W` in the value is the world's directory.
    pub fn set(&mut self, key: &str, value: &str) {
        let value = value.replace("$W", self.dir.path().to_str().expect("UTF-8"));
        self.env.retain(|(k, _)| k != key);
        self.env.push((key.into(), value));
    }

    /// Takes back all settings.
    pub fn unset_all(&mut self) {
        self.env.clear();
    }

    /// A build cache that stays between runs of the tests, for compiling the standard library takes
    /// long: one for each distribution and command.
    pub fn cache(&self, name: &str) -> PathBuf {
        let version = std::fs::read_to_string(self.goroot.join("VERSION")).unwrap_or_default();
        let version = version.lines().next().unwrap_or("unknown").to_owned();
        Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(version)
            .join(name)
    }

    /// Begins a cache of the world's own with what the cache between runs has for these commands of
    /// forgo, which is compiled there if need be: the entries of the stock command's kind alone.
    pub fn seed_cache(&self, name: &str, commands: &[&[&str]]) {
        for args in commands {
            let said = self.forgo(args);
            assert_eq!(said.code, Some(0), "{args:?} {}", said.stderr);
        }
        let from = self.cache("cache-forgo");
        for dir in std::fs::read_dir(&from).expect("a cache").flatten() {
            let to = self.path(name).join(dir.file_name());
            let Ok(files) = std::fs::read_dir(dir.path()) else {
                continue;
            };
            std::fs::create_dir_all(&to).expect("a directory");
            for file in files.flatten() {
                let name = file.file_name().to_string_lossy().into_owned();
                // `<64 digits>-a` and `<64 digits>-d`. Another test may remove it meanwhile.
                if name.len() == 66 {
                    let (from, to) = (file.path(), to.join(name));
                    let _ = std::fs::hard_link(&from, &to)
                        .or_else(|_| std::fs::copy(&from, &to).map(drop));
                }
            }
        }
    }

    fn command(&self, program: &Path, cache: &str) -> Command {
        let mut command = Command::new(program);
        let host = std::env::var("PATH").unwrap_or_default();
        command
            .current_dir(self.path(&self.start))
            .env_clear()
            .env("PATH", host)
            .env("HOME", self.path("home"))
            .env("TMPDIR", self.path("tmp"))
            .env("PWD", self.path(&self.start))
            .env("GOPATH", self.path("gopath"))
            .env("GOCACHE", self.cache(cache))
            .env("GOENV", "off")
            .env("GOTOOLCHAIN", "local")
            .env("GOPROXY", "off")
            // The log is not the stock command's: tests of it turn it on.
            .env("FORGO_LOG", "off")
            .stdin(Stdio::null());
        for (key, value) in &self.env {
            if value == "-" {
                command.env_remove(key);
            } else {
                command.env(key, os(value));
            }
        }
        command
    }

    /// The stock command, about to be started.
    pub fn stock_command(&self) -> Command {
        self.command(&self.goroot.join("bin/go"), "cache-stock")
    }

    /// Another stock command, about to be started.
    pub fn stock_command_at(&self, go: &Path) -> Command {
        self.command(go, "cache-stock")
    }

    /// forgo, driving the same distribution.
    pub fn forgo_command(&self) -> Command {
        let mut command = self.command(Path::new(env!("CARGO_BIN_EXE_forgo")), "cache-forgo");
        if self.env.iter().all(|(key, _)| key != "FORGO_GO") {
            command.env("FORGO_GO", self.goroot.join("bin/go"));
        }
        command
    }

    /// Returns the output of the stock command.
    pub fn stock(&self, args: &[&str]) -> Said {
        let mut command = self.stock_command();
        self.said(
            command
                .args(args.iter().map(|a| os(a)))
                .output()
                .expect("the stock command runs"),
        )
    }

    /// Returns the output of forgo.
    pub fn forgo(&self, args: &[&str]) -> Said {
        let mut command = self.forgo_command();
        self.said(
            command
                .args(args.iter().map(|a| os(a)))
                .output()
                .expect("forgo runs"),
        )
    }

    /// forgo, started in another directory of the world.
    pub fn forgo_in(&self, dir: &str, args: &[&str]) -> Said {
        let mut command = self.command(Path::new(env!("CARGO_BIN_EXE_forgo")), "cache-forgo");
        command
            .env("FORGO_GO", self.goroot.join("bin/go"))
            .env("PWD", self.path(dir))
            .current_dir(self.path(dir));
        self.said(command.args(args).output().expect("forgo runs"))
    }

    fn said(&self, output: Output) -> Said {
        let text =
            |bytes: Vec<u8>| mask(&raw::into_text(bytes).replace("cache-forgo", "cache-stock"));
        Said {
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            code: output.status.code(),
        }
    }

    /// Checks that the output and the files of both are equal: each in a separate world with these
    /// files.
    #[track_caller]
    pub fn same_result(goroot: &Path, files: &[(&str, &str)], env: &[(&str, &str)], args: &[&str]) {
        let mut worlds = [World::new(goroot, files), World::new(goroot, files)];
        for world in &mut worlds {
            for (key, value) in env {
                world.set(key, value);
            }
        }
        let [stock, forgo] = &worlds;
        let (a, b) = (
            stock.stock(args).masked(stock),
            forgo.forgo(args).masked(forgo),
        );
        assert!(
            a == b,
            "{env:?} {} go {}: stock {:?}, forgo {:?}\n{}{}",
            goroot.display(),
            args.join(" "),
            a.code,
            b.code,
            difference(&a.stdout, &b.stdout),
            difference(&a.stderr, &b.stderr),
        );
        let (a, b) = (stock.tree(), forgo.tree());
        assert_eq!(a, b, "{env:?} {} go {}", goroot.display(), args.join(" "));
    }

    /// All files: path, whether executable, and a hash of their contents.
    pub fn tree(&self) -> Vec<(String, bool, u64)> {
        let mut list = Vec::new();
        let mut todo = vec![self.dir.path().to_owned()];
        while let Some(dir) = todo.pop() {
            for entry in std::fs::read_dir(&dir).expect("a directory").flatten() {
                let (path, meta) = (entry.path(), entry.metadata().expect("metadata"));
                if meta.is_dir() {
                    todo.push(path);
                    continue;
                }
                let name = path
                    .strip_prefix(self.dir.path())
                    .expect("below")
                    .to_string_lossy();
                let bytes = std::fs::read(&path).expect("a file");
                let mut hasher = std::hash::DefaultHasher::new();
                std::hash::Hash::hash(&mask_bytes(&bytes, self), &mut hasher);
                let executable =
                    std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o111;
                let hash = std::hash::Hasher::finish(&hasher);
                list.push((name.into_owned(), executable != 0, hash));
            }
        }
        list.sort();
        list
    }

    /// Checks that the output of both is equal.
    #[track_caller]
    pub fn same(&self, args: &[&str]) {
        let (stock, forgo) = (self.stock(args), self.forgo(args));
        assert!(
            stock == forgo,
            "{:?} {} go {}: stock {:?}, forgo {:?}\n{}{}",
            self.env,
            self.goroot.display(),
            args.join(" "),
            stock.code,
            forgo.code,
            difference(&stock.stdout, &forgo.stdout),
            difference(&stock.stderr, &forgo.stderr),
        );
    }
}

/// Lines that only one of two texts has.
fn difference(stock: &str, forgo: &str) -> String {
    let only = |a: &str, b: &str, mark: char| -> String {
        let other: Vec<_> = b.lines().collect();
        a.lines()
            .filter(|l| !other.contains(l))
            .map(|l| format!("{mark} {l}\n"))
            .collect()
    };
    only(stock, forgo, '-') + &only(forgo, stock, '+')
}

/// Work directories have random names.
fn mask(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("go-build") {
        let end = at + "go-build".len();
        out.push_str(&rest[..end]);
        rest = rest[end..].trim_start_matches(|c: char| c.is_ascii_digit());
    }
    out.push_str(rest);
    out
}

/// Runs a check with every distribution.
pub fn each(files: &[(&str, &str)], check: impl Fn(&mut World)) {
    for goroot in goroots() {
        check(&mut World::new(&goroot, files));
    }
}

/// Files hold the world's directory, whose name is random, and texts derived from it: build IDs.
/// Only files without either can be compared by content.
fn mask_bytes(bytes: &[u8], world: &World) -> Vec<u8> {
    let dir = world.dir.path().to_str().expect("UTF-8").as_bytes();
    let has_dir = bytes.windows(dir.len()).any(|w| w == dir);
    if has_dir || bytes.starts_with(b"\x7fELF") {
        Vec::new()
    } else {
        bytes.to_vec()
    }
}

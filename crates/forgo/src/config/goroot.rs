//! Which Go distribution is in use, found by looking at files; only a stock command that lies
//! outside of its distribution is asked where that is.
//!
//! Answers to findGOROOT and SetGOROOT in cmd/go/internal/cfg/cfg.go, and to the constants that
//! cmd/dist writes into internal/buildcfg and cmd/go/internal/cfg.

use forgo_load::disk;
use forgo_load::process::{self, Learns};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;

use std::process::Stdio;

use forgo_golang::path;
use forgo_golang::release::Release;
use forgo_load::config::Distribution;
use forgo_load::process::errno_text;
use forgo_load::stock::{self, Kind, StockGo, kind};

use super::process::Variables;
use crate::exit::{Outcome, Stop};

/// The stock go command: `$FORGO_GO`, else `$GOROOT/bin/go`, else the first `go` on PATH; forgo
/// itself is passed over. The file is empty if none is found. A FORGO_GO that can't be a go command
/// is an error.
pub fn find_stock_go(variables: &Variables) -> Outcome<StockGo> {
    let stock = |file: String| StockGo::new(file, &variables.marker);
    let chosen = variables.get("FORGO_GO");
    if !chosen.is_empty() {
        return chosen_go(variables, chosen).map(stock);
    }
    let goroot = variables.get("GOROOT");
    if !goroot.is_empty() {
        let file = path::join2(goroot, "bin/go");
        if runs(&file) && kind(&file) != Kind::Forgo {
            return Ok(stock(file));
        }
    }
    Ok(stock(on_path(variables, "go").unwrap_or_default()))
}

/// Returns a description of how [`find_stock_go`] found the command.
pub fn how_found(stock_go: &StockGo, variables: &Variables) -> &'static str {
    let goroot = variables.get("GOROOT");
    if !variables.get("FORGO_GO").is_empty() {
        "set by FORGO_GO"
    } else if !goroot.is_empty() && stock_go.file() == path::join2(goroot, "bin/go") {
        "in GOROOT/bin"
    } else {
        "the first go on PATH that is not forgo"
    }
}

/// Returns the first executable file of this name on PATH, whether forgo or not.
pub fn first_on_path(variables: &Variables, name: &str) -> Option<String> {
    let dirs = variables.get("PATH").split(':');
    dirs.filter(|dir| dir.starts_with('/'))
        .map(|dir| path::join2(dir, name))
        .find(|file| runs(file))
}

/// The release of a distribution and the platform that its tools run on, as `go version` prints
/// them: `go1.27.3 linux/amd64`.
pub fn platform(dist: &Distribution) -> String {
    let (os, arch) = (&dist.host_goos, &dist.host_goarch);
    format!("{} {os}/{arch}", dist.version)
}

/// Resolves FORGO_GO: a file, or a name that is looked for on PATH.
fn chosen_go(variables: &Variables, chosen: &str) -> Outcome<String> {
    let wrong = |why: &str| {
        let text = format!("forgo: FORGO_GO={chosen}: {why}; {}", stock::REMEDY);
        Err(Stop::with_status(text, 2))
    };
    if !chosen.contains('/') {
        return match on_path(variables, chosen) {
            Some(file) => Ok(file),
            None => wrong("no such command on PATH that is not forgo"),
        };
    }
    let file = match chosen.starts_with('/') {
        true => chosen.to_owned(),
        false => path::join2(&super::process::current_dir(variables.get("PWD"))?, chosen),
    };
    match disk::metadata(&file) {
        Err(e) => wrong(&errno_text(&e)),
        Ok(meta) if meta.is_dir() => wrong("is a directory"),
        Ok(_) if !runs(&file) => wrong("is not executable"),
        Ok(_) if kind(&file) == Kind::Forgo => wrong("is forgo, not the stock go command"),
        Ok(_) => Ok(file),
    }
}

/// The first executable file of this name on PATH that is not forgo.
fn on_path(variables: &Variables, name: &str) -> Option<String> {
    let dirs = variables.get("PATH").split(':');
    dirs.filter(|dir| dir.starts_with('/'))
        .map(|dir| path::join2(dir, name))
        .find(|file| runs(file) && kind(file) != Kind::Forgo)
}

fn runs(file: &str) -> bool {
    disk::metadata(file).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

/// GOROOT where nothing sets it: what holds the stock command, symbolic links followed. A stock
/// command that lies elsewhere (a wrapper, a copy) is asked: it knows where it was built.
pub fn find_goroot(stock_go: &StockGo) -> Outcome<String> {
    let file = stock_go.file();
    match goroot_around(file) {
        goroot if goroot.is_empty() && !file.is_empty() => ask(stock_go, "GOROOT"),
        // Another program of a distribution, such as gofmt, is asked so that it fails: it has no
        // GOROOT.
        _ if is_other_go_program(file) => ask(stock_go, "GOROOT"),
        goroot => Ok(goroot),
    }
}

/// Whether this command does not lie in a distribution.
pub fn is_outside(stock_go: &StockGo) -> bool {
    goroot_around(stock_go.file()).is_empty()
}

/// Makes sure that a chosen command is a go command before a whole command line is handed to it: a
/// program whose file does not show that is asked.
pub fn check_chosen(stock_go: &StockGo, variables: &Variables) -> Outcome {
    if variables.get("FORGO_GO").is_empty() || kind(stock_go.file()) == Kind::Go {
        return Ok(());
    }
    find_goroot(stock_go).map(drop)
}

/// Reports whether a file is a program of Go's other than the go command.
fn is_other_go_program(file: &str) -> bool {
    kind(file) == Kind::OtherGo
}

/// Asks the stock command for the value of a variable, without the settings of this process. A
/// program that has no answer is not a go command.
fn ask(stock_go: &StockGo, variable: &str) -> Outcome<String> {
    let stop = |text: String| Err(Stop::with_status(text, 2));
    let mut command = match stock_go.command() {
        Ok(command) => command,
        Err(text) => return stop(text),
    };
    command
        .args(["env", variable])
        .env("GOTOOLCHAIN", "local")
        .env_remove("GOROOT")
        .stdin(Stdio::null());
    let learns = Learns::Refuse("a stock command that lies elsewhere is asked");
    let output = process::output(&mut command, learns);
    let (file, remedy) = (stock_go.file(), stock::REMEDY);
    let output = match output {
        Ok(output) => output,
        Err(e) => {
            let why = errno_text(&e);
            return stop(format!("forgo: cannot run {file}: {why}; {remedy}"));
        }
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    let (said, complaint) = (text(&output.stdout), text(&output.stderr));
    let complaint = complaint.lines().next().unwrap_or_default();
    if complaint.starts_with("forgo: ") && output.status.code() == Some(2) {
        return stop(format!(
            "forgo: {file} runs forgo, not the stock go command; {remedy}"
        ));
    }
    let plausible = match variable {
        "GOROOT" => said.starts_with('/'),
        _ => said.contains("go1"),
    };
    if !output.status.success() || !plausible || said.contains('\n') {
        return stop(format!("forgo: {file} is not a go command; {remedy}"));
    }
    Ok(said)
}

fn goroot_around(stock_go: &str) -> String {
    let Ok(real) = disk::canonicalize(stock_go) else {
        return String::new();
    };
    let real = real.to_string_lossy().into_owned();
    ["../..", "../../.."]
        .iter()
        .map(|up| path::join2(&real, up))
        .find(|dir| disk::is_dir(path::join2(dir, "pkg/tool")))
        .unwrap_or_default()
}

/// The settings that cmd/dist recorded when the distribution was made.
#[derive(Debug, Clone, Default)]
pub struct Defaults {
    /// `GOAMD64` → `v1` and so on; `CGO_ENABLED`, `GOEXPERIMENT`, `GOFIPS140`, `PKG_CONFIG` too.
    constants: BTreeMap<String, String>,
    /// Bodies of DefaultCC and DefaultCXX.
    compilers: String,
}

impl Defaults {
    /// Reads them from the distribution's sources; a constant that is missing there has Go's
    /// default.
    pub fn read(goroot: &str) -> Defaults {
        let read = |file: &str| disk::read_to_string(path::join2(goroot, file)).unwrap_or_default();
        Defaults::parse(
            &read("src/internal/buildcfg/zbootstrap.go"),
            read("src/cmd/go/internal/cfg/zdefaultcc.go"),
        )
    }

    fn parse(zbootstrap: &str, compilers: String) -> Defaults {
        let constants = zbootstrap
            .lines()
            .chain(compilers.lines())
            .filter_map(|line| line.strip_prefix("const ")?.split_once(" = "))
            .filter_map(|(name, value)| {
                let name = match name {
                    "version" => name,
                    _ => name
                        .strip_prefix("Default")
                        .or_else(|| name.strip_prefix("default"))?,
                };
                let value = value.trim_matches(['`', '"']);
                Some((name.to_owned(), value.to_owned()))
            })
            .collect();
        Defaults {
            constants,
            compilers,
        }
    }

    /// A constant by the name of its variable.
    pub fn constant(&self, name: &str) -> &str {
        if let Some(value) = self.constants.get(name) {
            return value;
        }
        match name {
            "GO386" => "sse2",
            "GOAMD64" => "v1",
            "GOARM" => "7",
            "GOARM64" => "v8.0",
            "GOMIPS" | "GOMIPS64" => "hardfloat",
            "GOPPC64" => "power8",
            "GORISCV64" => "rva20u64",
            "GOFIPS140" => "off",
            "PkgConfig" => "pkg-config",
            _ => "",
        }
    }

    /// The C compiler for a target (DefaultCC).
    pub fn cc(&self, goos: &str, goarch: &str) -> String {
        self.compiler("DefaultCC", goos, goarch)
            .unwrap_or_else(|| fallback(goos, "clang", "gcc"))
    }

    /// The C++ compiler for a target (DefaultCXX).
    pub fn cxx(&self, goos: &str, goarch: &str) -> String {
        self.compiler("DefaultCXX", goos, goarch)
            .unwrap_or_else(|| fallback(goos, "clang++", "g++"))
    }

    /// Follows the generated function: `case` lines with quoted targets, `return` lines. A case
    /// names `goos/goarch` or, in the second switch, `goos`.
    fn compiler(&self, function: &str, goos: &str, goarch: &str) -> Option<String> {
        let start = self.compilers.find(&format!("func {function}("))?;
        let body = &self.compilers[start..];
        let body = &body[..body.find("\n}").unwrap_or(body.len())];
        let target = [format!("\"{goos}/{goarch}\""), format!("\"{goos}\"")];
        let mut taken = true;
        for line in body.lines().map(str::trim) {
            if let Some(cases) = line.strip_prefix("case ") {
                let mut cases = cases.trim_end_matches(':').split(", ");
                taken = cases.any(|c| target.iter().any(|t| t == c));
            } else if line == "}" {
                taken = true;
            } else if taken && let Some(name) = line.strip_prefix("return ") {
                return Some(name.trim_matches(['"', '`']).to_owned());
            }
        }
        None
    }
}

fn fallback(goos: &str, clang: &str, gnu: &str) -> String {
    let name = match goos {
        "darwin" | "ios" | "freebsd" | "openbsd" => clang,
        _ => gnu,
    };
    name.to_owned()
}

/// GOOS and GOARCH of this machine.
fn host() -> (&'static str, &'static str) {
    let os = match std::env::consts::OS {
        "macos" => "darwin",
        os => os,
    };
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "x86" => "386",
        "aarch64" => "arm64",
        "loongarch64" => "loong64",
        "powerpc64" if cfg!(target_endian = "little") => "ppc64le",
        "powerpc64" => "ppc64",
        arch => arch,
    };
    (os, arch)
}

/// The host that the distribution's tools are for: this machine's, unless the tool directory names
/// another (a 386 distribution on amd64).
fn tool_host(goroot: &str) -> (String, String) {
    let (os, arch) = host();
    let tools = path::join2(goroot, "pkg/tool");
    if !disk::is_dir(format!("{tools}/{os}_{arch}")) {
        let other = disk::read_dir(&tools).ok().and_then(|entries| {
            entries.flatten().find_map(|e| {
                let name = e.file_name().into_string().ok()?;
                let (os, arch) = name.split_once('_')?;
                Some((os.to_owned(), arch.to_owned()))
            })
        });
        if let Some(other) = other {
            return other;
        }
    }
    (os.to_owned(), arch.to_owned())
}

/// The version of the distribution at a GOROOT. A distribution assembled by hand may lack the
/// VERSION file; its sources name the version too. Without sources, the version of the stock
/// command counts.
fn version_of(goroot: &str, stock_go: &StockGo, defaults: &Defaults) -> Outcome<String> {
    let in_file = |goroot: &str| {
        let text = disk::read_to_string(path::join2(goroot, "VERSION")).unwrap_or_default();
        text.lines().next().unwrap_or_default().trim().to_owned()
    };
    let version = in_file(goroot);
    if !version.is_empty() {
        return Ok(version);
    }
    let version = defaults.constant("version");
    if !version.is_empty() || disk::metadata(goroot).is_err() {
        return Ok(version.to_owned());
    }
    match goroot_around(stock_go.file()) {
        goroot if goroot.is_empty() => version_of_program(stock_go),
        goroot => Ok(in_file(&goroot)),
    }
}

/// The version of a stock command that lies outside of its distribution: a copy has it in its build
/// info; a script must be asked.
fn version_of_program(stock_go: &StockGo) -> Outcome<String> {
    if stock_go.file().is_empty() {
        return Ok(String::new());
    }
    let program = disk::read(stock_go.file()).unwrap_or_default();
    match forgo_golang::buildinfo::go_version(&program) {
        Some(version) => Ok(version.to_owned()),
        None => ask(stock_go, "GOVERSION"),
    }
}

/// The distribution at a GOROOT, given as it is set, for a target's compilers.
pub fn distribution(given: &str, stock_go: &StockGo, defaults: &Defaults) -> Outcome<Distribution> {
    let goroot = &clean(given);
    let (host_goos, host_goarch) = tool_host(goroot);
    let version = version_of(goroot, stock_go, defaults)?;
    // Its behavior is that of the release that its sources were made for, even if VERSION differs.
    let release = Release::of(defaults.constant("version")).or_else(|| Release::of(&version));
    Ok(Distribution {
        release: release.unwrap_or_default(),
        version,
        tool_dir: match goroot.as_str() {
            "" => String::new(),
            _ => path::join2(goroot, &format!("pkg/tool/{host_goos}_{host_goarch}")),
        },
        goroot: goroot.clone(),
        goroot_given: given.to_owned(),
        host_goos,
        host_goarch,
        default_cc: String::new(),
        default_cxx: String::new(),
        default_pkg_config: defaults.constant("PkgConfig").to_owned(),
        stock_go: stock_go.clone(),
    })
}

/// A GOROOT without what filepath.Clean removes; empty stays empty.
pub fn clean(goroot: &str) -> String {
    match goroot {
        "" => String::new(),
        set => path::clean(set),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_defaults() {
        let zbootstrap = "package buildcfg\n\nconst DefaultGOAMD64 = `v3`\nconst defaultGOEXPERIMENT = `x`\nconst version = `go1.27.3`\nconst DefaultCGO_ENABLED = \"\"\n";
        let zdefaultcc = "const DefaultPkgConfig = `pkgconf`\nfunc DefaultCC(goos, goarch string) string {\n\tswitch goos+`/`+goarch {\n\tcase \"linux/arm64\":\n\t\treturn \"aarch64-gcc\"\n\t}\n\tswitch goos {\n\tcase \"darwin\", \"ios\":\n\t\treturn \"clang\"\n\t}\n\treturn \"gcc-12\"\n}\n";
        let d = Defaults::parse(zbootstrap, zdefaultcc.to_owned());
        assert_eq!(d.constant("GOAMD64"), "v3");
        assert_eq!(d.constant("GOARM"), "7");
        assert_eq!(d.constant("GOEXPERIMENT"), "x");
        assert_eq!(d.constant("version"), "go1.27.3");
        assert_eq!(d.constant("PkgConfig"), "pkgconf");
        assert_eq!(d.cc("linux", "arm64"), "aarch64-gcc");
        assert_eq!(d.cc("ios", "arm64"), "clang");
        assert_eq!(d.cc("linux", "amd64"), "gcc-12");
        assert_eq!(d.cxx("linux", "amd64"), "g++");
    }
}

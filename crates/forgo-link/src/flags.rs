//! The command line of cmd/link, as cmd/go writes it. Answers to Main in
//! cmd/link/internal/ld/main.go.

use std::path::PathBuf;

use crate::error::{Result, failed, unsupported};

/// How the output is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuildMode {
    /// At a fixed address.
    Exe,
    /// Anywhere.
    Pie,
}

/// What to link, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the output goes.
    pub output: PathBuf,
    /// The file that lists the packages' archives.
    pub importcfg: PathBuf,
    /// The archive of package main.
    pub main: PathBuf,
    /// The build mode.
    pub buildmode: BuildMode,
    /// The Go build ID to record.
    pub buildid: String,
    /// `-B`: the GNU build ID; empty to derive it from the Go build ID.
    pub host_buildid: String,
    /// Values of string variables, `importpath.name=value`, in their order. The file of
    /// `-importcfg` has one too, at the position of that flag.
    pub strings: Vec<Setting>,
    /// Leave out the symbol table.
    pub strip_symbols: bool,
    /// Leave out debug information.
    pub strip_dwarf: bool,
    /// Compress debug information.
    pub compress_dwarf: bool,
    /// The race detector is in.
    pub race: bool,
    /// Link here though an object prefers the host linker: `-linkmode=internal`.
    pub internal: bool,
    /// The host compiler, which knows where its library is.
    pub host_compiler: Vec<String>,
    /// Check references by `//go:linkname`.
    pub check_linkname: bool,
    /// Where to write what the FIPS module's sum is of.
    pub fips_object: Option<PathBuf>,
    /// The environment variable GOROOT, which becomes runtime.GOROOT's default.
    pub goroot: String,
}

/// What sets the value of a string variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// `-X`
    Flag(Vec<u8>),
    /// The line `modinfo` of the file of `-importcfg`.
    ImportCfg,
}

impl Options {
    /// Parses arguments, without the program's name. Returns [`Error::Unsupported`](crate::Error)
    /// for any flag or value that is not among the supported ones.
    pub fn parse<S: AsRef<str>>(args: &[S], goroot: &str) -> Result<Options> {
        let mut options = Options {
            output: "a.out".into(),
            importcfg: PathBuf::new(),
            main: PathBuf::new(),
            buildmode: BuildMode::Exe,
            buildid: String::new(),
            host_buildid: String::new(),
            strings: Vec::new(),
            strip_symbols: false,
            strip_dwarf: false,
            compress_dwarf: true,
            race: false,
            internal: false,
            host_compiler: vec!["gcc".to_owned()],
            check_linkname: true,
            fips_object: None,
            goroot: goroot.to_owned(),
        };
        let mut strip_dwarf = None;
        let mut rest = args.iter().map(AsRef::as_ref);
        let mut files = Vec::new();
        while let Some(arg) = rest.next() {
            let Some(name) = arg.strip_prefix('-').filter(|name| !name.is_empty()) else {
                files.push(arg);
                files.extend(rest.by_ref());
                break;
            };
            let name = name.strip_prefix('-').unwrap_or(name);
            let (name, value) = match name.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (name, None),
            };
            if let "s" | "w" | "race" | "compressdwarf" | "checklinkname" = name {
                let on = match value {
                    None | Some("1" | "t" | "T" | "true" | "TRUE" | "True") => true,
                    Some("0" | "f" | "F" | "false" | "FALSE" | "False") => false,
                    Some(value) => return failed(format!("-{name}={value}")),
                };
                match name {
                    "s" => options.strip_symbols = on,
                    "w" => strip_dwarf = Some(on),
                    "race" => options.race = on,
                    "compressdwarf" => options.compress_dwarf = on,
                    _ => options.check_linkname = on,
                }
                continue;
            }
            let Some(value) = value.or_else(|| rest.next()) else {
                return failed(format!("-{name} without a value"));
            };
            match name {
                "o" => options.output = value.into(),
                "importcfg" if options.importcfg.as_os_str().is_empty() => {
                    options.importcfg = value.into();
                    options.strings.push(Setting::ImportCfg);
                }
                "buildmode" => {
                    options.buildmode = match value {
                        "exe" => BuildMode::Exe,
                        "pie" => BuildMode::Pie,
                        _ => return unsupported(format!("-buildmode={value}")),
                    }
                }
                "buildid" => options.buildid = value.to_owned(),
                "B" => options.host_buildid = value.to_owned(),
                "X" => options
                    .strings
                    .push(Setting::Flag(value.as_bytes().to_owned())),
                "linkmode" if matches!(value, "auto" | "internal") => {
                    options.internal = value == "internal";
                }
                "extld" => match forgo_golang::quoted::split(value) {
                    Ok(words) if words.is_empty() => {}
                    Ok(words) => options.host_compiler = words,
                    Err(_) => return failed("-extld"),
                },
                "fipso" => options.fips_object = (!value.is_empty()).then(|| value.into()),
                // Only external linking reads them.
                "extldflags" | "installsuffix" => {}
                _ => return unsupported(format!("-{name}")),
            }
        }
        let [main] = files[..] else {
            return failed("not one file");
        };
        if options.importcfg.as_os_str().is_empty() {
            return unsupported("no -importcfg");
        }
        options.main = main.into();
        options.strip_dwarf = strip_dwarf.unwrap_or(options.strip_symbols);
        if options.host_buildid.is_empty() && !options.buildid.is_empty() {
            options.host_buildid = "gobuildid".to_owned();
        }
        Ok(options)
    }
}

//! The go.mod of a main module and the go.work: reading with all checks, and the index of their
//! content. Answers to ReadModFile, indexModFile and fixVersion in
//! cmd/go/internal/modload/modfile.go and init.go, and to ReadWorkFile and LoadWorkFile.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet};

use forgo_golang::modfile::{self, ErrorList, File, FixError, Replace, WorkFile};
use forgo_golang::module::{self, InvalidVersionError, Version};
use forgo_golang::quote::quote;
use forgo_golang::{gover, path, raw};

use super::api::Modules;
use super::errors::Error;
use super::paths;

/// The content of a go.mod when it was read (modFileIndex): changes are measured against it.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// A version in the file was not canonical: the file has to be rewritten.
    pub needs_fix: bool,
    /// The go line, or empty.
    pub go_version: String,
    /// The toolchain line, or empty.
    pub toolchain: String,
    /// Requirements; the value tells `// indirect`.
    pub require: HashMap<Version, bool>,
    pub replace: HashMap<Version, Version>,
    pub exclude: HashSet<Version>,
    /// `ignore` lines.
    pub ignore: Vec<String>,
}

impl Index {
    /// Indexes a file (indexModFile).
    pub fn new(file: &File, needs_fix: bool) -> Result<Index, Error> {
        Ok(Index {
            needs_fix,
            go_version: file
                .go
                .as_ref()
                .map_or(String::new(), |g| g.version.clone()),
            toolchain: file
                .toolchain
                .as_ref()
                .map_or(String::new(), |t| t.name.clone()),
            require: file
                .require
                .iter()
                .map(|r| (r.module.clone(), r.indirect))
                .collect(),
            replace: replace_map(&file.replace)?,
            exclude: file.exclude.iter().map(|x| x.module.clone()).collect(),
            ignore: file.ignore.iter().map(|x| x.path.clone()).collect(),
        })
    }
}

/// Replacements by the replaced module; two for the same thing may not disagree (toReplaceMap).
pub(super) fn replace_map(replaces: &[Replace]) -> Result<HashMap<Version, Version>, Error> {
    let mut map: HashMap<Version, Version> = HashMap::with_capacity(replaces.len());
    for r in replaces {
        if let Some(prev) = map.get(&r.old).filter(|prev| **prev != r.new) {
            return Err(Error::fatal(format!(
                "go: conflicting replacements for {}:\n\t{}\n\t{}",
                r.old, prev, r.new
            )));
        }
        map.insert(r.old.clone(), r.new.clone());
    }
    Ok(map)
}

impl Modules<'_> {
    /// Reads a main module's go.mod; tells whether a version in it had to be made canonical.
    pub(super) fn read_mod_file(&self, gomod: &str) -> Result<(File, bool), Error> {
        let short = || paths::short(self.cfg, gomod);
        let data = self
            .tree
            .read_file(gomod)
            .map_err(|e| Error::text(io_text("open", gomod, &e)))?;
        let text = raw::borrow(&data);
        let fix = Fix::new(self);
        let result = modfile::parse(gomod, &text, Some(&|path, v| fix.version(path, v)));
        if let Some(e) = fix.fatal.take() {
            return Err(e);
        }
        let file = match result {
            Ok(file) => file,
            Err(errors) => {
                if let Ok(lax) = modfile::parse_lax(gomod, &text, Some(&|p, v| fix.version(p, v))) {
                    self.check_go_line(&lax, gomod)?;
                }
                let errors = self.shorten(errors);
                return Err(Error::text(format!(
                    "errors parsing {}:\n{errors}",
                    short()
                )));
            }
        };
        self.check_go_line(&file, gomod)?;
        let Some(m) = &file.module else {
            return Err(Error::text(format!(
                "error reading {}: missing module declaration. To specify the module path:\n\
                 \tgo mod edit -module=example.com/mod",
                short()
            )));
        };
        if gover::is_toolchain(&m.module.path) {
            return Err(Error::text(format!(
                "error reading {}: invalid module path: {}",
                short(),
                quote(&m.module.path)
            )));
        }
        Ok((file, fix.fixed.into_inner()))
    }

    /// TooNewError for a go line beyond this release.
    fn check_go_line(&self, file: &File, gomod: &str) -> Result<(), Error> {
        match &file.go {
            Some(go) if gover::compare(&go.version, self.local()) == Ordering::Greater => {
                Err(self.too_new(&paths::short(self.cfg, gomod), &go.version))
            }
            _ => Ok(()),
        }
    }

    /// gover.TooNewError.
    pub(super) fn too_new(&self, what: &str, go_version: &str) -> Error {
        let explain = self.toolchain_settings();
        Error::TooNew {
            what: what.to_string(),
            go_version: go_version.to_string(),
            text: format!(
                "{what} requires go >= {go_version} (running go {}{explain})",
                self.local()
            ),
        }
    }

    /// What decided that this release runs (gover.Startup), for messages.
    fn toolchain_settings(&self) -> String {
        let setting = self.cfg.env.get("GOTOOLCHAIN");
        let mut explain = String::new();
        if !setting.is_empty() && setting != "auto" {
            explain = format!("; GOTOOLCHAIN={setting}");
        }
        let (min, mode) = match setting {
            "auto" | "path" => ("local", setting),
            _ => setting.split_once('+').unwrap_or((setting, "")),
        };
        if mode != "auto" && mode != "path" {
            return explain;
        }
        let Ok(lines) = super::go_toolchain_lines(self.cfg) else {
            return explain;
        };
        let min = gover::from_toolchain(min).unwrap_or(self.local());
        let version = gover::from_toolchain(&lines.toolchain).unwrap_or_default();
        let sets = if lines.toolchain == "default" {
            "toolchain default".to_string()
        } else if gover::compare(&lines.go, gover::max(min, version)).is_gt() {
            format!("go {}", lines.go)
        } else if gover::compare(version, min).is_gt() {
            format!("toolchain {}", lines.toolchain)
        } else {
            return explain;
        };
        explain + &format!("; {} sets {sets}", paths::short(self.cfg, &lines.file))
    }

    fn shorten(&self, mut errors: ErrorList) -> ErrorList {
        for e in &mut errors.0 {
            e.file = paths::short(self.cfg, &e.file);
        }
        errors
    }

    /// Reads a go.work and lists the directories of its modules.
    pub(super) fn read_work_file(&self, file: &str) -> Result<(WorkFile, Vec<String>), Error> {
        let short = paths::short(self.cfg, file);
        let data = self.tree.read_file(file).map_err(|e| {
            Error::text(format!("reading go.work: {}", io_text("open", &short, &e)))
        })?;
        let text = raw::borrow(&data);
        let work = modfile::parse_work(&short, &text, None)
            .map_err(|e| Error::text(format!("errors parsing go.work:\n{e}")))?;
        if let Some(go) = &work.go
            && gover::compare(&go.version, self.local()) == Ordering::Greater
        {
            return Err(self.too_new(&short, &go.version));
        }
        let dir = path::dir(file);
        let mut roots: Vec<String> = Vec::new();
        for u in &work.use_ {
            let root = if u.path.starts_with('/') {
                u.path.clone()
            } else {
                path::join2(&dir, &u.path)
            };
            if roots.contains(&root) {
                return Err(Error::text(format!(
                    "error loading go.work:\n{short}:{}: path {root} appears multiple times in workspace",
                    u.syntax.start.line
                )));
            }
            roots.push(root);
        }
        for g in &work.godebug {
            if let Err(e) = super::check_godebug(self.cfg, "godebug", &g.key, &g.value) {
                return Err(Error::text(format!(
                    "error loading go.work:\n{short}:{}: {e}",
                    g.syntax.start.line
                )));
            }
        }
        Ok((work, roots))
    }
}

/// Makes versions of a main module's go.mod canonical (fixVersion).
struct Fix<'m, 'a> {
    modules: &'m Modules<'a>,
    fixed: RefCell<bool>,
    /// An error that must not be taken for one of the file.
    fatal: RefCell<Option<Error>>,
    /// Queries already made: the file may be parsed twice.
    known: RefCell<BTreeMap<Version, Result<String, FixError>>>,
}

impl<'m, 'a> Fix<'m, 'a> {
    fn new(modules: &'m Modules<'a>) -> Self {
        Fix {
            modules,
            fixed: RefCell::new(false),
            fatal: RefCell::new(None),
            known: RefCell::default(),
        }
    }

    fn version(&self, path: &str, given: &str) -> Result<String, FixError> {
        let fixed = self.canonical(path, given)?;
        if fixed != given {
            *self.fixed.borrow_mut() = true;
        }
        Ok(fixed)
    }

    fn canonical(&self, path: &str, given: &str) -> Result<String, FixError> {
        let mut vers = given;
        if path.starts_with("gopkg.in/")
            && let Some((_, v)) = given.split_once("-gopkgin-")
        {
            vers = v;
        }
        let Some((_, path_major)) = module::split_path_version(path) else {
            let e = InvalidVersionError {
                version: vers.to_string(),
                pseudo: false,
                err: format!("malformed module path {}", quote(path)),
            };
            return Err(FixError::Module(e.to_string()));
        };
        if !vers.is_empty() && module::canonical_version(vers) == vers {
            return match module::check_path_major(vers, path_major) {
                Ok(()) => Ok(vers.to_string()),
                Err(e) => Err(FixError::Module(e.to_string())),
            };
        }
        let key = Version::new(path, vers);
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        // Asked on a command line, such a path would be taken for something else.
        if !self.modules.is_vendor()
            && !matches!(path, "go" | "toolchain" | "std" | "cmd")
            && let Err(e) = module::check_path(path)
        {
            return Err(FixError::Other(e.to_string()));
        }
        let found = match self.modules.query(&key) {
            Ok(v) => Ok(v),
            Err(Error::Fatal(f)) => {
                let text = f.to_string();
                *self.fatal.borrow_mut() = Some(Error::Fatal(f));
                Err(FixError::Other(text))
            }
            Err(e) => Err(self.modules.why_not_required(&key, &e)),
        };
        self.known.borrow_mut().insert(key, found.clone());
        found
    }
}

/// An error of the file system as Go prints it: `open /x/y: no such file or directory`. One that
/// comes from a [`SourceTree`](super::SourceTree) may name an operation and a path already.
pub(super) fn io_text(op: &str, name: &str, e: &std::io::Error) -> String {
    let op = crate::fsys::failed_call(op, e);
    let text = crate::process::errno_text(e);
    let cause = match e.raw_os_error() {
        Some(_) => &text,
        None => text.rsplit(": ").next().unwrap_or(&text),
    };
    format!("{op} {name}: {cause}")
}

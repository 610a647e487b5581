//! Whether modules are used, where the main modules are, and what `-mod` is in force. Answers to Init,
//! FindGoWork, loadModFile and setDefaultBuildMod in cmd/go/internal/modload/init.go.

use std::sync::{Arc, OnceLock};

use forgo_golang::modfile::WorkFile;
use forgo_golang::module::{self, Version};
use forgo_golang::strconv::quote;
use forgo_golang::{gover, path};

use super::api::{
    BuildMod, Fatal, GoToolchainLines, LoadOptions, MainModule, ModuleState, Modules, RootMode,
    SourceTree,
};
use super::errors::Error;
use super::mains::MainModules;
use super::memo::Memo;
use super::modfile::{Index, io_text};
use super::paths;
use super::requirements::{Pruning, Requirements};
use crate::config::Config;
use crate::event::{Event, Reporter};

const MODULES_OFF: &str = "go: modules disabled by GO111MODULE=off; see 'go help modules'";

impl<'a> Modules<'a> {
    /// Decides the mode and finds the roots (modload.InitWorkfile and modload.Init). Cheap: reads
    /// no go.mod.
    pub fn init(
        cfg: &'a Config,
        tree: &'a dyn SourceTree,
        reporter: &'a dyn Reporter,
        root: RootMode,
    ) -> Result<Modules<'a>, Fatal> {
        let mut modules = Modules {
            cfg,
            tree,
            reporter,
            state: ModuleState::default(),
            root_mode: root,
            local: local_version(cfg),
            mod_roots: Vec::new(),
            work_file: String::new(),
            build_mod: BuildMod::Readonly,
            mains: MainModules::default(),
            requirements: None,
            walk: None,
            delegated: None,
            vendor: OnceLock::new(),
            sums: OnceLock::new(),
            memo: Memo::default(),
        };
        modules.work_file = modules.find_go_work()?;
        modules.find_mode()?;
        modules.publish();
        Ok(modules)
    }

    fn find_go_work(&self) -> Result<String, Fatal> {
        if self.root_mode == RootMode::None {
            return Ok(String::new());
        }
        work_file(self.cfg, self.tree)
    }

    fn find_mode(&mut self) -> Result<(), Fatal> {
        let force = self.root_mode == RootMode::None;
        let must_use = match self.cfg.modules.go111module.as_str() {
            "auto" => force,
            "on" | "" => true,
            "off" if force => return Err(Fatal::with(MODULES_OFF)),
            "off" => return Ok(()),
            v => {
                return Err(Fatal::with(format!(
                    "go: unknown environment setting GO111MODULE={v}"
                )));
            }
        };
        let modfile = &self.cfg.modules.modfile;
        if force {
            if !modfile.is_empty() && !self.cfg.modules.goflags.contains("-modfile") {
                return Err(Fatal::with(
                    "go: -modfile cannot be used with commands that ignore the current module",
                ));
            }
        } else if !self.work_file.is_empty() {
            if !modfile.is_empty() {
                return Err(Fatal::with("go: -modfile cannot be used in workspace mode"));
            }
        } else if !self.find_main_root()? && !must_use {
            return Ok(());
        }
        if !modfile.is_empty() && !modfile.ends_with(".mod") {
            return Err(Fatal::with(format!(
                "go: -modfile={modfile}: file does not have .mod extension"
            )));
        }
        self.state.enabled = true;
        self.set_default_build_mod()?;
        if let Some(gopath) = self.cfg.dirs.gopath.first().filter(|g| !g.is_empty())
            && self.tree.stat(&path::join2(gopath, "go.mod")).is_ok()
        {
            self.say(format!(
                "go: warning: ignoring go.mod in $GOPATH {gopath}\n"
            ));
            if !must_use {
                self.state.enabled = false;
            }
        }
        Ok(())
    }

    /// Finds the main module's root; false where there is none.
    fn find_main_root(&mut self) -> Result<bool, Fatal> {
        let Some(root) = self.find_root(&self.cfg.cwd) else {
            if self.cfg.modules.modfile.is_empty() {
                return Ok(false);
            }
            return Err(Fatal::with(
                "go: cannot find main module, but -modfile was set.\n\
                 \t-modfile cannot be used to set the module root directory.",
            ));
        };
        let tmp = system_tmp(self.cfg);
        if paths::in_dir(&root, &tmp).as_deref() == Some(".") {
            self.say(format!(
                "go: warning: ignoring go.mod in system temp root {tmp}\n"
            ));
            return Ok(false);
        }
        self.mod_roots = vec![root];
        Ok(true)
    }

    /// findModuleRoot.
    pub(super) fn find_root(&self, dir: &str) -> Option<String> {
        paths::find_module_root(dir, |f| paths::is_file(self.tree, f))
    }

    /// The go.mod of a module root, or what `-modfile` says.
    pub(super) fn mod_file_path(&self, root: &str) -> String {
        if self.cfg.modules.modfile.is_empty() {
            path::join2(root, "go.mod")
        } else {
            self.cfg.modules.modfile.clone()
        }
    }

    /// Reads the main modules' files and decides `-mod` (modload.LoadModFile).
    /// [`Modules::load_packages`] does it by itself. After it `state` is complete.
    pub fn load_mod_file(&mut self) -> Result<(), Fatal> {
        loop {
            match self.load_requirements() {
                Ok(_) => return Ok(()),
                Err(Error::Edit) => self.edit(&LoadOptions::default(), &[])?,
                Err(e) => return Err(e.into_fatal()),
            }
        }
    }

    /// The requirements, with the files read if they were not.
    pub(super) fn load_requirements(&mut self) -> Result<Arc<Requirements>, Error> {
        if let Some(rs) = &self.requirements {
            return Ok(rs.clone());
        }
        let rs = Arc::new(self.read_files()?);
        self.requirements = Some(rs.clone());
        self.publish();
        Ok(rs)
    }

    fn read_files(&mut self) -> Result<Requirements, Error> {
        let mut work = None;
        if self.in_workspace() {
            let (file, roots) = self.read_work_file(&self.work_file)?;
            self.mod_roots = roots;
            work = Some(file);
        }
        if self.mod_roots.is_empty() {
            return self.requirements_without_main(work);
        }
        let mut modules = Vec::new();
        let mut errors = Vec::new();
        for root in self.mod_roots.clone() {
            match self.read_main(&root, work.as_ref()) {
                Ok((file, index)) => {
                    let path = file.module.as_ref().map_or("", |m| m.module.path.as_str());
                    if let Err(mut e) = module::check_import_path(path) {
                        e.kind = "module";
                        errors.push(Error::text(e.to_string()));
                    }
                    modules.push((path.to_string(), root, Some((file, index))));
                }
                Err(mut e) => errors.append(&mut e),
            }
        }
        if !errors.is_empty() {
            return Err(Fatal::of_all(errors).into());
        }
        self.mains = self.make_main_modules(modules, work)?;
        self.set_default_build_mod()?;
        let rs = self.requirements_from_files();
        if self.is_vendor() {
            self.check_vendor_consistency()?;
            self.init_vendor(&rs, self.vendor()?)?;
        }
        if self.in_workspace() {
            return Ok(rs);
        }
        let mut rs = rs;
        if rs.has_redundant_root(&self.mains) {
            let direct = rs.direct.clone();
            let updated = self.update_roots(&Arc::new(rs), direct, &Default::default(), &[])?;
            rs = Arc::try_unwrap(updated).unwrap_or_else(|rs| {
                Requirements::new(rs.pruning, rs.roots.clone(), rs.direct.clone())
            });
        }
        let no_go_line = self
            .mains
            .list
            .first()
            .is_some_and(|m| m.index.as_ref().is_some_and(|i| i.go_version.is_empty()));
        if no_go_line && self.is_mod() && self.delegated.is_none() {
            return Err(Error::Edit);
        }
        Ok(rs)
    }

    /// Outside of any module: nothing but std can be imported.
    fn requirements_without_main(&mut self, work: Option<WorkFile>) -> Result<Requirements, Error> {
        let path = "command-line-arguments".to_string();
        let in_workspace = work.is_some();
        self.mains = self.make_main_modules(vec![(path.clone(), String::new(), None)], None)?;
        self.mains.work = work;
        let toolchain = Version::new("toolchain", self.cfg.dist.version.clone());
        let mut roots = Vec::new();
        let (go, pruning);
        if in_workspace {
            go = self.go_version();
            pruning = Pruning::Workspace;
            roots.push(Version::new(path, ""));
        } else {
            go = self.local.clone();
            pruning = Pruning::for_go_version(&go);
        }
        roots.push(Version::new("go", go));
        roots.push(toolchain);
        let rs = Requirements::new(pruning, roots, ["go".to_string()].into());
        if self.is_vendor() {
            self.init_vendor(&rs, &Default::default())?;
        }
        Ok(rs)
    }

    /// Reads one main module's go.mod, with the checks that depend on go.work.
    fn read_main(
        &self,
        root: &str,
        work: Option<&WorkFile>,
    ) -> Result<(forgo_golang::modfile::File, Index), Vec<Error>> {
        let gomod = self.mod_file_path(root);
        let short_dir = || paths::short(self.cfg, &path::dir(&gomod));
        let (file, fixed) = self.read_mod_file(&gomod).map_err(|e| {
            vec![match (work, e.too_new()) {
                (None, _) => e,
                (Some(work), Some(v)) => self.work_too_old(&short_dir(), work, v),
                (Some(_), None) => {
                    let text = e.to_string();
                    // The path of a file that can't be opened is shortened.
                    let text = text.replace(&gomod, &paths::short(self.cfg, &gomod));
                    Error::text(format!(
                        "cannot load module {} listed in go.work file: {text}",
                        short_dir()
                    ))
                }
            }]
        })?;
        if let Some(work) = work {
            let v = file.go_version();
            if gover::compare(v, work.go_version()).is_gt()
                && gover::compare(v, gover::GO_STRICT).is_ge()
            {
                return Err(vec![self.work_too_old(&short_dir(), work, v)]);
            }
        } else {
            let errors: Vec<Error> = file
                .godebug
                .iter()
                .filter_map(|g| {
                    let e = super::check_godebug(self.cfg, "godebug", &g.key, &g.value).err()?;
                    Some(Error::text(format!(
                        "error loading go.mod:\n{}:{}: {e}",
                        paths::short(self.cfg, &gomod),
                        g.syntax.start.line
                    )))
                })
                .collect();
            if !errors.is_empty() {
                return Err(errors);
            }
        }
        let index = Index::new(&file, fixed).map_err(|e| vec![e])?;
        Ok((file, index))
    }

    /// errWorkTooOld.
    fn work_too_old(&self, dir: &str, work: &WorkFile, go: &str) -> Error {
        let verb = if work.go.is_some() {
            "lists"
        } else {
            "implicitly requires"
        };
        let remedy = if self.cfg.dist.minor >= 27 {
            format!("to download and use go {go}")
        } else {
            "to update it".to_string()
        };
        Error::text(format!(
            "module {dir} listed in go.work file requires go >= {go}, but go.work {verb} go {}; \
             {remedy}:\n\tgo work use",
            work.go_version()
        ))
    }

    /// Decides `-mod` where it was not given (setDefaultBuildMod). Called before go.mod is read and
    /// again after: then the go line and the vendor directory count.
    fn set_default_build_mod(&mut self) -> Result<(), Fatal> {
        let given = &self.cfg.modules.mod_flag;
        if self.cfg.modules.mod_explicit {
            self.build_mod = match given.as_str() {
                "mod" => BuildMod::Mod,
                "vendor" => BuildMod::Vendor,
                _ => BuildMod::Readonly,
            };
            if self.in_workspace() && self.is_mod() {
                return Err(Fatal::with(format!(
                    "go: -mod may only be set to readonly or vendor when in workspace mode, but it \
                     is set to {}\n\tRemove the -mod flag to use the default readonly value, \n\tor \
                     set GOWORK=off to disable workspace mode.",
                    quote(given)
                )));
            }
            return Ok(());
        }
        if self.mod_roots.is_empty() {
            self.build_mod = if self.allows_missing() {
                BuildMod::Mod
            } else {
                BuildMod::Readonly
            };
            return Ok(());
        }
        let mains = &self.mains;
        let (source, go) = match &mains.work {
            _ if self.in_workspace() => {
                let go = mains.work.as_ref().and_then(|w| w.go.as_ref());
                ("go.work", go.map_or("", |g| g.version.as_str()))
            }
            _ => {
                let index = mains.list.first().and_then(|m| m.index.as_ref());
                ("go.mod", index.map_or("", |i| i.go_version.as_str()))
            }
        };
        let base = if self.work_file.is_empty() {
            self.mod_roots[0].clone()
        } else {
            path::dir(&self.work_file)
        };
        let (build_mod, reason) = self
            .vendor_by_default(&path::join2(&base, "vendor"), source, go)
            .map_err(Error::into_fatal)?;
        self.build_mod = build_mod;
        if let Some(reason) = reason {
            self.state.build_mod_reason = reason;
        }
        Ok(())
    }

    /// Is the vendor directory used without being asked to, and why (not)?
    fn vendor_by_default(
        &self,
        vendor: &str,
        source: &str,
        go: &str,
    ) -> Result<(BuildMod, Option<String>), Error> {
        let there = self
            .tree
            .stat(vendor)
            .is_ok_and(|k| k == super::FileKind::Dir);
        if !there {
            return Ok((BuildMod::Readonly, None));
        }
        let reason = if go.is_empty() {
            format!("Go version in {source} is unspecified, so vendor directory was not used.")
        } else if gover::compare(go, "1.14").is_lt() {
            format!("Go version in {source} is {go}, so vendor directory was not used.")
        } else {
            match (self.is_workspace_vendor(vendor)?, source == "go.work") {
                (true, false) => {
                    "Outside workspace mode, but vendor directory is for a workspace.".to_string()
                }
                (false, true) => {
                    "In workspace mode, but vendor directory is not for a workspace".to_string()
                }
                _ => {
                    return Ok((
                        BuildMod::Vendor,
                        Some(format!(
                            "Go version in {source} is at least 1.14 and vendor directory exists."
                        )),
                    ));
                }
            }
        };
        Ok((BuildMod::Readonly, Some(reason)))
    }

    /// Does the first line of modules.txt say that it is a workspace's?
    fn is_workspace_vendor(&self, vendor: &str) -> Result<bool, Error> {
        let file = path::join2(vendor, "modules.txt");
        let data = match self.tree.read_file(&file) {
            Ok(data) => data,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            Err(e) => {
                let e = io_text("open", &file, &e);
                return Err(Error::fatal(format!(
                    "go: reading modules.txt for vendor directory: {e}"
                )));
            }
        };
        let line = data.split(|b| *b == b'\n').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        Ok(line
            .strip_prefix("## ")
            .is_some_and(|a| a.split(';').any(|entry| entry.trim() == "workspace")))
    }

    /// Has go.mod edited by the stock command, and forgets all that was read.
    pub(super) fn edit(&mut self, options: &LoadOptions, patterns: &[String]) -> Result<(), Fatal> {
        if self.delegated.is_some() {
            return Err(self.go_mod_dirty().into_fatal());
        }
        self.delegated = Some(self.delegate_edits(options, patterns)?);
        self.requirements = None;
        self.walk = None;
        self.mains = MainModules::default();
        self.vendor = OnceLock::new();
        self.sums = OnceLock::new();
        self.memo = Memo::default();
        Ok(())
    }

    /// Fills `state` from what is known.
    pub(super) fn publish(&mut self) {
        let in_module_mode = self.state.enabled;
        let go_mod = if !in_module_mode {
            String::new()
        } else if self.mod_roots.is_empty() && self.work_file.is_empty() {
            "/dev/null".to_string()
        } else {
            self.find_root(&self.cfg.cwd)
                .map_or("/dev/null".to_string(), |r| self.mod_file_path(&r))
        };
        let state = ModuleState {
            enabled: in_module_mode,
            has_mod_root: self.has_mod_root(),
            build_mod: match self.build_mod {
                _ if !in_module_mode => self.cfg.modules.mod_flag.clone(),
                BuildMod::Mod => "mod".to_string(),
                BuildMod::Readonly => "readonly".to_string(),
                BuildMod::Vendor => "vendor".to_string(),
            },
            build_mod_reason: std::mem::take(&mut self.state.build_mod_reason),
            work_file: self.work_file.clone(),
            go_mod_env: go_mod,
            vendor_dir: self.vendor_dir().unwrap_or_default(),
            main_modules: self
                .mains
                .list
                .iter()
                .map(|m| self.publish_main(m))
                .collect(),
            go_version: self.go_version(),
            godebugs: self.godebugs(),
            tools: self.mains.tools.clone(),
        };
        self.state = state;
    }

    fn publish_main(&self, m: &super::mains::Main) -> MainModule {
        MainModule {
            path: m.path.clone(),
            dir: m.root.clone(),
            prefix: m.prefix.clone(),
            in_goroot_src: m.in_goroot_src,
            go_version: m
                .file
                .as_ref()
                .map_or_else(|| self.local.clone(), |f| f.go_version().to_string()),
        }
    }

    fn godebugs(&self) -> Vec<(String, String)> {
        let list = if self.in_workspace() {
            self.mains.work.as_ref().map(|w| &w.godebug)
        } else {
            match self.mains.list.as_slice() {
                [main] => main.file.as_ref().map(|f| &f.godebug),
                _ => None,
            }
        };
        list.into_iter()
            .flatten()
            .map(|g| (g.key.clone(), g.value.clone()))
            .collect()
    }

    /// MainModules.GoVersion.
    pub(super) fn go_version(&self) -> String {
        if self.in_workspace() {
            let default = gover::DEFAULT_GO_WORK;
            let work = self.mains.work.as_ref();
            return work.map_or(default, WorkFile::go_version).to_string();
        }
        match self.mains.list.as_slice() {
            [main] => match &main.file {
                Some(file) => file.go_version().to_string(),
                None => self.local.clone(),
            },
            _ => gover::DEFAULT_GO_MOD.to_string(),
        }
    }

    /// The release in use, as in go lines (gover.Local).
    pub(super) fn local(&self) -> &str {
        &self.local
    }

    pub(super) fn in_workspace(&self) -> bool {
        self.state.enabled && !self.work_file.is_empty()
    }

    pub(super) fn has_mod_root(&self) -> bool {
        // The roots of a workspace are known when its files are read.
        !self.mod_roots.is_empty()
    }

    pub(super) fn is_mod(&self) -> bool {
        self.build_mod == BuildMod::Mod
    }

    pub(super) fn is_readonly(&self) -> bool {
        self.build_mod == BuildMod::Readonly
    }

    pub(super) fn is_vendor(&self) -> bool {
        self.build_mod == BuildMod::Vendor
    }

    /// AllowMissingModuleImports.
    pub(super) fn allows_missing(&self) -> bool {
        self.root_mode == RootMode::None
    }

    /// Must go.sum have a checksum for all that is used?
    pub(super) fn must_have_sums(&self) -> bool {
        self.has_mod_root() && self.is_readonly() && !self.in_workspace()
    }

    /// Must go.mod be complete (mustHaveCompleteRequirements)?
    pub(super) fn must_be_complete(&self) -> bool {
        !self.is_mod() && !self.in_workspace()
    }

    /// noMainModulesError.
    pub(super) fn no_main_modules(&self) -> String {
        if self.in_workspace() {
            "no modules were found in the current workspace; see 'go help work'".to_string()
        } else {
            "go.mod file not found in current directory or any parent directory; see 'go help modules'"
                .to_string()
        }
    }

    /// Ends a command that needs a main module (die).
    pub(super) fn die(&self) -> Fatal {
        if self.cfg.modules.go111module == "off" {
            return Fatal::with(MODULES_OFF);
        }
        if !self.in_workspace()
            && let Some((dir, name)) = paths::find_alt_config(self.tree, self.cfg)
        {
            let rel = path::rel(&self.cfg.cwd, &dir).unwrap_or_else(|| dir.clone());
            let cd = if rel == "." {
                String::new()
            } else {
                format!("cd {rel} && ")
            };
            return Fatal::with(format!(
                "go: cannot find main module, but found {name} in {dir}\n\tto create a module \
                 there, run:\n\t{cd}go mod init"
            ));
        }
        Fatal::with(format!("go: {}", self.no_main_modules()))
    }

    /// goModDirtyError.
    pub(super) fn go_mod_dirty(&self) -> Error {
        let mode = match self.build_mod {
            BuildMod::Mod => "mod",
            BuildMod::Readonly => "readonly",
            BuildMod::Vendor => "vendor",
        };
        let reason = &self.state.build_mod_reason;
        Error::GoModDirty(if self.cfg.modules.mod_explicit {
            format!(
                "updates to go.mod needed, disabled by -mod={mode}; to update it:\n\tgo mod tidy"
            )
        } else if !reason.is_empty() {
            format!(
                "updates to go.mod needed, disabled by -mod={mode}\n\t({reason})\n\tto update \
                 it:\n\tgo mod tidy"
            )
        } else {
            "updates to go.mod needed; to update it:\n\tgo mod tidy".to_string()
        })
    }

    /// Writes to standard error.
    pub(super) fn say(&self, text: String) {
        self.reporter.event(Event::Stderr(text.into_bytes()));
    }

    /// Writes to standard error what was not written before.
    pub(super) fn say_once(&self, text: String) {
        if self.memo.said.lock_set().insert(text.clone()) {
            self.say(text);
        }
    }
}

/// The release in use, as in go lines: `1.27.3`.
pub fn local_version(cfg: &Config) -> String {
    match gover::from_toolchain(&cfg.dist.version) {
        Some(v) => v.to_string(),
        None => format!("1.{}", cfg.dist.minor),
    }
}

/// os.TempDir.
fn system_tmp(cfg: &Config) -> String {
    match cfg.env.os("TMPDIR") {
        "" => "/tmp".to_string(),
        dir => dir.to_string(),
    }
}

/// The go.work in force, or empty (FindGoWork).
pub fn work_file(cfg: &Config, tree: &dyn SourceTree) -> Result<String, Fatal> {
    Ok(go_work(cfg, |f| paths::is_file(tree, f))?.unwrap_or_default())
}

/// The go.work in force; `exists` tells whether a file does.
fn go_work(cfg: &Config, exists: impl Fn(&str) -> bool) -> Result<Option<String>, Fatal> {
    match cfg.modules.gowork.as_str() {
        "off" => Ok(None),
        "" | "auto" => Ok(paths::find_work_file(&cfg.cwd, &cfg.dist.goroot, exists)),
        file if path::is_abs(file) => Ok(Some(file.to_string())),
        _ => Err(Fatal::with("go: invalid GOWORK: not an absolute path")),
    }
}

/// The go.mod that toolchain selection looks at (FindGoMod).
fn go_mod(cfg: &Config) -> Option<String> {
    let root = paths::find_module_root(&cfg.cwd, paths::is_disk_file)?;
    if paths::in_dir(&root, &system_tmp(cfg)).as_deref() == Some(".") {
        return None;
    }
    Some(path::join2(&root, "go.mod"))
}

/// Will module mode be on (WillBeEnabled)? For toolchain selection, before anything is read.
pub fn will_be_enabled(cfg: &Config) -> bool {
    match cfg.modules.go111module.as_str() {
        "on" | "" => true,
        "auto" => {
            let has_work = || matches!(go_work(cfg, paths::is_disk_file), Ok(Some(_)));
            go_mod(cfg).is_some() || cfg.dist.minor >= 27 && has_work()
        }
        _ => false,
    }
}

/// The go and toolchain lines of the go.mod or go.work in force, without complaint about anything
/// (toolchain.modGoToolchain).
pub fn go_toolchain_lines(cfg: &Config) -> Result<GoToolchainLines, Fatal> {
    let work = go_work(cfg, paths::is_disk_file)?.filter(|f| std::fs::metadata(f).is_ok());
    let Some(file) = work.or_else(|| go_mod(cfg)) else {
        return Ok(GoToolchainLines::default());
    };
    let data = std::fs::read(&file)
        .map_err(|e| Fatal::with(format!("go: {}", io_text("open", &file, &e))))?;
    let text = String::from_utf8_lossy(&data);
    Ok(GoToolchainLines {
        go: gover::go_mod_lookup(&text, "go").to_string(),
        toolchain: gover::go_mod_lookup(&text, "toolchain").to_string(),
        file,
    })
}

//! Whether modules are used, where the main modules are, and the content of their files. Answers to
//! Init, FindGoWork and loadModFile in cmd/go/internal/modload/init.go.

use std::sync::{Arc, OnceLock};

use forgo_golang::modfile::WorkFile;
use forgo_golang::module::{self, Version};
use forgo_golang::{gover, path, raw};

use super::api::{
    BuildMod, Fatal, GoToolchainLines, LoadOptions, ModuleState, Modules, RootMode, SourceTree,
};
use super::errors::Error;
use super::mains::MainModules;
use super::memo::Memo;
use super::modfile::{Index, io_text};
use super::paths;
use super::requirements::{Pruning, Requirements};
use super::state::MODULES_OFF;
use crate::config::Config;
use crate::disk;
use crate::event::Reporter;

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
        if self.root_mode.is_no_root() {
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
        if self.root_mode.is_no_root() {
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

    /// Returns the go.mod of a module root, or the file of `-modfile`.
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
        let remedy = if self.cfg.dist.release.go_work_may_want_toolchain() {
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
}

/// The release in use, as in go lines: `1.27.3`.
pub fn local_version(cfg: &Config) -> String {
    match gover::from_toolchain(&cfg.dist.version) {
        Some(v) => v.to_string(),
        None => cfg.dist.release.language(),
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
        "" | "auto" => Ok(paths::find_work_file(
            &cfg.cwd,
            &cfg.dist.goroot_given,
            exists,
        )),
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
            go_mod(cfg).is_some() || cfg.dist.release.auto_modules_heed_go_work() && has_work()
        }
        _ => false,
    }
}

/// The go and toolchain lines of the go.mod or go.work in force, without complaint about anything
/// (toolchain.modGoToolchain).
pub fn go_toolchain_lines(cfg: &Config) -> Result<GoToolchainLines, Fatal> {
    let work = go_work(cfg, paths::is_disk_file)?.filter(|f| disk::metadata(f).is_ok());
    let Some(file) = work.or_else(|| go_mod(cfg)) else {
        return Ok(GoToolchainLines::default());
    };
    let data = disk::read(&file)
        .map_err(|e| Fatal::with(format!("go: {}", io_text("open", &file, &e))))?;
    let text = raw::borrow(&data);
    Ok(GoToolchainLines {
        go: gover::go_mod_lookup(&text, "go").to_string(),
        toolchain: gover::go_mod_lookup(&text, "toolchain").to_string(),
        file,
    })
}

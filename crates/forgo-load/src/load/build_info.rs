//! Build info of main packages: modules, settings, version control. Answers to setBuildInfo in
//! cmd/go/internal/load/pkg.go.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use forgo_golang::buildinfo::{self, BuildInfo};
use forgo_golang::module::Version;
use forgo_golang::{gover, path, quote};

use super::modules::Match;
use super::vcs::{self, EarlyStatus, NoRepo, Status, Vcs, VcsCx};
use super::vcs_version::module_version;
use super::{FatalError, Loader, PackageOpts};
use crate::module::ModulePublic;
use crate::package::{Package, PackageError, PackageId};
use crate::process;

/// Answers of version control, each asked for once.
#[derive(Debug, Default)]
pub(super) struct VcsMemo {
    repos: HashMap<String, Result<(String, Vcs), NoRepo>>,
    status: HashMap<String, Result<Status, String>>,
    versions: HashMap<String, Option<String>>,
    /// The repository that is being looked at beside the loading.
    early: Option<(String, EarlyStatus)>,
}

/// What to stamp.
struct Stamp {
    settings: Vec<(String, String)>,
    version: Option<String>,
}

impl Loader<'_> {
    /// Works out the build info of a main package without errors. `auto_vcs`: stamp the revision
    /// under `-buildvcs=auto`.
    pub(super) fn set_build_info(
        &mut self,
        id: PackageId,
        auto_vcs: bool,
    ) -> Result<(), FatalError> {
        let p = &self.graph[id];
        let main = p
            .module
            .as_ref()
            .map(|m| self.info_module(m))
            .unwrap_or_default();
        let mut info = BuildInfo {
            path: if p.internal.cmdline_files {
                "command-line-arguments".to_owned()
            } else {
                p.import_path.clone()
            },
            deps: self.module_deps(p, &main.path),
            main,
            ..BuildInfo::default()
        };
        self.settings(p, &mut info.settings);
        match self.vcs_stamp(id, auto_vcs) {
            Ok(Some(stamp)) => {
                for (key, value) in stamp.settings {
                    add(&mut info.settings, &key, &value);
                }
                if let Some(version) = stamp.version {
                    info.main.version = version;
                }
            }
            Ok(None) => {}
            Err(e) => {
                let p = &mut self.graph[id];
                if p.error.is_none() {
                    let err = format!(
                        "error obtaining VCS status: {e}\n\tUse -buildvcs=false to disable VCS stamping."
                    );
                    p.error = Some(Arc::new(PackageError {
                        err,
                        ..PackageError::default()
                    }));
                    p.incomplete = true;
                }
                return Ok(());
            }
        }
        self.graph[id].internal.build_info = Some(info.to_string());
        Ok(())
    }

    fn info_module(&self, m: &ModulePublic) -> buildinfo::Module {
        let mut info = buildinfo::Module {
            path: m.path.clone(),
            version: m.version.clone(),
            ..buildinfo::Module::default()
        };
        if info.version.is_empty() {
            "(devel)".clone_into(&mut info.version);
        }
        if let Some(replace) = &m.replace {
            info.replace = Some(Box::new(self.info_module(replace)));
        } else if !m.version.is_empty() && self.modules.state.build_mod != "vendor" {
            info.sum = self.modules.sum(&m.path, &m.version);
        }
        info
    }

    /// The modules of all that the package imports, but for its own.
    fn module_deps(&self, p: &Package, main: &str) -> Vec<buildinfo::Module> {
        let mut visited: HashSet<PackageId> = HashSet::new();
        let mut modules: HashMap<(&str, &str), &ModulePublic> = HashMap::new();
        let mut queue: VecDeque<PackageId> = p.internal.imports.iter().copied().collect();
        while let Some(id) = queue.pop_front() {
            if !visited.insert(id) {
                continue;
            }
            let p = &self.graph[id];
            if let Some(m) = &p.module
                && m.path != main
            {
                modules.entry((&m.path, &m.version)).or_insert(m);
            }
            queue.extend(p.internal.imports.iter().filter(|id| !visited.contains(id)));
        }
        let mut versions: Vec<Version> = modules
            .keys()
            .map(|(path, version)| Version::new(*path, *version))
            .collect();
        gover::mod_sort(&mut versions);
        versions
            .iter()
            .map(|v| self.info_module(modules[&(v.path.as_str(), v.version.as_str())]))
            .collect()
    }

    fn settings(&self, p: &Package, out: &mut Vec<(String, String)>) {
        let cfg = self.cfg;
        let flags = &cfg.flags;
        let mut add_if = |condition: bool, key: &str, value: &str| {
            if condition {
                add(out, key, value);
            }
        };
        let buildmode = match cfg.modes.buildmode.as_str() {
            "default" if p.name == "main" => "exe",
            "default" => "archive",
            mode => mode,
        };
        let tags = cfg.context.build_tags.join(",");
        let cgo = cfg.context.cgo_enabled;
        add_if(flags.asan, "-asan", "true");
        add_if(flags.asmflags.present, "-asmflags", &flags.asmflags.raw);
        add_if(true, "-buildmode", buildmode);
        add_if(true, "-compiler", &cfg.context.compiler);
        add_if(
            !flags.gcflags.raw.is_empty(),
            "-gcflags",
            &flags.gcflags.raw,
        );
        // Flags for the linker and for C may contain paths of this machine.
        let paths_ok = !flags.trimpath;
        let ldflags = flags.ldflags.raw.as_str();
        add_if(!ldflags.is_empty() && paths_ok, "-ldflags", ldflags);
        add_if(flags.cover, "-cover", "true");
        add_if(flags.msan, "-msan", "true");
        add_if(flags.race, "-race", "true");
        add_if(!tags.is_empty(), "-tags", &tags);
        add_if(flags.trimpath, "-trimpath", "true");
        let godebug = p.default_godebug.as_str();
        add_if(!godebug.is_empty(), "DefaultGODEBUG", godebug);
        add_if(true, "CGO_ENABLED", if cgo { "1" } else { "0" });
        for name in ["CGO_CFLAGS", "CGO_CPPFLAGS", "CGO_CXXFLAGS", "CGO_LDFLAGS"] {
            add_if(cgo && paths_ok, name, cfg.env.get(name));
        }
        add_if(true, "GOARCH", &cfg.target.goarch);
        let experiment = cfg.target.raw_goexperiment.as_str();
        add_if(!experiment.is_empty(), "GOEXPERIMENT", experiment);
        let fips = cfg.target.gofips140.as_str();
        add_if(!matches!(fips, "" | "off"), "GOFIPS140", fips);
        add_if(true, "GOOS", &cfg.target.goos);
        let (key, value) = &cfg.target.arch_env;
        add_if(!key.is_empty() && !value.is_empty(), key, value);
    }

    /// The revision to stamp a main package with: only where it, its module and the current
    /// directory lie in one repository.
    fn vcs_stamp(&mut self, id: PackageId, auto_vcs: bool) -> Result<Option<Stamp>, String> {
        let p = &self.graph[id];
        let auto = self.cfg.flags.buildvcs == "auto";
        let wanted = match self.cfg.flags.buildvcs.as_str() {
            "true" => true,
            "auto" => auto_vcs && !p.is_test_only(),
            _ => false,
        };
        let Some(module) = p.module.clone() else {
            return Ok(None);
        };
        if !wanted || !module.version.is_empty() || p.standard {
            return Ok(None);
        }
        let bootstrap = self.cfg.env.os("GOROOT_BOOTSTRAP");
        if module.path == "bootstrap" && self.cfg.dist.goroot_given == bootstrap {
            return Ok(None);
        }
        let package_dir = p.dir.clone();
        let (repo, vcs) = match self.repo_of(&self.cfg.cwd) {
            Ok(found) => found,
            Err(NoRepo::NotFound(_)) => return Ok(None),
            Err(e) => return Err(e.text().to_owned()),
        };
        let within = path::has_file_path_prefix;
        if !within(&module.dir, &repo) && !within(&repo, &module.dir) {
            return Ok(None);
        }
        if auto && process::look_path(self.cfg, vcs.command()).is_err() {
            return Ok(None);
        }
        for (what, dir) in [("package", &package_dir), ("module", &module.dir)] {
            let (other, _) = self.repo_of(dir).map_err(|e| e.text().to_owned())?;
            if other != repo {
                if auto {
                    return Ok(None);
                }
                let (other, repo) = (quote::quote(&other), quote::quote(&repo));
                return Err(format!(
                    "main {what} is in repository {other} but current directory is in repository {repo}"
                ));
            }
        }
        let status = self.repo_status(&repo, vcs)?;
        let version = self.repo_version(&repo, vcs, &status, &module.path);
        Ok(Some(stamp(vcs, &status, version)))
    }

    /// Begins to look at the current directory's repository when a main package is about to be
    /// loaded that will probably be stamped.
    pub(super) fn look_at_vcs_early(&mut self, opts: PackageOpts, matches: &[Match]) {
        let wanted = match self.cfg.flags.buildvcs.as_str() {
            "true" => true,
            "auto" => opts.auto_vcs,
            _ => false,
        };
        if !wanted || opts.suppress_build_info || !self.any_main(matches) {
            return;
        }
        let cwd = &self.cfg.cwd;
        if let Ok((repo, Vcs::Git)) = self.repo_of(cwd)
            && !self.vcs.status.contains_key(&repo)
            && let Some(early) = EarlyStatus::begin(self.cfg, &repo)
        {
            self.vcs.early = Some((repo, early));
        }
    }

    /// Whether a main package of a main module is among the matches.
    fn any_main(&self, matches: &[Match]) -> bool {
        matches.iter().flat_map(|m| &m.packages).any(|path| {
            let dir = self.modules.lookup("", false, path).dir;
            let facts = (!dir.is_empty()).then(|| self.scanner.facts(&dir));
            let main = facts.is_some_and(|f| f.is_ok_and(|f| f.name == "main"));
            main && self
                .modules
                .package_module(path)
                .is_some_and(|m| m.version.is_empty())
        })
    }

    fn vcs_cx(&self) -> VcsCx<'_> {
        VcsCx {
            cfg: self.cfg,
            reporter: self.reporter,
        }
    }

    fn repo_of(&mut self, dir: &str) -> Result<(String, Vcs), NoRepo> {
        let cfg = self.cfg;
        let found = self.vcs.repos.entry(dir.to_owned());
        found.or_insert_with(|| vcs::from_dir(cfg, dir)).clone()
    }

    fn repo_status(&mut self, repo: &str, vcs: Vcs) -> Result<Status, String> {
        if let Some(known) = self.vcs.status.get(repo) {
            return known.clone();
        }
        let early = self.vcs.early.take().filter(|(root, _)| root == repo);
        let status = vcs.status(self.vcs_cx(), repo, early.map(|(_, early)| early));
        self.vcs.status.insert(repo.to_owned(), status.clone());
        status
    }

    /// The version of the main module, `+dirty` when something is not committed.
    fn repo_version(
        &mut self,
        repo: &str,
        vcs: Vcs,
        status: &Status,
        module: &str,
    ) -> Option<String> {
        let known = self.vcs.versions.get(module).cloned();
        let version = known.unwrap_or_else(|| {
            let root_module = self.gopath_mode.module_path(repo);
            let version = (!root_module.is_empty())
                .then(|| module_version(self.vcs_cx(), vcs, repo, status, &root_module, module))
                .flatten();
            self.vcs.versions.insert(module.to_owned(), version.clone());
            version
        })?;
        let dirty = match (status.uncommitted, version.ends_with("+incompatible")) {
            (false, _) => "",
            (true, true) => ".dirty",
            (true, false) => "+dirty",
        };
        Some(version + dirty)
    }
}

fn stamp(vcs: Vcs, status: &Status, version: Option<String>) -> Stamp {
    let mut settings = vec![("vcs".to_owned(), vcs.command().to_owned())];
    if !status.revision.is_empty() {
        settings.push(("vcs.revision".to_owned(), status.revision.clone()));
    }
    if let Some(time) = status.time {
        settings.push(("vcs.time".to_owned(), time.rfc3339()));
    }
    settings.push(("vcs.modified".to_owned(), status.uncommitted.to_string()));
    Stamp { settings, version }
}

/// Adds a setting; a value is one line.
fn add(settings: &mut Vec<(String, String)>, key: &str, value: &str) {
    settings.push((key.to_owned(), value.replace('\n', " ")));
}

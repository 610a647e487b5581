//! The mode, as others see it and as module loading asks for it; and the errors when there is no
//! main module or go.mod is out of date. Answers to MainModules' accessors, die and goModDirtyError
//! in cmd/go/internal/modload/init.go.

use forgo_golang::modfile::WorkFile;
use forgo_golang::{gover, path};

use super::api::{BuildMod, Fatal, MainModule, ModuleState, Modules, RootMode};
use super::errors::Error;
use super::mains::Main;
use super::paths;
use crate::event::Event;

pub(super) const MODULES_OFF: &str =
    "go: modules disabled by GO111MODULE=off; see 'go help modules'";

impl Modules<'_> {
    /// Fills `state` from the results so far.
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

    fn publish_main(&self, m: &Main) -> MainModule {
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
        self.reporter.event(Event::Stderr(text));
    }

    /// Writes a text to standard error, unless it was written before.
    pub(super) fn say_once(&self, text: String) {
        if self.memo.said.lock_set().insert(text.clone()) {
            self.say(text);
        }
    }
}

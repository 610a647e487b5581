//! Which `-gcflags`, `-asmflags`, `-ldflags`, `-gccgoflags` apply to which package. Answers to
//! cmd/go/internal/load/flag.go.

use super::modules::ModuleState;
use super::{Loader, MatchPackage};
use crate::config::{Config, PerPackageFlag};
use crate::package::{Package, PackageId};

/// The per-package flags with their patterns compiled.
#[derive(Debug, Default)]
pub(super) struct ToolFlags {
    asm: Compiled,
    gc: Compiled,
    ld: Compiled,
    gccgo: Compiled,
}

/// The patterns of one flag; `None` is for what the command line names.
type Compiled = Vec<Option<MatchPackage>>;

impl ToolFlags {
    pub fn new(cfg: &Config) -> ToolFlags {
        ToolFlags {
            asm: compile(&cfg.flags.asmflags, cfg),
            gc: compile(&cfg.flags.gcflags, cfg),
            ld: compile(&cfg.flags.ldflags, cfg),
            gccgo: compile(&cfg.flags.gccgoflags, cfg),
        }
    }

    fn is_empty(&self) -> bool {
        [&self.asm, &self.gc, &self.ld, &self.gccgo]
            .iter()
            .all(|list| list.is_empty())
    }
}

fn compile(flag: &PerPackageFlag, cfg: &Config) -> Compiled {
    let pattern = |p: &String| MatchPackage::new(p, &cfg.cwd);
    let patterns = flag.entries.iter().map(|e| e.pattern.as_ref());
    patterns.map(|p| p.map(pattern)).collect()
}

/// The flags of the last entry that matches.
fn last_match(
    flag: &PerPackageFlag,
    patterns: &Compiled,
    modules: &ModuleState,
    p: &Package,
) -> Vec<String> {
    let matches = |pattern: &Option<MatchPackage>| match pattern {
        None => p.internal.cmdline_pkg || p.internal.cmdline_files,
        Some(pattern) => pattern.matches(modules, p),
    };
    let entry = flag.entries.iter().zip(patterns).rfind(|(_, m)| matches(m));
    entry.map_or_else(Vec::new, |(e, _)| e.flags.clone())
}

impl PerPackageFlag {
    /// The flags for a package that no module holds, such as a shared library's.
    pub fn for_package(&self, cfg: &Config, package: &Package) -> Vec<String> {
        last_match(self, &compile(self, cfg), &ModuleState::default(), package)
    }
}

impl Loader<'_> {
    /// The flags of one kind that apply to a package.
    pub(super) fn flags_for(&self, flag: &PerPackageFlag, package: &Package) -> Vec<String> {
        last_match(flag, &compile(flag, self.cfg), &self.modules.state, package)
    }

    /// Works out the flags of the packages and of all they import (setToolFlags).
    pub(super) fn set_tool_flags(&mut self, roots: &[PackageId]) {
        if self.tool_flags.is_empty() {
            return;
        }
        for id in self.graph.package_list(roots) {
            let (p, t, f) = (&self.graph[id], &self.tool_flags, &self.cfg.flags);
            let find = |flag, patterns| last_match(flag, patterns, &self.modules.state, p);
            let asmflags = find(&f.asmflags, &t.asm);
            let gcflags = find(&f.gcflags, &t.gc);
            let ldflags = find(&f.ldflags, &t.ld);
            let gccgoflags = find(&f.gccgoflags, &t.gccgo);
            let internal = &mut self.graph[id].internal;
            internal.asmflags = asmflags;
            internal.gcflags = gcflags;
            internal.ldflags = ldflags;
            internal.gccgoflags = gccgoflags;
        }
    }
}

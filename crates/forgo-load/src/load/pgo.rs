//! Profile-guided optimization: which profile each package is compiled with, and copies of packages
//! that several main packages with different profiles share. Answers to setPGOProfilePath in
//! cmd/go/internal/load/pkg.go.

use std::collections::HashMap;

use forgo_golang::buildinfo::BuildInfo;
use forgo_golang::deep::deep;
use forgo_golang::path;

use super::{FatalError, Loader};
use crate::disk;
use crate::package::PackageId;

impl Loader<'_> {
    /// Gives the packages and their imports their profiles.
    pub(super) fn set_pgo_profiles(&mut self, roots: &[PackageId]) -> Result<(), FatalError> {
        match self.cfg.flags.pgo.as_str() {
            "off" => {}
            "auto" => {
                for &main in roots {
                    let p = &self.graph[main];
                    let file = path::join2(&p.dir, "default.pgo");
                    if p.name == "main" && disk::metadata(&file).is_ok() {
                        let mut split = Split {
                            main,
                            alone: roots.len() == 1,
                            file,
                            visited: HashMap::new(),
                        };
                        self.attach_profile(main, &mut split)?;
                    }
                }
            }
            given => {
                let file = if given.starts_with('/') {
                    path::clean(given)
                } else {
                    path::join2(&self.cfg.cwd, given)
                };
                for id in self.graph.package_list(roots) {
                    self.set_profile(id, &file)?;
                }
            }
        }
        Ok(())
    }

    /// Attaches the profile to a package, or to a copy of it where other main packages need the
    /// package without; the same for all it imports. Returns what takes its place.
    fn attach_profile(
        &mut self,
        id: PackageId,
        split: &mut Split,
    ) -> Result<PackageId, FatalError> {
        if let Some(&copy) = split.visited.get(&id) {
            return Ok(copy);
        }
        let to = if split.alone || id == split.main {
            id
        } else {
            let mut copy = self.graph[id].clone();
            copy.internal.for_main = self.graph[split.main].import_path.clone();
            let to = self.add_package(copy);
            self.imports_known[to.index()] = self.imports_known[id.index()];
            to
        };
        split.visited.insert(id, to);
        self.set_profile(to, &split.file)?;
        for i in 0..self.graph[to].internal.imports.len() {
            let import = self.graph[to].internal.imports[i];
            let import = deep(|| self.attach_profile(import, split))?;
            self.graph[to].internal.imports[i] = import;
        }
        Ok(to)
    }

    fn set_profile(&mut self, id: PackageId, file: &str) -> Result<(), FatalError> {
        let trimpath = self.cfg.flags.trimpath;
        let internal = &mut self.graph[id].internal;
        file.clone_into(&mut internal.pgo_profile);
        if let Some(text) = &mut internal.build_info {
            let mut info = BuildInfo::parse(text).map_err(FatalError::go)?;
            let shown = if trimpath { path::base(file) } else { file };
            info.settings.push(("-pgo".to_owned(), shown.to_owned()));
            info.settings.sort_by(|a, b| a.0.cmp(&b.0));
            *text = info.to_string();
        }
        Ok(())
    }
}

/// The main package whose profile is being attached.
struct Split {
    main: PackageId,
    /// It is the only root, so that nothing needs to be copied.
    alone: bool,
    file: String,
    visited: HashMap<PackageId, PackageId>,
}

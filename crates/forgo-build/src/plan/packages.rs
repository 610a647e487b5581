//! Where the planner has its packages from: the loader.

use forgo_load::load::Loader;
use forgo_load::package::{PackageGraph, PackageId};

use crate::build_id;
use crate::plan::builder::{Packages, PlanError};

impl Packages for Loader<'_> {
    fn graph(&self) -> &PackageGraph {
        &self.graph
    }

    fn graph_mut(&mut self) -> &mut PackageGraph {
        &mut self.graph
    }

    fn load(&mut self, import_path: &str) -> Result<PackageId, PlanError> {
        let cwd = self.cfg.cwd.clone();
        self.load_package(import_path, &cwd)
            .map_err(|e| PlanError(e.to_string()))
    }

    fn linker_deps(&mut self) -> Result<Vec<String>, PlanError> {
        Loader::linker_deps(self, None).map_err(PlanError)
    }

    fn shared_library_packages(&mut self, file: &str) -> Result<Vec<String>, PlanError> {
        build_id::shared_library_packages(file)
            .map_err(|why| PlanError(format!("readELFNote failed: {why}")))
    }
}

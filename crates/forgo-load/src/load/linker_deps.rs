//! Packages that the linker needs whether anything imports them or not, and when the C linker must
//! be used. Answers to LinkerDeps and externalLinkingReason in cmd/go/internal/load/pkg.go.

use super::Loader;
use crate::package::{Package, PackageId};
use crate::platform;

impl Loader<'_> {
    /// What the linker adds to the imports of `package` (load.LinkerDeps): `runtime`,
    /// `runtime/cgo`, `math`, `runtime/race` … `None` stands for no particular package.
    pub fn linker_deps(&self, package: Option<PackageId>) -> Result<Vec<String>, String> {
        let package = package.map(|id| &self.graph[id]);
        let mut deps = vec!["runtime"];
        if let Some(what) = self.external_linking_reason(package) {
            if !self.cfg.context.cgo_enabled {
                return Err(format!(
                    "{what} requires external (cgo) linking, but cgo is not enabled"
                ));
            }
            deps.push("runtime/cgo");
        }
        let flags = &self.cfg.flags;
        for (needed, path) in [
            (self.cfg.target.goarch == "arm", "math"),
            (flags.race, "runtime/race"),
            (flags.msan, "runtime/msan"),
            (flags.asan, "runtime/asan"),
            (flags.cover, "runtime/coverage"),
        ] {
            if needed {
                deps.push(path);
            }
        }
        Ok(deps.into_iter().map(str::to_owned).collect())
    }

    /// Why the C linker is needed though no cgo may be in use.
    fn external_linking_reason(&self, package: Option<&Package>) -> Option<String> {
        let (goos, goarch) = (
            self.cfg.target.goos.as_str(),
            self.cfg.target.goarch.as_str(),
        );
        if platform::must_link_external(goos, goarch) {
            return Some(format!("{goos}/{goarch}"));
        }
        let mode = self.cfg.modes.buildmode.as_str();
        match mode {
            "c-shared" if goarch == "wasm" => {}
            "c-shared" | "plugin" => return Some(format!("-buildmode={mode}")),
            _ => {}
        }
        if self.cfg.flags.linkshared {
            return Some("-linkshared".to_owned());
        }
        let is_pie =
            mode == "pie" || mode == "default" && platform::default_pie(goos, self.cfg.flags.race);
        let release = self.cfg.dist.release;
        if is_pie && !platform::internal_link_pie_supported(release, goos, goarch) {
            return Some(match mode {
                "pie" => "-buildmode=pie".to_owned(),
                _ => "default PIE binary".to_owned(),
            });
        }
        let flags = self.flags_for(&self.cfg.flags.ldflags, package?);
        for (i, flag) in flags.iter().enumerate().rev() {
            let value = (flag == "-linkmode").then(|| flags.get(i + 1)).flatten();
            match (flag.as_str(), value.map(String::as_str)) {
                ("-linkmode=external", _) | (_, Some("external")) => return Some(flag.clone()),
                ("-linkmode=internal", _) | (_, Some("internal")) => return None,
                _ => {}
            }
        }
        None
    }
}

//! Which `-mod` is in force where none was given. Answers to setDefaultBuildMod in
//! cmd/go/internal/modload/init.go.

use forgo_golang::quote::quote;
use forgo_golang::{gover, path, raw};

use super::api::{BuildMod, Fatal, FileKind, Modules};
use super::errors::Error;
use super::modfile::io_text;

impl Modules<'_> {
    /// Decides `-mod` where it was not given (setDefaultBuildMod). Called before go.mod is read and
    /// again after: then the go line and the vendor directory count.
    pub(super) fn set_default_build_mod(&mut self) -> Result<(), Fatal> {
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

    /// Decides whether the vendor directory is used without being asked for, and why (not).
    fn vendor_by_default(
        &self,
        vendor: &str,
        source: &str,
        go: &str,
    ) -> Result<(BuildMod, Option<String>), Error> {
        let there = self.tree.stat(vendor).is_ok_and(|k| k == FileKind::Dir);
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

    /// Reports whether the first line of modules.txt marks it as a workspace's.
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
        let line = raw::borrow(line);
        Ok(line
            .strip_prefix("## ")
            .is_some_and(|a| a.split(';').any(|entry| entry.trim() == "workspace")))
    }
}

//! vendor/modules.txt and its agreement with go.mod or go.work. Answers to
//! cmd/go/internal/modload/vendor.go.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::ErrorKind;

use forgo_golang::modfile::Replace;
use forgo_golang::module::Version;
use forgo_golang::modules_txt::{self, ModulesTxt};
use forgo_golang::{gover, path, raw};

use super::api::Modules;
use super::errors::Error;
use super::mains::Main;
use super::modfile::io_text;
use super::paths;
use crate::disk;

/// The vendor directory.
#[derive(Debug, Default)]
pub(super) struct Vendor {
    pub dir: String,
    pub txt: ModulesTxt,
}

impl Modules<'_> {
    /// The vendor directory: of the workspace, or of the main module (vendorDir).
    pub(super) fn vendor_dir(&self) -> Option<String> {
        if self.in_workspace() {
            return Some(path::join2(&path::dir(&self.work_file), "vendor"));
        }
        let root = self.mains.list.first().map(|m| m.root.as_str())?;
        (!root.is_empty()).then(|| path::join2(root, "vendor"))
    }

    /// The vendor directory's contents, read when first asked for (readVendorList).
    pub(super) fn vendor(&self) -> Result<&Vendor, Error> {
        self.vendor
            .get_or_init(|| {
                let Some(dir) = self.vendor_dir() else {
                    return Ok(Vendor::default());
                };
                let file = path::join2(&dir, "modules.txt");
                let data = match disk::read(&file) {
                    Ok(data) => data,
                    Err(e) if e.kind() == ErrorKind::NotFound => Vec::new(),
                    Err(e) => {
                        let e = io_text("open", &file, &e);
                        return Err(Error::fatal(format!("go: {e}")));
                    }
                };
                let txt = modules_txt::parse(&raw::borrow(&data));
                self.check_vendored_go_lines(&file, &raw::borrow(&data))?;
                Ok(Vendor { dir, txt })
            })
            .as_ref()
            .map_err(Error::clone)
    }

    /// A vendored module that asks for a newer release ends the command; the first in the file is
    /// named.
    fn check_vendored_go_lines(&self, file: &str, text: &str) -> Result<(), Error> {
        let mut module = "";
        for line in text.split('\n') {
            if let Some(rest) = line.strip_prefix("# ") {
                module = rest.split_whitespace().next().unwrap_or("");
            } else if let Some(annotations) =
                line.strip_prefix("## ").filter(|_| !module.is_empty())
            {
                for go in annotations
                    .split(';')
                    .filter_map(|a| a.trim().strip_prefix("go "))
                {
                    if gover::compare(go, self.local()) == Ordering::Greater {
                        let what = format!("{module} in {}", paths::short(self.cfg, file));
                        return Err(self.too_new(&what, go).into_fatal().into());
                    }
                }
            }
        }
        Ok(())
    }

    /// Ends the command where vendor/modules.txt contradicts go.mod or go.work
    /// (checkVendorConsistency).
    pub(super) fn check_vendor_consistency(&self) -> Result<(), Error> {
        let vendor = self.vendor()?;
        let in_workspace = self.in_workspace();
        let pre114 = !in_workspace
            && self.mains.list.first().is_some_and(|m| {
                let go = m.index.as_ref().map_or("", |i| i.go_version.as_str());
                gover::compare(go, "1.14") == Ordering::Less
            });
        let mut errors = String::new();
        let mut report = |m: &Version, text: String| {
            let _ = write!(errors, "\n\t{m}: {text}");
        };
        for main in &self.mains.list {
            check_requires(main, &vendor.txt, pre114, &mut report);
        }
        let mut seen = HashSet::new();
        let files = self.mains.list.iter().filter_map(|m| m.file.as_ref());
        let replaces = files
            .flat_map(|f| &f.replace)
            .chain(self.mains.work.iter().flat_map(|w| &w.replace));
        for r in replaces {
            if seen.insert(&r.old) {
                self.check_replace(r, &vendor.txt, pre114, &mut report);
            }
        }
        for m in &vendor.txt.modules {
            let explicit = vendor.txt.meta.get(m).is_some_and(|meta| meta.explicit);
            let mut indexes = self.mains.list.iter().filter_map(|m| m.index.as_ref());
            if explicit && !indexes.any(|i| i.require.contains_key(m)) {
                let article = if in_workspace { "a " } else { "" };
                report(
                    m,
                    format!(
                        "is marked as explicit in vendor/modules.txt, but not explicitly required in {article}go.mod"
                    ),
                );
            }
        }
        for m in &vendor.txt.replaced {
            if self.replacement(m).is_none() {
                let place = if in_workspace {
                    "the workspace"
                } else {
                    "go.mod"
                };
                report(
                    m,
                    format!(
                        "is marked as replaced in vendor/modules.txt, but not replaced in {place}"
                    ),
                );
            }
        }
        if errors.is_empty() {
            return Ok(());
        }
        let sub = if in_workspace { "work" } else { "mod" };
        Err(Error::fatal(format!(
            "go: inconsistent vendoring in {}:{errors}\n\n\tTo ignore the vendor directory, use \
             -mod=readonly or -mod=mod.\n\tTo sync the vendor directory, run:\n\t\tgo {sub} vendor",
            path::dir(&vendor.dir)
        )))
    }

    fn check_replace(
        &self,
        r: &Replace,
        txt: &ModulesTxt,
        pre114: bool,
        report: &mut impl FnMut(&Version, String),
    ) {
        let Some(from) = self.replacement_from(&r.old) else {
            // It may be a main module.
            let marked = txt.meta.get(&r.old).and_then(|m| m.replacement.as_ref());
            if let Some(marked) = marked {
                let file = paths::short(self.cfg, &self.mod_file_path(""));
                report(
                    &r.old,
                    format!(
                        "is replaced by  in {file}, but marked as replaced by {marked} in vendor/modules.txt"
                    ),
                );
            }
            return;
        };
        let (new, file) = (from.new.clone(), paths::short(self.cfg, &from.file));
        let canonical = self.canonical_replace(from);
        match txt.meta.get(&r.old).and_then(|m| m.replacement.as_ref()) {
            None => {
                // Old modules.txt files left such replacements out.
                let may_be_left_out = pre114
                    && (r.old.version.is_empty()
                        || txt.version.get(&r.old.path) != Some(&r.old.version));
                if !may_be_left_out {
                    report(
                        &r.old,
                        format!(
                            "is replaced in {file}, but not marked as replaced in vendor/modules.txt"
                        ),
                    );
                }
            }
            Some(marked) if *marked != canonical => report(
                &r.old,
                format!(
                    "is replaced by {new} in {file}, but marked as replaced by {marked} in vendor/modules.txt"
                ),
            ),
            Some(_) => {}
        }
    }
}

fn check_requires(
    main: &Main,
    txt: &ModulesTxt,
    pre114: bool,
    report: &mut impl FnMut(&Version, String),
) {
    for r in main.file.iter().flat_map(|f| &f.require) {
        let m = &r.module;
        if txt.meta.get(m).is_some_and(|meta| meta.explicit) {
            continue;
        }
        if !pre114 {
            report(
                m,
                "is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt"
                    .to_string(),
            );
        } else if let Some(v) = txt.version.get(&m.path).filter(|v| **v != m.version) {
            // Before 1.14 only a version that differs can be seen.
            report(
                m,
                format!(
                    "is explicitly required in go.mod, but vendor/modules.txt indicates {}@{v}",
                    m.path
                ),
            );
        }
    }
}

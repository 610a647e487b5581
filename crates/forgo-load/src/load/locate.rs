//! From a directory or an import path to the place of a package: its root, its import path there,
//! where it would be installed. Answers to the first half of go/build's Context.Import.

use forgo_golang::{path, pattern, quote};

use crate::config::Config;
use crate::disk;
use crate::fsys::Overlay;
use crate::load::modules::FileKind;

/// Where a package lies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Location {
    /// Its directory.
    pub dir: String,
    /// Import path by its place in GOROOT or GOPATH, or the path asked for.
    pub import_path: String,
    /// GOROOT or the GOPATH element that holds it, or empty.
    pub root: String,
    /// In GOROOT.
    pub goroot: bool,
    /// A directory that hides it.
    pub conflict_dir: String,
    /// `ROOT/pkg/GOOS_GOARCH`, or empty.
    pub pkg_target_root: String,
    /// Where the archive would be installed, or empty.
    pub pkg_obj: String,
    /// `ROOT/bin`, or empty.
    pub bin_dir: String,
}

/// Which directories a search goes through.
#[derive(Debug, Clone, Copy)]
pub(super) struct Locator<'c> {
    /// The settings.
    pub cfg: &'c Config,
    /// The files.
    pub overlay: &'c Overlay,
    /// GOPATH; empty in module mode.
    pub gopath: &'c [String],
}

/// A location, as far as it is known, and why the package is not there.
pub(super) type Found = (Location, Option<String>);

fn in_testdata(sub: &str) -> bool {
    sub.split('/').any(|elem| elem == "testdata")
}

/// filepath.EvalSymlinks; `None` where it fails.
pub(super) fn eval_symlinks(p: &str) -> Option<String> {
    let real = disk::canonicalize(p).ok()?;
    real.into_os_string().into_string().ok()
}

/// The path with its links resolved, or as it is (load.expandPath).
pub(super) fn expand_path(p: &str) -> String {
    eval_symlinks(p).unwrap_or_else(|| p.to_owned())
}

impl<'c> Locator<'c> {
    fn is_dir(&self, dir: &str) -> bool {
        self.overlay.is_dir(dir)
    }

    fn goroot(&self) -> &'c str {
        &self.cfg.dist.goroot
    }

    /// The directory relative to `root` when it lies below, links resolved where need be
    /// (build.Context.hasSubdir).
    fn sub_dir(&self, root: &str, dir: &str) -> Option<String> {
        let lexical = |root: &str, dir: &str| {
            let root = path::clean(root);
            let root = if root.ends_with('/') {
                root
            } else {
                root + "/"
            };
            path::clean(dir).strip_prefix(&root).map(str::to_owned)
        };
        if let Some(sub) = lexical(root, dir) {
            return Some(sub);
        }
        // An error leaves an empty path, below which nothing lies.
        let real_root = eval_symlinks(root).unwrap_or_default();
        let real_dir = eval_symlinks(dir).unwrap_or_default();
        if real_root == root && real_dir == dir {
            return None;
        }
        lexical(&real_root, dir)
            .or_else(|| lexical(root, &real_dir))
            .or_else(|| lexical(&real_root, &real_dir))
    }

    /// The package in a directory (ImportDir). `lexical` forbids to look behind links, as the
    /// module index does.
    pub fn in_dir(&self, dir: &str, lexical: bool) -> Found {
        let mut found = Location {
            dir: dir.to_owned(),
            import_path: ".".to_owned(),
            ..Location::default()
        };
        let src = path::join2(self.goroot(), "src");
        let sub = if lexical {
            dir.strip_prefix(src.as_str())
                .and_then(|rest| rest.strip_prefix('/'))
                .map(str::to_owned)
        } else {
            self.sub_dir(&src, dir)
        };
        if let Some(sub) = sub.filter(|sub| !in_testdata(sub)) {
            found.goroot = true;
            found.import_path = sub;
            self.cfg.dist.goroot_given.clone_into(&mut found.root);
        } else if !lexical {
            self.find_in_gopath(&mut found);
        }
        self.finish(&mut found);
        if !self.is_dir(dir) {
            let path = quote::quote(&found.import_path);
            let text = format!("cannot find package {path} in:\n\t{dir}");
            return (found, Some(text));
        }
        (found, None)
    }

    fn find_in_gopath(&self, found: &mut Location) {
        for (i, root) in self.gopath.iter().enumerate() {
            let src = path::join2(root, "src");
            let Some(sub) = self.sub_dir(&src, &found.dir).filter(|s| !in_testdata(s)) else {
                continue;
            };
            let earlier = std::iter::once(self.goroot())
                .chain(self.gopath[..i].iter().map(String::as_str))
                .map(|root| path::join(&[root, "src", &sub]))
                .find(|dir| self.is_dir(dir));
            match earlier {
                Some(dir) => found.conflict_dir = dir,
                None => {
                    found.import_path = sub;
                    root.clone_into(&mut found.root);
                }
            }
            return;
        }
    }

    /// The package of an import path that stands in a file of `src_dir` (Import).
    pub fn import(&self, import: &str, src_dir: &str, ignore_vendor: bool) -> Found {
        let mut found = Location {
            import_path: import.to_owned(),
            ..Location::default()
        };
        let fail = |found: Location, what: &str| {
            let text = format!("import {}: {what}", quote::quote(import));
            (found, Some(text))
        };
        if import.is_empty() {
            return fail(found, "invalid import path");
        }
        if pattern::is_local_import(import) {
            if src_dir.is_empty() {
                return fail(found, "import relative to unknown directory");
            }
            return self.in_dir(&path::join2(src_dir, import), false);
        }
        if import.starts_with('/') {
            return fail(found, "cannot import absolute path");
        }
        let mut tried = Tried::default();
        if !ignore_vendor
            && !src_dir.is_empty()
            && self.find_vendored(&mut found, import, src_dir, &mut tried)
            || self.find_plain(&mut found, import, src_dir, &mut tried)
        {
            self.finish(&mut found);
            return (found, None);
        }
        (found, Some(tried.text(import)))
    }

    fn find_vendored(
        &self,
        found: &mut Location,
        import: &str,
        src_dir: &str,
        tried: &mut Tried,
    ) -> bool {
        let roots = std::iter::once((self.goroot(), true))
            .chain(self.gopath.iter().map(|root| (root.as_str(), false)));
        for (root, goroot) in roots {
            let Some(full) = self.sub_dir(root, src_dir) else {
                continue;
            };
            if !full.starts_with("src/") || full.contains("/testdata/") {
                continue;
            }
            let mut sub = full.as_str();
            loop {
                let vendor = path::join(&[root, sub, "vendor"]);
                if self.is_dir(&vendor) {
                    let dir = path::join2(&vendor, import);
                    if self.is_dir(&dir) && has_go_files(self.overlay, &dir) {
                        let path = path::join(&[sub, "vendor", import]);
                        path.strip_prefix("src/")
                            .unwrap_or(&path)
                            .clone_into(&mut found.import_path);
                        found.dir = dir;
                        found.goroot = goroot;
                        found.root = match goroot {
                            true => self.cfg.dist.goroot_given.clone(),
                            false => root.to_owned(),
                        };
                        return true;
                    }
                    tried.vendor.push(dir);
                }
                match sub.rfind('/') {
                    Some(i) => sub = &sub[..i],
                    None => break,
                }
            }
        }
        false
    }

    fn find_plain(
        &self,
        found: &mut Location,
        import: &str,
        src_dir: &str,
        tried: &mut Tried,
    ) -> bool {
        let in_goroot = |found: &mut Location, tried: &mut Tried| {
            let dir = path::join(&[self.goroot(), "src", import]);
            if self.is_dir(&dir) {
                found.dir = dir;
                found.goroot = true;
                self.cfg.dist.goroot_given.clone_into(&mut found.root);
                return true;
            }
            tried.goroot = dir;
            false
        };
        // What GOROOT vendors must not hide what a GOPATH vendors.
        let goroot_first = src_dir.is_empty()
            || !import.starts_with("vendor/")
            || self.sub_dir(self.goroot(), src_dir).is_some();
        if goroot_first && in_goroot(found, tried) {
            return true;
        }
        for root in self.gopath {
            let dir = path::join(&[root, "src", import]);
            if self.is_dir(&dir) {
                found.dir = dir;
                root.clone_into(&mut found.root);
                return true;
            }
            tried.gopath.push(dir);
        }
        !goroot_first && in_goroot(found, tried)
    }

    /// Fills in what follows from the root.
    fn finish(&self, found: &mut Location) {
        if found.root.is_empty() {
            return;
        }
        let suffix = match self.cfg.context.install_suffix.as_str() {
            "" => String::new(),
            s => format!("_{s}"),
        };
        let target = &self.cfg.target;
        let pkg = format!("pkg/{}_{}{suffix}", target.goos, target.goarch);
        found.bin_dir = path::join2(&found.root, "bin");
        found.pkg_target_root = path::join2(&found.root, &pkg);
        let installs_goroot = !matches!(found.import_path.as_str(), "unsafe" | "builtin")
            && godebug_setting(self.cfg, "installgoroot") == "all";
        if !found.goroot || installs_goroot {
            let archive = format!("{pkg}/{}.a", found.import_path);
            found.pkg_obj = path::join2(&found.root, &archive);
        }
    }
}

/// Directories that were tried in vain.
#[derive(Default)]
struct Tried {
    vendor: Vec<String>,
    goroot: String,
    gopath: Vec<String>,
}

impl Tried {
    fn text(&self, import: &str) -> String {
        let mut lines = Vec::new();
        // Only the first of a kind names the kind.
        let note = |i: usize, note: &str| {
            if i == 0 {
                note.to_owned()
            } else {
                String::new()
            }
        };
        for (i, dir) in self.vendor.iter().enumerate() {
            lines.push(format!("\t{dir}{}", note(i, " (vendor tree)")));
        }
        if self.goroot.is_empty() {
            lines.push("\t($GOROOT not set)".to_owned());
        } else {
            lines.push(format!("\t{} (from $GOROOT)", self.goroot));
        }
        for (i, dir) in self.gopath.iter().enumerate() {
            lines.push(format!("\t{dir}{}", note(i, " (from $GOPATH)")));
        }
        if self.gopath.is_empty() {
            lines.push("\t($GOPATH not set. For more details see: 'go help gopath')".to_owned());
        }
        let import = quote::quote(import);
        format!(
            "cannot find package {import} in any of:\n{}",
            lines.join("\n")
        )
    }
}

/// Reports whether a directory holds anything named *.go that is not a directory.
pub(super) fn has_go_files(overlay: &Overlay, dir: &str) -> bool {
    overlay.read_dir(dir).is_ok_and(|entries| {
        entries
            .iter()
            .any(|(name, kind)| *kind != FileKind::Dir && name.ends_with(".go"))
    })
}

/// The value of a setting in $GODEBUG; the last one counts.
pub(super) fn godebug_setting<'c>(cfg: &'c Config, key: &str) -> &'c str {
    cfg.env
        .os("GODEBUG")
        .rsplit(',')
        .find_map(|kv| kv.strip_prefix(key)?.strip_prefix('='))
        .unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Tree {
        temp: tempfile::TempDir,
        cfg: Config,
    }

    impl Tree {
        fn new(dirs: &[&str]) -> Tree {
            let temp = tempfile::tempdir().unwrap();
            let root = temp.path().to_str().unwrap().to_owned();
            for dir in dirs {
                std::fs::create_dir_all(format!("{root}/{dir}")).unwrap();
                std::fs::write(format!("{root}/{dir}/x.go"), "").unwrap();
            }
            let mut cfg = Config::default();
            cfg.dist.goroot = format!("{root}/go");
            cfg.dist.goroot_given.clone_from(&cfg.dist.goroot);
            cfg.target.goos = "linux".to_owned();
            cfg.target.goarch = "amd64".to_owned();
            cfg.dirs.gopath = vec![format!("{root}/p1"), format!("{root}/p2")];
            Tree { temp, cfg }
        }

        fn with<T>(&self, ask: impl FnOnce(Locator<'_>, &str) -> T) -> T {
            let locator = Locator {
                cfg: &self.cfg,
                overlay: &Overlay::default(),
                gopath: &self.cfg.dirs.gopath,
            };
            ask(locator, self.temp.path().to_str().unwrap())
        }
    }

    #[test]
    fn packages_are_found_in_order() {
        let tree = Tree::new(&[
            "go/src/fmt",
            "p1/src/a",
            "p2/src/a",
            "p2/src/b",
            "p2/src/b/vendor/fmt",
            "p2/src/b/vendor/c",
        ]);
        tree.with(|at, root| {
            let path_of = |import: &str, from: &str| {
                let (place, error) = at.import(import, &format!("{root}/{from}"), false);
                assert_eq!(error, None, "{import}");
                (place.import_path, place.dir.replace(root, ""))
            };
            let found = |path: &str, dir: &str| (path.to_owned(), dir.to_owned());
            assert_eq!(path_of("fmt", "p1/src/a"), found("fmt", "/go/src/fmt"));
            assert_eq!(path_of("a", "p2/src/b"), found("a", "/p1/src/a"));
            let vendored = found("b/vendor/fmt", "/p2/src/b/vendor/fmt");
            assert_eq!(path_of("fmt", "p2/src/b"), vendored);
            let (_, error) = at.import("nope", &format!("{root}/p2/src/b"), false);
            let want = format!(
                "cannot find package \"nope\" in any of:\n\
                 \t{root}/p2/src/b/vendor/nope (vendor tree)\n\
                 \t{root}/go/src/nope (from $GOROOT)\n\
                 \t{root}/p1/src/nope (from $GOPATH)\n\
                 \t{root}/p2/src/nope"
            );
            assert_eq!(error, Some(want));
        });
    }

    #[test]
    fn directories_have_import_paths() {
        let tree = Tree::new(&["go/src/fmt", "p1/src/fmt", "p1/src/a", "p2/src/a", "else"]);
        tree.with(|at, root| {
            let place = |dir: &str| at.in_dir(&format!("{root}/{dir}"), false).0;
            let std = place("go/src/fmt");
            assert!(std.goroot && std.import_path == "fmt" && std.pkg_obj.is_empty());
            let own = place("p1/src/a");
            assert_eq!(own.import_path, "a");
            assert_eq!(own.pkg_obj, format!("{root}/p1/pkg/linux_amd64/a.a"));
            assert_eq!(own.bin_dir, format!("{root}/p1/bin"));
            assert_eq!(place("p2/src/a").conflict_dir, format!("{root}/p1/src/a"));
            assert_eq!(
                place("p1/src/fmt").conflict_dir,
                format!("{root}/go/src/fmt")
            );
            assert_eq!(place("else").import_path, ".");
            let (_, error) = at.in_dir(&format!("{root}/none"), false);
            let want = format!("cannot find package \".\" in:\n\t{root}/none");
            assert_eq!(error, Some(want));
        });
    }

    #[test]
    fn the_last_godebug_setting_counts() {
        let mut cfg = Config::default();
        let vars = &mut cfg.env.vars;
        vars.insert("GODEBUG".to_owned(), "a=1,b=2,a=3,ab=4".to_owned());
        assert_eq!(godebug_setting(&cfg, "a"), "3");
        assert_eq!(godebug_setting(&cfg, "b"), "2");
        assert_eq!(godebug_setting(&cfg, "c"), "");
    }
}

//! Whole loads of small trees kept in memory, shown as the packages reached and the output.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Result as IoResult};
use std::sync::{Arc, Mutex};

use super::*;
use forgo_golang::release::Release;

use crate::config::Config;
use crate::event::{Event, Reporter};

/// Files by path below `/w`; GOROOT is `/go`.
struct Tree(BTreeMap<String, String>);

impl Tree {
    /// From text in which `-- name --` begins a file.
    fn new(text: &str) -> Tree {
        let mut files = BTreeMap::new();
        files.insert(
            "/go/src/fmt/f.go".to_string(),
            "import \"errors\"\n".to_string(),
        );
        files.insert("/go/src/errors/e.go".to_string(), String::new());
        let mut name = String::new();
        for line in text.lines() {
            if let Some(n) = line.strip_prefix("-- ").and_then(|l| l.strip_suffix(" --")) {
                name = format!("/w/{n}");
                files.insert(name.clone(), String::new());
            } else if let Some(file) = files.get_mut(&name) {
                file.push_str(line);
                file.push('\n');
            }
        }
        Tree(files)
    }

    fn is_dir(&self, path: &str) -> bool {
        let prefix = format!("{}/", path.trim_end_matches('/'));
        self.0.keys().any(|f| f.starts_with(&prefix))
    }

    fn go_files<'t>(&'t self, dir: &str) -> impl Iterator<Item = (&'t str, &'t str)> {
        let prefix = format!("{dir}/");
        self.0.iter().filter_map(move |(f, text)| {
            let name = f.strip_prefix(&prefix)?;
            (!name.contains('/') && name.ends_with(".go")).then_some((name, text.as_str()))
        })
    }
}

fn not_found() -> Error {
    Error::from_raw_os_error(2)
}

impl SourceTree for Tree {
    fn stat(&self, path: &str) -> IoResult<FileKind> {
        if self.0.contains_key(path) {
            Ok(FileKind::Regular)
        } else if self.is_dir(path) {
            Ok(FileKind::Dir)
        } else {
            Err(not_found())
        }
    }
    fn read_dir(&self, dir: &str) -> IoResult<Vec<(String, FileKind)>> {
        let prefix = format!("{}/", dir.trim_end_matches('/'));
        let mut entries = BTreeMap::new();
        for rest in self.0.keys().filter_map(|f| f.strip_prefix(&prefix)) {
            match rest.split_once('/') {
                Some((dir, _)) => entries.insert(dir.to_string(), FileKind::Dir),
                None => entries.insert(rest.to_string(), FileKind::Regular),
            };
        }
        if entries.is_empty() {
            return Err(not_found());
        }
        Ok(entries.into_iter().collect())
    }
    fn read_file(&self, path: &str) -> IoResult<Vec<u8>> {
        let text = self.0.get(path).ok_or(ErrorKind::NotFound);
        text.map(|t| t.clone().into_bytes())
            .map_err(|_| not_found())
    }
    fn is_replaced(&self, _: &str) -> bool {
        false
    }
    fn is_go_dir(&self, dir: &str) -> IoResult<bool> {
        Ok(self.go_files(dir).next().is_some())
    }
    fn imports(&self, dir: &str) -> Arc<DirImports> {
        let mut found = DirImports {
            no_go: self.go_files(dir).next().is_none(),
            ..DirImports::default()
        };
        for (name, text) in self.go_files(dir) {
            let list = if name.ends_with("_test.go") {
                &mut found.test_imports
            } else {
                &mut found.imports
            };
            let imports = text.lines().filter_map(|l| l.strip_prefix("import \""));
            list.extend(imports.map(|l| l.trim_end_matches('"').to_string()));
        }
        Arc::new(found)
    }
    fn imports_any_tags(&self, dir: &str) -> Arc<DirImports> {
        self.imports(dir)
    }
    fn file_imports(&self, _: &[String]) -> Result<DirImports, String> {
        Ok(DirImports::default())
    }
    fn package_kind(&self, dir: &str) -> PackageKind {
        match self.go_files(dir).next() {
            Some(_) => PackageKind::Package {
                name: "p".to_string(),
            },
            None => PackageKind::NoGo,
        }
    }
}

/// Keeps the output.
#[derive(Default)]
struct Said(Mutex<String>);

impl Reporter for Said {
    fn event(&self, event: Event) {
        if let Event::Stderr(text) = event {
            let mut said = self.0.lock().expect("no panic before");
            said.push_str(&text);
        }
    }

    fn stdout(&self, _: &[u8]) -> std::io::Result<()> {
        Ok(())
    }
}

fn config(release: Release) -> Config {
    let mut cfg = Config::default();
    cfg.dist.goroot = "/go".to_string();
    cfg.dist.goroot_given = "/go".to_string();
    cfg.dist.version = format!("go{}.0", release.language());
    cfg.dist.release = release;
    cfg.cwd = "/w".to_string();
    cfg.dirs.gomodcache = std::env::temp_dir().to_string_lossy().into_owned();
    cfg
}

/// Loads, and lists each package (path, directory, module), then errors of patterns, then the
/// output; or the text of a fatal error.
fn load(cfg: &Config, tree: &Tree, patterns: &[&str]) -> String {
    let said = Said::default();
    let told = try_load(cfg, tree, &said, patterns).unwrap_or_else(|f| f.stderr);
    told + &said.0.into_inner().expect("no panic before")
}

fn try_load(cfg: &Config, tree: &Tree, said: &Said, patterns: &[&str]) -> Result<String, Fatal> {
    let mut modules = Modules::init(cfg, tree, said, RootMode::Auto)?;
    let patterns: Vec<String> = patterns.iter().map(|p| p.to_string()).collect();
    let matches = modules.load_packages(&LoadOptions::default(), &patterns)?;
    let mut told = String::new();
    let mut queue: Vec<String> = matches.iter().flat_map(|m| m.packages.clone()).collect();
    let mut i = 0;
    while let Some(path) = queue.get(i).cloned() {
        i += 1;
        let found = modules.lookup("", false, &path);
        let module = modules
            .package_module(&path)
            .map_or(String::new(), |m| format!(" {}{}", m.path, m.version));
        match &found.error {
            Some(e) => told += &format!("{path}: {e}\n"),
            None => told += &format!("{path} {}{module}\n", found.dir),
        }
        for import in &tree.imports(&found.dir).imports {
            if !queue.contains(import) {
                queue.push(import.clone());
            }
        }
    }
    for e in matches.iter().flat_map(|m| &m.errors) {
        told += &format!("{}\n", e.text);
    }
    Ok(told)
}

const MODULE: &str = "-- go.mod --\nmodule m\n\ngo 1.21\n";

#[test]
fn loads_are_told() {
    let cases = [
        (
            "a package, a standard one, one of the module",
            format!("{MODULE}-- p.go --\nimport \"fmt\"\nimport \"m/sub\"\n-- sub/s.go --\n"),
            vec!["."],
            "m /w m\nfmt /go/src/fmt\nm/sub /w/sub m\nerrors /go/src/errors\n",
        ),
        (
            "a wildcard stops at other modules, testdata and hidden directories",
            format!(
                "{MODULE}-- a/a.go --\n-- _b/b.go --\n-- .c/c.go --\n-- testdata/t.go --\n\
                 -- n/go.mod --\n-- n/n.go --\n-- a/b/b.go --\n"
            ),
            vec!["./..."],
            "m/a /w/a m\nm/a/b /w/a/b m\n",
        ),
        (
            "nothing provides the package",
            format!("{MODULE}-- p.go --\nimport \"x.com/y\"\nimport \"nostd\"\n"),
            vec!["."],
            "m /w m\nx.com/y: no required module provides package x.com/y; to add it:\n\tgo get \
             x.com/y\nnostd: package nostd is not in std (/go/src/nostd)\n",
        ),
        (
            "a directory replaces a module",
            format!(
                "{MODULE}require x.com/y v1.0.0\nreplace x.com/y => ./y\n-- y/go.mod --\nmodule \
                 x.com/y\n-- y/y.go --\n-- p.go --\nimport \"x.com/y\"\n"
            ),
            vec!["."],
            "m /w m\nx.com/y /w/y x.com/yv1.0.0\n",
        ),
        (
            "two modules provide a package",
            format!(
                "{MODULE}require x.com/y v1.0.0\nrequire x.com/y/z v1.0.0\nreplace x.com/y => \
                 ./y\nreplace x.com/y/z => ./z\n-- y/go.mod --\nmodule x.com/y\n-- y/z/z.go --\n\
                 -- z/go.mod --\nmodule x.com/y/z\n-- z/z.go --\n-- p.go --\nimport \"x.com/y/z\"\n"
            ),
            vec!["."],
            "m /w m\nx.com/y/z: ambiguous import: found package x.com/y/z in multiple modules:\n\t\
             x.com/y v1.0.0 (/w/y/z)\n\tx.com/y/z v1.0.0 (/w/z)\n",
        ),
        (
            "a requirement asks for more than go.mod says",
            format!(
                "{MODULE}require x.com/y v1.0.0\nrequire x.com/z v1.0.0\nreplace x.com/y => \
                 ./y\nreplace x.com/z => ./z\n-- y/go.mod --\nmodule x.com/y\n\ngo 1.21\nrequire \
                 x.com/z v1.1.0\n-- y/y.go --\n-- z/go.mod --\nmodule x.com/z\n-- p.go --\nimport \
                 \"x.com/y\"\n"
            ),
            vec!["."],
            "go: updates to go.mod needed; to update it:\n\tgo mod tidy\n",
        ),
        (
            "an import of a module that is only required by another",
            "-- go.mod --\nmodule m\n\ngo 1.16\nrequire x.com/y v1.0.0\nreplace x.com/y => \
             ./y\nreplace x.com/z => ./z\n-- y/go.mod --\nmodule x.com/y\nrequire x.com/z v1.0.0\n\
             -- y/y.go --\n-- z/go.mod --\nmodule x.com/z\n-- z/z.go --\n-- p.go --\nimport \
             \"x.com/y\"\nimport \"x.com/z\"\n"
                .to_string(),
            vec!["."],
            "m: package m imports x.com/z from implicitly required module; to add missing \
             requirements, run:\n\tgo get x.com/z@v1.0.0\nx.com/y /w/y x.com/yv1.0.0\nx.com/z \
             /w/z x.com/zv1.0.0\n",
        ),
        (
            "all reaches what tests import",
            format!("{MODULE}-- p.go --\n-- p_test.go --\nimport \"errors\"\n"),
            vec!["all"],
            "errors /go/src/errors\nm /w m\n",
        ),
        (
            "a pattern that matches nothing",
            format!("{MODULE}-- p.go --\n"),
            vec!["m/none/..."],
            "go: warning: \"m/none/...\" matched no packages\n",
        ),
        (
            "a directory that is not there",
            format!("{MODULE}-- p.go --\n"),
            vec!["./none"],
            "stat /w/none: directory not found\n",
        ),
        (
            "no module at all",
            "-- p.go --\n".to_string(),
            vec!["."],
            "go: go.mod file not found in current directory or any parent directory; see 'go help \
             modules'\n",
        ),
        (
            "a go line beyond the release",
            "-- go.mod --\nmodule m\n\ngo 1.99\n".to_string(),
            vec!["."],
            "go: go.mod requires go >= 1.99 (running go 1.27.0)\n",
        ),
        (
            "a workspace",
            "-- go.work --\ngo 1.21\nuse (\n\t./a\n\t./b\n)\n-- a/go.mod --\nmodule x.com/a\n\
             -- a/a.go --\nimport \"x.com/b\"\n-- b/go.mod --\nmodule x.com/b\n-- b/b.go --\n"
                .to_string(),
            vec!["./a"],
            "x.com/a /w/a x.com/a\nx.com/b /w/b x.com/b\n",
        ),
        (
            "a workspace module newer than the workspace",
            "-- go.work --\ngo 1.21\nuse ./a\n-- a/go.mod --\nmodule x.com/a\n\ngo 1.22\n"
                .to_string(),
            vec!["./a"],
            "go: module a listed in go.work file requires go >= 1.22, but go.work lists go 1.21; \
             to download and use go 1.22:\n\tgo work use\n",
        ),
    ];
    for (name, text, patterns, want) in cases {
        assert_eq!(
            load(&config(Release::GO1_27), &Tree::new(&text), &patterns),
            want,
            "{name}"
        );
    }
}

#[test]
fn releases_differ_in_words() {
    let tree = Tree::new("-- go.work --\ngo 1.21\nuse ./a\n-- a/go.mod --\nmodule a\n\ngo 1.22\n");
    let told = load(&config(Release::GO1_26), &tree, &["./a"]);
    assert!(told.contains("; to update it:\n\tgo work use"), "{told}");
}

#[test]
fn explicit_modes() {
    let tree = Tree::new(&format!("{MODULE}-- p.go --\nimport \"x.com/y\"\n"));
    let mut cfg = config(Release::GO1_27);
    cfg.modules.mod_explicit = true;
    cfg.modules.mod_flag = "readonly".to_string();
    let told = load(&cfg, &tree, &["."]);
    assert!(
        told.contains(
            "cannot find module providing package x.com/y: import lookup disabled by -mod=readonly"
        ),
        "{told}"
    );
    cfg.modules.gowork = "work".to_string();
    let told = load(&cfg, &tree, &["."]);
    assert_eq!(told, "go: invalid GOWORK: not an absolute path\n");
    cfg.modules.go111module = "perhaps".to_string();
    cfg.modules.gowork = String::new();
    let told = load(&cfg, &tree, &["."]);
    assert_eq!(
        told,
        "go: unknown environment setting GO111MODULE=perhaps\n"
    );
}

#[test]
fn what_state_tells() {
    let tree = Tree::new("-- go.mod --\nmodule m\n\ngo 1.24\ntool m/t\n-- p.go --\n");
    let (cfg, said) = (config(Release::GO1_27), Said::default());
    let mut modules = Modules::init(&cfg, &tree, &said, RootMode::Auto).expect("a module");
    assert!(modules.state.enabled && modules.state.has_mod_root);
    assert_eq!(modules.state.go_mod_env, "/w/go.mod");
    modules.load_mod_file().expect("a good go.mod");
    assert_eq!(modules.state.build_mod, "readonly");
    assert_eq!(modules.state.go_version, "1.24");
    assert!(modules.state.tools.contains("m/t"));
    assert_eq!(modules.dir_import_path("/w/a/b"), "m/a/b");
    assert_eq!(modules.dir_import_path("/x"), ".");
}

//! `go list -json`: a package as Go's json.MarshalIndent writes it, with tabs.

use std::collections::BTreeSet;

use forgo_golang::json::append_text;
use forgo_golang::release::Release;
use forgo_load::module::ModulePublic;
use forgo_load::package::PackageError;

use super::public::{Listed, Shown};

/// Which fields `-json=Fields` asks for; none given means all.
#[derive(Debug, Clone, Default)]
pub struct Fields(BTreeSet<String>);

impl Fields {
    /// Adds the names of one flag.
    pub fn add(&mut self, names: &str) {
        self.0.extend(names.split(',').map(str::to_owned));
    }

    /// No restriction.
    pub fn all(&self) -> bool {
        self.0.is_empty()
    }

    /// Reports whether any of these fields is wanted.
    pub fn any(&self, names: &[&str]) -> bool {
        self.all() || names.iter().any(|n| self.0.contains(*n))
    }
}

/// Writes indented JSON.
pub struct Writer<'o> {
    out: &'o mut Vec<u8>,
    depth: usize,
    release: Release,
    /// Nothing is written yet in the object or array that is open.
    first: bool,
}

impl<'o> Writer<'o> {
    /// The form is that of `release`.
    pub fn new(out: &'o mut Vec<u8>, release: Release) -> Self {
        Writer {
            out,
            depth: 0,
            release,
            first: true,
        }
    }

    /// One package and a newline.
    pub fn package(&mut self, p: &Listed, fields: &Fields) {
        self.object(|w| {
            for (name, show) in Listed::fields().filter(|(name, _)| fields.any(&[name])) {
                let shown = show(p);
                if !shown.is_empty() {
                    w.key(name);
                    w.shown(&shown);
                }
            }
        });
        self.out.push(b'\n');
    }

    fn shown(&mut self, shown: &Shown<'_>) {
        match shown {
            Shown::Text(s) => self.string(s),
            Shown::Flag(b) => self.raw(if *b { "true" } else { "false" }),
            Shown::Names(l) => self.strings(l),
            Shown::List(l) => self.strings(l),
            Shown::Map(m) => self.object(|w| {
                for (k, v) in m.iter() {
                    w.key(k);
                    w.string(v);
                }
            }),
            Shown::Module(m) => match m {
                Some(m) => self.module(m),
                None => self.raw("null"),
            },
            Shown::Error(e) => match e {
                Some(e) => self.error(e),
                None => self.raw("null"),
            },
            Shown::Errors(l) => self.array(l, |w, e| w.error(e)),
        }
    }

    fn module(&mut self, m: &ModulePublic) {
        self.object(|w| {
            w.text_field("Path", &m.path);
            w.text_field("Version", &m.version);
            w.text_field("Query", &m.query);
            if let Some(replace) = &m.replace {
                w.key("Replace");
                w.module(replace);
            }
            w.text_field("Time", m.time.as_deref().unwrap_or_default());
            w.flag_field("Main", m.main);
            w.flag_field("Indirect", m.indirect);
            w.text_field("Dir", &m.dir);
            w.text_field("GoMod", &m.go_mod);
            w.text_field("GoVersion", &m.go_version);
            if let Some(error) = &m.error {
                w.key("Error");
                w.object(|w| {
                    w.key("Err");
                    w.string(&error.err);
                });
            }
            w.text_field("Sum", &m.sum);
            w.text_field("GoModSum", &m.go_mod_sum);
        });
    }

    fn error(&mut self, e: &PackageError) {
        self.object(|w| {
            w.key("ImportStack");
            w.array(&e.import_stack, |w, i| w.string(&i.pkg));
            w.key("Pos");
            w.string(&e.pos);
            w.key("Err");
            w.string(&e.err);
        });
    }

    fn text_field(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.key(name);
            self.string(value);
        }
    }

    fn flag_field(&mut self, name: &str, value: bool) {
        if value {
            self.key(name);
            self.raw("true");
        }
    }

    fn strings(&mut self, list: &[impl AsRef<str>]) {
        self.array(list, |w, s| w.string(s.as_ref()));
    }

    fn array<T>(&mut self, list: &[T], item: impl Fn(&mut Self, &T)) {
        self.bracketed(b'[', b']', |w| {
            for x in list {
                w.next();
                item(w, x);
            }
        });
    }

    fn object(&mut self, body: impl FnOnce(&mut Self)) {
        self.bracketed(b'{', b'}', body);
    }

    fn bracketed(&mut self, open: u8, close: u8, body: impl FnOnce(&mut Self)) {
        self.out.push(open);
        self.depth += 1;
        self.first = true;
        body(self);
        self.depth -= 1;
        // An empty one stays on its line.
        if !self.first {
            self.newline();
        }
        self.first = false;
        self.out.push(close);
    }

    fn newline(&mut self) {
        self.out.push(b'\n');
        self.out.resize(self.out.len() + self.depth, b'\t');
    }

    fn next(&mut self) {
        if !std::mem::replace(&mut self.first, false) {
            self.out.push(b',');
        }
        self.newline();
    }

    fn key(&mut self, name: &str) {
        self.next();
        self.string(name);
        self.out.extend_from_slice(b": ");
    }

    fn string(&mut self, s: &str) {
        append_text(self.out, s, self.release);
    }

    fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;
    use std::sync::Arc;

    use forgo_load::package::{ImportInfo, Package, PackageGraph, PackageId};

    use super::*;

    #[test]
    fn as_go_writes_it() {
        let mut p = Package {
            import_path: "a<b".into(),
            go_files: vec!["x.go".into(), "y.go".into()],
            ..Package::default()
        };
        p.import_map.insert("k".into(), "v".into());
        let bad = PackageError {
            err: "bad".into(),
            ..PackageError::default()
        };
        p.deps_errors = vec![Arc::new(bad)];
        let info = ImportInfo {
            pkg: "m".into(),
            pos: "x:1".into(),
        };
        let error = PackageError {
            import_stack: vec![info],
            pos: "f:1".into(),
            ..Default::default()
        };
        p.error = Some(Arc::new(error));
        let mut graph = PackageGraph::default();
        graph.packages.push(p);
        let p = Listed {
            graph: Rc::new(graph),
            facts: Rc::default(),
            deps: Rc::default(),
            id: PackageId(0),
        };
        let mut out = Vec::new();
        Writer::new(&mut out, Release::GO1_27).package(&p, &Fields::default());
        let want = "{\n\t\"ImportPath\": \"a\\u003cb\",\n\t\"GoFiles\": [\n\t\t\"x.go\",\n\t\t\"y.go\"\n\t],\n\
            \t\"ImportMap\": {\n\t\t\"k\": \"v\"\n\t},\n\t\"Error\": {\n\t\t\"ImportStack\": [\n\t\t\t\"m\"\n\t\t],\n\
            \t\t\"Pos\": \"f:1\",\n\t\t\"Err\": \"\"\n\t},\n\t\"DepsErrors\": [\n\t\t{\n\t\t\t\"ImportStack\": [],\n\
            \t\t\t\"Pos\": \"\",\n\t\t\t\"Err\": \"bad\"\n\t\t}\n\t]\n}\n";
        assert_eq!(String::from_utf8_lossy(&out), want);
        let mut fields = Fields::default();
        fields.add("Export,Nope");
        let mut out = Vec::new();
        Writer::new(&mut out, Release::GO1_27).package(&p, &fields);
        assert_eq!(String::from_utf8_lossy(&out), "{}\n");
    }
}

//! The module that is edited: its state, and its files.

use std::collections::BTreeMap;

use super::edits::{Edit, PACKAGES};

/// A package.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Package {
    body: u8,
    inlined: u8,
    constant: u8,
    parameter: bool,
    field: bool,
    comment: u8,
    lines: u8,
    extra: bool,
    renamed: bool,
    tagged: bool,
    imports_last: bool,
    broken: bool,
}

/// The cgo package.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Native {
    c_body: u8,
    constant: u8,
    field: bool,
    go_body: u8,
}

/// All that an edit can change, but for times of files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Module {
    packages: [Package; PACKAGES],
    moved: bool,
    embed: u8,
    embed_more: bool,
    assembly: u8,
    c: Native,
    data: u8,
    go_line: u8,
    go_debug: bool,
    other: [u8; 2],
    replaced: bool,
    /// The value of the test's variable.
    pub variable: u8,
    tags: bool,
    trimpath: bool,
    stripped: bool,
    not_optimized: bool,
}

/// Files by name, below the world's directory.
pub type Files = BTreeMap<String, String>;

impl Module {
    /// Makes an edit that is one of the module. Others change nothing here.
    pub fn edit(&mut self, edit: Edit) {
        let p = &mut self.packages;
        match edit {
            Edit::Body { p: i, n } | Edit::SameStat { p: i, n } => p[i].body = n,
            Edit::Inlined { p: i, n } => p[i].inlined = n,
            Edit::Constant { p: i, n } => p[i].constant = n,
            Edit::Signature { p: i } => p[i].parameter ^= true,
            Edit::Field { p: i } => p[i].field ^= true,
            Edit::Comment { p: i, n } => p[i].comment = n,
            Edit::Lines { p: i, n } => p[i].lines = n,
            Edit::Extra { p: i } => p[i].extra ^= true,
            Edit::Rename { p: i } => p[i].renamed ^= true,
            Edit::Tag { p: i } => p[i].tagged ^= true,
            Edit::Import { p: i } => p[i].imports_last ^= true,
            Edit::Broken { p: i } => p[i].broken ^= true,
            Edit::Move => self.moved ^= true,
            Edit::Embed { n } => self.embed = n,
            Edit::EmbedMore => self.embed_more ^= true,
            Edit::Assembly { n } => self.assembly = n,
            Edit::CBody { n } => self.c.c_body = n,
            Edit::CConstant { n } => self.c.constant = n,
            Edit::CField => self.c.field ^= true,
            Edit::BesideC { n } => self.c.go_body = n,
            Edit::Data { n } => self.data = n,
            Edit::GoLine { n } => self.go_line = n % 3,
            Edit::GoDebug => self.go_debug ^= true,
            Edit::Other { n } => self.other[usize::from(self.replaced)] = n,
            Edit::Replace => self.replaced ^= true,
            Edit::Variable { n } => self.variable = n,
            Edit::Tags => self.tags ^= true,
            Edit::Trimpath => self.trimpath ^= true,
            Edit::Stripped => self.stripped ^= true,
            Edit::NotOptimized => self.not_optimized ^= true,
            _ => {}
        }
    }

    /// Flags of every command.
    pub fn flags(&self) -> Vec<&'static str> {
        let flags = [
            (self.tags, "-tags=special"),
            (self.trimpath, "-trimpath"),
            (self.stripped, "-ldflags=-s -X=main.version=2"),
            (self.not_optimized, "-gcflags=-N -l"),
        ];
        let given = flags.into_iter().filter(|(on, _)| *on);
        given.map(|(_, flag)| flag).collect()
    }

    /// The file that edits of a package's text change.
    pub fn file_of(&self, p: usize) -> String {
        format!("m/{}/{}.go", self.dir(p), name(p))
    }

    /// The name of a package's directory.
    fn dir(&self, p: usize) -> String {
        let moved = self.moved && p == PACKAGES - 2;
        format!("{}{}", name(p), if moved { "moved" } else { "" })
    }

    /// All files of the module and of the two that can be the other one.
    pub fn files(&self) -> Files {
        let mut files = Files::new();
        let mut add = |name: &str, text: String| files.insert(format!("m/{name}"), text);
        let version = ["1.24", "1.25", "1.26"][usize::from(self.go_line)];
        let debug = if self.go_debug {
            "\ngodebug panicnil=1\n"
        } else {
            ""
        };
        let other = if self.replaced { "other2" } else { "other1" };
        add(
            "go.mod",
            format!(
                "module m\n\ngo {version}\n{debug}\nrequire example.com/other v1.0.0\n\n\
                 replace example.com/other => ../{other}\n"
            ),
        );
        for p in 0..PACKAGES {
            let (dir, package) = (self.dir(p), &self.packages[p]);
            add(&format!("{dir}/{}.go", name(p)), self.source(p));
            if package.extra {
                let file = if package.renamed { "renamed" } else { "extra" };
                let tag = if package.tagged {
                    "//go:build special\n\n"
                } else {
                    ""
                };
                let text = format!(
                    "{tag}package {}\n\nfunc init() {{ Log = append(Log, \"{file} of {}\") }}\n",
                    name(p),
                    name(p)
                );
                add(&format!("{dir}/{file}.go"), text);
            }
        }
        self.add_programs(&mut add);
        self.add_special(&mut add);
        self.add_native(&mut add);
        for (i, n) in self.other.iter().enumerate() {
            let dir = format!("../other{}", i + 1);
            add(
                &format!("{dir}/go.mod"),
                "module example.com/other\n\ngo 1.24\n".into(),
            );
            add(
                &format!("{dir}/other.go"),
                format!("package other\n\nconst N = {n}{i}\n"),
            );
        }
        files
            .into_iter()
            .map(|(name, text)| (name.replace("m/../", ""), text))
            .collect()
    }

    /// Package `p` calls those after it.
    fn source(&self, p: usize) -> String {
        let package = &self.packages[p];
        let mut imports = vec![p + 1];
        if package.imports_last {
            imports.push(PACKAGES - 1);
        }
        imports.retain(|&i| i < PACKAGES && i != p);
        imports.dedup();
        let mut text = "// Lines.\n".repeat(package.lines.into());
        text += &format!("package {}\n\n", name(p));
        for &i in &imports {
            text += &format!("import \"m/{}\"\n", self.dir(i));
        }
        let calls: String = imports
            .iter()
            .map(|&i| format!(" + {}", self.call(i)))
            .collect();
        let field = if package.field { "B string; " } else { "" };
        let parameter = if package.parameter { "x int" } else { "" };
        let broken = if package.broken {
            "\nvar broken int = \"text\"\n"
        } else {
            ""
        };
        text += &format!(
            "\nvar Log []string\n\nconst C = {}\n\ntype T struct {{ {field}A int }}\n\n\
             func Small() int {{ return {} + C }}\n\n\
             func F({parameter}) int {{\n\tlast := T{{A: Small()}}{calls_tail}\n\treturn last.A + body()\n}}\n\
             {broken}\n//go:noinline\nfunc body() int {{ return 1{} }}\n\n// Comment {}.\n",
            package.constant,
            package.inlined,
            package.body,
            package.comment,
            calls_tail = if calls.is_empty() {
                String::new()
            } else {
                format!("\n\tlast.A += 0{calls}")
            },
        );
        text
    }

    /// How others call package `p`.
    fn call(&self, p: usize) -> String {
        let argument = if self.packages[p].parameter { "1" } else { "" };
        let (name, size) = (name(p), "+ len(");
        format!(
            "{name}.F({argument}) + {name}.Small() + {name}.T{{A: {name}.C}}.A {size}{name}.Log)"
        )
    }

    fn add_programs(&self, add: &mut impl FnMut(&str, String) -> Option<String>) {
        let first = self.dir(0);
        let special = "m/special";
        add(
            "main.go",
            format!(
                "package main\n\nimport (\n\t\"m/{first}\"\n\t\"{special}\"\n)\n\nvar version = \"1\"\n\n\
                 func main() {{ println(version, {}, special.Text(), special.Answer()) }}\n",
                self.call(0)
            ),
        );
        let last = PACKAGES - 1;
        add(
            "cmd/second/second.go",
            format!(
                "package main\n\nimport (\n\t\"example.com/other\"\n\t\"m/{}\"\n)\n\n\
                 func main() {{ println(other.N, {}) }}\n",
                self.dir(last),
                self.call(last)
            ),
        );
    }

    /// Embeds, assembly, and a test that reads a file, a variable and a directory.
    fn add_special(&self, add: &mut impl FnMut(&str, String) -> Option<String>) {
        add(
            "special/special.go",
            "package special\n\nimport \"embed\"\n\n//go:embed files\nvar files embed.FS\n\n\
             func Text() string {\n\tlist, _ := files.ReadDir(\"files\")\n\ttext := \"\"\n\
             \tfor _, file := range list {\n\t\tbytes, _ := files.ReadFile(\"files/\" + file.Name())\n\
             \t\ttext += string(bytes)\n\t}\n\treturn text\n}\n"
                .into(),
        );
        add(
            "special/files/one.txt",
            format!("embedded {}\n", self.embed),
        );
        if self.embed_more {
            add("special/files/two.txt", "more\n".into());
        }
        add(
            "special/answer.go",
            "package special\n\nfunc Answer() int64\n".into(),
        );
        add(
            "special/answer_amd64.s",
            format!(
                "#include \"textflag.h\"\n\nTEXT ·Answer(SB),NOSPLIT,$0-8\n\tMOVQ $4{}, ret+0(FP)\n\tRET\n",
                self.assembly
            ),
        );
        add("special/testdata/data.txt", format!("data {}\n", self.data));
        add(
            "special/special_test.go",
            "package special\n\nimport (\n\t\"os\"\n\t\"testing\"\n)\n\nfunc TestAll(t *testing.T) {\n\
             \tdata, err := os.ReadFile(\"testdata/data.txt\")\n\tlist, _ := os.ReadDir(\"testdata\")\n\
             \tprintln(string(data), err, len(list), os.Getenv(\"VARIABLE\"), Text(), Answer())\n}\n"
                .into(),
        );
    }

    /// cgo, C, and a header that both read. No program of the module has it: those are linked more
    /// often.
    fn add_native(&self, add: &mut impl FnMut(&str, String) -> Option<String>) {
        let Native {
            c_body,
            constant,
            field,
            go_body,
        } = self.c;
        let field = if field { " long b;" } else { "" };
        add(
            "native/native.go",
            "package native\n\n// #include \"native.h\"\nimport \"C\"\n\nimport \"unsafe\"\n\n\
             //export goAdd\nfunc goAdd(x C.int) C.int { return x + C.N }\n\n\
             func F() (int, uintptr) {\n\tp := C.pair{a: C.N}\n\treturn int(C.twice(p.a)), unsafe.Sizeof(p)\n}\n"
                .into(),
        );
        add(
            "native/native.h",
            format!(
                "#define N {constant}\ntypedef struct {{ int a;{field} }} pair;\nint twice(int x);\n"
            ),
        );
        add(
            "native/native.c",
            format!(
                "#include \"_cgo_export.h\"\n\nint twice(int x) {{ return goAdd(2 * x) + {c_body}; }}\n"
            ),
        );
        add(
            "native/beside.go",
            format!("package native\n\nfunc G() int {{ return {go_body} }}\n"),
        );
        add(
            "native/native_test.go",
            "package native\n\nimport \"testing\"\n\nfunc TestF(t *testing.T) {\n\tn, size := F()\n\
             \tprintln(n, size, G())\n}\n"
                .into(),
        );
    }
}

fn name(p: usize) -> String {
    format!("p{p}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_change_files_and_back() {
        let first = Module::default();
        for edit in [
            Edit::Body { p: 1, n: 3 },
            Edit::Move,
            Edit::EmbedMore,
            Edit::Replace,
            Edit::Other { n: 2 },
            Edit::Signature { p: 2 },
            Edit::Broken { p: 0 },
            Edit::GoLine { n: 1 },
            Edit::CBody { n: 1 },
            Edit::CField,
        ] {
            let mut module = first.clone();
            module.edit(edit);
            assert_ne!(module.files(), first.files(), "{edit:?}");
        }
        let mut module = first.clone();
        module.edit(Edit::Move);
        module.edit(Edit::Move);
        assert_eq!(module.files(), first.files());
        assert!(first.files().contains_key(&first.file_of(2)));
        assert!(first.files().contains_key("other2/go.mod"));
    }
}

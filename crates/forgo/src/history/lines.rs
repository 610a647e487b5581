//! The meaning of the lines of a key: fields with names, by which two keys are compared.

use std::collections::BTreeMap;

use forgo_golang::quote::unquote;

/// The subject of a field of a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// A source file: its name in the package's directory.
    File(String),
    /// The result of another action.
    Result(Source),
    /// A flag, a tool, a variable that sets up builds: how messages call it.
    Setting(String),
    /// An environment variable that a test read.
    Variable(String),
    /// A file or directory that a test read or asked for.
    Read(String),
}

/// An action whose result another one depends on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The build of a package: its path.
    Build(String),
    /// The build of the same package.
    OwnBuild,
    /// The vet of a package.
    Vet(String),
    /// The link of the test binary.
    TestBinary,
    /// The test that a binary was linked for.
    TestRun,
}

/// Fields and their values.
pub type Fields = BTreeMap<Field, String>;

/// A field that two keys differ in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The field.
    pub field: Field,
    /// Its value in the older key; `None` if that has no such field.
    pub old: Option<String>,
    /// Its value in the newer key.
    pub new: Option<String>,
}

/// The fields in the lines of keys.
pub fn fields(lines: &[String]) -> Fields {
    let mut fields = Fields::new();
    for line in lines {
        add(&mut fields, line);
    }
    fields
}

/// The fields in which two keys differ.
pub fn differences(old: &Fields, new: &Fields) -> Vec<Change> {
    let mut changes = Vec::new();
    for (field, value) in new {
        let before = old.get(field);
        if before != Some(value) {
            changes.push(Change {
                field: field.clone(),
                old: before.cloned(),
                new: Some(value.clone()),
            });
        }
    }
    for (field, value) in old.iter().filter(|(field, _)| !new.contains_key(field)) {
        changes.push(Change {
            field: field.clone(),
            old: Some(value.clone()),
            new: None,
        });
    }
    changes
}

/// The settings of a key: inputs that are neither files nor results of other actions.
pub fn settings(fields: &Fields) -> impl Iterator<Item = (&String, &String)> {
    fields.iter().filter_map(|(field, value)| match field {
        Field::Setting(name) => Some((name, value)),
        _ => None,
    })
}

fn add(fields: &mut Fields, line: &str) {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    if word == "modinfo" {
        return add_build_info(fields, rest);
    }
    let mut put = |field: Field, value: &str| {
        // A field that comes twice has both values.
        let known = fields.entry(field).or_default();
        if !known.is_empty() {
            known.push(' ');
        }
        known.push_str(value);
    };
    let setting = |name: &str| Field::Setting(name.to_owned());
    let named = |field: fn(String) -> Field| {
        let (name, value) = rest.rsplit_once(' ').unwrap_or((rest, ""));
        (field(name.to_owned()), value.to_owned())
    };
    match word {
        "file" => {
            let (field, value) = named(Field::File);
            put(field, &value);
        }
        "pgofile" => put(Field::File("PGO profile".to_owned()), rest),
        "env" => {
            let (field, value) = named(Field::Variable);
            put(field, &value);
        }
        "open" | "stat" | "chdir" => {
            let (field, value) = named(Field::Read);
            put(field, &value);
        }
        "import" if rest.starts_with('"') => put(setting("import path"), rest),
        "import" => {
            let (path, id) = rest.rsplit_once(' ').unwrap_or((rest, ""));
            put(Field::Result(Source::Build(path.to_owned())), id);
        }
        "packagefile" => {
            let (path, id) = rest.rsplit_once('=').unwrap_or((rest, ""));
            put(Field::Result(Source::Build(path.to_owned())), id);
        }
        "packagemain" | "pkg" => put(Field::Result(Source::OwnBuild), rest),
        "vetout" => {
            let (path, sum) = rest.rsplit_once(' ').unwrap_or((rest, ""));
            let path = unquote(path).unwrap_or_else(|| path.to_owned());
            put(Field::Result(Source::Vet(path)), sum);
        }
        "test" if rest.starts_with("binary ") => {
            let rest = &rest["binary ".len()..];
            let (id, rest) = rest.split_once(" args ").unwrap_or((rest, ""));
            let (args, exec) = rest.split_once(" execcmd ").unwrap_or((rest, ""));
            put(Field::Result(Source::TestBinary), id);
            put(setting("test arguments"), args);
            put(setting("-exec"), exec);
        }
        "compile" | "asm" | "link" if !rest.is_empty() => {
            let (tool, lists) = rest.split_once(" [").unwrap_or((rest, ""));
            put(setting(word), tool);
            let (forced, rest) = lists.split_once(']').unwrap_or((lists, ""));
            let flag = match word {
                "compile" => "-gcflags",
                "asm" => "-asmflags",
                _ => "linker mode",
            };
            put(setting(&format!("{word} flags of the build mode")), forced);
            put(setting(flag), rest.trim());
        }
        // The kind of action that the key belongs to.
        "compile" | "link" | "linkShared" => {}
        "linkflags" => put(setting("-ldflags"), rest),
        "vet" => put(setting("vet"), rest),
        "vetflags" => put(setting("vet flags"), rest),
        "dir" => put(setting("directory"), rest),
        "go" => put(setting("go line of go.mod"), rest),
        "goos" | "buildmode" | "omitdebug" => {
            // Pairs of a name and a value.
            let mut words = line.split(' ');
            while let (Some(name), Some(value)) = (words.next(), words.next()) {
                put(setting(name), value);
            }
        }
        _ => match line.split_once('=') {
            Some((name, value)) if !name.contains(' ') => put(setting(name), value),
            // A line that is there or not.
            _ if rest.is_empty() => put(setting(word), "on"),
            _ => put(setting(word), rest),
        },
    }
}

/// Where names of [`Field::Setting`] that are lines of the build information begin.
pub const BUILD_INFO: &str = "build information: ";

/// The lines of the build information: flags, versions of modules, the commit.
fn add_build_info(fields: &mut Fields, quoted: &str) {
    let text = unquote(quoted).unwrap_or_else(|| quoted.to_owned());
    for line in text.lines() {
        let (kind, rest) = line.split_once('\t').unwrap_or((line, ""));
        let (name, value) = match kind {
            "build" => rest.split_once('=').unwrap_or((rest, "")),
            _ => rest.split_once('\t').unwrap_or((kind, rest)),
        };
        let field = Field::Setting(format!("{BUILD_INFO}{name}"));
        fields.insert(field, value.trim_end().replace('\t', " "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&str]) -> Fields {
        let lines: Vec<_> = lines.iter().map(|line| (*line).to_owned()).collect();
        fields(&lines)
    }

    #[test]
    fn lines_of_a_compile() {
        let found = of(&[
            "compile",
            "dir /w/leaf",
            "go 1.26",
            "goos linux goarch amd64",
            "import \"m/leaf\"",
            "omitdebug false standard false local false prefix \"\"",
            "compile compile version go1.26.8 [\"-shared\"] [\"-N\" \"-l\"]",
            "GOAMD64=v1",
            "file a b.go AbC",
            "import fmt xyz",
        ]);
        let value = |field: Field| found.get(&field).map(String::as_str);
        let setting = |name: &str| value(Field::Setting(name.to_owned()));
        assert_eq!(setting("compile"), Some("compile version go1.26.8"));
        assert_eq!(setting("-gcflags"), Some("[\"-N\" \"-l\"]"));
        assert_eq!(setting("goarch"), Some("amd64"));
        assert_eq!(setting("GOAMD64"), Some("v1"));
        assert_eq!(setting("import path"), Some("\"m/leaf\""));
        assert_eq!(value(Field::File("a b.go".to_owned())), Some("AbC"));
        let fmt = Field::Result(Source::Build("fmt".to_owned()));
        assert_eq!(value(fmt), Some("xyz"));
    }

    #[test]
    fn lines_of_build_information() {
        let found = of(&[
            "modinfo \"path\\tm\\nmod\\tm\\t(devel)\\t\\ndep\\ta.b/c\\tv1.2.3\\th1:xyz=\\nbuild\\t-gcflags=-N\\n\"",
        ]);
        let value = |name: &str| {
            let field = Field::Setting(format!("{BUILD_INFO}{name}"));
            found.get(&field).map(String::as_str)
        };
        assert_eq!(value("a.b/c"), Some("v1.2.3 h1:xyz="));
        assert_eq!((value("m"), value("path")), (Some("(devel)"), Some("m")));
        assert_eq!(value("-gcflags"), Some("-N"));
        assert_eq!(found.len(), 4);
    }

    #[test]
    fn lines_of_tests_and_vets() {
        let found = of(&[
            "test binary ID args [\"-test.run=X\"] execcmd []",
            "env TZ 00ff",
            "open /w/a file 11",
            "pkg \"\\x01\"",
            "vetout \"a/b\" 22",
        ]);
        let keys: Vec<_> = found.keys().cloned().collect();
        let expected = [
            Field::Result(Source::OwnBuild),
            Field::Result(Source::Vet("a/b".to_owned())),
            Field::Result(Source::TestBinary),
            Field::Setting("-exec".to_owned()),
            Field::Setting("test arguments".to_owned()),
            Field::Variable("TZ".to_owned()),
            Field::Read("/w/a file".to_owned()),
        ];
        for field in &expected {
            assert!(keys.contains(field), "{field:?} {keys:?}");
        }
        assert_eq!(keys.len(), expected.len());
    }

    #[test]
    fn keys_are_compared_field_by_field() {
        let old = of(&["trimpath", "file a.go 1", "file b.go 2", "GOAMD64=v1"]);
        let new = of(&["file a.go 1", "file c.go 3", "GOAMD64=v3"]);
        let changes = differences(&old, &new);
        let names: Vec<_> = changes
            .iter()
            .map(|c| (c.field.clone(), c.old.as_deref(), c.new.as_deref()))
            .collect();
        let file = |name: &str| Field::File(name.to_owned());
        let setting = |name: &str| Field::Setting(name.to_owned());
        let expected = [
            (file("c.go"), None, Some("3")),
            (setting("GOAMD64"), Some("v1"), Some("v3")),
            (file("b.go"), Some("2"), None),
            (setting("trimpath"), Some("on"), None),
        ];
        assert_eq!(names, expected);
        assert!(differences(&new, &new).is_empty());
    }
}

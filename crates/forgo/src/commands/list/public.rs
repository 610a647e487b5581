//! The properties of a package that `go list` shows: the fields of load.PackagePublic, in its
//! order. One table serves templates and JSON.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use forgo_build::action::PackageFacts;
use forgo_golang::template::value::{
    BOOL, Field, Kind, Object, STRING, STRING_MAP, STRINGS, TypeDesc, Value,
};
use forgo_load::module::ModulePublic;
use forgo_load::package::{Package, PackageError, PackageGraph, PackageId};

use super::deps::Deps;
use super::values::{ERRORS, MODULE_PTR, PACKAGE_ERROR_PTR, error_value, module_value};

/// A package as it is listed.
#[derive(Clone)]
pub struct Listed {
    /// All packages.
    pub graph: Rc<PackageGraph>,
    /// The facts that the build found out about them, by package; may be empty.
    pub facts: Rc<Vec<PackageFacts>>,
    /// The dependencies of all that are listed, where they are wanted.
    pub deps: Rc<Deps>,
    /// This one.
    pub id: PackageId,
}

impl Listed {
    fn package(&self) -> &Package {
        &self.graph[self.id]
    }

    fn fact(&self) -> Option<&PackageFacts> {
        self.facts.get(self.id.index())
    }
}

/// A field's value, where it lies.
pub enum Shown<'a> {
    Text(&'a str),
    Names(Vec<&'a str>),
    Flag(bool),
    List(&'a [String]),
    Map(&'a BTreeMap<String, String>),
    Module(Option<&'a Arc<ModulePublic>>),
    Error(Option<&'a Arc<PackageError>>),
    Errors(&'a [Arc<PackageError>]),
}

impl Shown<'_> {
    /// The zero of its type: JSON leaves it out.
    pub fn is_empty(&self) -> bool {
        match self {
            Shown::Text(s) => s.is_empty(),
            Shown::Flag(b) => !b,
            Shown::Names(l) => l.is_empty(),
            Shown::List(l) => l.is_empty(),
            Shown::Map(m) => m.is_empty(),
            Shown::Module(m) => m.is_none(),
            Shown::Error(e) => e.is_none(),
            Shown::Errors(l) => l.is_empty(),
        }
    }

    fn value(&self) -> Value {
        match self {
            Shown::Text(s) => Value::str(s),
            Shown::Flag(b) => Value::bool(*b),
            Shown::Names(l) => Value::strings(l),
            Shown::List(l) => Value::strings(l),
            Shown::Map(m) => Value::string_map(m.iter()),
            Shown::Module(m) => module_value(m.cloned()),
            Shown::Error(e) => error_value(*e),
            Shown::Errors(l) => {
                Value::slice(&ERRORS, l.iter().map(|e| error_value(Some(e))).collect())
            }
        }
    }
}

/// A field: its name and how to find its value.
struct Row(&'static str, fn(&Listed) -> Shown<'_>);

macro_rules! rows {
    ($($name:literal $ty:ident $p:ident $value:expr;)*) => {
        static ROWS: &[Row] = &[$(Row($name, |$p| rows!(@shown $ty $value)),)*];
        static FIELDS: &[Field] = &[$(Field { name: $name, ty: &rows!(@type $ty) },)*];
    };
    (@type Text) => { STRING };
    (@type Flag) => { BOOL };
    (@type Names) => { STRINGS };
    (@type List) => { STRINGS };
    (@type Map) => { STRING_MAP };
    (@type Module) => { MODULE_PTR };
    (@type Error) => { PACKAGE_ERROR_PTR };
    (@type Errors) => { ERRORS };
    (@shown $ty:ident $value:expr) => { Shown::$ty($value) };
}

rows! {
    "Dir" Text p &p.package().dir;
    "ImportPath" Text p &p.package().import_path;
    "ImportComment" Text p &p.package().import_comment;
    "Name" Text p &p.package().name;
    "Doc" Text p &p.package().doc;
    "Target" Text p &p.package().target;
    "Shlib" Text p &p.package().shlib;
    "Root" Text p &p.package().root;
    "ConflictDir" Text p &p.package().conflict_dir;
    "ForTest" Text p &p.package().for_test;
    "Export" Text p p.fact().map_or("", |f| &f.export);
    "BuildID" Text p p.fact().map_or("", |f| &f.build_id);
    "Module" Module p p.package().module.as_ref();
    "Match" List p &p.package().match_;
    "Goroot" Flag p p.package().goroot;
    "Standard" Flag p p.package().standard;
    "DepOnly" Flag p p.package().dep_only;
    "BinaryOnly" Flag p p.package().binary_only;
    "Incomplete" Flag p p.package().incomplete;
    "DefaultGODEBUG" Text p &p.package().default_godebug;
    "Stale" Flag p p.fact().is_some_and(|f| f.stale);
    "StaleReason" Text p p.fact().map_or("", |f| &f.stale_reason);
    "GoFiles" List p &p.package().go_files;
    "CgoFiles" List p &p.package().cgo_files;
    "CompiledGoFiles" List p p.fact().map_or(&[], |f| &f.compiled_go_files);
    "IgnoredGoFiles" List p &p.package().ignored_go_files;
    "InvalidGoFiles" List p &p.package().invalid_go_files;
    "IgnoredOtherFiles" List p &p.package().ignored_other_files;
    "CFiles" List p &p.package().c_files;
    "CXXFiles" List p &p.package().cxx_files;
    "MFiles" List p &p.package().m_files;
    "HFiles" List p &p.package().h_files;
    "FFiles" List p &p.package().f_files;
    "SFiles" List p &p.package().s_files;
    "SwigFiles" List p &p.package().swig_files;
    "SwigCXXFiles" List p &p.package().swig_cxx_files;
    "SysoFiles" List p &p.package().syso_files;
    "EmbedPatterns" List p &p.package().embed_patterns;
    "EmbedFiles" List p &p.package().embed_files;
    "CgoCFLAGS" List p &p.package().cgo_cflags;
    "CgoCPPFLAGS" List p &p.package().cgo_cppflags;
    "CgoCXXFLAGS" List p &p.package().cgo_cxxflags;
    "CgoFFLAGS" List p &p.package().cgo_fflags;
    "CgoLDFLAGS" List p &p.package().cgo_ldflags;
    "CgoPkgConfig" List p &p.package().cgo_pkg_config;
    "Imports" List p &p.package().imports;
    "ImportMap" Map p &p.package().import_map;
    "Deps" Names p p.deps.of(&p.graph, p.id);
    "Error" Error p p.package().error.as_ref();
    "DepsErrors" Errors p &p.package().deps_errors;
    "TestGoFiles" List p &p.package().test_go_files;
    "TestImports" List p &p.package().test_imports;
    "TestEmbedPatterns" List p &p.package().test_embed_patterns;
    "TestEmbedFiles" List p &p.package().test_embed_files;
    "XTestGoFiles" List p &p.package().xtest_go_files;
    "XTestImports" List p &p.package().xtest_imports;
    "XTestEmbedPatterns" List p &p.package().xtest_embed_patterns;
    "XTestEmbedFiles" List p &p.package().xtest_embed_files;
}

static PACKAGE: TypeDesc = TypeDesc {
    name: "load.PackagePublic",
    kind: Kind::Struct(FIELDS),
    methods: &[],
};
static PACKAGE_PTR: TypeDesc = TypeDesc {
    name: "*load.PackagePublic",
    kind: Kind::Pointer(&PACKAGE),
    methods: &[],
};

impl Object for Listed {
    fn field(&self, index: usize) -> Value {
        ROWS[index].1(self).value()
    }
}

impl Listed {
    /// The package as a template sees it.
    pub fn value(&self) -> Value {
        Value::pointer(&PACKAGE_PTR, Rc::new(self.clone()))
    }

    /// Names of all fields and how to find their values.
    pub fn fields() -> impl Iterator<Item = (&'static str, fn(&Listed) -> Shown<'_>)> {
        ROWS.iter().map(|row| (row.0, row.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_agree() {
        assert_eq!(ROWS.len(), FIELDS.len());
        let p = Listed {
            graph: Rc::default(),
            facts: Rc::default(),
            deps: Rc::default(),
            id: PackageId(0),
        };
        let mut graph = PackageGraph::default();
        graph.packages.push(Package::default());
        let p = Listed {
            graph: Rc::new(graph),
            ..p
        };
        for (i, (row, field)) in ROWS.iter().zip(FIELDS).enumerate() {
            assert_eq!(row.0, field.name);
            assert_eq!(p.field(i).type_name(), field.ty.name, "{}", field.name);
        }
    }
}

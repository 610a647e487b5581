//! The values below a package in a `go list` template: modules, errors, the build context. The
//! types are those of cmd/go/internal/modinfo, load and list, under the names reflection gives
//! them.

use std::rc::Rc;
use std::sync::Arc;

use forgo_golang::path;
use forgo_golang::template::value::{
    BOOL, Data, ERROR, Field, INT, Kind, Method, NIL_DEREFERENCE, Object, STRING, STRINGS,
    Signature, Type, TypeDesc, Value,
};
use forgo_load::config::Config;
use forgo_load::module::{ModuleError, ModulePublic};
use forgo_load::package::{ImportInfo, PackageError};

use super::time::{TIME_PTR, time_value};

const fn field(name: &'static str, ty: Type) -> Field {
    Field { name, ty }
}

const fn strukt(
    name: &'static str,
    fields: &'static [Field],
    methods: &'static [Method],
) -> TypeDesc {
    TypeDesc {
        name,
        kind: Kind::Struct(fields),
        methods,
    }
}

const fn pointer(name: &'static str, to: Type, methods: &'static [Method]) -> TypeDesc {
    TypeDesc {
        name,
        kind: Kind::Pointer(to),
        methods,
    }
}

const NO_PARAMS: Signature = Signature {
    params: &[],
    variadic: false,
};

const fn getter(name: &'static str, body: fn(&Value, &[Value]) -> Result<Value, String>) -> Method {
    Method {
        name,
        signature: NO_PARAMS,
        body,
    }
}

/// The struct's field at `index`; a nil receiver is what Go's runtime complains about.
fn part(receiver: &Value, index: usize) -> Result<Value, String> {
    match receiver.data() {
        Some(Data::Struct(object)) => Ok(object.field(index)),
        _ => Err(NIL_DEREFERENCE.to_owned()),
    }
}

static MODULE: TypeDesc = strukt("modinfo.ModulePublic", &MODULE_FIELDS, &MODULE_METHODS);
/// `*modinfo.ModulePublic`
pub static MODULE_PTR: TypeDesc = pointer("*modinfo.ModulePublic", &MODULE, &MODULE_METHODS);
static MODULE_ERROR_FIELDS: [Field; 1] = [field("Err", &STRING)];
static MODULE_ERROR: TypeDesc = strukt("modinfo.ModuleError", &MODULE_ERROR_FIELDS, &[]);
static MODULE_ERROR_PTR: TypeDesc = pointer("*modinfo.ModuleError", &MODULE_ERROR, &[]);
static ORIGIN_FIELDS: [Field; 8] = [
    field("VCS", &STRING),
    field("URL", &STRING),
    field("Subdir", &STRING),
    field("Hash", &STRING),
    field("TagPrefix", &STRING),
    field("TagSum", &STRING),
    field("Ref", &STRING),
    field("RepoSum", &STRING),
];
static ORIGIN: TypeDesc = strukt("codehost.Origin", &ORIGIN_FIELDS, &[]);
static ORIGIN_PTR: TypeDesc = pointer("*codehost.Origin", &ORIGIN, &[]);

static MODULE_FIELDS: [Field; 19] = [
    field("Path", &STRING),
    field("Version", &STRING),
    field("Query", &STRING),
    field("Versions", &STRINGS),
    field("Replace", &MODULE_PTR),
    field("Time", &TIME_PTR),
    field("Update", &MODULE_PTR),
    field("Main", &BOOL),
    field("Indirect", &BOOL),
    field("Dir", &STRING),
    field("GoMod", &STRING),
    field("GoVersion", &STRING),
    field("Retracted", &STRINGS),
    field("Deprecated", &STRING),
    field("Error", &MODULE_ERROR_PTR),
    field("Sum", &STRING),
    field("GoModSum", &STRING),
    field("Origin", &ORIGIN_PTR),
    field("Reuse", &BOOL),
];

/// The module's one-line text: its path, version and replacement.
static MODULE_METHODS: [Method; 1] = [getter("String", |m, _| {
    let text = |m: &Value, i| part(m, i).map(|v| v.to_text());
    let mut s = text(m, 0)?;
    let version = text(m, 1)?;
    if !version.is_empty() {
        s += &format!(" {version}");
    }
    let replace = part(m, 4)?;
    if !replace.is_nil() {
        let replace = replace.elem();
        s += &format!(" => {}", text(&replace, 0)?);
        let version = text(&replace, 1)?;
        if !version.is_empty() {
            s += &format!(" {version}");
        }
    }
    Ok(Value::str(&s))
})];

struct ModuleObject(Arc<ModulePublic>);

impl Object for ModuleObject {
    /// Versions, updates, retractions, deprecation and origin are found by `list -m` alone, which
    /// is the stock command's.
    fn field(&self, index: usize) -> Value {
        let m = &self.0;
        match MODULE_FIELDS[index].name {
            "Path" => Value::str(&m.path),
            "Version" => Value::str(&m.version),
            "Query" => Value::str(&m.query),
            "Replace" => module_value(m.replace.as_ref().map(|r| Arc::new((**r).clone()))),
            "Time" => time_value(m.time.as_deref()),
            "Main" => Value::bool(m.main),
            "Indirect" => Value::bool(m.indirect),
            "Dir" => Value::str(&m.dir),
            "GoMod" => Value::str(&m.go_mod),
            "GoVersion" => Value::str(&m.go_version),
            "Error" => match &m.error {
                Some(e) => Value::pointer(&MODULE_ERROR_PTR, Rc::new(ModuleErrorObject(e.clone()))),
                None => Value::nil(&MODULE_ERROR_PTR),
            },
            "Sum" => Value::str(&m.sum),
            "GoModSum" => Value::str(&m.go_mod_sum),
            _ => Value::zero(MODULE_FIELDS[index].ty),
        }
    }
}

struct ModuleErrorObject(ModuleError);

impl Object for ModuleErrorObject {
    fn field(&self, _index: usize) -> Value {
        Value::str(&self.0.err)
    }
}

/// A `*modinfo.ModulePublic`.
pub fn module_value(module: Option<Arc<ModulePublic>>) -> Value {
    match module {
        Some(m) => Value::pointer(&MODULE_PTR, Rc::new(ModuleObject(m))),
        None => Value::nil(&MODULE_PTR),
    }
}

static PACKAGE_ERROR: TypeDesc = strukt("load.PackageError", &PACKAGE_ERROR_FIELDS, &PERR_METHODS);
/// `*load.PackageError`
pub static PACKAGE_ERROR_PTR: TypeDesc =
    pointer("*load.PackageError", &PACKAGE_ERROR, &PERR_METHODS);
/// `[]*load.PackageError`
pub static ERRORS: TypeDesc = TypeDesc {
    name: "[]*load.PackageError",
    kind: Kind::Slice(&PACKAGE_ERROR_PTR),
    methods: &[],
};
static PACKAGE_ERROR_FIELDS: [Field; 5] = [
    field("ImportStack", &IMPORT_STACK),
    field("Pos", &STRING),
    field("Err", &ERROR),
    field("IsImportCycle", &BOOL),
    field("alwaysPrintStack", &BOOL),
];
/// The index of the whole text, behind those of the fields.
const WHOLE_TEXT: usize = PACKAGE_ERROR_FIELDS.len();
static PERR_METHODS: [Method; 2] = [
    getter("Error", |e, _| part(e, WHOLE_TEXT)),
    getter("Unwrap", |e, _| part(e, 2)),
];
static IMPORT_STACK: TypeDesc = TypeDesc {
    name: "load.ImportStack",
    kind: Kind::Slice(&IMPORT_INFO),
    methods: &IMPORT_STACK_METHODS,
};
static IMPORT_STACK_METHODS: [Method; 2] = [
    getter("Pkgs", |stack, _| import_texts(stack, false)),
    getter("PkgsWithPos", |stack, _| import_texts(stack, true)),
];
static IMPORT_INFO: TypeDesc = strukt("load.ImportInfo", &IMPORT_INFO_FIELDS, &[]);
static IMPORT_INFO_FIELDS: [Field; 2] = [field("Pkg", &STRING), field("Pos", &POSITION_PTR)];
static POSITION: TypeDesc = strukt("token.Position", &POSITION_FIELDS, &POSITION_METHODS);
static POSITION_PTR: TypeDesc = pointer("*token.Position", &POSITION, &POSITION_METHODS);
static POSITION_FIELDS: [Field; 4] = [
    field("Filename", &STRING),
    field("Offset", &INT),
    field("Line", &INT),
    field("Column", &INT),
];
static POSITION_METHODS: [Method; 2] = [
    getter("String", |p, _| part(p, POSITION_FIELDS.len())),
    getter("IsValid", |p, _| Ok(Value::bool(part(p, 2)?.truth()))),
];

/// The import paths of a stack, if wanted with the file that imports the next.
fn import_texts(stack: &Value, with_pos: bool) -> Result<Value, String> {
    let text = |info: &Value| -> Result<String, String> {
        let mut text = part(info, 0)?.to_text();
        let pos = part(info, 1)?;
        if with_pos && !pos.is_nil() {
            let file = part(&pos.elem(), 0)?.to_text();
            text += &format!(" from {}", path::base(&file));
        }
        Ok(text)
    };
    let texts = stack
        .items()
        .iter()
        .map(text)
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Value::slice(
        &STRINGS,
        texts.iter().map(|t| Value::str(t)).collect(),
    ))
}

struct ErrorObject(Arc<PackageError>);

impl Object for ErrorObject {
    fn field(&self, index: usize) -> Value {
        let e = &self.0;
        match index {
            0 => {
                let item = |i: &ImportInfo| {
                    Value::new(&IMPORT_INFO, Data::Struct(Rc::new(ImportObject(i.clone()))))
                };
                Value::slice(&IMPORT_STACK, e.import_stack.iter().map(item).collect())
            }
            1 => Value::str(&e.pos),
            2 => Value::error(&e.err),
            3 => Value::bool(e.is_import_cycle),
            4 => Value::bool(e.always_print_stack),
            _ => Value::str(&e.to_string()),
        }
    }
}

struct ImportObject(ImportInfo);

impl Object for ImportObject {
    fn field(&self, index: usize) -> Value {
        match index {
            0 => Value::str(&self.0.pkg),
            _ if self.0.pos.is_empty() => Value::nil(&POSITION_PTR),
            _ => Value::pointer(&POSITION_PTR, Rc::new(PositionObject(self.0.pos.clone()))),
        }
    }
}

/// A position by its text, `file:line:column`.
struct PositionObject(String);

impl Object for PositionObject {
    fn field(&self, index: usize) -> Value {
        let mut parts = self.0.rsplitn(3, ':');
        let mut number = || parts.next().and_then(|n| n.parse().ok()).unwrap_or(0);
        let (column, line) = (number(), number());
        match index {
            0 => Value::str(parts.next().unwrap_or_default()),
            1 => Value::int(0),
            2 => Value::int(line),
            3 => Value::int(column),
            _ => Value::str(&self.0),
        }
    }
}

/// A `*load.PackageError`.
pub fn error_value(error: Option<&Arc<PackageError>>) -> Value {
    match error {
        Some(e) => Value::pointer(&PACKAGE_ERROR_PTR, Rc::new(ErrorObject(Arc::clone(e)))),
        None => Value::nil(&PACKAGE_ERROR_PTR),
    }
}

static CONTEXT_FIELDS: [Field; 11] = [
    field("GOARCH", &STRING),
    field("GOOS", &STRING),
    field("GOROOT", &STRING),
    field("GOPATH", &STRING),
    field("CgoEnabled", &BOOL),
    field("UseAllFiles", &BOOL),
    field("Compiler", &STRING),
    field("BuildTags", &STRINGS),
    field("ToolTags", &STRINGS),
    field("ReleaseTags", &STRINGS),
    field("InstallSuffix", &STRING),
];
static CONTEXT: TypeDesc = strukt("list.Context", &CONTEXT_FIELDS, &[]);
static CONTEXT_PTR: TypeDesc = pointer("*list.Context", &CONTEXT, &[]);

struct ContextObject(Vec<Value>);

impl Object for ContextObject {
    fn field(&self, index: usize) -> Value {
        self.0[index].clone()
    }
}

/// The template function `context`: a `*list.Context`.
pub fn context_value(cfg: &Config) -> Value {
    let context = &cfg.context;
    let fields = vec![
        Value::str(&cfg.target.goarch),
        Value::str(&cfg.target.goos),
        Value::str(&cfg.dist.goroot_given),
        Value::str(&cfg.dirs.gopath.join(":")),
        Value::bool(context.cgo_enabled),
        Value::bool(false),
        Value::str(&context.compiler),
        Value::strings(&context.build_tags),
        Value::strings(&context.tool_tags),
        Value::strings(&context.release_tags),
        Value::str(&context.install_suffix),
    ];
    Value::pointer(&CONTEXT_PTR, Rc::new(ContextObject(fields)))
}

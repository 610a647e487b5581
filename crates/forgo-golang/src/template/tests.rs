//! Templates over one small data set, each with the text or the error that Go gives for it.

use std::rc::Rc;

use super::Template;
use super::value::*;

static INNER: TypeDesc = TypeDesc {
    name: "main.Inner",
    kind: Kind::Struct(&INNER_FIELDS),
    methods: &INNER_METHODS,
};
static INNER_PTR: TypeDesc = TypeDesc {
    name: "*main.Inner",
    kind: Kind::Pointer(&INNER),
    methods: &INNER_METHODS,
};
static INNER_LIST: TypeDesc = TypeDesc {
    name: "[]*main.Inner",
    kind: Kind::Slice(&INNER_PTR),
    methods: &[],
};
static INNER_FIELDS: [Field; 3] = [
    Field {
        name: "Path",
        ty: &STRING,
    },
    Field {
        name: "Replace",
        ty: &INNER_PTR,
    },
    Field {
        name: "hidden",
        ty: &STRING,
    },
];
static JOIN_METHOD_PARAMS: [Type; 2] = [&STRING, &INT];
static INNER_METHODS: [Method; 2] = [
    Method {
        name: "String",
        signature: Signature {
            params: &[],
            variadic: false,
        },
        body: |v, _| match v.data() {
            Some(Data::Struct(o)) => Ok(Value::str(&format!("<{}>", o.field(0).to_text()))),
            _ => Err(NIL_DEREFERENCE.into()),
        },
    },
    Method {
        name: "Join",
        signature: Signature {
            params: &JOIN_METHOD_PARAMS,
            variadic: false,
        },
        body: |v, args| match (v.data(), args[1].data()) {
            (Some(Data::Struct(o)), Some(Data::Int(n))) => Ok(Value::str(&format!(
                "{}{}{n}",
                o.field(0).to_text(),
                args[0].to_text()
            ))),
            _ => Err(NIL_DEREFERENCE.into()),
        },
    },
];
static OUTER: TypeDesc = TypeDesc {
    name: "main.Outer",
    kind: Kind::Struct(&OUTER_FIELDS),
    methods: &[],
};
static OUTER_PTR: TypeDesc = TypeDesc {
    name: "*main.Outer",
    kind: Kind::Pointer(&OUTER),
    methods: &[],
};
static OUTER_FIELDS: [Field; 12] = [
    Field {
        name: "Name",
        ty: &STRING,
    },
    Field {
        name: "Dir",
        ty: &STRING,
    },
    Field {
        name: "Flag",
        ty: &BOOL,
    },
    Field {
        name: "Files",
        ty: &STRINGS,
    },
    Field {
        name: "None",
        ty: &STRINGS,
    },
    Field {
        name: "Map",
        ty: &STRING_MAP,
    },
    Field {
        name: "In",
        ty: &INNER_PTR,
    },
    Field {
        name: "Nil",
        ty: &INNER_PTR,
    },
    Field {
        name: "List",
        ty: &INNER_LIST,
    },
    Field {
        name: "Err",
        ty: &ERROR,
    },
    Field {
        name: "NoErr",
        ty: &ERROR,
    },
    Field {
        name: "Count",
        ty: &INT,
    },
];

struct Record(Vec<Value>);

impl Object for Record {
    fn field(&self, index: usize) -> Value {
        self.0[index].clone()
    }
}

fn inner(path: &str, replace: Value) -> Value {
    Value::pointer(
        &INNER_PTR,
        Rc::new(Record(vec![Value::str(path), replace, Value::str("")])),
    )
}

fn data() -> Value {
    let nil = Value::nil(&INNER_PTR);
    let first = inner("in", inner("rep", nil.clone()));
    let second = inner("two", nil.clone());
    let map = [
        ("a".to_owned(), "b".to_owned()),
        ("k".to_owned(), "v".to_owned()),
    ];
    Value::pointer(
        &OUTER_PTR,
        Rc::new(Record(vec![
            Value::str("n<&>\"'"),
            Value::str("/d%x"),
            Value::bool(true),
            Value::strings(&["a.go", "b c", "é"]),
            Value::strings::<&str>(&[]),
            Value::string_map(map.iter().map(|(k, v)| (k, v))),
            first.clone(),
            nil,
            Value::slice(&INNER_LIST, vec![first, second]),
            Value::error("bad thing"),
            Value::nil(&ERROR),
            Value::int(42),
        ])),
    )
}

static JOIN_PARAMS: [Type; 2] = [&STRINGS, &STRING];
static FAIL_PARAMS: [Type; 1] = [&STRING];
static FUNCTIONS: [(&str, Signature); 3] = [
    (
        "join",
        Signature {
            params: &JOIN_PARAMS,
            variadic: false,
        },
    ),
    (
        "self",
        Signature {
            params: &[],
            variadic: false,
        },
    ),
    (
        "fail",
        Signature {
            params: &FAIL_PARAMS,
            variadic: false,
        },
    ),
];

fn call(name: &str, args: &[Value]) -> Result<Value, String> {
    match name {
        "join" => {
            let items: Vec<_> = args[0].items().iter().map(Value::to_text).collect();
            Ok(Value::str(&items.join(&args[1].to_text())))
        }
        "self" => Ok(data()),
        _ => Err(format!("no {}", args[0].to_text())),
    }
}

/// Runs a template; a line feed is written `␤`, an error follows the output after `␤ERR: `.
fn run(text: &str) -> String {
    let mut out = Vec::new();
    let parsed = Template::parse("main", &text.replace('␤', "\n"), &FUNCTIONS);
    let result = parsed.and_then(|t| t.execute(&data(), &call, &mut out));
    let mut out = String::from_utf8_lossy(&out).into_owned();
    if let Err(e) = result {
        out.push_str(&format!("\nERR: {e}"));
    }
    out.replace('\n', "␤")
}

/// Pairs of lines: a template, and what becomes of it.
const CASES: &str = include_str!("testdata/cases.txt");

#[test]
fn as_go_does() {
    let lines: Vec<&str> = CASES.lines().collect();
    let mut wrong = Vec::new();
    for pair in lines.chunks(2) {
        let (template, want) = (pair[0], pair[1]);
        let got = run(template);
        if got != want {
            wrong.push(format!("{template}\n  want {want}\n  got  {got}"));
        }
    }
    assert!(lines.len() > 400, "the table is there");
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

//! The values a template works on: typed as Go types them, so that errors and `%v` have the text of
//! Go's reflection. Structs are lazy: a field is made when a template asks for it.

use std::rc::Rc;

use crate::raw;

/// A Go type. Types are static tables, defined beside the data for a template.
pub type Type = &'static TypeDesc;

/// Describes a Go type.
#[derive(Debug)]
pub struct TypeDesc {
    /// As reflection prints it: `*load.PackagePublic`, `[]string`, `interface {}`.
    pub name: &'static str,
    /// Its structure.
    pub kind: Kind,
    /// Methods of the type; for a named type also those of the pointer to it, since every value a
    /// template meets through a pointer is addressable.
    pub methods: &'static [Method],
}

/// The structure of a type.
#[derive(Debug)]
pub enum Kind {
    /// bool
    Bool,
    /// Any signed integer.
    Int,
    /// Any unsigned integer.
    Uint,
    /// Any floating-point number.
    Float,
    /// Any complex number.
    Complex,
    /// string
    String,
    /// Slice of.
    Slice(Type),
    /// Map from, to.
    Map(Type, Type),
    /// Pointer to.
    Pointer(Type),
    /// Struct of.
    Struct(&'static [Field]),
    /// An interface; `any` has no method, `error` one.
    Interface {
        /// The number of its methods.
        methods: usize,
    },
}

/// A field of a struct.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
}

/// The parameters of a function or method.
#[derive(Debug)]
pub struct Signature {
    /// Parameter types; the last is the element type when `variadic`.
    pub params: &'static [Type],
    /// The last parameter repeats.
    pub variadic: bool,
}

/// The body of a [`Method`].
pub type MethodBody = fn(&Value, &[Value]) -> Result<Value, String>;

/// A method of a type.
#[derive(Debug)]
pub struct Method {
    /// Its name.
    pub name: &'static str,
    /// Its parameters, without the receiver.
    pub signature: Signature,
    /// Called with the receiver as the template holds it, pointer or not, and the arguments.
    pub body: MethodBody,
}

/// A struct's data.
pub trait Object {
    /// The value of the field at `index` in the type's table.
    fn field(&self, index: usize) -> Value;
}

/// A value and its type, or nothing (reflect's invalid Value, the untyped nil).
#[derive(Clone)]
pub struct Value(Option<Typed>);

#[derive(Clone)]
struct Typed {
    ty: Type,
    data: Data,
}

/// A value's data; its shape follows from the type's kind.
#[derive(Clone)]
pub enum Data {
    /// The nil of a slice, map, pointer or interface.
    Nil,
    /// A boolean.
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// An unsigned integer.
    Uint(u64),
    /// A floating-point number.
    Float(f64),
    /// Real and imaginary part.
    Complex(f64, f64),
    /// A string: bytes, most often UTF-8.
    Str(Rc<[u8]>),
    /// A slice: the whole array, where the slice begins and ends in it.
    Slice(Rc<[Value]>, usize, usize),
    /// A map, sorted by key.
    Map(Rc<[(Value, Value)]>),
    /// A struct.
    Struct(Rc<dyn Object>),
    /// Pointer to, or interface around, a value.
    Ref(Rc<Value>),
}

macro_rules! basic_types {
    ($($(#[$doc:meta])* $id:ident = $name:literal, $kind:expr;)*) => {
        $($(#[$doc])* pub static $id: TypeDesc = TypeDesc { name: $name, kind: $kind, methods: &[] };)*
    };
}

basic_types! {
    /// bool
    BOOL = "bool", Kind::Bool;
    /// int
    INT = "int", Kind::Int;
    /// int64
    INT64 = "int64", Kind::Int;
    /// uint8
    UINT8 = "uint8", Kind::Uint;
    /// float64
    FLOAT64 = "float64", Kind::Float;
    /// complex128
    COMPLEX128 = "complex128", Kind::Complex;
    /// string
    STRING = "string", Kind::String;
    /// `[]string`
    STRINGS = "[]string", Kind::Slice(&STRING);
    /// `map[string]string`
    STRING_MAP = "map[string]string", Kind::Map(&STRING, &STRING);
    /// `interface {}`
    ANY = "interface {}", Kind::Interface { methods: 0 };
    /// The parameter type of functions that take any value as it is (reflect.Value).
    REFLECT_VALUE = "reflect.Value", Kind::Struct(&[]);
}

static ERROR_METHODS: [Method; 1] = [Method {
    name: "Error",
    signature: Signature {
        params: &[],
        variadic: false,
    },
    body: |receiver, _| match receiver.data() {
        Some(Data::Struct(object)) => Ok(object.field(0)),
        _ => Err(NIL_DEREFERENCE.to_owned()),
    },
}];

/// The runtime's error when a method follows a nil pointer.
pub const NIL_DEREFERENCE: &str =
    "runtime error: invalid memory address or nil pointer dereference";

static ERROR_STRING_FIELDS: [Field; 1] = [Field {
    name: "s",
    ty: &STRING,
}];

static ERROR_STRUCT: TypeDesc = TypeDesc {
    name: "errors.errorString",
    kind: Kind::Struct(&ERROR_STRING_FIELDS),
    methods: &ERROR_METHODS,
};

static ERROR_STRING: TypeDesc = TypeDesc {
    name: "*errors.errorString",
    kind: Kind::Pointer(&ERROR_STRUCT),
    methods: &ERROR_METHODS,
};

/// An error that consists of its text.
struct ErrorText(String);

impl Object for ErrorText {
    fn field(&self, _index: usize) -> Value {
        Value::str(&self.0)
    }
}

/// error
pub static ERROR: TypeDesc = TypeDesc {
    name: "error",
    kind: Kind::Interface { methods: 1 },
    methods: &[],
};

impl TypeDesc {
    /// Reports whether the types are the same; names distinguish types.
    pub fn is(&self, other: &TypeDesc) -> bool {
        std::ptr::eq(self, other) || self.name == other.name
    }

    /// The method of that name.
    pub fn method(&self, name: &str) -> Option<&'static Method> {
        self.methods.iter().find(|m| m.name == name)
    }

    /// Whether nil is one of its values.
    pub fn can_be_nil(&self) -> bool {
        self.is(&REFLECT_VALUE)
            || matches!(
                self.kind,
                Kind::Slice(_) | Kind::Map(..) | Kind::Pointer(_) | Kind::Interface { .. }
            )
    }

    /// `==` is defined on it.
    pub fn comparable(&self) -> bool {
        match self.kind {
            Kind::Slice(_) | Kind::Map(..) => false,
            Kind::Struct(fields) => fields.iter().all(|f| f.ty.comparable()),
            _ => true,
        }
    }

    /// A value of this type may be used where `target` is wanted.
    pub fn assignable_to(&self, target: &TypeDesc) -> bool {
        self.is(target) || matches!(target.kind, Kind::Interface { methods: 0 })
    }
}

impl Value {
    /// The value that is none.
    pub const INVALID: Value = Value(None);

    /// A value of `ty`; `data` must be of its kind.
    pub fn new(ty: Type, data: Data) -> Value {
        Value(Some(Typed { ty, data }))
    }

    /// bool
    pub fn bool(v: bool) -> Value {
        Value::new(&BOOL, Data::Bool(v))
    }

    /// int
    pub fn int(v: i64) -> Value {
        Value::new(&INT, Data::Int(v))
    }

    /// string
    pub fn str(v: &str) -> Value {
        Value::bytes(&raw::bytes(v))
    }

    /// string, of any bytes
    pub fn bytes(v: &[u8]) -> Value {
        Value::new(&STRING, Data::Str(v.into()))
    }

    /// `[]string`; nil when empty.
    pub fn strings<S: AsRef<str>>(list: &[S]) -> Value {
        Value::slice(
            &STRINGS,
            list.iter().map(|s| Value::str(s.as_ref())).collect(),
        )
    }

    /// A slice of type `ty`; `nil` when empty.
    pub fn slice(ty: Type, items: Vec<Value>) -> Value {
        if items.is_empty() {
            return Value::nil(ty);
        }
        let len = items.len();
        Value::new(ty, Data::Slice(items.into(), 0, len))
    }

    /// `map[string]string`; nil when empty.
    pub fn string_map<'a>(entries: impl Iterator<Item = (&'a String, &'a String)>) -> Value {
        let mut list: Vec<_> = entries.collect();
        if list.is_empty() {
            return Value::nil(&STRING_MAP);
        }
        list.sort();
        let list = list
            .into_iter()
            .map(|(k, v)| (Value::str(k), Value::str(v)))
            .collect();
        Value::new(&STRING_MAP, Data::Map(list))
    }

    /// The nil of `ty`.
    pub fn nil(ty: Type) -> Value {
        Value::new(ty, Data::Nil)
    }

    /// A pointer of type `ty` to a struct.
    pub fn pointer(ty: Type, object: Rc<dyn Object>) -> Value {
        let Kind::Pointer(elem) = ty.kind else {
            return Value::INVALID;
        };
        Value::new(
            ty,
            Data::Ref(Rc::new(Value::new(elem, Data::Struct(object)))),
        )
    }

    /// An interface value of type `ty` around a concrete value.
    pub fn interface(ty: Type, inner: Value) -> Value {
        Value::new(ty, Data::Ref(Rc::new(inner)))
    }

    /// A value of type error with that text.
    pub fn error(text: &str) -> Value {
        Value::interface(
            &ERROR,
            Value::pointer(&ERROR_STRING, Rc::new(ErrorText(text.into()))),
        )
    }

    /// The zero value of `ty`, where it is not a struct.
    pub fn zero(ty: Type) -> Value {
        let data = match ty.kind {
            Kind::Bool => Data::Bool(false),
            Kind::Int => Data::Int(0),
            Kind::Uint => Data::Uint(0),
            Kind::Float => Data::Float(0.0),
            Kind::Complex => Data::Complex(0.0, 0.0),
            Kind::String => Data::Str([].into()),
            Kind::Struct(_) => return Value::INVALID,
            _ => Data::Nil,
        };
        Value::new(ty, data)
    }

    /// There is a value.
    pub fn is_valid(&self) -> bool {
        self.0.is_some()
    }

    /// Its type; none without a value.
    pub fn ty(&self) -> Option<Type> {
        self.0.as_ref().map(|t| t.ty)
    }

    /// Name of its type.
    pub fn type_name(&self) -> &'static str {
        self.ty().map_or("<nil>", |t| t.name)
    }

    /// Its type's kind.
    pub fn kind(&self) -> Option<&'static Kind> {
        self.ty().map(|t| &t.kind)
    }

    /// Its data.
    pub fn data(&self) -> Option<&Data> {
        self.0.as_ref().map(|t| &t.data)
    }

    /// A nil pointer, slice, map or interface; not the absence of a value.
    pub fn is_nil(&self) -> bool {
        matches!(self.data(), Some(Data::Nil))
    }

    /// Returns the value that a pointer points to or an interface holds.
    pub fn elem(&self) -> Value {
        match self.data() {
            Some(Data::Ref(v)) => Value::clone(v),
            _ => Value::INVALID,
        }
    }

    /// The interface's content; other values as they are.
    pub fn indirect_interface(&self) -> Value {
        match self.kind() {
            Some(Kind::Interface { .. }) => self.elem(),
            _ => self.clone(),
        }
    }

    /// Follows pointers and interfaces to the end, or to a nil (second result true).
    pub fn indirect(&self) -> (Value, bool) {
        let mut v = self.clone();
        while matches!(v.kind(), Some(Kind::Pointer(_) | Kind::Interface { .. })) {
            if v.is_nil() {
                return (v, true);
            }
            v = v.elem();
        }
        (v, false)
    }

    /// Elements of a slice.
    pub fn items(&self) -> &[Value] {
        match self.data() {
            Some(Data::Slice(all, from, to)) => &all[*from..*to],
            _ => &[],
        }
    }

    /// Entries of a map, by key.
    pub fn entries(&self) -> &[(Value, Value)] {
        match self.data() {
            Some(Data::Map(entries)) => entries,
            _ => &[],
        }
    }

    /// Bytes of a string.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self.data() {
            Some(Data::Str(s)) => Some(s),
            _ => None,
        }
    }

    /// Text of a string.
    pub fn to_text(&self) -> String {
        raw::text(self.as_bytes().unwrap_or_default())
    }

    /// The number of elements, entries or bytes, where it has one.
    pub fn length(&self) -> Option<usize> {
        match self.kind()? {
            Kind::Slice(_) => Some(self.items().len()),
            Kind::Map(..) => Some(self.entries().len()),
            Kind::String => self.as_bytes().map(<[u8]>::len),
            _ => None,
        }
    }

    /// Whether it is the zero of its type, in the sense of `if`.
    pub fn truth(&self) -> bool {
        match self.data() {
            None | Some(Data::Nil) => false,
            Some(Data::Bool(b)) => *b,
            Some(Data::Int(i)) => *i != 0,
            Some(Data::Uint(u)) => *u != 0,
            Some(Data::Float(f)) => *f != 0.0,
            Some(Data::Complex(re, im)) => *re != 0.0 || *im != 0.0,
            Some(Data::Str(s)) => !s.is_empty(),
            Some(Data::Slice(_, from, to)) => to > from,
            Some(Data::Map(m)) => !m.is_empty(),
            Some(Data::Struct(_) | Data::Ref(_)) => true,
        }
    }
}

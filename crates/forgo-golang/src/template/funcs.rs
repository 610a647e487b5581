//! The functions that every template has, except comparisons. Answers to text/template/funcs.go.

use super::runes::decode_rune;
use super::value::{ANY, Data, Kind, REFLECT_VALUE, STRING, Signature, Type, Value};
use super::{Template, compare, eval, print};
use crate::unicode::is_print;

type Result = std::result::Result<Value, String>;

/// A builtin function.
pub(super) struct Builtin {
    pub name: &'static str,
    pub signature: Signature,
    pub body: fn(&[Value]) -> Result,
}

/// The function that a name in a template refers to: one of the template's own or a builtin.
pub(super) enum Callee {
    Own(&'static Signature),
    Builtin(&'static Builtin),
}

impl Callee {
    pub fn signature(&self) -> &'static Signature {
        match self {
            Callee::Own(signature) => signature,
            Callee::Builtin(b) => &b.signature,
        }
    }
}

static ONE: [Type; 1] = [&REFLECT_VALUE];
static TWO: [Type; 2] = [&REFLECT_VALUE, &REFLECT_VALUE];
static ANYS: [Type; 1] = [&ANY];
static FORMAT: [Type; 2] = [&STRING, &ANY];

const fn builtin(
    name: &'static str,
    params: &'static [Type],
    variadic: bool,
    body: fn(&[Value]) -> Result,
) -> Builtin {
    Builtin {
        name,
        signature: Signature { params, variadic },
        body,
    }
}

/// `and`, `or` and `call` are evaluated where calls are (eval.rs): their entries give parameters.
static BUILTINS: [Builtin; 19] = [
    builtin("and", &TWO, true, |_| Ok(Value::INVALID)),
    builtin("call", &TWO, true, |_| Ok(Value::INVALID)),
    builtin("eq", &TWO, true, |a| compare::eq(a).map(Value::bool)),
    builtin("ge", &TWO, false, |a| compare::ge(a).map(Value::bool)),
    builtin("gt", &TWO, false, |a| compare::gt(a).map(Value::bool)),
    builtin("html", &ANYS, true, |a| {
        Ok(Value::bytes(&html_escape(&text_of(a))))
    }),
    builtin("index", &TWO, true, index),
    builtin("js", &ANYS, true, |a| {
        Ok(Value::bytes(&js_escape(&text_of(a))))
    }),
    builtin("le", &TWO, false, |a| compare::le(a).map(Value::bool)),
    builtin("len", &ONE, false, length),
    builtin("lt", &TWO, false, |a| compare::lt(a).map(Value::bool)),
    builtin("ne", &TWO, false, |a| {
        compare::eq(a).map(|equal| Value::bool(!equal))
    }),
    builtin("not", &ONE, false, |a| {
        Ok(Value::bool(!a[0].indirect_interface().truth()))
    }),
    builtin("or", &TWO, true, |_| Ok(Value::INVALID)),
    builtin("print", &ANYS, true, |a| printed(print::print, a)),
    builtin("printf", &FORMAT, true, |a| {
        let mut out = Vec::new();
        print::printf(
            &mut out,
            a[0].as_bytes().unwrap_or_default(),
            &contents(&a[1..]),
        );
        Ok(Value::bytes(&out))
    }),
    builtin("println", &ANYS, true, |a| printed(print::println, a)),
    builtin("slice", &TWO, true, slice),
    builtin("urlquery", &ANYS, true, |a| {
        Ok(Value::str(&query_escape(&text_of(a))))
    }),
];

pub(super) fn is_builtin(name: &str) -> bool {
    find_builtin(name).is_some()
}

fn find_builtin(name: &str) -> Option<&'static Builtin> {
    BUILTINS.iter().find(|b| b.name == name)
}

/// The function called `name`, the template's own before the builtin ones.
pub(super) fn find(template: &Template, name: &str) -> Option<Callee> {
    match template.functions.iter().find(|own| own.0 == name) {
        Some((_, signature)) => Some(Callee::Own(signature)),
        None => find_builtin(name).map(Callee::Builtin),
    }
}

/// Arguments of type `any` as the values inside.
fn contents(args: &[Value]) -> Vec<Value> {
    args.iter().map(Value::indirect_interface).collect()
}

fn printed(print: fn(&mut Vec<u8>, &[Value]), args: &[Value]) -> Result {
    let mut out = Vec::new();
    print(&mut out, &contents(args));
    Ok(Value::bytes(&out))
}

/// The text that `html`, `js` and `urlquery` escape.
fn text_of(args: &[Value]) -> Vec<u8> {
    let mut args = contents(args);
    if let [only] = args.as_slice()
        && only.type_name() == STRING.name
    {
        return only.as_bytes().unwrap_or_default().to_vec();
    }
    for arg in &mut args {
        *arg = print::printable(arg);
    }
    let mut out = Vec::new();
    print::print(&mut out, &args);
    out
}

fn html_escape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &b in text {
        match b {
            0 => out.extend("\u{fffd}".bytes()),
            b'"' => out.extend(b"&#34;"),
            b'\'' => out.extend(b"&#39;"),
            b'&' => out.extend(b"&amp;"),
            b'<' => out.extend(b"&lt;"),
            b'>' => out.extend(b"&gt;"),
            _ => out.push(b),
        }
    }
    out
}

fn js_escape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(&b) = rest.first() {
        let (rune, width) = decode_rune(rest);
        match b {
            b'\\' | b'\'' | b'"' => out.extend([b'\\', b]),
            b'<' | b'>' | b'&' | b'=' | 0..=0x1f => out.extend(format!("\\u{b:04X}").bytes()),
            0x20..=0x7f => out.push(b),
            _ => match rune.unwrap_or('\u{fffd}') {
                c if is_print(c) => out.extend(&rest[..width]),
                c => out.extend(format!("\\u{:04X}", c as u32).bytes()),
            },
        }
        rest = &rest[width..];
    }
    out
}

fn length(args: &[Value]) -> Result {
    let (item, is_nil) = args[0].indirect();
    if is_nil {
        return Err("len of nil pointer".into());
    }
    match item.length() {
        Some(n) => Ok(Value::int(n as i64)),
        None if !item.is_valid() => {
            // Go's reflection panics on a value without a type; templates see its text.
            Err("reflect: call of reflect.Value.Type on zero Value".into())
        }
        None => Err(format!("len of type {}", item.type_name())),
    }
}

/// An index as a number no greater than `cap`.
fn index_arg(index: &Value, cap: usize) -> std::result::Result<usize, String> {
    let x = match index.data() {
        Some(Data::Int(i)) => *i,
        Some(Data::Uint(u)) => *u as i64,
        None => return Err("cannot index slice/array with nil".into()),
        Some(_) => {
            return Err(format!(
                "cannot index slice/array with type {}",
                index.type_name()
            ));
        }
    };
    match usize::try_from(x) {
        Ok(i) if i <= cap => Ok(i),
        _ => Err(format!("index out of range: {x}")),
    }
}

fn index(args: &[Value]) -> Result {
    let mut item = args[0].indirect_interface();
    if !item.is_valid() {
        return Err("index of untyped nil".into());
    }
    for index in &args[1..] {
        let index = index.indirect_interface();
        let (target, is_nil) = item.indirect();
        if is_nil {
            return Err("index of nil pointer".into());
        }
        item = match target.kind() {
            Some(Kind::Slice(_)) => {
                let i = index_arg(&index, target.items().len())?;
                let found = target.items().get(i).cloned();
                found.ok_or("reflect: slice index out of range")?
            }
            Some(Kind::String) => {
                let bytes = target.as_bytes().unwrap_or_default();
                let i = index_arg(&index, bytes.len())?;
                let found = bytes.get(i).copied();
                let byte = found.ok_or("reflect: string index out of range")?;
                Value::new(&super::value::UINT8, Data::Uint(u64::from(byte)))
            }
            Some(Kind::Map(key, elem)) => {
                let key = prepare(index, key)?;
                eval::map_index(&target, key.as_bytes().unwrap_or_default())
                    .unwrap_or_else(|| Value::zero(elem))
            }
            _ => return Err(format!("can't index item of type {}", target.type_name())),
        };
    }
    Ok(item)
}

/// A value as an argument of type `ty`.
fn prepare(value: Value, ty: Type) -> Result {
    let Some(have) = value.ty() else {
        if !ty.can_be_nil() {
            return Err(format!("value is nil; should be of type {}", ty.name));
        }
        return Ok(Value::nil(ty));
    };
    if have.assignable_to(ty) {
        return Ok(value);
    }
    match (value.data(), &ty.kind) {
        (Some(Data::Int(i)), Kind::Int) => Ok(Value::new(ty, Data::Int(*i))),
        (Some(Data::Int(i)), Kind::Uint) => Ok(Value::new(ty, Data::Uint(*i as u64))),
        (Some(Data::Uint(u)), Kind::Int) => Ok(Value::new(ty, Data::Int(*u as i64))),
        (Some(Data::Uint(u)), Kind::Uint) => Ok(Value::new(ty, Data::Uint(*u))),
        _ => Err(format!(
            "value has type {}; should be {}",
            have.name, ty.name
        )),
    }
}

fn slice(args: &[Value]) -> Result {
    let item = args[0].indirect_interface();
    if !item.is_valid() {
        return Err("slice of untyped nil".into());
    }
    let (item, is_nil) = item.indirect();
    if is_nil {
        return Err("slice of nil pointer".into());
    }
    let indexes = &args[1..];
    if indexes.len() > 3 {
        return Err(format!("too many slice indexes: {}", indexes.len()));
    }
    let (len, cap) = match (item.kind(), item.data()) {
        (Some(Kind::String), _) if indexes.len() == 3 => {
            return Err("cannot 3-index slice a string".into());
        }
        (Some(Kind::String), Some(Data::Str(s))) => (s.len(), s.len()),
        (Some(Kind::Slice(_)), Some(Data::Slice(all, from, to))) => (to - from, all.len() - from),
        (Some(Kind::Slice(_)), _) => (0, 0),
        _ => return Err(format!("can't slice item of type {}", item.type_name())),
    };
    let mut at = [0, len, cap];
    for (slot, index) in at.iter_mut().zip(indexes) {
        *slot = index_arg(index, cap)?;
    }
    let [from, to, max] = at;
    if from > to {
        return Err(format!("invalid slice index: {from} > {to}"));
    }
    if indexes.len() == 3 && to > max {
        return Err(format!("invalid slice index: {to} > {max}"));
    }
    Ok(match item.data() {
        Some(Data::Str(s)) => Value::bytes(&s[from..to]),
        Some(Data::Slice(all, start, _)) => match item.ty() {
            Some(ty) => Value::new(ty, Data::Slice(all.clone(), start + from, start + to)),
            None => item,
        },
        _ => item,
    })
}

/// The builtin `call`, which always fails: no value here is a function. `name` is the argument as
/// the template spells it.
pub(super) fn call(name: &str, callee: &Value) -> Result {
    match callee.indirect_interface().ty() {
        None => Err("call of nil".into()),
        Some(ty) => Err(format!("non-function {name} of type {}", ty.name)),
    }
}

/// url.QueryEscape.
fn query_escape(s: &[u8]) -> String {
    let mut out = String::with_capacity(s.len());
    for &b in s {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(b as char);
            }
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}

//! `eq`, `lt` and their kin. Answers to the comparisons of text/template/funcs.go.

use std::cmp::Ordering;
use std::rc::Rc;

use super::print;
use super::value::{Data, Kind, Value};

type Result = std::result::Result<bool, String>;

const BAD_TYPE: &str = "invalid type for comparison";

/// Returns a number for the kind of a value: kinds with equal numbers can be compared.
fn basic_kind(v: &Value) -> Option<u8> {
    Some(match v.kind()? {
        Kind::Bool => 1,
        Kind::Complex => 2,
        Kind::Int => 3,
        Kind::Float => 4,
        Kind::String => 5,
        Kind::Uint => 6,
        _ => return None,
    })
}

fn signed_unsigned(i: i64, u: u64) -> Ordering {
    i128::from(i).cmp(&i128::from(u))
}

/// Order of two basic values; none where they have none, as NaN or two complex numbers.
fn order(a: &Data, b: &Data) -> Option<Ordering> {
    match (a, b) {
        (Data::Int(a), Data::Int(b)) => Some(a.cmp(b)),
        (Data::Uint(a), Data::Uint(b)) => Some(a.cmp(b)),
        (Data::Int(a), Data::Uint(b)) => Some(signed_unsigned(*a, *b)),
        (Data::Uint(a), Data::Int(b)) => Some(signed_unsigned(*b, *a).reverse()),
        (Data::Float(a), Data::Float(b)) => a.partial_cmp(b),
        (Data::Str(a), Data::Str(b)) => Some(a.cmp(b)),
        (Data::Bool(a), Data::Bool(b)) => Some(a.cmp(b)),
        (Data::Complex(a, b), Data::Complex(c, d)) if a == c && b == d => Some(Ordering::Equal),
        _ => None,
    }
}

fn both_integers(a: &Value, b: &Value) -> bool {
    matches!(
        (a.data(), b.data()),
        (Some(Data::Int(_)), Some(Data::Uint(_))) | (Some(Data::Uint(_)), Some(Data::Int(_)))
    )
}

fn incompatible(a: &Value, b: &Value) -> Result {
    let (a, b) = (a.type_name(), b.type_name());
    Err(format!("incompatible types for comparison: {a} and {b}"))
}

/// The first equals one of the others.
pub(super) fn eq(args: &[Value]) -> Result {
    let first = args[0].indirect_interface();
    if args.len() < 2 {
        return Err("missing argument for comparison".into());
    }
    for other in &args[1..] {
        if equal(&first, &other.indirect_interface())? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn equal(a: &Value, b: &Value) -> Result {
    let (ka, kb) = (basic_kind(a), basic_kind(b));
    let (Some(da), Some(db)) = (a.data(), b.data()) else {
        // Nothing equals nothing, and the nil of any type.
        return Ok(nothing(a) && nothing(b));
    };
    if ka != kb && !both_integers(a, b) {
        return incompatible(a, b);
    }
    if ka.is_some() {
        return Ok(order(da, db) == Some(Ordering::Equal));
    }
    if !same_kind(a.kind(), b.kind()) {
        let (text_a, text_b) = (print::display_as(a, b's'), print::display(b));
        let (ty_a, ty_b) = (a.type_name(), b.type_name());
        return Err(format!(
            "non-comparable types {text_a}: {ty_a}, {ty_b}: {text_b}"
        ));
    }
    if a.is_nil() || b.is_nil() {
        return Ok(a.is_nil() == b.is_nil());
    }
    if !b.ty().is_some_and(|t| t.comparable()) {
        let (text, ty) = (print::display_as(b, b's'), b.type_name());
        return Err(format!("non-comparable type {text}: {ty}"));
    }
    Ok(identical(a, b))
}

fn nothing(v: &Value) -> bool {
    !v.is_valid() || v.is_nil()
}

fn same_kind(a: Option<&Kind>, b: Option<&Kind>) -> bool {
    matches!((a, b), (Some(a), Some(b)) if std::mem::discriminant(a) == std::mem::discriminant(b))
}

/// Go's `==` on two values of the same kind: pointers by identity, structs field by field.
fn identical(a: &Value, b: &Value) -> bool {
    let (Some(ta), Some(tb)) = (a.ty(), b.ty()) else {
        return !a.is_valid() && !b.is_valid();
    };
    if !ta.is(tb) {
        return false;
    }
    match (a.data(), b.data()) {
        (Some(Data::Ref(x)), Some(Data::Ref(y))) => {
            Rc::ptr_eq(x, y)
                || match (x.data(), y.data()) {
                    (Some(Data::Struct(x)), Some(Data::Struct(y))) => Rc::ptr_eq(x, y),
                    _ => false,
                }
        }
        (Some(Data::Struct(x)), Some(Data::Struct(y))) => match ta.kind {
            Kind::Struct(fields) => (0..fields.len()).all(|i| identical(&x.field(i), &y.field(i))),
            _ => false,
        },
        (Some(Data::Nil), Some(Data::Nil)) => true,
        (Some(x), Some(y)) => order(x, y) == Some(Ordering::Equal),
        _ => false,
    }
}

pub(super) fn lt(args: &[Value]) -> Result {
    let (a, b) = (args[0].indirect_interface(), args[1].indirect_interface());
    let (Some(ka), Some(kb)) = (basic_kind(&a), basic_kind(&b)) else {
        return Err(BAD_TYPE.into());
    };
    if ka != kb && !both_integers(&a, &b) {
        return incompatible(&a, &b);
    }
    match (a.data(), b.data()) {
        (Some(Data::Bool(_) | Data::Complex(..)), _) => Err(BAD_TYPE.into()),
        (Some(a), Some(b)) => Ok(order(a, b) == Some(Ordering::Less)),
        _ => Err(BAD_TYPE.into()),
    }
}

pub(super) fn le(args: &[Value]) -> Result {
    Ok(lt(args)? || eq(args)?)
}

pub(super) fn gt(args: &[Value]) -> Result {
    Ok(!le(args)?)
}

pub(super) fn ge(args: &[Value]) -> Result {
    Ok(!lt(args)?)
}

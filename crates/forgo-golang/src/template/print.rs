//! Prints values as Go's package fmt does: Print, Println, Printf. Answers to fmt/print.go.

use super::print_number::{self as number, Format};
use super::runes::decode_rune;
use super::value::{Data, Kind, NIL_DEREFERENCE, Value};
use crate::quote::{can_backquote, quote_bytes};
use crate::raw;

/// fmt.Fprint.
pub(super) fn print(out: &mut Vec<u8>, args: &[Value]) {
    let mut p = Printer::new(out);
    let mut after_string = true;
    for arg in args {
        let is_string = matches!(arg.kind(), Some(Kind::String));
        if !is_string && !after_string {
            p.out.push(b' ');
        }
        p.arg(arg, 'v');
        after_string = is_string;
    }
}

/// fmt.Fprintln.
pub(super) fn println(out: &mut Vec<u8>, args: &[Value]) {
    let mut p = Printer::new(out);
    for (i, arg) in args.iter().enumerate() {
        if i > 0 {
            p.out.push(b' ');
        }
        p.arg(arg, 'v');
    }
    p.out.push(b'\n');
}

/// fmt.Fprintf.
pub(super) fn printf(out: &mut Vec<u8>, format: &[u8], args: &[Value]) {
    Formatted {
        p: Printer::new(out),
        format,
        args,
        at: 0,
        next: 0,
        reordered: false,
    }
    .run();
}

/// `%v` of a value held by reflection.
pub(super) fn display(v: &Value) -> String {
    display_as(v, b'v')
}

/// The given verb of a value held by reflection.
pub(super) fn display_as(v: &Value, verb: u8) -> String {
    let mut out = Vec::new();
    let mut p = Printer::new(&mut out);
    match v.kind() {
        // Methods belong to the pointer.
        None | Some(Kind::Struct(_)) => p.value(v, verb as char, 0),
        Some(_) => p.arg(v, verb as char),
    }
    raw::into_text(out)
}

/// The text that an action prints for a value: behind its pointers, unless a method of the pointer
/// makes the text (which the type of its target has, too).
pub(super) fn printable(v: &Value) -> Value {
    let pointer = matches!(v.kind(), Some(Kind::Pointer(_)));
    let v = if pointer { v.indirect().0 } else { v.clone() };
    if v.is_valid() {
        v
    } else {
        Value::str("<no value>")
    }
}

/// Where the machine has an address, a text of its shape: Go's differs in every run, too.
const SOME_ADDRESS: u64 = 0x00c0_0001_2340;

struct Printer<'o> {
    out: &'o mut Vec<u8>,
    f: Format,
    /// `%#v`
    sharp_v: bool,
    /// `%+v`
    plus_v: bool,
    /// Printing the value of a bad verb: methods are not asked.
    erroring: bool,
}

impl<'o> Printer<'o> {
    fn new(out: &'o mut Vec<u8>) -> Self {
        let f = Format::default();
        Printer {
            out,
            f,
            sharp_v: false,
            plus_v: false,
            erroring: false,
        }
    }

    fn text(&mut self, s: &str) {
        self.out.extend_from_slice(s.as_bytes());
    }

    fn bad_verb(&mut self, v: &Value, verb: char) {
        self.erroring = true;
        self.text(&format!("%!{verb}("));
        match v.ty() {
            Some(ty) => {
                self.text(ty.name);
                self.out.push(b'=');
                self.value(v, 'v', 0);
            }
            None => self.text("<nil>"),
        }
        self.out.push(b')');
        self.erroring = false;
    }

    fn arg(&mut self, v: &Value, verb: char) {
        let v = &v.indirect_interface();
        let Some(ty) = v.ty() else {
            match verb {
                'T' | 'v' => self.f.pad(self.out, b"<nil>"),
                _ => self.bad_verb(v, verb),
            }
            return;
        };
        match verb {
            'T' => self.string(ty.name.as_bytes(), 's', v),
            'p' => self.pointer(v, 'p'),
            _ => {
                if !self.methods(v, verb) {
                    self.value(v, verb, 0);
                }
            }
        }
    }

    /// Prints through the value's Error or String method, if it has one and the verb allows.
    fn methods(&mut self, v: &Value, verb: char) -> bool {
        if self.erroring {
            return false;
        }
        if verb == 'w' {
            self.bad_verb(v, verb);
            return true;
        }
        if self.sharp_v || !matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') {
            return false;
        }
        let Some(ty) = v.ty() else {
            return false;
        };
        let stringer = |name| ty.method(name).filter(|m| m.signature.params.is_empty());
        let Some(method) = stringer("Error").or_else(|| stringer("String")) else {
            return false;
        };
        let receiver = if matches!(ty.kind, Kind::Pointer(_)) && !v.is_nil() {
            v.elem()
        } else {
            v.clone()
        };
        match (method.body)(&receiver, &[]) {
            Ok(text) => self.string(text.as_bytes().unwrap_or_default(), verb, &text),
            Err(_) if v.is_nil() => self.text("<nil>"),
            Err(e) => {
                let e = if e.is_empty() { NIL_DEREFERENCE } else { &e };
                self.text(&format!("%!{verb}(PANIC={} method: {e})", method.name));
            }
        }
        true
    }

    fn string(&mut self, s: &[u8], verb: char, v: &Value) {
        match verb {
            'v' if self.sharp_v => self.quoted(s),
            'v' | 's' => {
                let s = self.f.truncate(s);
                self.f.pad(self.out, s);
            }
            'x' | 'X' => number::hex_bytes(self.out, &self.f, s, verb == 'X'),
            'q' => self.quoted(s),
            _ => self.bad_verb(v, verb),
        }
    }

    fn quoted(&mut self, s: &[u8]) {
        let s = self.f.truncate(s);
        let raw = std::str::from_utf8(s)
            .ok()
            .filter(|s| self.f.sharp && can_backquote(s));
        let text = match raw {
            Some(s) => format!("`{s}`"),
            None if self.f.plus => number::ascii(&quote_bytes(s)),
            None => quote_bytes(s),
        };
        self.f.pad(self.out, text.as_bytes());
    }

    fn integer(&mut self, magnitude: u64, negative: bool, signed: bool, verb: char, v: &Value) {
        let out = &mut *self.out;
        let f = &self.f;
        match verb {
            'v' if self.sharp_v && !signed => {
                let f = Format {
                    sharp: true,
                    ..f.clone()
                };
                number::integer(out, &f, magnitude, negative, 16, verb);
            }
            'v' | 'd' => number::integer(out, f, magnitude, negative, 10, verb),
            'b' => number::integer(out, f, magnitude, negative, 2, verb),
            'o' | 'O' => number::integer(out, f, magnitude, negative, 8, verb),
            'x' | 'X' => number::integer(out, f, magnitude, negative, 16, verb),
            'c' | 'q' | 'U' => {
                let bits = if negative {
                    magnitude.wrapping_neg()
                } else {
                    magnitude
                };
                number::rune(out, f, bits, verb);
            }
            _ => self.bad_verb(v, verb),
        }
    }

    fn float(&mut self, x: f64, verb: char, v: &Value) {
        let (verb, precision) = match verb {
            'v' => ('g', None),
            'b' | 'g' | 'G' | 'x' | 'X' => (verb, None),
            'f' | 'e' | 'E' => (verb, Some(6)),
            'F' => ('f', Some(6)),
            _ => return self.bad_verb(v, verb),
        };
        number::float(self.out, &self.f, x, verb, precision);
    }

    fn complex(&mut self, re: f64, im: f64, verb: char, v: &Value) {
        if !matches!(
            verb,
            'v' | 'b' | 'g' | 'G' | 'x' | 'X' | 'f' | 'F' | 'e' | 'E'
        ) {
            return self.bad_verb(v, verb);
        }
        let plus = self.f.plus;
        self.out.push(b'(');
        self.float(re, verb, v);
        self.f.plus = true;
        self.float(im, verb, v);
        self.f.plus = plus;
        self.text("i)");
    }

    /// Prints by kind; nested values (depth above 0) by their methods first.
    fn value(&mut self, v: &Value, verb: char, depth: usize) {
        if depth > 0 && v.is_valid() && self.methods(v, verb) {
            return;
        }
        let (Some(ty), Some(data)) = (v.ty(), v.data()) else {
            match (depth, verb) {
                (0, _) => self.text("<invalid reflect.Value>"),
                (_, 'v') => self.text("<nil>"),
                _ => self.bad_verb(v, verb),
            }
            return;
        };
        match (&ty.kind, data) {
            (Kind::Bool, Data::Bool(b)) => match verb {
                't' | 'v' => self.f.pad(self.out, if *b { b"true" } else { b"false" }),
                _ => self.bad_verb(v, verb),
            },
            (_, Data::Int(i)) => self.integer(i.unsigned_abs(), *i < 0, true, verb, v),
            (_, Data::Uint(u)) => self.integer(*u, false, false, verb, v),
            (_, Data::Float(x)) => self.float(*x, verb, v),
            (_, Data::Complex(re, im)) => self.complex(*re, *im, verb, v),
            (_, Data::Str(s)) => self.string(s, verb, v),
            (Kind::Map(..), _) => self.map(v, verb, depth),
            (Kind::Struct(_), Data::Struct(_)) => self.structure(v, verb, depth),
            (Kind::Interface { .. }, _) => {
                let inner = v.elem();
                if inner.is_valid() {
                    self.value(&inner, verb, depth + 1);
                } else if self.sharp_v {
                    self.text(&format!("{}(nil)", ty.name));
                } else {
                    self.text("<nil>");
                }
            }
            (Kind::Slice(_), _) => self.slice(v, verb, depth),
            (Kind::Pointer(to), Data::Ref(inner))
                if depth == 0
                    && matches!(to.kind, Kind::Slice(_) | Kind::Struct(_) | Kind::Map(..)) =>
            {
                self.out.push(b'&');
                self.value(inner, verb, depth + 1);
            }
            _ => self.pointer(v, verb),
        }
    }

    fn separator(&mut self, i: usize) {
        if i > 0 {
            self.text(if self.sharp_v { ", " } else { " " });
        }
    }

    fn map(&mut self, v: &Value, verb: char, depth: usize) {
        if self.sharp_v {
            self.text(v.type_name());
            if v.is_nil() {
                return self.text("(nil)");
            }
        }
        self.text(if self.sharp_v { "{" } else { "map[" });
        for (i, (key, item)) in v.entries().iter().enumerate() {
            self.separator(i);
            self.value(key, verb, depth + 1);
            self.out.push(b':');
            self.value(item, verb, depth + 1);
        }
        self.text(if self.sharp_v { "}" } else { "]" });
    }

    fn structure(&mut self, v: &Value, verb: char, depth: usize) {
        let (Some(Kind::Struct(fields)), Some(Data::Struct(object))) = (v.kind(), v.data()) else {
            return;
        };
        if self.sharp_v {
            self.text(v.type_name());
        }
        self.out.push(b'{');
        for (i, field) in fields.iter().enumerate() {
            self.separator(i);
            if self.plus_v || self.sharp_v {
                self.text(field.name);
                self.out.push(b':');
            }
            let mut item = object.field(i);
            if matches!(item.kind(), Some(Kind::Interface { .. })) && !item.is_nil() {
                item = item.elem();
            }
            self.value(&item, verb, depth + 1);
        }
        self.out.push(b'}');
    }

    fn slice(&mut self, v: &Value, verb: char, depth: usize) {
        if self.sharp_v {
            self.text(v.type_name());
            if v.is_nil() {
                return self.text("(nil)");
            }
        }
        self.text(if self.sharp_v { "{" } else { "[" });
        for (i, item) in v.items().iter().enumerate() {
            self.separator(i);
            self.value(item, verb, depth + 1);
        }
        self.text(if self.sharp_v { "}" } else { "]" });
    }

    fn pointer(&mut self, v: &Value, verb: char) {
        let address = match v.data() {
            Some(Data::Nil) => 0,
            Some(Data::Ref(_) | Data::Slice(..) | Data::Map(_)) => SOME_ADDRESS,
            _ => return self.bad_verb(v, verb),
        };
        let hex = |p: &mut Self, sharp| {
            let f = Format {
                sharp,
                ..p.f.clone()
            };
            number::integer(p.out, &f, address, false, 16, 'v');
        };
        match verb {
            'v' if self.sharp_v => {
                self.text(&format!("({})(", v.type_name()));
                if address == 0 {
                    self.text("nil");
                } else {
                    hex(self, true);
                }
                self.out.push(b')');
            }
            'v' if address == 0 => self.f.pad(self.out, b"<nil>"),
            'v' | 'p' => hex(self, !self.f.sharp),
            'b' | 'o' | 'd' | 'x' | 'X' => self.integer(address, false, false, verb, v),
            _ => self.bad_verb(v, verb),
        }
    }
}

/// One run of Printf.
struct Formatted<'o, 'a> {
    p: Printer<'o>,
    format: &'a [u8],
    args: &'a [Value],
    /// Where in the format.
    at: usize,
    /// The next argument.
    next: usize,
    /// An explicit `[n]` was used: unused arguments are allowed.
    reordered: bool,
}

/// How the argument of a verb was chosen.
#[derive(Default)]
struct Choice {
    /// The item before was an index.
    after_index: bool,
    /// An index was malformed or out of place.
    bad: bool,
}

impl Formatted<'_, '_> {
    fn run(&mut self) {
        while self.at < self.format.len() {
            let rest = &self.format[self.at..];
            let plain = rest.iter().position(|&b| b == b'%').unwrap_or(rest.len());
            self.p.out.extend_from_slice(&rest[..plain]);
            self.at += plain;
            if self.at < self.format.len() {
                self.at += 1;
                self.verb();
            }
        }
        if !self.reordered && self.next < self.args.len() {
            self.extra();
        }
    }

    fn peek(&self) -> Option<u8> {
        self.format.get(self.at).copied()
    }

    fn verb(&mut self) {
        self.p.f = Format::default();
        (self.p.sharp_v, self.p.plus_v) = (false, false);
        self.flags();
        let mut choice = Choice::default();
        self.index(&mut choice);
        self.width(&mut choice);
        self.precision(&mut choice);
        if !choice.after_index {
            self.index(&mut choice);
        }
        if self.at >= self.format.len() {
            return self.p.text("%!(NOVERB)");
        }
        let (rune, size) = decode_rune(&self.format[self.at..]);
        let verb = rune.unwrap_or('\u{fffd}');
        self.at += size;
        if verb == '%' {
            self.p.out.push(b'%');
        } else if choice.bad {
            self.p.text(&format!("%!{verb}(BADINDEX)"));
        } else if self.next >= self.args.len() {
            self.p.text(&format!("%!{verb}(MISSING)"));
        } else {
            if matches!(verb, 'v' | 'w') {
                self.p.sharp_v = std::mem::take(&mut self.p.f.sharp);
                self.p.plus_v = std::mem::take(&mut self.p.f.plus);
            }
            let arg = &self.args[self.next];
            self.p.arg(arg, verb);
            self.next += 1;
        }
    }

    fn flags(&mut self) {
        while let Some(b) = self.peek() {
            match b {
                b'#' => self.p.f.sharp = true,
                b'0' => self.p.f.zero = true,
                b'+' => self.p.f.plus = true,
                b'-' => self.p.f.minus = true,
                b' ' => self.p.f.space = true,
                _ => return,
            }
            self.at += 1;
        }
    }

    /// `[n]`: the argument to take next.
    fn index(&mut self, choice: &mut Choice) {
        choice.after_index = false;
        if self.peek() != Some(b'[') {
            return;
        }
        self.reordered = true;
        let rest = &self.format[self.at..];
        let Some(close) = rest
            .iter()
            .position(|&b| b == b']')
            .filter(|_| rest.len() >= 3)
        else {
            self.at += 1;
            choice.bad = true;
            return;
        };
        self.at += close + 1;
        let number = std::str::from_utf8(&rest[1..close]).ok();
        let number = number.filter(|s| s.bytes().all(|b| b.is_ascii_digit()));
        match number.and_then(|s| s.parse::<usize>().ok()) {
            Some(n) if (1..=self.args.len()).contains(&n) => {
                self.next = n - 1;
                choice.after_index = true;
            }
            parsed => {
                choice.bad = true;
                choice.after_index = parsed.is_some();
            }
        }
    }

    /// A number written in the format, up to a million; a larger one ends the format.
    fn number(&mut self) -> Option<usize> {
        let mut n = None;
        while let Some(b) = self.peek().filter(u8::is_ascii_digit) {
            if n.is_some_and(|n| n > 1_000_000) {
                self.at = self.format.len();
                return None;
            }
            n = Some(n.unwrap_or(0) * 10 + usize::from(b - b'0'));
            self.at += 1;
        }
        n
    }

    /// A number taken from the arguments (`*`).
    fn number_arg(&mut self) -> Option<i64> {
        let arg = self.args.get(self.next)?;
        self.next += 1;
        let n = match arg.indirect_interface().data() {
            Some(Data::Int(i)) => *i,
            Some(Data::Uint(u)) => i64::try_from(*u).ok()?,
            _ => return None,
        };
        (n.abs() <= 1_000_000).then_some(n)
    }

    fn width(&mut self, choice: &mut Choice) {
        if self.peek() == Some(b'*') {
            self.at += 1;
            choice.after_index = false;
            match self.number_arg() {
                None => self.p.text("%!(BADWIDTH)"),
                Some(w) => {
                    self.p.f.width = Some(w.unsigned_abs() as usize);
                    if w < 0 {
                        self.p.f.minus = true;
                        self.p.f.zero = false;
                    }
                }
            }
            return;
        }
        self.p.f.width = self.number();
        choice.bad |= choice.after_index && self.p.f.width.is_some();
    }

    fn precision(&mut self, choice: &mut Choice) {
        if self.at + 1 >= self.format.len() || self.peek() != Some(b'.') {
            return;
        }
        self.at += 1;
        choice.bad |= choice.after_index;
        self.index(choice);
        if self.peek() == Some(b'*') {
            self.at += 1;
            choice.after_index = false;
            match self.number_arg().filter(|n| *n >= 0) {
                None => self.p.text("%!(BADPREC)"),
                Some(n) => self.p.f.precision = Some(n as usize),
            }
            return;
        }
        self.p.f.precision = Some(self.number().unwrap_or(0));
    }

    /// Arguments no verb used.
    fn extra(&mut self) {
        self.p.f = Format::default();
        (self.p.sharp_v, self.p.plus_v) = (false, false);
        self.p.text("%!(EXTRA ");
        for (i, arg) in self.args[self.next..].iter().enumerate() {
            if i > 0 {
                self.p.text(", ");
            }
            let arg = arg.indirect_interface();
            if arg.is_valid() {
                self.p.text(&format!("{}=", arg.type_name()));
            }
            self.p.arg(&arg, 'v');
        }
        self.p.out.push(b')');
    }
}

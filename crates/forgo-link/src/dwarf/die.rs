//! Entries that the linker makes.

use super::abbrev::{self, Form, at};
use super::{put_sleb128, put_uleb128};
use crate::reloc::kind;
use crate::symbols::{Own, Sym};

/// An entry's number.
pub type DieId = usize;

/// The value of an attribute.
#[derive(Debug, Clone)]
pub enum Value {
    /// A number.
    Number(i64),
    /// A text.
    Text(Vec<u8>),
    /// A reference to an entry, to a place in another section, or to an address.
    Sym(Sym),
    /// A reference to a type's descriptor, by its offset in its section.
    Descriptor(Sym),
}

/// An entry.
#[derive(Debug, Clone, Default)]
pub struct Die {
    /// Its abbreviation.
    pub kind: u8,
    /// Its attributes. The last one of a kind counts.
    pub attrs: Vec<(u16, Value)>,
    /// Its children.
    pub children: Vec<DieId>,
    /// The symbol that it is written into; 0 for its parent's.
    pub sym: Sym,
}

impl Die {
    /// Adds an attribute.
    pub fn add(&mut self, at: u16, value: Value) {
        self.attrs.push((at, value));
    }

    /// An attribute. It counts from now on, if there are several.
    pub fn get(&mut self, at: u16) -> Option<&mut Value> {
        let index = self.attrs.iter().rposition(|(other, _)| *other == at)?;
        let attr = self.attrs.remove(index);
        self.attrs.push(attr);
        self.attrs.last_mut().map(|(_, value)| value)
    }

    /// An attribute that is a symbol; 0 where there is none.
    pub fn sym_of(&mut self, at: u16) -> Sym {
        match self.get(at) {
            Some(Value::Sym(sym)) => *sym,
            _ => 0,
        }
    }

    /// An attribute that is a number; 0 where there is none.
    pub fn number_of(&mut self, at: u16) -> i64 {
        match self.get(at) {
            Some(Value::Number(number)) => *number,
            _ => 0,
        }
    }

    /// The name.
    pub fn name(&self) -> &[u8] {
        let name = self.attrs.iter().rfind(|(other, _)| *other == at::NAME);
        match name {
            Some((_, Value::Text(text))) => text,
            _ => &[],
        }
    }

    /// Writes the entry, without its children.
    pub fn write(&self, out: &mut Own) {
        let mut bytes = Vec::new();
        put_uleb128(&mut bytes, u64::from(self.kind));
        out.add_bytes(&bytes);
        for (at, form) in abbrev::of(self.kind).attrs {
            let value = self.attrs.iter().rfind(|(other, _)| other == at);
            put(out, *form, value.map(|(_, value)| value));
        }
    }
}

fn put(out: &mut Own, form: Form, value: Option<&Value>) {
    let number = match value {
        Some(Value::Number(number)) => *number,
        _ => 0,
    };
    match (form, value) {
        (Form::Addr, Some(Value::Descriptor(sym))) => {
            out.add_reference(*sym, 0, kind::ADDROFF, 8);
        }
        (Form::Addr, Some(Value::Sym(sym))) => out.add_address(*sym, 0),
        (Form::Addr, _) => out.add_bytes(&[0; 8]),
        (Form::RefAddr | Form::SecOffset, Some(Value::Sym(sym))) => {
            out.add_reference(*sym, 0, kind::DWARFSECREF, 4);
        }
        (Form::String, Some(Value::Text(text))) => {
            out.add_string(text);
        }
        (Form::Data1, _) => out.add_bytes(&[number as u8]),
        (Form::Data4, _) => out.add_bytes(&(number as u32).to_le_bytes()),
        (Form::Flag, _) => out.add_bytes(&[u8::from(number != 0)]),
        (Form::Udata, _) => {
            let mut bytes = Vec::new();
            put_uleb128(&mut bytes, number as u64);
            out.add_bytes(&bytes);
        }
        (Form::Sdata, _) => {
            let mut bytes = Vec::new();
            put_sleb128(&mut bytes, number);
            out.add_bytes(&bytes);
        }
        // cmd/link writes nothing for a reference to nothing, and makes none of the other forms.
        _ => {}
    }
}

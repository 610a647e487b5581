//! The symbol table. Answers to asmElfSym and genelfsym in cmd/link/internal/ld/symtab.go.

use memchr::memmem;

use crate::error::{Result, failed};
use crate::kind::Kind;
use crate::link::Link;
use crate::symbols::{ABI_INTERNAL, ABI0, STATIC, Sym, attr};

/// Size of an entry.
pub const ENTRY: usize = 24;

const NO_TYPE: u8 = 0;
const OBJECT: u8 = 1;
const FUNC: u8 = 2;
const FILE: u8 = 4;
const ABSOLUTE: u16 = 0xfff1;

/// A symbol table.
#[derive(Debug, Default)]
pub struct Table {
    /// The entries.
    pub symbols: Vec<u8>,
    /// Their names.
    pub strings: Vec<u8>,
    /// Number of the first global symbol: all local ones precede it.
    pub first_global: u32,
}

impl Table {
    fn add(&mut self, name: u32, info: [u8; 2], section: u16, address: u64, size: u64) {
        self.symbols.extend_from_slice(&name.to_le_bytes());
        self.symbols.extend_from_slice(&info);
        self.symbols.extend_from_slice(&section.to_le_bytes());
        self.symbols.extend_from_slice(&address.to_le_bytes());
        self.symbols.extend_from_slice(&size.to_le_bytes());
    }
}

/// Makes the table. `sections` are the numbers of the output's section headers, by section.
pub fn build(link: &Link, sections: &[u16]) -> Result<Table> {
    let mut table = Table::default();
    table.strings.push(0);
    table.add(0, [0, 0], 0, 0, 0);
    table.strings.extend_from_slice(b"go.go\0");
    table.add(1, [FILE, 0], ABSOLUTE, 0, 0);

    let list = collect(link);
    for global in [false, true] {
        if global {
            table.first_global = (table.symbols.len() / ENTRY) as u32;
        }
        for entry in list.iter().filter(|entry| entry.global == global) {
            add(link, sections, &mut table, entry)?;
        }
    }
    Ok(table)
}

struct Entry {
    sym: Sym,
    kind: u8,
    global: bool,
}

fn collect(link: &Link) -> Vec<Entry> {
    let symbols = &link.symbols;
    let mut list = Vec::new();
    let mut push = |sym: Sym, kind: u8| {
        let global = !is_local(link, sym);
        list.push(Entry { sym, kind, global });
    };
    push(symbols.lookup("runtime.text", ABI0), FUNC);
    link.text.all.iter().for_each(|sym| push(*sym, FUNC));
    push(symbols.lookup("runtime.etext", ABI0), FUNC);
    for sym in 1..symbols.len() {
        let attrs = symbols.attr[sym as usize];
        let kind = symbols.kind[sym as usize];
        if attrs & attr::REACHABLE != 0 && is_undefined(kind) {
            push(sym, NO_TYPE);
            continue;
        }
        if attrs & attr::REACHABLE == 0 || attrs & attr::NOT_IN_SYMBOL_TABLE != 0 {
            continue;
        }
        if !kind.is_allocated_data() || kind == Kind::TlsBss {
            continue;
        }
        if matches!(symbols.name(sym).first(), None | Some(b'.')) {
            continue;
        }
        push(sym, OBJECT);
    }
    list
}

/// Reports whether a symbol is defined elsewhere.
fn is_undefined(kind: Kind) -> bool {
    matches!(kind, Kind::HostObj | Kind::DynImport)
}

fn is_local(link: &Link, sym: Sym) -> bool {
    let symbols = &link.symbols;
    symbols.has(sym, attr::LOCAL)
        || symbols.content(sym).is_some_and(|own| own.hidden)
        || symbols.is_file_local(sym) && memmem::find(symbols.name(sym), b"..stmp_").is_none()
        || link.release().hashed_text_is_local()
            && symbols.kind[sym as usize].is_text()
            && symbols.is_content_hashed(sym)
}

fn add(link: &Link, sections: &[u16], table: &mut Table, entry: &Entry) -> Result<()> {
    let symbols = &link.symbols;
    let sym = entry.sym;
    let outer = match symbols.outer[sym as usize] {
        0 => sym,
        outer => outer,
    };
    let undefined = is_undefined(symbols.kind[outer as usize]);
    let section = symbols.section[outer as usize];
    if section == 0 && !undefined {
        return failed(format!("no section of {}", symbols.text(sym)));
    }
    let name = table.strings.len() as u32;
    let text = match link.dynamic.external_name.get(&sym) {
        Some(name) => name.as_bytes(),
        None => symbols.name(sym),
    };
    let mut rest = text;
    const DOT: &[u8] = "·".as_bytes();
    while let Some(at) = memmem::find(rest, DOT) {
        table.strings.extend_from_slice(&rest[..at]);
        table.strings.push(b'.');
        rest = &rest[at + DOT.len()..];
    }
    table.strings.extend_from_slice(rest);
    let version = symbols.version(sym);
    if symbols.kind[sym as usize].is_text() && version != ABI_INTERNAL && version < STATIC {
        let other = symbols.lookup(text, ABI_INTERNAL);
        if other != 0 && symbols.kind[other as usize].is_text() {
            table
                .strings
                .extend_from_slice(format!(".abi{version}").as_bytes());
        }
    }
    table.strings.push(0);
    const HIDDEN: u8 = 2;
    let hidden = symbols.content(sym).is_some_and(|own| own.hidden);
    let info = [
        entry.kind | if entry.global { 1 << 4 } else { 0 },
        if hidden { HIDDEN } else { 0 },
    ];
    let address = symbols.value[sym as usize] as u64;
    let (section, size) = match undefined {
        true => (0, 0),
        false => (sections[usize::from(section)], symbols.size(sym) as u64),
    };
    table.add(name, info, section, address, size);
    Ok(())
}

//! Which symbols the program needs. Answers to cmd/link/internal/ld/deadcode.go.
//!
//! A flood from the entry point along relocations. Methods are the exception: a type's methods are
//! needed only where they are called directly, where an interface method of the same name and type
//! is called on a type that is converted to an interface, or by reflection.

use hashbrown::{HashMap, HashSet};

use crate::error::{Result, failed};
use crate::input::object::aux;
use crate::reloc::kind;
use crate::symbols::{ABI_INTERNAL, ABI0, Sym, Symbols, attr};
use crate::types::{self, Type};

/// A method: the number of its name, and the type of the function without receiver.
type Signature = (u32, Sym);

/// A number for each name.
#[derive(Default)]
struct Names(HashMap<Vec<u8>, u32>);

impl Names {
    fn number(&mut self, name: &[u8]) -> u32 {
        let next = self.0.len() as u32;
        *self.0.entry_ref(name).or_insert(next)
    }
}

/// A method of a type that is converted to an interface: the method's signature, and the three
/// symbols that it needs.
struct Method {
    signature: Signature,
    exported: bool,
    needs: [Sym; 3],
}

#[derive(Default)]
struct Flood {
    todo: Vec<Sym>,
    names: Names,
    called: HashSet<Signature>,
    called_by_name: HashSet<u32>,
    methods: Vec<Method>,
    reflection: bool,
    inits: Vec<Sym>,
    deferreturn: Sym,
    deferreturns: HashMap<Sym, i32>,
}

/// Marks all that `roots` need. Returns where functions call runtime.deferreturn first: all
/// relocations are looked at here, and no other pass needs to.
pub fn mark(symbols: &mut Symbols, entry: &str, roots: &[Sym]) -> Result<HashMap<Sym, i32>> {
    let mut flood = Flood {
        deferreturn: symbols.lookup("runtime.deferreturn", ABI_INTERNAL),
        ..Flood::default()
    };
    for name in [entry, "runtime.unreachableMethod"] {
        for version in [ABI0, ABI_INTERNAL] {
            let sym = symbols.lookup(name, version);
            flood.mark(symbols, sym);
        }
    }
    let no_op = symbols.lookup("runtime.mapinitnoop", ABI_INTERNAL);
    if no_op == 0 {
        return failed("no runtime.mapinitnoop");
    }
    for &root in roots {
        flood.mark(symbols, root);
    }
    loop {
        flood.run(symbols)?;
        let methods = std::mem::take(&mut flood.methods);
        for method in methods {
            if flood.reflection && method.exported
                || flood.called.contains(&method.signature)
                || flood.called_by_name.contains(&method.signature.0)
            {
                for sym in method.needs {
                    flood.mark(symbols, sym);
                }
            } else {
                flood.methods.push(method);
            }
        }
        if flood.todo.is_empty() {
            break;
        }
    }
    skip_unused_map_inits(symbols, &flood.inits, no_op)?;
    Ok(flood.deferreturns)
}

impl Flood {
    fn mark(&mut self, symbols: &mut Symbols, sym: Sym) {
        if sym != 0 && !symbols.reachable(sym) {
            symbols.set(sym, attr::REACHABLE, true);
            self.todo.push(sym);
        }
    }

    /// Notes that a type is converted to an interface. What that makes needed is found when its
    /// descriptor is seen: again, if it was seen before.
    fn use_in_iface(&mut self, symbols: &mut Symbols, typ: Sym) {
        if typ != 0 && !symbols.has(typ, attr::USED_IN_IFACE) {
            symbols.set(typ, attr::USED_IN_IFACE, true);
            if symbols.reachable(typ) {
                symbols.set(typ, attr::REACHABLE, false);
                self.mark(symbols, typ);
            }
        }
    }

    fn run(&mut self, symbols: &mut Symbols) -> Result<()> {
        let mut relocs = Vec::new();
        let mut auxs = Vec::new();
        while let Some(sym) = self.todo.pop() {
            self.reflection |= symbols.is_reflect_method(sym);
            let is_type = symbols.is_go_type(sym);
            let converted = is_type && symbols.has(sym, attr::USED_IN_IFACE);
            relocs.clear();
            relocs.extend(symbols.relocs(sym));
            let mut methods = Vec::new();
            let mut next = 0;
            while let Some(reloc) = relocs.get(next) {
                next += 1;
                if reloc.weak() {
                    continue;
                }
                match reloc.kind() {
                    kind::METHODOFF => {
                        let Some([_, ifn, tfn]) = relocs.get(next - 1..next + 2) else {
                            return failed("method relocations are not three");
                        };
                        if converted {
                            methods.push([reloc.sym, ifn.sym, tfn.sym]);
                            self.use_in_iface(symbols, reloc.sym);
                        }
                        next += 2;
                    }
                    kind::USETYPE | kind::INITORDER => {}
                    kind::USEIFACE => {
                        let mut typ = reloc.sym;
                        if symbols.is_itab(typ) {
                            typ = types::itab_type(symbols, typ);
                        }
                        self.use_in_iface(symbols, typ);
                    }
                    kind::USEIFACEMETHOD => {
                        let name = types::name_at(symbols, reloc.sym, reloc.add);
                        let typ = symbols.target_at(reloc.sym, reloc.add + 4);
                        self.called.insert((self.names.number(name), typ));
                    }
                    kind::USENAMEDMETHOD => {
                        let name = self.names.number(symbols.data(reloc.sym));
                        self.called_by_name.insert(name);
                    }
                    _ => {
                        if reloc.sym == self.deferreturn && reloc.is_direct_call() {
                            self.deferreturns.entry(sym).or_insert(reloc.off);
                        }
                        if converted
                            && symbols.is_go_type(reloc.sym)
                            && !symbols.has(reloc.sym, attr::USED_IN_IFACE)
                        {
                            symbols.set(reloc.sym, attr::USED_IN_IFACE, true);
                            symbols.set(reloc.sym, attr::REACHABLE, false);
                        }
                        self.mark(symbols, reloc.sym);
                    }
                }
            }
            auxs.clear();
            auxs.extend(symbols.auxs(sym));
            for &(what, other) in &auxs {
                // That a variable is needed does not mean that its type is.
                if what != aux::GOTYPE {
                    self.mark(symbols, other);
                }
            }
            if !auxs.is_empty() && symbols.is_pkg_init(sym) {
                self.inits.push(sym);
            }
            if symbols.is_own(sym) {
                let outer = symbols.outer[sym as usize];
                self.mark(symbols, outer);
                let sub = symbols.sub.get(&sym).copied().unwrap_or(0);
                self.mark(symbols, sub);
            }
            if !methods.is_empty() {
                self.add_methods(symbols, sym, methods)?;
            }
        }
        Ok(())
    }

    fn add_methods(&mut self, symbols: &Symbols, typ: Sym, methods: Vec<[Sym; 3]>) -> Result<()> {
        let descriptor = Type::new(symbols, typ);
        let (count, first) = descriptor.methods();
        if !descriptor.has_uncommon() || count != methods.len() {
            return failed(format!("methods of {}", symbols.text(typ)));
        }
        for (i, needs) in methods.into_iter().enumerate() {
            let at = (first + 16 * i) as i64;
            let name = types::name_at(symbols, typ, at);
            let mtyp = symbols.target_at(typ, at + 4);
            let first = str::from_utf8(name)
                .ok()
                .and_then(|name| name.chars().next());
            self.methods.push(Method {
                signature: (self.names.number(name), mtyp),
                exported: first.is_some_and(char::is_uppercase),
                needs,
            });
        }
        Ok(())
    }
}

/// Package initializers refer weakly to functions that fill maps. Those of maps that are not needed
/// are replaced by a function that does nothing.
fn skip_unused_map_inits(symbols: &mut Symbols, inits: &[Sym], no_op: Sym) -> Result<()> {
    for &init in inits {
        let unused: Vec<usize> = symbols
            .relocs(init)
            .enumerate()
            .filter(|(_, reloc)| {
                reloc.weak() && reloc.is_direct_call() && !symbols.reachable(reloc.sym)
            })
            .map(|(i, _)| i)
            .collect();
        if unused.is_empty() {
            continue;
        }
        symbols.set(no_op, attr::REACHABLE, true);
        let own = symbols.own_mut(init);
        for i in unused {
            own.relocs[i].sym = no_op;
        }
    }
    Ok(())
}

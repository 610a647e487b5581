//! The order in which packages are initialized. Answers to cmd/link/internal/ld/inittask.go.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use crate::error::{Result, failed};
use crate::kind::Kind;
use crate::reloc::kind;
use crate::symbols::{ABI0, Sym, Symbols};

/// Makes the lists of initializers of the program and of package runtime. Returns the program's.
pub fn schedule(symbols: &mut Symbols) -> Result<Sym> {
    let main = list(symbols, "main..inittask", "go:main.inittasks")?;
    let slice = symbols.lookup("runtime.runtime_inittasks", ABI0);
    if slice != 0 {
        let tasks = list(symbols, "runtime..inittask", "go:runtime.inittasks")?;
        let count = (symbols.size(tasks) / 8) as u64;
        let own = symbols.own_mut(slice);
        own.size = 0;
        own.add_address(tasks, 0);
        own.add_u64(count);
        own.add_u64(count);
        symbols.kind[slice as usize] = Kind::NoPtrData;
    }
    Ok(main)
}

/// Makes a list of all initializers that a root needs: each after those of the packages that its
/// package imports, and otherwise by name.
fn list(symbols: &mut Symbols, root: &str, name: &str) -> Result<Sym> {
    let root = symbols.lookup(root, ABI0);
    if root == 0 {
        return Ok(0);
    }
    let mut importers: HashMap<Sym, Vec<Sym>> = HashMap::new();
    let mut waits: HashMap<Sym, usize> = HashMap::from([(root, 0)]);
    let mut ready = BinaryHeap::new();
    let mut todo = vec![root];
    while let Some(task) = todo.pop() {
        let mut count = 0;
        for reloc in symbols.relocs(task) {
            if reloc.kind() != kind::INITORDER {
                continue;
            }
            count += 1;
            importers.entry(reloc.sym).or_default().push(task);
            if let std::collections::hash_map::Entry::Vacant(new) = waits.entry(reloc.sym) {
                new.insert(0);
                todo.push(reloc.sym);
            }
        }
        waits.insert(task, count);
        if count == 0 {
            ready.push(Reverse((symbols.name(task).to_owned(), task)));
        }
    }

    let mut schedule = Vec::new();
    while let Some(Reverse((_, task))) = ready.pop() {
        // Those without functions only order others.
        if symbols.size(task) > 8 {
            schedule.push(task);
        }
        for importer in importers.get(&task).into_iter().flatten() {
            let Some(count) = waits.get_mut(importer) else {
                continue;
            };
            *count -= 1;
            if *count == 0 {
                ready.push(Reverse((symbols.name(*importer).to_owned(), *importer)));
            }
        }
    }
    if waits.values().any(|count| *count != 0) {
        return failed("initialization is not schedulable");
    }
    let list = symbols.create_static(name);
    symbols.kind[list as usize] = Kind::NoPtrData;
    for task in schedule {
        symbols.own_mut(list).add_address(task, 0);
    }
    Ok(list)
}

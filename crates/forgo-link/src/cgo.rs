//! cgo's directives to the linker. Answers to loadcgo and setCgoAttr in cmd/link/internal/ld/go.go.

use std::collections::HashSet;

use crate::dynamic::Dynamic;
use crate::error::{Error, Result, failed, unsupported};
use crate::kind::Kind;
use crate::symbols::{ABI_INTERNAL, ABI0, Sym, Symbols};

/// Follows the directives of all objects, JSON lists of lists.
pub fn follow<'t>(
    symbols: &mut Symbols,
    dynamic: &mut Dynamic,
    texts: impl Iterator<Item = &'t [u8]>,
) -> Result<()> {
    let mut host = HashSet::new();
    for text in texts {
        let lines: Vec<Vec<String>> = serde_json::from_slice(text)
            .map_err(|_| Error::Failed("cgo's directives".to_owned()))?;
        for line in lines {
            let words: Vec<&str> = line.iter().map(String::as_str).collect();
            match words[..] {
                ["cgo_import_dynamic", local] => {
                    import(symbols, dynamic, &mut host, local, local, "")
                }
                ["cgo_import_dynamic", local, remote] => {
                    import(symbols, dynamic, &mut host, local, remote, "");
                }
                ["cgo_import_dynamic", local, remote, lib] => {
                    import(symbols, dynamic, &mut host, local, remote, lib);
                }
                ["cgo_import_static", local] => {
                    let sym = symbols.lookup_or_create(local, ABI0);
                    symbols.own_mut(sym).size = 0;
                    symbols.kind[sym as usize] = Kind::HostObj;
                    host.insert(sym);
                }
                [
                    what @ ("cgo_export_static" | "cgo_export_dynamic"),
                    local,
                    ..,
                ] if words.len() <= 4 => {
                    let abi = match words.get(3) {
                        None | Some(&"ABI0") => ABI0,
                        Some(&"ABIInternal") => ABI_INTERNAL,
                        Some(_) => return failed("an ABI in a directive of cgo"),
                    };
                    let remote = words.get(2).copied().unwrap_or(local);
                    let sym = symbols.lookup_or_create(local, abi);
                    export(symbols, dynamic, sym, local, remote, what)?;
                }
                ["cgo_dynamic_linker", path] => {
                    if dynamic.interpreter.get_or_insert_with(|| path.to_owned()) != path {
                        return failed("two dynamic linkers");
                    }
                }
                // Only the host linker reads them.
                ["cgo_ldflag", _] => {}
                [directive, ..] => return unsupported(directive),
                [] => return failed("an empty directive of cgo"),
            }
        }
    }
    // What both objects here and libraries may define is the libraries'; the rest is up to the
    // objects.
    for sym in host {
        if symbols.kind[sym as usize] == Kind::HostObj {
            let imported = dynamic.library.get(&sym).is_some_and(|lib| !lib.is_empty());
            symbols.kind[sym as usize] = match imported && !dynamic.is_exported(sym) {
                true => Kind::DynImport,
                false => Kind::Xxx,
            };
        }
    }
    Ok(())
}

fn import(
    symbols: &mut Symbols,
    dynamic: &mut Dynamic,
    host: &mut HashSet<Sym>,
    local: &str,
    remote: &str,
    lib: &str,
) {
    if local == "_" && remote == "_" {
        dynamic.needed = true;
        dynamic.libraries.push(lib.to_owned());
        return;
    }
    let (remote, version) = remote.split_once('#').unwrap_or((remote, ""));
    let sym = symbols.lookup_or_create(local, ABI0);
    let kind = symbols.kind[sym as usize];
    if matches!(
        kind,
        Kind::Xxx | Kind::Xref | Kind::Bss | Kind::NoPtrBss | Kind::HostObj
    ) {
        dynamic.library.insert(sym, lib.to_owned());
        dynamic.external_name.insert(sym, remote.to_owned());
        dynamic.version.insert(sym, version.to_owned());
        if kind == Kind::HostObj {
            host.insert(sym);
        } else {
            symbols.own_mut(sym);
            symbols.kind[sym as usize] = Kind::DynImport;
        }
        dynamic.needed = true;
    }
}

fn export(
    symbols: &mut Symbols,
    dynamic: &mut Dynamic,
    sym: Sym,
    local: &str,
    remote: &str,
    what: &str,
) -> Result<()> {
    if dynamic.library.get(&sym).is_some_and(|lib| !lib.is_empty()) {
        dynamic.library.remove(&sym);
        dynamic.version.remove(&sym);
        dynamic.external_name.remove(&sym);
        symbols.own_mut(sym);
        symbols.kind[sym as usize] = Kind::Xxx;
    }
    if !dynamic.is_exported(sym) {
        dynamic.external_name.insert(sym, remote.to_owned());
    } else if dynamic.external_name.get(&sym).map(String::as_str) != Some(remote) {
        return failed("conflicting exports of cgo");
    }
    if what == "cgo_export_static" {
        dynamic
            .exported_names
            .insert(local.as_bytes().to_owned(), sym);
        dynamic.exported_static.insert(sym);
    } else if dynamic.exported_dynamic.insert(sym) {
        dynamic.exports.push(sym);
    }
    Ok(())
}

//! What cgo says to the linker. Answers to loadcgo and setCgoAttr in cmd/link/internal/ld/go.go.

use crate::error::{Error, Result, failed, unsupported};
use crate::symbols::{ABI_INTERNAL, ABI0, Symbols};

/// Follows the directives of all objects, JSON lists of lists.
pub fn follow<'t>(symbols: &mut Symbols, texts: impl Iterator<Item = &'t [u8]>) -> Result<()> {
    for text in texts {
        let lines: Vec<Vec<String>> = serde_json::from_slice(text)
            .map_err(|_| Error::Failed("cgo's directives".to_owned()))?;
        for line in lines {
            let words: Vec<&str> = line.iter().map(String::as_str).collect();
            match words[..] {
                // Internal linking exports nothing but what other compilers' objects refer to.
                ["cgo_export_static", local]
                | ["cgo_export_static", local, _]
                | ["cgo_export_static", local, _, "ABI0"] => {
                    symbols.lookup_or_create(local, ABI0);
                }
                ["cgo_export_static", local, _, "ABIInternal"] => {
                    symbols.lookup_or_create(local, ABI_INTERNAL);
                }
                ["cgo_export_static", ..] => return failed("cgo_export_static"),
                [directive, ..] => return unsupported(directive),
                [] => return failed("an empty directive of cgo"),
            }
        }
    }
    Ok(())
}

//! Headers that assembly includes from outside of its package. The stock key covers the package's
//! own headers alone; an archive that is found by a key that only forgo has, perhaps in another
//! directory, must have been made of the same headers.
//!
//! Answers to `Input.include` in cmd/asm/internal/lex/input.go: names are looked up in the
//! package's directory, those in headers too.

use forgo_load::disk;

use crate::action::ActionCx;
use crate::action::own_keys::Header;
use crate::toolchain::inputs::compile::Inputs;
use crate::toolchain::reread;

/// Returns the headers that assembly reads beside the package's own, the one that the compile makes
/// of the package (go_asm.h), and those that belong to the assembler; `None` where they can't be
/// determined.
pub fn foreign(cx: &ActionCx<'_>, inputs: &Inputs<'_>) -> Option<Vec<Header>> {
    let files = &inputs.files;
    if files.s.is_empty() {
        return Some(Vec::new());
    }
    let path = |name: &str| files.path(name);
    let mut names = Vec::new();
    for file in files.s.iter().chain(files.h) {
        let file = path(file);
        let file = cx.run.job.overlay.actual(&file);
        names.extend(foreign_names(cx, inputs, &file)?);
    }
    let mut headers: Vec<Header> = Vec::new();
    while let Some(name) = names.pop() {
        if headers.iter().any(|header| header.name == name) {
            continue;
        }
        let file = path(&name);
        if name.starts_with('/') || !cx.config().modules.overlay.is_empty() {
            return None;
        }
        // The assembler goes up from where the directory really is.
        let real = disk::canonicalize(format!("{}/{name}", files.dir)).ok()?;
        if disk::canonicalize(&file).ok()? != real {
            return None;
        }
        names.extend(foreign_names(cx, inputs, &file)?);
        let hash = cx.file_hash(&file);
        headers.push(Header { name, hash });
    }
    headers.sort();
    Some(headers)
}

/// Those that a file names.
fn foreign_names(cx: &ActionCx<'_>, inputs: &Inputs<'_>, file: &str) -> Option<Vec<String>> {
    let text = disk::read(file).ok()?;
    cx.file_hash(file);
    if !reread::is_as_hashed(cx, file, &text) {
        return None;
    }
    let text = String::from_utf8_lossy(&text);
    let mut foreign = Vec::new();
    for name in includes(&text) {
        let name = name?;
        if !is_known(cx, inputs, name) {
            foreign.push(name.to_owned());
        }
    }
    Some(foreign)
}

fn is_known(cx: &ActionCx<'_>, inputs: &Inputs<'_>, name: &str) -> bool {
    let files = &inputs.files;
    let goroot = &cx.config().dist.goroot;
    let specific = name
        .replace("GOOS", inputs.goos)
        .replace("GOARCH", inputs.goarch);
    let own = |name: &str| files.h.iter().any(|h| h == name);
    let release = || {
        let dir_own = files.path(name);
        !name.contains('/')
            && !disk::exists(&dir_own)
            && disk::exists(format!("{goroot}/pkg/include/{name}"))
    };
    name == "go_asm.h" || own(name) || own(&specific) || release()
}

/// Returns the names in `#include "name"` lines; `None` for a line that can't be parsed.
fn includes(text: &str) -> impl Iterator<Item = Option<&str>> {
    text.lines().filter_map(|line| {
        let line = line.trim_start();
        let Some(rest) = line.strip_prefix('#') else {
            // A comment may stand before it.
            let (before, after) = line.split_once('#')?;
            let hidden = !before.contains("//") && after.contains("include");
            return hidden.then_some(None);
        };
        let rest = rest.trim_start().strip_prefix("include")?.trim();
        let quoted = rest.strip_prefix('"').and_then(|r| r.split_once('"'));
        // In a Go string, which it is, more could be meant.
        Some(
            quoted
                .map(|(name, _)| name)
                .filter(|name| !name.contains('\\')),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn included_files() {
        let text = "#include \"textflag.h\"\n\t# include\t\"a.h\" // why\n#include <x.h>\n#define A\n\
                    #include NAME\n#include \"x\\n.h\"\n/**/ #include \"b.h\"\n// #include \"no.h\"\nTEXT ·f(SB)\n";
        let found: Vec<_> = includes(text).collect();
        assert_eq!(
            found,
            [Some("textflag.h"), Some("a.h"), None, None, None, None]
        );
    }
}

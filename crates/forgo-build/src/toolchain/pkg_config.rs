//! Flags that pkg-config gives for the packages named in `#cgo pkg-config` lines.
//!
//! Answers to getPkgConfigFlags and splitPkgConfigOutput in cmd/go/internal/work/exec.go.

use forgo_golang::quote::quote_rune;
use forgo_golang::raw;
use forgo_load::footprint;

use crate::action::{ActionCx, ActionError};
use crate::toolchain::cc::inputs::CInputs;
use crate::toolchain::cgo;
use crate::toolchain::inputs::compile::Inputs;
use crate::toolchain::security::{
    check_compiler_flags, check_linker_flags, check_pkg_config_flags, safe_argument,
};

/// What pkg-config gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PkgConfigFlags {
    /// For the compilers.
    pub cflags: Vec<String>,
    /// For the linker.
    pub ldflags: Vec<String>,
}

/// Runs pkg-config for a package; not at all if it names nothing.
pub fn flags(cx: &ActionCx<'_>, inputs: &Inputs<'_>) -> Result<PkgConfigFlags, ActionError> {
    let named = |c: &&CInputs<'_>| !c.unkeyed.pkg_config_names.is_empty();
    let Some(c) = inputs.c.as_ref().filter(named) else {
        return Ok(PkgConfigFlags::default());
    };
    // Options may stand anywhere; they are moved to the front, before a `--` of our own.
    let words = c.unkeyed.pkg_config_names.iter();
    let named = words.filter(|word| *word != "--").cloned();
    let (options, packages): (Vec<_>, Vec<_>) = named.partition(|word| word.starts_with("--"));
    if let Some(bad) = packages.iter().find(|name| !safe_argument(name)) {
        return Err(ActionError::new(format!(
            "invalid pkg-config package name: {bad}"
        )));
    }
    check_pkg_config_flags("pkg-config", &options).map_err(ActionError::new)?;

    let config = cx.config();
    let cflags = ask(cx, (inputs.files.dir, c), "--cflags", &options, &packages)?;
    check_compiler_flags(config, "CFLAGS", "pkg-config --cflags", &cflags)
        .map_err(ActionError::new)?;
    let ldflags = ask(cx, (inputs.files.dir, c), "--libs", &options, &packages)?;
    check_linker_flags(config, "LDFLAGS", "pkg-config --libs", &ldflags)
        .map_err(ActionError::new)?;
    Ok(PkgConfigFlags { cflags, ldflags })
}

fn ask(
    cx: &ActionCx<'_>,
    (dir, c): (&str, &CInputs<'_>),
    what: &str,
    options: &[String],
    packages: &[String],
) -> Result<Vec<String>, ActionError> {
    // It reads files in directories that it chooses, perhaps the user's.
    footprint::refuse("pkg-config is asked for flags");
    let exe = &c.unkeyed.pkg_config;
    let args = cgo::pkg_config(c, what, options, packages);
    let run = cx.shell.run_out(dir, &[], &args);
    if run.error.is_some() {
        let desc = format!(
            "{exe} {what} {} -- {}",
            options.join(" "),
            packages.join(" ")
        );
        cx.shell.report_cmd(&desc, "", &run.output, run.error)?;
    }
    split_output(raw::borrow(&run.output).trim()).map_err(ActionError::new)
}

/// Splits pkg-config's output into flags as a shell would, without expansions of any kind.
fn split_output(output: &str) -> Result<Vec<String>, String> {
    let mut flags = Vec::new();
    // `None` between flags: a quoted empty string is a flag too.
    let mut flag: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut chars = output.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            (_, Some(q)) if c == q => quote = None,
            (_, Some('\'')) => flag.get_or_insert_default().push(c),
            ('\\', _) => escape(&mut chars, quote, &mut flag)?,
            ('$' | '`', _) | ('|' | '&' | ';' | '<' | '>' | '(' | ')', None) => {
                let c = quote_rune(c);
                return Err(format!("unexpected shell character {c} in pkgconf output"));
            }
            (_, Some(_)) => flag.get_or_insert_default().push(c),
            ('"' | '\'', None) => {
                quote = Some(c);
                flag.get_or_insert_default();
            }
            (' ' | '\t' | '\n', None) => flags.extend(flag.take()),
            (_, None) => flag.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err("unterminated quoted string in pkgconf output".to_owned());
    }
    flags.extend(flag);
    Ok(flags)
}

/// The character after a backslash. Between double quotes the backslash stays unless what follows
/// could be special; a line break vanishes with it.
fn escape(
    chars: &mut std::str::Chars<'_>,
    quote: Option<char>,
    flag: &mut Option<String>,
) -> Result<(), String> {
    let Some(c) = chars.next() else {
        return Err(match quote {
            Some(_) => "unterminated quoted string in pkgconf output",
            None => "broken character escaping in pkgconf output",
        }
        .to_owned());
    };
    if quote == Some('"') && !matches!(c, '$' | '`' | '"' | '\\' | '\n') {
        flag.get_or_insert_default().push('\\');
        flag.get_or_insert_default().push(c);
    } else if c != '\n' {
        flag.get_or_insert_default().push(c);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_split_as_a_shell_splits() {
        for (output, want) in [
            ("", vec![]),
            ("-lfoo  -lbar\t\n-lz", vec!["-lfoo", "-lbar", "-lz"]),
            (r#"-Da="b c" '-I x' "" ''"#, vec!["-Da=b c", "-I x", "", ""]),
            (
                r"-I/Program\ Files a\
b",
                vec!["-I/Program Files", "ab"],
            ),
            (r#""a\b\"\$" '\'x"#, vec![r#"a\b"$"#, r"\x"]),
            (r"a\|b", vec!["a|b"]),
            ("'$x' '|'", vec!["$x", "|"]),
            ("\"|\"", vec!["|"]),
        ] {
            assert_eq!(split_output(output).unwrap(), want, "{output}");
        }
    }

    #[test]
    fn what_a_shell_would_expand_is_refused() {
        for (output, want) in [
            ("a|b", "unexpected shell character '|' in pkgconf output"),
            ("\"$x\"", "unexpected shell character '$' in pkgconf output"),
            ("`x`", "unexpected shell character '`' in pkgconf output"),
            ("'a", "unterminated quoted string in pkgconf output"),
            ("\"a\\", "unterminated quoted string in pkgconf output"),
            ("a\\", "broken character escaping in pkgconf output"),
        ] {
            assert_eq!(split_output(output).unwrap_err(), want, "{output}");
        }
    }
}

//! Go's text/template: what `go list -f` speaks. A template is parsed once and executed over
//! typed, dynamic [`Value`]s; output and errors are those of the original.
//!
//! ```text
//! lex ─▶ parse ─▶ node (the tree) ─▶ exec + eval over value, with funcs and print (package fmt)
//! ```
//!
//! Left out: channels, function values, methods with unusual results, custom delimiters and the
//! missingkey option, which nothing in the go command can reach.

mod compare;
mod eval;
mod exec;
mod funcs;
mod lex;
mod node;
mod number;
mod parse;
mod print;
mod print_number;
mod runes;
#[cfg(test)]
mod tests;
pub mod value;

use std::collections::BTreeMap;

use node::List;
use value::{Signature, Value};

/// The functions of a template's own, beside the builtin ones: names and parameters.
pub type Functions = &'static [(&'static str, Signature)];

/// Does what a template's own functions do: name and arguments to result.
pub type Call<'c> = &'c dyn Fn(&str, &[Value]) -> Result<Value, String>;

/// A parsed template.
pub struct Template {
    name: String,
    source: String,
    trees: BTreeMap<String, List>,
    functions: Functions,
}

impl Template {
    /// Parses `text` as the template `name`. The error is the text the go command prints.
    pub fn parse(name: &str, text: &str, functions: Functions) -> Result<Template, String> {
        let known = |f: &str| functions.iter().any(|own| own.0 == f) || funcs::is_builtin(f);
        let trees = parse::parse(name, text, &known)?;
        Ok(Template {
            name: name.to_owned(),
            source: text.to_owned(),
            trees,
            functions,
        })
    }

    /// Writes the template applied to `data`. After an error `out` holds the text before it.
    pub fn execute(&self, data: &Value, call: Call<'_>, out: &mut Vec<u8>) -> Result<(), String> {
        exec::execute(self, data, call, out)
    }
}

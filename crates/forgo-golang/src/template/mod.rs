//! Go's text/template: what `go list -f` speaks. A template is parsed once and executed over
//! typed, dynamic [`Value`]s; output and errors are those of the original.
//!
//! ```text
//! lex ─▶ parse ─▶ node (the tree) ─▶ exec + eval over value, with funcs and print (package fmt)
//! ```
//!
//! Left out: channels, methods with unusual results, custom delimiters and the missingkey option,
//! which nothing in the go command can reach.

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

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use node::List;
use value::{Func, Value};

/// A parsed template.
pub struct Template {
    name: String,
    source: String,
    trees: BTreeMap<String, List>,
    funcs: HashMap<String, Rc<Func>>,
}

impl Template {
    /// Parses `text` as the template `name`; `funcs` are known to it beside the builtin ones. The
    /// error is the text the go command prints.
    pub fn parse(
        name: &str,
        text: &str,
        funcs: HashMap<String, Rc<Func>>,
    ) -> Result<Template, String> {
        let known = |f: &str| funcs.contains_key(f) || funcs::is_builtin(f);
        let trees = parse::parse(name, text, &known)?;
        Ok(Template {
            name: name.to_owned(),
            source: text.to_owned(),
            trees,
            funcs,
        })
    }

    /// Writes the template applied to `data`. After an error `out` holds what was written before.
    pub fn execute(&self, data: &Value, out: &mut Vec<u8>) -> Result<(), String> {
        exec::execute(self, data, out)
    }
}

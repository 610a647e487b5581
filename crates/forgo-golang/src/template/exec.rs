//! Walks a tree and writes its output: text, actions, branches, loops, template calls. Answers to
//! the walk functions of text/template/exec.go.

use super::node::{Branch, List, Node, Pipe, Place};
use super::print;
use super::value::{Kind, Value};
use super::{Call, Template};
use crate::deep::deep;
use crate::quote::quote;
use crate::raw;

/// Templates may call templates this deep (maxExecDepth).
const MAX_DEPTH: usize = 100_000;

pub(super) type Result<T> = std::result::Result<T, String>;

/// What walking a node asks of the loop around it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Next,
    Break,
    Continue,
}

/// One execution of one template; a call of another makes a new one.
pub(super) struct State<'t, 'o> {
    pub template: &'t Template,
    /// The template's own functions.
    pub call: Call<'t>,
    name: &'t str,
    /// The node at work, for errors.
    pub node: &'t dyn Place,
    vars: Vec<(&'t str, Value)>,
    depth: usize,
    out: &'o mut Vec<u8>,
}

pub(super) fn execute<'t>(
    template: &'t Template,
    data: &Value,
    call: Call<'t>,
    out: &mut Vec<u8>,
) -> Result<()> {
    let root = &template.trees[&template.name];
    let vars = vec![("$", data.clone())];
    let name = &template.name;
    let mut state = State {
        template,
        call,
        name,
        node: root,
        vars,
        depth: 0,
        out,
    };
    state.list(data, root).map(drop)
}

impl<'t> State<'t, '_> {
    pub fn at(&mut self, node: &'t dyn Place) {
        self.node = node;
    }

    pub fn error<T>(&self, message: impl std::fmt::Display) -> Result<T> {
        let pos = self.node.pos();
        let before = &self.template.source[..pos];
        let line = 1 + before.bytes().filter(|&b| b == b'\n').count();
        let line_start = before.rfind('\n').map_or(0, |nl| nl + 1);
        let column = raw::bytes(&before[line_start..]).len();
        let parse_name = &self.template.name;
        let name = quote(self.name);
        let context = self.node.source();
        Err(format!(
            "template: {parse_name}:{line}:{column}: executing {name} at <{context}>: {message}"
        ))
    }

    pub fn set_var(&mut self, name: &str, value: Value) -> Result<()> {
        match self.vars.iter_mut().rev().find(|(n, _)| *n == name) {
            Some(var) => {
                var.1 = value;
                Ok(())
            }
            None => self.error(format_args!("undefined variable: {name}")),
        }
    }

    pub fn push_var(&mut self, name: &'t str, value: Value) {
        self.vars.push((name, value));
    }

    pub fn var(&self, name: &str) -> Result<Value> {
        match self.vars.iter().rev().find(|(n, _)| *n == name) {
            Some(var) => Ok(var.1.clone()),
            None => self.error(format_args!("undefined variable: {name}")),
        }
    }

    fn list(&mut self, dot: &Value, list: &'t List) -> Result<Flow> {
        self.at(list);
        for node in &list.nodes {
            match deep(|| self.walk(dot, node))? {
                Flow::Next => {}
                exit => return Ok(exit),
            }
        }
        Ok(Flow::Next)
    }

    fn walk(&mut self, dot: &Value, node: &'t Node) -> Result<Flow> {
        self.at(node);
        match node {
            Node::Text { text, .. } => self.out.extend_from_slice(&raw::bytes(text)),
            Node::Action { pipe, .. } => {
                // The variables live on to the end of the list.
                let value = self.pipeline(dot, pipe)?;
                if pipe.decl.is_empty() {
                    print::print(self.out, &[print::printable(&value)]);
                }
            }
            Node::Break { .. } => return Ok(Flow::Break),
            Node::Continue { .. } => return Ok(Flow::Continue),
            Node::If(branch) => return self.branch(dot, branch, false),
            Node::With(branch) => return self.branch(dot, branch, true),
            Node::Range(branch) => self.range(dot, branch)?,
            Node::Template { name, pipe, .. } => self.call_template(dot, name, pipe.as_ref())?,
            _ => return self.error(format_args!("unknown node: {}", node.source())),
        }
        Ok(Flow::Next)
    }

    fn branch(&mut self, dot: &Value, branch: &'t Branch, sets_dot: bool) -> Result<Flow> {
        let mark = self.vars.len();
        let value = self.pipeline(dot, &branch.pipe)?;
        let flow = if value.indirect_interface().truth() {
            self.list(if sets_dot { &value } else { dot }, &branch.list)?
        } else if let Some(list) = &branch.else_list {
            self.list(dot, list)?
        } else {
            Flow::Next
        };
        self.vars.truncate(mark);
        Ok(flow)
    }

    fn range(&mut self, dot: &Value, range: &'t Branch) -> Result<()> {
        let outer = self.vars.len();
        let value = self.pipeline(dot, &range.pipe)?.indirect().0;
        let ran = self.iterate(&value, range)?;
        if let (false, Some(list)) = (ran, &range.else_list) {
            self.list(dot, list)?;
        }
        self.vars.truncate(outer);
        Ok(())
    }

    /// Runs the loop over `value`; false when there was nothing to run over.
    fn iterate(&mut self, value: &Value, range: &'t Branch) -> Result<bool> {
        let mut ran = false;
        match value.kind() {
            None => {}
            Some(Kind::Int | Kind::Uint) => {
                if range.pipe.decl.len() > 1 {
                    let text = print::display(value);
                    return self.error(format_args!(
                        "can't use {text} to iterate over more than one variable"
                    ));
                }
                let ty = value.ty().unwrap_or(&super::value::INT);
                for data in super::eval::counting(value) {
                    ran = true;
                    if self.iteration(&Value::INVALID, &Value::new(ty, data), range)? {
                        break;
                    }
                }
            }
            Some(Kind::Slice(_)) => {
                for (i, item) in value.items().iter().enumerate() {
                    ran = true;
                    if self.iteration(&Value::int(i as i64), item, range)? {
                        break;
                    }
                }
            }
            Some(Kind::Map(..)) => {
                for (key, item) in value.entries() {
                    ran = true;
                    if self.iteration(key, item, range)? {
                        break;
                    }
                }
            }
            Some(_) => {
                let text = print::display(value);
                return self.error(format_args!("range can't iterate over {text}"));
            }
        }
        Ok(ran)
    }

    /// One round; true after `{{break}}`.
    fn iteration(&mut self, index: &Value, item: &Value, range: &'t Branch) -> Result<bool> {
        let mark = self.vars.len();
        let pipe = &range.pipe;
        // With one variable it is the element, with two the index comes first.
        match pipe.decl.as_slice() {
            [] => {}
            decl if pipe.is_assign => {
                let first = if decl.len() > 1 { index } else { item };
                self.set_var(&decl[0].idents[0], first.clone())?;
                if let Some(second) = decl.get(1) {
                    self.set_var(&second.idents[0], item.clone())?;
                }
            }
            decl => {
                self.vars[mark - 1].1 = item.clone();
                if decl.len() > 1 {
                    self.vars[mark - 2].1 = index.clone();
                }
            }
        }
        let flow = self.list(item, &range.list)?;
        self.vars.truncate(mark);
        Ok(flow == Flow::Break)
    }

    fn call_template(&mut self, dot: &Value, name: &'t str, pipe: Option<&'t Pipe>) -> Result<()> {
        let Some(root) = self.template.trees.get(name) else {
            return self.error(format_args!("template {} not defined", quote(name)));
        };
        if self.depth == MAX_DEPTH {
            return self.error(format_args!(
                "exceeded maximum template depth ({MAX_DEPTH})"
            ));
        }
        let dot = match pipe {
            Some(pipe) => self.pipeline(dot, pipe)?,
            None => Value::INVALID,
        };
        // A called template sees no variable of its caller.
        let mut inner = State {
            template: self.template,
            call: self.call,
            name,
            node: root,
            vars: vec![("$", dot.clone())],
            depth: self.depth + 1,
            out: self.out,
        };
        inner.list(&dot, root).map(drop)
    }
}

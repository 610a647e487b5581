//! The parse tree of a template, and its text as errors show it. Answers to
//! text/template/parse/node.go.

use crate::deep::deep;
use crate::quote::quote;

/// The location that an error points at: a place in the source and the node's text.
pub(super) trait Place {
    /// Byte offset in the source.
    fn pos(&self) -> usize;
    /// The node as template source.
    fn write_to(&self, out: &mut String);

    fn source(&self) -> String {
        let mut out = String::new();
        self.write_to(&mut out);
        out
    }
}

/// A list of nodes.
#[derive(Debug)]
pub(super) struct List {
    pub pos: usize,
    pub nodes: Vec<Node>,
}

/// An element of a list, or an operand of a command.
#[derive(Debug)]
pub(super) enum Node {
    Text {
        pos: usize,
        text: String,
    },
    Action {
        pos: usize,
        pipe: Pipe,
    },
    If(Branch),
    Range(Branch),
    With(Branch),
    Template {
        pos: usize,
        name: String,
        pipe: Option<Pipe>,
    },
    Break {
        pos: usize,
    },
    Continue {
        pos: usize,
    },
    /// `{{end}}`: ends a list, never in the finished tree.
    End {
        pos: usize,
    },
    /// `{{else}}`: likewise.
    Else {
        pos: usize,
    },
    Bool {
        pos: usize,
        value: bool,
    },
    Chain {
        pos: usize,
        node: Box<Node>,
        fields: Vec<String>,
    },
    Dot {
        pos: usize,
    },
    Field {
        pos: usize,
        idents: Vec<String>,
    },
    Identifier {
        pos: usize,
        ident: String,
    },
    Nil {
        pos: usize,
    },
    Number(Number),
    Pipe(Pipe),
    Str {
        pos: usize,
        quoted: String,
        text: Vec<u8>,
    },
    Variable(Variable),
}

/// `if`, `range` or `with`.
#[derive(Debug)]
pub(super) struct Branch {
    pub keyword: &'static str,
    pub pos: usize,
    pub pipe: Pipe,
    pub list: List,
    pub else_list: Option<List>,
}

/// A pipeline with its declarations.
#[derive(Debug)]
pub(super) struct Pipe {
    pub pos: usize,
    /// `=` rather than `:=`.
    pub is_assign: bool,
    pub decl: Vec<Variable>,
    pub cmds: Vec<Command>,
}

/// One stage of a pipeline; never empty.
#[derive(Debug)]
pub(super) struct Command {
    pub pos: usize,
    pub args: Vec<Node>,
}

/// `$x.Field.Field`: the name with its dollar first.
#[derive(Debug)]
pub(super) struct Variable {
    pub pos: usize,
    pub idents: Vec<String>,
}

/// A numeric constant, as every type that can hold it.
#[derive(Debug, Clone, Default)]
pub(super) struct Number {
    pub pos: usize,
    pub int: Option<i64>,
    pub uint: Option<u64>,
    pub float: Option<f64>,
    pub complex: Option<(f64, f64)>,
    pub text: String,
}

/// Trees are as deep as the source is nested.
impl Drop for List {
    fn drop(&mut self) {
        if !self.nodes.is_empty() {
            deep(|| self.nodes.clear());
        }
    }
}

/// Pipelines in parentheses are operands of pipelines.
impl Drop for Pipe {
    fn drop(&mut self) {
        if !self.cmds.is_empty() {
            deep(|| self.cmds.clear());
        }
    }
}

impl Node {
    /// A literal that can't be followed by a field, nor stand after the first stage of a pipeline.
    pub fn is_operand_literal(&self) -> bool {
        matches!(
            self,
            Node::Bool { .. }
                | Node::Str { .. }
                | Node::Number(_)
                | Node::Nil { .. }
                | Node::Dot { .. }
        )
    }

    /// Nothing but space.
    pub fn is_blank(&self) -> bool {
        matches!(self, Node::Text { text, .. } if text.trim().is_empty())
    }
}

impl List {
    /// Nothing but space.
    pub fn is_blank(&self) -> bool {
        self.nodes.iter().all(Node::is_blank)
    }
}

fn write_fields(out: &mut String, fields: &[String]) {
    for f in fields {
        out.push('.');
        out.push_str(f);
    }
}

impl Place for Node {
    fn pos(&self) -> usize {
        match self {
            Node::If(b) | Node::Range(b) | Node::With(b) => b.pos,
            Node::Number(n) => n.pos,
            Node::Pipe(p) => p.pos,
            Node::Variable(v) => v.pos,
            Node::Text { pos, .. }
            | Node::Action { pos, .. }
            | Node::Template { pos, .. }
            | Node::Break { pos }
            | Node::Continue { pos }
            | Node::End { pos }
            | Node::Else { pos }
            | Node::Bool { pos, .. }
            | Node::Chain { pos, .. }
            | Node::Dot { pos }
            | Node::Field { pos, .. }
            | Node::Identifier { pos, .. }
            | Node::Nil { pos }
            | Node::Str { pos, .. } => *pos,
        }
    }

    fn write_to(&self, out: &mut String) {
        match self {
            Node::Text { text, .. } => out.push_str(text),
            Node::Action { pipe, .. } => {
                out.push_str("{{");
                pipe.write_to(out);
                out.push_str("}}");
            }
            Node::If(b) | Node::Range(b) | Node::With(b) => b.write_to(out),
            Node::Template { name, pipe, .. } => {
                out.push_str("{{template ");
                out.push_str(&quote(name));
                if let Some(pipe) = pipe {
                    out.push(' ');
                    pipe.write_to(out);
                }
                out.push_str("}}");
            }
            Node::Break { .. } => out.push_str("{{break}}"),
            Node::Continue { .. } => out.push_str("{{continue}}"),
            Node::End { .. } => out.push_str("{{end}}"),
            Node::Else { .. } => out.push_str("{{else}}"),
            Node::Bool { value, .. } => out.push_str(if *value { "true" } else { "false" }),
            Node::Chain { node, fields, .. } => {
                write_operand(out, node);
                write_fields(out, fields);
            }
            Node::Dot { .. } => out.push('.'),
            Node::Field { idents, .. } => write_fields(out, idents),
            Node::Identifier { ident, .. } => out.push_str(ident),
            Node::Nil { .. } => out.push_str("nil"),
            Node::Number(n) => out.push_str(&n.text),
            Node::Pipe(p) => p.write_to(out),
            Node::Str { quoted, .. } => out.push_str(quoted),
            Node::Variable(v) => v.write_to(out),
        }
    }
}

/// An operand: pipelines in parentheses.
fn write_operand(out: &mut String, node: &Node) {
    if matches!(node, Node::Pipe(_)) {
        out.push('(');
        node.write_to(out);
        out.push(')');
    } else {
        node.write_to(out);
    }
}

impl Place for List {
    fn pos(&self) -> usize {
        self.pos
    }

    fn write_to(&self, out: &mut String) {
        for n in &self.nodes {
            deep(|| n.write_to(out));
        }
    }
}

impl Place for Branch {
    fn pos(&self) -> usize {
        self.pos
    }

    fn write_to(&self, out: &mut String) {
        out.push_str("{{");
        out.push_str(self.keyword);
        out.push(' ');
        self.pipe.write_to(out);
        out.push_str("}}");
        self.list.write_to(out);
        if let Some(list) = &self.else_list {
            out.push_str("{{else}}");
            list.write_to(out);
        }
        out.push_str("{{end}}");
    }
}

impl Place for Pipe {
    fn pos(&self) -> usize {
        self.pos
    }

    fn write_to(&self, out: &mut String) {
        for (i, v) in self.decl.iter().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            v.write_to(out);
        }
        if !self.decl.is_empty() {
            out.push_str(if self.is_assign { " = " } else { " := " });
        }
        for (i, c) in self.cmds.iter().enumerate() {
            if i > 0 {
                out.push_str(" | ");
            }
            deep(|| c.write_to(out));
        }
    }
}

impl Place for Command {
    fn pos(&self) -> usize {
        self.pos
    }

    fn write_to(&self, out: &mut String) {
        for (i, arg) in self.args.iter().enumerate() {
            if i > 0 {
                out.push(' ');
            }
            write_operand(out, arg);
        }
    }
}

impl Place for Variable {
    fn pos(&self) -> usize {
        self.pos
    }

    fn write_to(&self, out: &mut String) {
        out.push_str(&self.idents.join("."));
    }
}

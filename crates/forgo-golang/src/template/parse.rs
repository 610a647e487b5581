//! From tokens to the trees of a source: the main template and those it defines. Answers to
//! text/template/parse/parse.go.

use std::collections::BTreeMap;

use super::lex::{Item, Lexer, Tok};
use super::node::{Branch, Command, List, Node, Pipe, Place, Variable};
use super::number;
use crate::deep::deep;
use crate::quote::{quote, unquote_bytes};
use crate::raw;

/// Parenthesized expressions nested deeper are refused.
const MAX_STACK_DEPTH: usize = 10_000;

type Result<T> = std::result::Result<T, String>;

/// Parses `text`, the template called `name`. The result has a tree under that name and one under
/// each name defined inside.
pub(super) fn parse(
    name: &str,
    text: &str,
    is_function: &dyn Fn(&str) -> bool,
) -> Result<BTreeMap<String, List>> {
    let mut source = Source {
        parse_name: name,
        lexer: Lexer::new(text),
        is_function,
        trees: BTreeMap::new(),
    };
    let mut parser = Parser::new(&mut source);
    let root = parser.top()?;
    parser.add(name.to_owned(), root)?;
    Ok(source.trees)
}

/// The state that all trees of one source share.
struct Source<'s, 'f> {
    parse_name: &'s str,
    lexer: Lexer<'s>,
    is_function: &'f dyn Fn(&str) -> bool,
    trees: BTreeMap<String, List>,
}

/// The state of parsing one tree.
struct Parser<'p, 's, 'f> {
    source: &'p mut Source<'s, 'f>,
    /// Look-ahead, the next token last of the first `peek_count`.
    token: [Item<'s>; 3],
    peek_count: usize,
    vars: Vec<String>,
    /// Line of the delimiter that opened the action, 0 outside.
    action_line: usize,
    range_depth: usize,
    stack_depth: usize,
}

/// The actions that may follow one that opens a list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Control {
    If,
    Range,
    With,
}

impl Control {
    fn keyword(self) -> &'static str {
        match self {
            Control::If => "if",
            Control::Range => "range",
            Control::With => "with",
        }
    }
}

impl<'p, 's, 'f> Parser<'p, 's, 'f> {
    fn new(source: &'p mut Source<'s, 'f>) -> Self {
        let none = Item {
            kind: Tok::Eof,
            pos: 0,
            text: "".into(),
            line: 0,
        };
        Parser {
            source,
            token: [none.clone(), none.clone(), none],
            peek_count: 0,
            vars: vec!["$".into()],
            action_line: 0,
            range_depth: 0,
            stack_depth: 0,
        }
    }

    /// A parser of another tree, which takes over at the current token.
    fn nested(&mut self) -> Parser<'_, 's, 'f> {
        Parser::new(self.source)
    }

    fn next(&mut self) -> Item<'s> {
        if self.peek_count > 0 {
            self.peek_count -= 1;
        } else {
            self.token[0] = self.source.lexer.next_item();
        }
        self.token[self.peek_count].clone()
    }

    fn backup(&mut self) {
        self.peek_count += 1;
    }

    /// Puts back `t1`, before the token that is there already.
    fn backup2(&mut self, t1: Item<'s>) {
        self.token[1] = t1;
        self.peek_count = 2;
    }

    fn backup3(&mut self, t2: Item<'s>, t1: Item<'s>) {
        self.token[1] = t1;
        self.token[2] = t2;
        self.peek_count = 3;
    }

    fn peek(&mut self) -> &Item<'s> {
        if self.peek_count == 0 {
            self.peek_count = 1;
            self.token[0] = self.source.lexer.next_item();
        }
        &self.token[self.peek_count - 1]
    }

    fn next_non_space(&mut self) -> Item<'s> {
        loop {
            let token = self.next();
            if token.kind != Tok::Space {
                return token;
            }
        }
    }

    fn peek_non_space(&mut self) -> Item<'s> {
        let token = self.next_non_space();
        self.backup();
        token
    }

    fn error<T>(&self, message: impl std::fmt::Display) -> Result<T> {
        Err(format!(
            "template: {}:{}: {message}",
            self.source.parse_name, self.token[0].line
        ))
    }

    fn unexpected<T>(&self, token: &Item<'s>, context: &str) -> Result<T> {
        if token.kind == Tok::Error {
            let mut extra = String::new();
            if self.action_line != 0 && self.action_line != token.line {
                let at = format!(
                    " started at {}:{}",
                    self.source.parse_name, self.action_line
                );
                // Not "action in action".
                let what = if token.text.ends_with(" action") {
                    ""
                } else {
                    " in action"
                };
                extra = format!("{what}{at}");
            }
            return self.error(format_args!("{}{extra}", token.describe()));
        }
        self.error(format_args!("unexpected {} in {context}", token.describe()))
    }

    fn expect(&mut self, kind: Tok, context: &str) -> Result<Item<'s>> {
        let token = self.next_non_space();
        if token.kind != kind {
            return self.unexpected(&token, context);
        }
        Ok(token)
    }

    /// Adds a finished tree; a template of space alone gives way to another of its name.
    fn add(&mut self, name: String, root: List) -> Result<()> {
        if self.source.trees.get(&name).is_none_or(List::is_blank) {
            self.source.trees.insert(name, root);
        } else if !root.is_blank() {
            let name = quote(&name);
            return self.error(format_args!(
                "template: multiple definition of template {name}"
            ));
        }
        Ok(())
    }

    fn top(&mut self) -> Result<List> {
        let mut list = List {
            pos: self.peek().pos,
            nodes: Vec::new(),
        };
        while self.peek().kind != Tok::Eof {
            if self.peek().kind == Tok::LeftDelim {
                let delim = self.next();
                if self.next_non_space().kind == Tok::Define {
                    self.nested().definition()?;
                    continue;
                }
                self.backup2(delim);
            }
            match self.text_or_action()? {
                n @ (Node::End { .. } | Node::Else { .. }) => {
                    return self.error(format_args!("unexpected {}", n.source()));
                }
                n => list.nodes.push(n),
            }
        }
        Ok(list)
    }

    /// `{{define "name"}} … {{end}}` after its keyword.
    fn definition(&mut self) -> Result<()> {
        let context = "define clause";
        let token = self.next_non_space();
        let name = self.template_name(&token, context)?;
        self.expect(Tok::RightDelim, context)?;
        let (root, end) = self.list()?;
        if !matches!(end, Node::End { .. }) {
            return self.error(format_args!("unexpected {} in {context}", end.source()));
        }
        self.add(name, root)
    }

    /// Nodes up to `{{end}}` or `{{else}}`, which is returned beside them.
    fn list(&mut self) -> Result<(List, Node)> {
        let mut list = List {
            pos: self.peek_non_space().pos,
            nodes: Vec::new(),
        };
        while self.peek_non_space().kind != Tok::Eof {
            match self.text_or_action()? {
                n @ (Node::End { .. } | Node::Else { .. }) => return Ok((list, n)),
                n => list.nodes.push(n),
            }
        }
        self.error("unexpected EOF")
    }

    /// Each level of nested control structures goes through this function.
    fn text_or_action(&mut self) -> Result<Node> {
        let token = self.next_non_space();
        match token.kind {
            Tok::Text => Ok(Node::Text {
                pos: token.pos,
                text: token.text.into_owned(),
            }),
            Tok::LeftDelim => {
                self.action_line = token.line;
                let node = deep(|| self.action())?;
                self.action_line = 0;
                Ok(node)
            }
            _ => self.unexpected(&token, "input"),
        }
    }

    fn action(&mut self) -> Result<Node> {
        let token = self.next_non_space();
        match token.kind {
            Tok::Block => self.block(),
            Tok::Break => self.loop_exit(Node::Break { pos: token.pos }),
            Tok::Continue => self.loop_exit(Node::Continue { pos: token.pos }),
            Tok::Else => self.else_control(),
            Tok::End => Ok(Node::End {
                pos: self.expect(Tok::RightDelim, "end")?.pos,
            }),
            Tok::If => self.control(Control::If),
            Tok::Range => self.control(Control::Range),
            Tok::With => self.control(Control::With),
            Tok::Template => self.template(),
            _ => {
                self.backup();
                let pos = self.peek().pos;
                let pipe = self.pipeline("command", Tok::RightDelim)?;
                Ok(Node::Action { pos, pipe })
            }
        }
    }

    fn loop_exit(&mut self, node: Node) -> Result<Node> {
        let token = self.next_non_space();
        if token.kind != Tok::RightDelim {
            return self.unexpected(&token, &node.source());
        }
        if self.range_depth == 0 {
            return self.error(format_args!("{} outside {{{{range}}}}", node.source()));
        }
        Ok(node)
    }

    fn pipeline(&mut self, context: &str, end: Tok) -> Result<Pipe> {
        let pos = self.peek_non_space().pos;
        let mut pipe = Pipe {
            pos,
            is_assign: false,
            decl: Vec::new(),
            cmds: Vec::new(),
        };
        while self.declaration(&mut pipe, context)? {}
        loop {
            let token = self.next_non_space();
            match token.kind {
                k if k == end => {
                    self.check_pipeline(&pipe, context)?;
                    return Ok(pipe);
                }
                Tok::Bool
                | Tok::CharConstant
                | Tok::Complex
                | Tok::Dot
                | Tok::Field
                | Tok::Identifier
                | Tok::Number
                | Tok::Nil
                | Tok::RawString
                | Tok::String
                | Tok::Variable
                | Tok::LeftParen => {
                    self.backup();
                    let command = self.command()?;
                    pipe.cmds.push(command);
                }
                _ => return self.unexpected(&token, context),
            }
        }
    }

    /// Takes one `$x :=`, `$x =` or `$x,` of a pipeline's head; true where another may follow.
    fn declaration(&mut self, pipe: &mut Pipe, context: &str) -> Result<bool> {
        let v = self.peek_non_space();
        if v.kind != Tok::Variable {
            return Ok(false);
        }
        self.next();
        // "$x foo" must become an argument again, with the space between.
        let after = self.peek().clone();
        let next = self.peek_non_space();
        match next.kind {
            Tok::Assign | Tok::Declare => {
                pipe.is_assign = next.kind == Tok::Assign;
                self.next_non_space();
                self.declare(pipe, &v);
                Ok(false)
            }
            Tok::Char if next.text == "," => {
                self.next_non_space();
                self.declare(pipe, &v);
                if context != "range" || pipe.decl.len() >= 2 {
                    return self.error(format_args!("too many declarations in {context}"));
                }
                match self.peek_non_space().kind {
                    Tok::Variable | Tok::RightDelim | Tok::RightParen => Ok(true),
                    _ => self.error("range can only initialize variables"),
                }
            }
            _ => {
                if after.kind == Tok::Space {
                    self.backup3(v, after);
                } else {
                    self.backup2(v);
                }
                Ok(false)
            }
        }
    }

    fn declare(&mut self, pipe: &mut Pipe, v: &Item<'s>) {
        pipe.decl.push(new_variable(v.pos, &v.text));
        self.vars.push(v.text.to_string());
    }

    fn check_pipeline(&self, pipe: &Pipe, context: &str) -> Result<()> {
        if pipe.cmds.is_empty() {
            return self.error(format_args!("missing value for {context}"));
        }
        for (i, c) in pipe.cmds.iter().enumerate().skip(1) {
            if c.args[0].is_operand_literal() {
                let stage = i + 1;
                return self.error(format_args!(
                    "non executable command in pipeline stage {stage}"
                ));
            }
        }
        Ok(())
    }

    fn control(&mut self, kind: Control) -> Result<Node> {
        let vars = self.vars.len();
        let pipe = self.pipeline(kind.keyword(), Tok::RightDelim)?;
        self.range_depth += usize::from(kind == Control::Range);
        let (list, next) = self.list()?;
        self.range_depth -= usize::from(kind == Control::Range);
        let else_list = match next {
            Node::Else { pos } => Some(self.else_branch(kind, pos)?),
            _ => None,
        };
        self.vars.truncate(vars);
        let branch = Branch {
            keyword: kind.keyword(),
            pos: pipe.pos,
            pipe,
            list,
            else_list,
        };
        Ok(match kind {
            Control::If => Node::If(branch),
            Control::Range => Node::Range(branch),
            Control::With => Node::With(branch),
        })
    }

    /// After `{{else}}`, or before the second keyword of `{{else if` and `{{else with`, which
    /// stands for a nested action whose `{{end}}` is this one's too.
    fn else_branch(&mut self, kind: Control, pos: usize) -> Result<List> {
        let chained = match kind {
            Control::If => self.peek().kind == Tok::If,
            Control::With => self.peek().kind == Tok::With,
            Control::Range => false,
        };
        if chained {
            self.next();
            let node = deep(|| self.control(kind))?;
            return Ok(List {
                pos,
                nodes: vec![node],
            });
        }
        let (list, next) = self.list()?;
        if !matches!(next, Node::End { .. }) {
            return self.error(format_args!("expected end; found {}", next.source()));
        }
        Ok(list)
    }

    fn else_control(&mut self) -> Result<Node> {
        let peek = self.peek_non_space();
        if matches!(peek.kind, Tok::If | Tok::With) {
            return Ok(Node::Else { pos: peek.pos });
        }
        Ok(Node::Else {
            pos: self.expect(Tok::RightDelim, "else")?.pos,
        })
    }

    /// `{{block "name" pipeline}} … {{end}}`: a definition and its use.
    fn block(&mut self) -> Result<Node> {
        let context = "block clause";
        let token = self.next_non_space();
        let name = self.template_name(&token, context)?;
        let pipe = self.pipeline(context, Tok::RightDelim)?;
        let mut inner = self.nested();
        let (root, end) = inner.list()?;
        if !matches!(end, Node::End { .. }) {
            return self.error(format_args!("unexpected {} in {context}", end.source()));
        }
        inner.add(name.clone(), root)?;
        Ok(Node::Template {
            pos: token.pos,
            name,
            pipe: Some(pipe),
        })
    }

    fn template(&mut self) -> Result<Node> {
        let context = "template clause";
        let token = self.next_non_space();
        let name = self.template_name(&token, context)?;
        let mut pipe = None;
        if self.next_non_space().kind != Tok::RightDelim {
            self.backup();
            pipe = Some(self.pipeline(context, Tok::RightDelim)?);
        }
        Ok(Node::Template {
            pos: token.pos,
            name,
            pipe,
        })
    }

    fn template_name(&mut self, token: &Item<'s>, context: &str) -> Result<String> {
        match token.kind {
            Tok::String | Tok::RawString => {
                let bytes = self.unquote(&token.text)?;
                Ok(raw::into_text(bytes))
            }
            _ => self.unexpected(token, context),
        }
    }

    fn unquote(&self, literal: &str) -> Result<Vec<u8>> {
        match unquote_bytes(literal) {
            Some(value) => Ok(value),
            None => self.error("invalid syntax"),
        }
    }

    /// Operands up to a pipe, which is taken, or to the end of the pipeline, which is left.
    fn command(&mut self) -> Result<Command> {
        let mut cmd = Command {
            pos: self.peek_non_space().pos,
            args: Vec::new(),
        };
        loop {
            self.peek_non_space();
            if let Some(operand) = self.operand()? {
                cmd.args.push(operand);
            }
            let token = self.next();
            match token.kind {
                Tok::Space => continue,
                Tok::RightDelim | Tok::RightParen => self.backup(),
                Tok::Pipe => {}
                _ => return self.unexpected(&token, "operand"),
            }
            break;
        }
        if cmd.args.is_empty() {
            return self.error("empty command");
        }
        Ok(cmd)
    }

    /// A term and the fields after it.
    fn operand(&mut self) -> Result<Option<Node>> {
        let Some(node) = self.term()? else {
            return Ok(None);
        };
        let chain_pos = self.peek().pos;
        let mut fields = Vec::new();
        while self.peek().kind == Tok::Field {
            fields.push(self.next().text[1..].to_owned());
        }
        if fields.is_empty() {
            return Ok(Some(node));
        }
        Ok(Some(match node {
            Node::Field { mut idents, .. } => {
                idents.append(&mut fields);
                Node::Field {
                    pos: chain_pos,
                    idents,
                }
            }
            Node::Variable(mut v) => {
                v.idents.append(&mut fields);
                Node::Variable(Variable {
                    pos: chain_pos,
                    ..v
                })
            }
            node if node.is_operand_literal() => {
                return self.error(format_args!(
                    "unexpected . after term {}",
                    quote(&node.source())
                ));
            }
            node => Node::Chain {
                pos: chain_pos,
                node: Box::new(node),
                fields,
            },
        }))
    }

    fn term(&mut self) -> Result<Option<Node>> {
        let token = self.next_non_space();
        let pos = token.pos;
        Ok(Some(match token.kind {
            Tok::Identifier => {
                if !(self.source.is_function)(&token.text) {
                    let name = quote(&token.text);
                    return self.error(format_args!("function {name} not defined"));
                }
                Node::Identifier {
                    pos,
                    ident: token.text.into_owned(),
                }
            }
            Tok::Dot => Node::Dot { pos },
            Tok::Nil => Node::Nil { pos },
            Tok::Variable => {
                let v = new_variable(pos, &token.text);
                if !self.vars.contains(&v.idents[0]) {
                    let name = quote(&v.idents[0]);
                    return self.error(format_args!("undefined variable {name}"));
                }
                Node::Variable(v)
            }
            Tok::Field => {
                let idents = token.text[1..].split('.').map(str::to_owned).collect();
                Node::Field { pos, idents }
            }
            Tok::Bool => Node::Bool {
                pos,
                value: token.text == "true",
            },
            Tok::CharConstant | Tok::Complex | Tok::Number => {
                let number = number::parse(pos, &token.text, token.kind);
                Node::Number(number.or_else(|e| self.error(e))?)
            }
            Tok::LeftParen => {
                if self.stack_depth >= MAX_STACK_DEPTH {
                    return self.error("max expression depth exceeded");
                }
                self.stack_depth += 1;
                let pipe = deep(|| self.pipeline("parenthesized pipeline", Tok::RightParen))?;
                self.stack_depth -= 1;
                Node::Pipe(pipe)
            }
            Tok::String | Tok::RawString => {
                let text = self.unquote(&token.text)?;
                Node::Str {
                    pos,
                    quoted: token.text.into_owned(),
                    text,
                }
            }
            _ => {
                self.backup();
                return Ok(None);
            }
        }))
    }
}

fn new_variable(pos: usize, text: &str) -> Variable {
    Variable {
        pos,
        idents: text.split('.').map(str::to_owned).collect(),
    }
}

//! Declarations and files. Answers to the last part of go/parser/parser.go.

use super::Result;
use super::expr::{Expr, Kind};
use super::parser::Parser;
use super::token::{Key, Op, Tok};
use super::types::Field;

/// A function or method of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Func {
    /// Offset of `func`.
    pub pos: usize,
    /// Its name.
    pub name: String,
    /// It is a method.
    pub is_method: bool,
    /// It has type parameters.
    pub has_type_params: bool,
    /// Parameters; names that share a type are one.
    pub params: Vec<Param>,
    /// It has results.
    pub has_results: bool,
    /// Where the body begins and ends, braces included.
    pub body: Option<(usize, usize)>,
}

/// A parameter, or several of one type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// How many names.
    pub names: usize,
    /// The type.
    pub ty: ParamType,
}

/// A parameter's type, as far as tests ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParamType {
    /// `*T` or `*pkg.T`: the last name.
    Pointer(String),
    /// Anything else.
    Other,
}

impl Parser<'_> {
    pub fn source_file(&mut self) -> Result<()> {
        self.expect_key(Key::Package)?;
        self.ident()?;
        self.expect_semi()?;
        while self.is_key(Key::Import) {
            self.decl()?;
        }
        let mut previous = Tok::Key(Key::Import);
        while self.token.tok != Tok::Eof {
            let import = Tok::Key(Key::Import);
            if self.token.tok == import && previous != import {
                let message = "imports must appear before other declarations";
                return self.error(self.token.pos, message);
            }
            previous = self.token.tok;
            self.decl()?;
        }
        Ok(())
    }

    pub fn decl(&mut self) -> Result<()> {
        match self.token.tok {
            Tok::Key(Key::Import) => self.specs(Self::import_spec),
            Tok::Key(Key::Const) => self.specs(|p| p.value_spec(true)),
            Tok::Key(Key::Var) => self.specs(|p| p.value_spec(false)),
            Tok::Key(Key::Type) => self.specs(Self::type_spec),
            Tok::Key(Key::Func) => self.func_decl(),
            _ => self.expected(self.token.pos, "declaration"),
        }
    }

    /// One spec, or several in parentheses.
    fn specs(&mut self, spec: impl Fn(&mut Self) -> Result<()>) -> Result<()> {
        self.next()?;
        if !self.is(Op::LParen) {
            return spec(self);
        }
        self.next()?;
        while !self.is(Op::RParen) && self.token.tok != Tok::Eof {
            spec(self)?;
        }
        self.expect_op(Op::RParen)?;
        self.expect_semi()
    }

    fn import_spec(&mut self) -> Result<()> {
        match self.token.tok {
            Tok::Ident => self.ident().map(drop)?,
            Tok::Op(Op::Period) => self.next()?,
            _ => {}
        }
        if self.token.tok == Tok::Str {
            self.next()?;
        } else if self.token.tok.is_literal() {
            return self.error(self.token.pos, "import path must be a string");
        } else {
            return self.error(self.token.pos, "missing import path");
        }
        self.expect_semi()
    }

    fn value_spec(&mut self, constant: bool) -> Result<()> {
        self.ident()?;
        while self.is(Op::Comma) {
            self.next()?;
            self.ident()?;
        }
        if constant {
            let ends = matches!(
                self.token.tok,
                Tok::Eof | Tok::Op(Op::Semicolon | Op::RParen)
            );
            if !ends {
                self.try_type()?;
            }
            if ends {
                return self.expect_semi();
            }
        } else if !self.is(Op::Assign) {
            self.parse_type()?;
        }
        if self.is(Op::Assign) {
            self.next()?;
            self.expr_list(true)?;
        }
        self.expect_semi()
    }

    fn type_spec(&mut self) -> Result<()> {
        self.ident()?;
        if self.is(Op::LBrack) {
            let lbrack = self.token.pos;
            self.next()?;
            if self.token.tok == Tok::Ident {
                self.array_or_generic(lbrack)?;
            } else {
                self.array_type(lbrack, false)?;
            }
        } else {
            if self.is(Op::Assign) {
                self.next()?;
            }
            self.parse_type()?;
        }
        self.expect_semi()
    }

    /// `T[N]E` or `T[P any] …`, behind the bracket, at a name: the expression there tells which.
    fn array_or_generic(&mut self, lbrack: usize) -> Result<()> {
        let mut x = self.ident_expr()?;
        if !self.is(Op::LBrack) {
            self.expr_level += 1;
            let operand = self.primary_expr(Some(x))?;
            x = self.binary_expr(operand, 1)?;
            self.expr_level -= 1;
        }
        let comma = self.is(Op::Comma);
        match x.split_type_param(comma) {
            Ok(param) if param.typ.is_some() || !self.is(Op::RBrack) => {
                let first = Field {
                    name: Some(param.name),
                    typ: param.typ,
                };
                self.parameter_list(Some(first), Op::RBrack, false)?;
                self.expect_op(Op::RBrack)?;
                if self.is(Op::Assign) {
                    self.next()?;
                }
                self.parse_type().map(drop)
            }
            _ => self.array_type(lbrack, true).map(drop),
        }
    }

    fn func_decl(&mut self) -> Result<()> {
        let pos = self.expect_key(Key::Func)?;
        let is_method = self.is(Op::LParen);
        if is_method {
            self.parameters()?;
        }
        let (_, name) = self.ident()?;
        let has_type_params = self.is(Op::LBrack);
        if has_type_params {
            let opening = self.type_parameters()?;
            // From 1.27 on methods may have type parameters.
            if is_method && !self.release.has_generic_methods() {
                return self.error(opening, "method must have no type parameters");
            }
        }
        let (params, has_results) = self.signature()?;
        let mut func = Func {
            pos,
            name,
            is_method,
            has_type_params,
            params: group(params),
            has_results,
            body: None,
        };
        match self.token.tok {
            Tok::Op(Op::LBrace) => {
                let start = self.token.pos;
                self.block()?;
                func.body = Some((start, self.last_end));
                self.expect_semi()?;
            }
            Tok::Op(Op::Semicolon) => {
                self.next()?;
                if self.is(Op::LBrace) {
                    let message = "unexpected semicolon or newline before {";
                    return self.error(self.token.pos, message);
                }
            }
            _ => self.expect_semi()?,
        }
        self.funcs.push(func);
        Ok(())
    }
}

/// Parameters by type: a name without a type shares that of the next.
fn group(fields: Vec<Field>) -> Vec<Param> {
    let mut params = Vec::new();
    let mut names = 0;
    for field in fields {
        names += usize::from(field.name.is_some());
        if let Some(typ) = field.typ {
            params.push(Param {
                names,
                ty: param_type(&typ),
            });
            names = 0;
        }
    }
    params
}

fn param_type(typ: &Expr) -> ParamType {
    match &typ.kind {
        Kind::Star(base) => match &base.kind {
            Kind::Ident(name) | Kind::Selector(name) => ParamType::Pointer(name.clone()),
            _ => ParamType::Other,
        },
        _ => ParamType::Other,
    }
}

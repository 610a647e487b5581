//! Expressions. Answers to the expression part of go/parser/parser.go.

use super::Result;
use super::parser::Parser;
use super::token::{Key, Op, Tok};
use crate::deep::deep;

/// An expression or type, as far as the parser asks about it later.
#[derive(Debug)]
pub(super) struct Expr {
    pub pos: usize,
    pub end: usize,
    pub kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Ident(String),
    Literal,
    Selector(String),
    Index,
    Slice,
    ArrayType,
    StructType,
    MapType,
    FuncType,
    FuncLit,
    InterfaceType,
    /// `receive` for `<-chan`; the arrow's position where there is one.
    Chan {
        receive: bool,
        arrow: Option<usize>,
        value: Box<Expr>,
    },
    Paren(Box<Expr>),
    /// `callee` when it is a mere name, the only argument when there is just one, without `...`.
    Call {
        callee: Option<(usize, String)>,
        argument: Option<Box<Expr>>,
    },
    Composite,
    Binary(Op, Box<Expr>, Box<Expr>),
    Unary(Op),
    Star(Box<Expr>),
    /// `x.(type)` when true.
    TypeAssert(bool),
    /// Types in union.
    Union,
    Ellipsis,
}

/// Expressions may be nested as deep as the parser's limit.
impl Drop for Expr {
    fn drop(&mut self) {
        let nested = matches!(
            self.kind,
            Kind::Chan { .. }
                | Kind::Paren(_)
                | Kind::Call { .. }
                | Kind::Binary(..)
                | Kind::Star(_)
        );
        if nested {
            deep(|| drop(std::mem::replace(&mut self.kind, Kind::Literal)));
        }
    }
}

impl Expr {
    /// The kind alone.
    pub fn into_kind(mut self) -> Kind {
        std::mem::replace(&mut self.kind, Kind::Literal)
    }

    fn unparen(&self) -> &Expr {
        let mut x = self;
        while let Kind::Paren(inner) = &x.kind {
            x = inner;
        }
        x
    }

    pub fn is_paren(&self) -> bool {
        matches!(self.kind, Kind::Paren(_))
    }

    pub fn is_call(&self) -> bool {
        matches!(self.unparen().kind, Kind::Call { .. })
    }

    pub fn is_type_switch(&self) -> bool {
        matches!(self.kind, Kind::TypeAssert(true))
    }

    /// A type, and nothing that could be a value (isTypeElem).
    fn is_type_elem(&self) -> bool {
        match &self.kind {
            Kind::ArrayType
            | Kind::StructType
            | Kind::FuncType
            | Kind::InterfaceType
            | Kind::MapType
            | Kind::Chan { .. } => true,
            Kind::Binary(_, x, y) => deep(|| x.is_type_elem() || y.is_type_elem()),
            Kind::Unary(op) => *op == Op::Tilde,
            Kind::Paren(x) => deep(|| x.is_type_elem()),
            _ => false,
        }
    }

    /// Splits an expression such as `P *E` into a type parameter's name and type (extractName).
    /// `force`: even where it could be a value. The type is none for a mere name.
    pub fn split_type_param(self, force: bool) -> std::result::Result<TypeParam, Expr> {
        let (pos, end) = (self.pos, self.end);
        match self.into_kind() {
            Kind::Ident(name) => Ok(TypeParam {
                name: (pos, name),
                typ: None,
            }),
            Kind::Binary(Op::Mul, x, y) => match (&x.kind, force || y.is_type_elem()) {
                (Kind::Ident(name), true) => {
                    let name = (x.pos, name.clone());
                    let typ = Expr {
                        pos: y.pos,
                        end,
                        kind: Kind::Star(y),
                    };
                    Ok(TypeParam {
                        name,
                        typ: Some(typ),
                    })
                }
                _ => Err(Expr {
                    pos,
                    end,
                    kind: Kind::Binary(Op::Mul, x, y),
                }),
            },
            Kind::Binary(Op::Or, x, y) => {
                let force = force || y.is_type_elem();
                match deep(|| x.split_type_param(force)) {
                    Ok(TypeParam {
                        name,
                        typ: Some(lhs),
                    }) => {
                        let kind = Kind::Binary(Op::Or, Box::new(lhs), y);
                        Ok(TypeParam {
                            name,
                            typ: Some(Expr { pos, end, kind }),
                        })
                    }
                    Ok(TypeParam { name, typ: None }) => {
                        let x = Expr {
                            pos: name.0,
                            end,
                            kind: Kind::Ident(name.1),
                        };
                        Err(Expr {
                            pos,
                            end,
                            kind: Kind::Binary(Op::Or, Box::new(x), y),
                        })
                    }
                    Err(x) => Err(Expr {
                        pos,
                        end,
                        kind: Kind::Binary(Op::Or, Box::new(x), y),
                    }),
                }
            }
            Kind::Call {
                callee: Some(name),
                argument: Some(x),
            } if force || x.is_type_elem() => {
                let typ = Expr {
                    pos: x.pos,
                    end,
                    kind: Kind::Paren(x),
                };
                Ok(TypeParam {
                    name,
                    typ: Some(typ),
                })
            }
            kind => Err(Expr { pos, end, kind }),
        }
    }
}

/// The result of [`Expr::split_type_param`].
pub(super) struct TypeParam {
    pub name: (usize, String),
    pub typ: Option<Expr>,
}

impl Parser<'_> {
    /// An expression that ends with the last token taken.
    pub fn expr(&self, pos: usize, kind: Kind) -> Expr {
        Expr {
            pos,
            end: self.last_end,
            kind,
        }
    }

    pub fn ident_expr(&mut self) -> Result<Expr> {
        let (pos, name) = self.ident()?;
        Ok(self.expr(pos, Kind::Ident(name)))
    }

    pub fn parse_expr(&mut self) -> Result<Expr> {
        let x = self.unary_expr()?;
        self.binary_expr(x, 1)
    }

    /// An expression on the right of an assignment.
    pub fn rhs(&mut self) -> Result<Expr> {
        let old = std::mem::replace(&mut self.in_rhs, true);
        let x = self.parse_expr()?;
        self.in_rhs = old;
        Ok(x)
    }

    pub fn expr_list(&mut self, in_rhs: bool) -> Result<Vec<Expr>> {
        let old = std::mem::replace(&mut self.in_rhs, in_rhs);
        let mut list = vec![self.parse_expr()?];
        while self.is(Op::Comma) {
            self.next()?;
            list.push(self.parse_expr()?);
        }
        self.in_rhs = old;
        Ok(list)
    }

    /// Each operator makes the text to the left of it an operand: the rounds are nested in each
    /// other.
    pub fn binary_expr(&mut self, mut x: Expr, min: u32) -> Result<Expr> {
        let mut levels = 0;
        loop {
            self.descend()?;
            levels += 1;
            let Tok::Op(op) = self.token.tok else {
                self.ascend(levels);
                return Ok(x);
            };
            let op = if self.in_rhs && op == Op::Assign {
                Op::Eql
            } else {
                op
            };
            let precedence = op.precedence();
            if precedence < min {
                self.ascend(levels);
                return Ok(x);
            }
            // `=` where `==` is meant fails here.
            self.expect_op(op)?;
            let y = self.unary_expr()?;
            let y = deep(|| self.binary_expr(y, precedence + 1))?;
            x = self.expr(x.pos, Kind::Binary(op, Box::new(x), Box::new(y)));
        }
    }

    fn unary_expr(&mut self) -> Result<Expr> {
        self.nested(|p| p.unary_inner())
    }

    fn unary_inner(&mut self) -> Result<Expr> {
        let pos = self.token.pos;
        let Tok::Op(op) = self.token.tok else {
            return self.primary_expr(None);
        };
        match op {
            Op::Add | Op::Sub | Op::Not | Op::Xor | Op::And | Op::Tilde => {
                self.next()?;
                self.unary_expr()?;
                Ok(self.expr(pos, Kind::Unary(op)))
            }
            Op::Arrow => {
                self.next()?;
                let x = self.unary_expr()?;
                if matches!(x.kind, Kind::Chan { .. }) {
                    self.receive_type(pos, x)
                } else {
                    Ok(self.expr(pos, Kind::Unary(op)))
                }
            }
            Op::Mul => {
                self.next()?;
                let x = self.unary_expr()?;
                Ok(self.expr(pos, Kind::Star(Box::new(x))))
            }
            _ => self.primary_expr(None),
        }
    }

    /// `<-` before a channel type: the arrow belongs to the type, and that of `chan<-` moves on to
    /// the element type.
    fn receive_type(&mut self, arrow: usize, mut x: Expr) -> Result<Expr> {
        let mut arrow = arrow;
        let mut sends = true;
        let mut at = &mut x;
        while sends {
            let Kind::Chan {
                receive,
                arrow: own,
                value,
            } = &mut at.kind
            else {
                return self.expected(arrow, "channel type");
            };
            if *receive {
                let own = own.unwrap_or(at.pos);
                return self.expected(own, "'chan'");
            }
            sends = own.is_some();
            let moved = own.replace(arrow);
            *receive = true;
            arrow = moved.unwrap_or(arrow);
            at = value;
        }
        Ok(x)
    }

    fn operand(&mut self) -> Result<Expr> {
        let pos = self.token.pos;
        match self.token.tok {
            Tok::Ident => return self.ident_expr(),
            Tok::Int | Tok::Float | Tok::Imag | Tok::Char | Tok::Str => {
                self.next()?;
                return Ok(self.expr(pos, Kind::Literal));
            }
            Tok::Op(Op::LParen) => {
                self.next()?;
                let x = self.bracketed(Self::rhs)?;
                self.expect_op(Op::RParen)?;
                return Ok(self.expr(pos, Kind::Paren(Box::new(x))));
            }
            Tok::Key(Key::Func) => {
                self.func_type()?;
                if !self.is(Op::LBrace) {
                    return Ok(self.expr(pos, Kind::FuncType));
                }
                self.bracketed(|p| p.block())?;
                return Ok(self.expr(pos, Kind::FuncLit));
            }
            _ => {}
        }
        match self.try_type()? {
            Some(typ) => Ok(typ),
            None => self.expected(pos, "operand"),
        }
    }

    /// An operand and what follows it; `x` is the operand when it was taken already.
    pub fn primary_expr(&mut self, x: Option<Expr>) -> Result<Expr> {
        let mut x = match x {
            Some(x) => x,
            None => self.operand()?,
        };
        let mut levels = 0;
        loop {
            self.descend()?;
            levels += 1;
            let Tok::Op(op) = self.token.tok else {
                self.ascend(levels);
                return Ok(x);
            };
            x = match op {
                Op::Period => {
                    self.next()?;
                    self.selector(x)?
                }
                Op::LBrack => self.index(x)?,
                Op::LParen => self.call(x)?,
                Op::LBrace if self.opens_literal(&x)? => {
                    self.literal_value()?;
                    self.expr(x.pos, Kind::Composite)
                }
                _ => {
                    self.ascend(levels);
                    return Ok(x);
                }
            };
        }
    }

    fn selector(&mut self, x: Expr) -> Result<Expr> {
        if self.token.tok == Tok::Ident {
            let (_, name) = self.ident()?;
            return Ok(self.expr(x.pos, Kind::Selector(name)));
        }
        if !self.is(Op::LParen) {
            return self.expected(self.token.pos, "selector or type assertion");
        }
        self.next()?;
        let type_switch = self.is_key(Key::Type);
        if type_switch {
            self.next()?;
        } else {
            self.parse_type()?;
        }
        self.expect_op(Op::RParen)?;
        Ok(self.expr(x.pos, Kind::TypeAssert(type_switch)))
    }

    /// Whether `{` after `x` opens a composite literal rather than a block.
    fn opens_literal(&self, x: &Expr) -> Result<bool> {
        let t = x.unparen();
        let literal = match t.kind {
            Kind::Ident(_) | Kind::Selector(_) | Kind::Index => self.expr_level >= 0,
            Kind::ArrayType | Kind::StructType | Kind::MapType => true,
            _ => false,
        };
        if literal && x.is_paren() {
            return self.error(t.pos, "cannot parenthesize type in composite literal");
        }
        Ok(literal)
    }

    /// An index, a slice expression, or a type instance.
    fn index(&mut self, x: Expr) -> Result<Expr> {
        self.next()?;
        if self.is(Op::RBrack) {
            return self.expected(self.token.pos, "operand");
        }
        let mut colons = Vec::new();
        let mut given = [false; 3];
        self.expr_level += 1;
        if !self.is(Op::Colon) {
            self.rhs()?;
        }
        if self.is(Op::Colon) {
            while self.is(Op::Colon) && colons.len() < 2 {
                colons.push(self.token.pos);
                self.next()?;
                let ends = self.is(Op::Colon) || self.is(Op::RBrack);
                if !ends && self.token.tok != Tok::Eof {
                    self.rhs()?;
                    given[colons.len()] = true;
                }
            }
        } else {
            while self.is(Op::Comma) {
                self.next()?;
                if !self.is(Op::RBrack) && self.token.tok != Tok::Eof {
                    self.parse_type()?;
                }
            }
        }
        self.expr_level -= 1;
        self.expect_op(Op::RBrack)?;
        if colons.len() == 2 {
            for (i, which) in [(1, "middle"), (2, "final")] {
                if !given[i] {
                    let message = format!("{which} index required in 3-index slice");
                    return self.error(colons[i - 1], message);
                }
            }
        }
        let kind = if colons.is_empty() {
            Kind::Index
        } else {
            Kind::Slice
        };
        Ok(self.expr(x.pos, kind))
    }

    fn call(&mut self, callee: Expr) -> Result<Expr> {
        self.next()?;
        self.expr_level += 1;
        let mut args = Vec::new();
        let mut dots = false;
        while !self.is(Op::RParen) && self.token.tok != Tok::Eof && !dots {
            args.push(self.rhs()?);
            if self.is(Op::Ellipsis) {
                dots = true;
                self.next()?;
            }
            if !self.at_comma("argument list", Op::RParen)? {
                break;
            }
            self.next()?;
        }
        self.expr_level -= 1;
        self.expect_closing(Op::RParen, "argument list")?;
        let single = args.len() == 1 && !dots;
        let argument = if single {
            args.pop().map(Box::new)
        } else {
            None
        };
        let pos = callee.pos;
        let callee = match callee.into_kind() {
            Kind::Ident(name) => Some((pos, name)),
            _ => None,
        };
        Ok(self.expr(pos, Kind::Call { callee, argument }))
    }

    fn literal_value(&mut self) -> Result<()> {
        self.nested(|p| {
            p.expect_op(Op::LBrace)?;
            p.expr_level += 1;
            while !p.is(Op::RBrace) && p.token.tok != Tok::Eof {
                p.element()?;
                if !p.at_comma("composite literal", Op::RBrace)? {
                    break;
                }
                p.next()?;
            }
            p.expr_level -= 1;
            p.expect_closing(Op::RBrace, "composite literal").map(drop)
        })
    }

    fn element(&mut self) -> Result<()> {
        self.element_value()?;
        if self.is(Op::Colon) {
            self.next()?;
            self.element_value()?;
        }
        Ok(())
    }

    fn element_value(&mut self) -> Result<()> {
        if self.is(Op::LBrace) {
            self.literal_value()
        } else {
            self.parse_expr().map(drop)
        }
    }
}

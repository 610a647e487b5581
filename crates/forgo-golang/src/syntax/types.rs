//! Types, parameters, fields. Answers to the type part of go/parser/parser.go.

use super::Result;
use super::expr::{Expr, Kind};
use super::parser::Parser;
use super::token::{Key, Op, Tok};

/// A parameter as far as it was written: name, type or both.
pub(super) struct Field {
    pub name: Option<(usize, String)>,
    pub typ: Option<Expr>,
}

impl Parser<'_> {
    pub fn parse_type(&mut self) -> Result<Expr> {
        match self.try_type()? {
            Some(typ) => Ok(typ),
            None => self.expected(self.token.pos, "type"),
        }
    }

    fn qualified_ident(&mut self, ident: Option<Expr>) -> Result<Expr> {
        let typ = self.type_name(ident)?;
        if self.is(Op::LBrack) {
            self.type_instance(typ)
        } else {
            Ok(typ)
        }
    }

    fn type_name(&mut self, ident: Option<Expr>) -> Result<Expr> {
        let ident = match ident {
            Some(ident) => ident,
            None => self.ident_expr()?,
        };
        if !self.is(Op::Period) {
            return Ok(ident);
        }
        self.next()?;
        let (_, name) = self.ident()?;
        Ok(self.expr(ident.pos, Kind::Selector(name)))
    }

    pub fn try_type(&mut self) -> Result<Option<Expr>> {
        self.nested(|p| p.try_type_inner())
    }

    fn try_type_inner(&mut self) -> Result<Option<Expr>> {
        let pos = self.token.pos;
        let kind = match self.token.tok {
            Tok::Ident => return self.qualified_ident(None).map(Some),
            Tok::Op(Op::LBrack) => {
                self.next()?;
                return self.array_type(pos, false).map(Some);
            }
            Tok::Key(Key::Struct) => self.struct_type()?,
            Tok::Op(Op::Mul) => {
                self.next()?;
                let base = self.parse_type()?;
                Kind::Star(Box::new(base))
            }
            Tok::Key(Key::Func) => {
                self.func_type()?;
                Kind::FuncType
            }
            Tok::Key(Key::Interface) => self.interface_type()?,
            Tok::Key(Key::Map) => {
                self.next()?;
                self.expect_op(Op::LBrack)?;
                self.parse_type()?;
                self.expect_op(Op::RBrack)?;
                self.parse_type()?;
                Kind::MapType
            }
            Tok::Key(Key::Chan) | Tok::Op(Op::Arrow) => self.chan_type()?,
            Tok::Op(Op::LParen) => {
                self.next()?;
                let typ = self.parse_type()?;
                self.expect_op(Op::RParen)?;
                Kind::Paren(Box::new(typ))
            }
            _ => return Ok(None),
        };
        Ok(Some(self.expr(pos, kind)))
    }

    /// Behind `[`; `has_len`: the length was taken already.
    pub fn array_type(&mut self, pos: usize, has_len: bool) -> Result<Expr> {
        if !has_len {
            self.bracketed(|p| {
                if p.is(Op::Ellipsis) {
                    p.next()
                } else if !p.is(Op::RBrack) {
                    p.rhs().map(drop)
                } else {
                    Ok(())
                }
            })?;
        }
        if self.is(Op::Comma) {
            return self.error(self.token.pos, "unexpected comma; expecting ]");
        }
        self.expect_op(Op::RBrack)?;
        self.parse_type()?;
        Ok(self.expr(pos, Kind::ArrayType))
    }

    /// `x []E`, `x [P]E` or `x[P1, P2]`: a name and its array type, or a type instance.
    fn array_or_instance(&mut self, name: (usize, String)) -> Result<Field> {
        let lbrack = self.expect_op(Op::LBrack)?;
        let mut args = Vec::new();
        let mut trailing_comma = None;
        if !self.is(Op::RBrack) {
            self.expr_level += 1;
            args.push(self.rhs()?);
            while self.is(Op::Comma) {
                let comma = self.token.pos;
                self.next()?;
                if self.is(Op::RBrack) {
                    trailing_comma = Some(comma);
                    break;
                }
                args.push(self.rhs()?);
            }
            self.expr_level -= 1;
        }
        self.expect_op(Op::RBrack)?;
        if args.is_empty() {
            self.parse_type()?;
            let typ = self.expr(lbrack, Kind::ArrayType);
            return Ok(Field {
                name: Some(name),
                typ: Some(typ),
            });
        }
        if args.len() == 1 && self.try_type()?.is_some() {
            if let Some(comma) = trailing_comma {
                return self.error(comma, "unexpected comma; expecting ]");
            }
            let typ = self.expr(lbrack, Kind::ArrayType);
            return Ok(Field {
                name: Some(name),
                typ: Some(typ),
            });
        }
        Ok(Field {
            name: None,
            typ: Some(self.expr(name.0, Kind::Index)),
        })
    }

    fn struct_type(&mut self) -> Result<Kind> {
        self.next()?;
        self.expect_op(Op::LBrace)?;
        while matches!(self.token.tok, Tok::Ident | Tok::Op(Op::Mul | Op::LParen)) {
            self.field_decl()?;
        }
        self.expect_op(Op::RBrace)?;
        Ok(Kind::StructType)
    }

    fn field_decl(&mut self) -> Result<()> {
        match self.token.tok {
            Tok::Ident => self.named_field()?,
            Tok::Op(Op::Mul) => {
                self.next()?;
                if self.is(Op::LParen) {
                    return self.error(self.token.pos, "cannot parenthesize embedded type");
                }
                self.qualified_ident(None)?;
            }
            _ => return self.error(self.token.pos, "cannot parenthesize embedded type"),
        }
        if self.token.tok == Tok::Str {
            self.next()?;
        }
        self.expect_semi()
    }

    fn named_field(&mut self) -> Result<()> {
        let name = self.ident()?;
        match self.token.tok {
            Tok::Str | Tok::Op(Op::Semicolon | Op::RBrace) => return Ok(()),
            Tok::Op(Op::Period) => {
                let ident = self.expr(name.0, Kind::Ident(name.1));
                return self.qualified_ident(Some(ident)).map(drop);
            }
            _ => {}
        }
        let mut names = 1;
        while self.is(Op::Comma) {
            self.next()?;
            self.ident()?;
            names += 1;
        }
        if names == 1 && self.is(Op::LBrack) {
            self.array_or_instance(name).map(drop)
        } else {
            self.parse_type().map(drop)
        }
    }

    fn chan_type(&mut self) -> Result<Kind> {
        let mut arrow = None;
        let receive = !self.is_key(Key::Chan);
        if receive {
            arrow = Some(self.expect_op(Op::Arrow)?);
            self.expect_key(Key::Chan)?;
        } else {
            self.next()?;
            if self.is(Op::Arrow) {
                arrow = Some(self.token.pos);
                self.next()?;
            }
        }
        let value = self.parse_type()?;
        Ok(Kind::Chan {
            receive,
            arrow,
            value: Box::new(value),
        })
    }

    pub fn type_instance(&mut self, typ: Expr) -> Result<Expr> {
        self.expect_op(Op::LBrack)?;
        let count = self.bracketed(|p| p.type_arguments())?;
        let closing = self.expect_closing(Op::RBrack, "type argument list")?;
        if count == 0 {
            return self.expected(closing, "type argument list");
        }
        Ok(self.expr(typ.pos, Kind::Index))
    }

    fn type_arguments(&mut self) -> Result<usize> {
        let mut count = 0;
        while !self.is(Op::RBrack) && self.token.tok != Tok::Eof {
            self.parse_type()?;
            count += 1;
            if !self.at_comma("type argument list", Op::RBrack)? {
                break;
            }
            self.next()?;
        }
        Ok(count)
    }

    /// `func` and its signature; gives the parameters and whether there are results.
    pub fn func_type(&mut self) -> Result<()> {
        self.expect_key(Key::Func)?;
        if self.is(Op::LBrack) {
            let opening = self.type_parameters()?;
            return self.error(opening, "function type must have no type parameters");
        }
        self.signature().map(drop)
    }

    /// Parameters and results: the parameters, and whether there are results.
    pub fn signature(&mut self) -> Result<(Vec<Field>, bool)> {
        let params = self.parameters()?;
        let results = if self.is(Op::LParen) {
            self.expect_op(Op::LParen)?;
            let mut list = Vec::new();
            if !self.is(Op::RParen) {
                list = self.parameter_list(None, Op::RParen, false)?;
            }
            self.expect_op(Op::RParen)?;
            !list.is_empty()
        } else {
            self.try_type()?.is_some()
        };
        Ok((params, results))
    }

    pub fn parameters(&mut self) -> Result<Vec<Field>> {
        self.expect_op(Op::LParen)?;
        let mut list = Vec::new();
        if !self.is(Op::RParen) {
            list = self.parameter_list(None, Op::RParen, true)?;
        }
        self.expect_op(Op::RParen)?;
        Ok(list)
    }

    /// `[P any, …]`: the position of the bracket.
    pub fn type_parameters(&mut self) -> Result<usize> {
        let opening = self.expect_op(Op::LBrack)?;
        let mut list = Vec::new();
        if !self.is(Op::RBrack) {
            list = self.parameter_list(None, Op::RBrack, false)?;
        }
        let closing = self.expect_op(Op::RBrack)?;
        if list.is_empty() {
            return self.error(closing, "empty type parameter list");
        }
        Ok(opening)
    }

    fn param_decl(&mut self, name: Option<(usize, String)>, type_sets: bool) -> Result<Field> {
        if name.is_none() && type_sets && self.is(Op::Tilde) {
            let typ = self.embedded_elem(None)?;
            return Ok(Field {
                name: None,
                typ: Some(typ),
            });
        }
        let mut field = Field {
            name: None,
            typ: None,
        };
        if name.is_some() || self.token.tok == Tok::Ident {
            let name = match name {
                Some(name) => name,
                None => self.ident()?,
            };
            field.name = Some(name);
            if self.after_param_name(&mut field, type_sets)? {
                return Ok(field);
            }
        } else if self.is(Op::Ellipsis) {
            field.typ = Some(self.dots_type()?);
            return Ok(field);
        } else if starts_type(self.token.tok) {
            field.typ = Some(self.parse_type()?);
        } else {
            return self.expected(self.token.pos, "')'");
        }
        if type_sets && self.is(Op::Or) && field.typ.is_some() {
            field.typ = Some(self.embedded_elem(field.typ)?);
        }
        Ok(field)
    }

    /// True when the parameter is complete.
    fn after_param_name(&mut self, field: &mut Field, type_sets: bool) -> Result<bool> {
        let ident = |p: &mut Self, field: &mut Field| {
            let (pos, name) = field.name.take().unwrap_or_default();
            let end = pos + name.len();
            Expr {
                pos,
                end: end.min(p.src.len()),
                kind: Kind::Ident(name),
            }
        };
        match self.token.tok {
            Tok::Op(Op::LBrack) => {
                if let Some(name) = field.name.take() {
                    *field = self.array_or_instance(name)?;
                }
            }
            Tok::Op(Op::Ellipsis) => {
                field.typ = Some(self.dots_type()?);
                return Ok(true);
            }
            Tok::Op(Op::Period) => {
                let name = ident(self, field);
                field.typ = Some(self.qualified_ident(Some(name))?);
            }
            Tok::Op(Op::Tilde) if type_sets => {
                field.typ = Some(self.embedded_elem(None)?);
                return Ok(true);
            }
            Tok::Op(Op::Or) if type_sets => {
                let name = ident(self, field);
                field.typ = Some(self.embedded_elem(Some(name))?);
                return Ok(true);
            }
            tok if tok == Tok::Ident || starts_type(tok) => field.typ = Some(self.parse_type()?),
            _ => {}
        }
        Ok(false)
    }

    fn dots_type(&mut self) -> Result<Expr> {
        let pos = self.expect_op(Op::Ellipsis)?;
        self.parse_type()?;
        Ok(self.expr(pos, Kind::Ellipsis))
    }

    /// Parameters up to `closing`; `first` is the part of the first one that was parsed already.
    pub fn parameter_list(
        &mut self,
        first: Option<Field>,
        closing: Op,
        dots_ok: bool,
    ) -> Result<Vec<Field>> {
        let type_params = closing == Op::RBrack;
        let start = match &first {
            Some(Field {
                name: Some(name), ..
            }) => name.0,
            _ => self.token.pos,
        };
        let mut list: Vec<Field> = Vec::new();
        let mut first = first;
        while first.is_some() || !self.is(closing) && self.token.tok != Tok::Eof {
            let field = match first.take() {
                Some(Field {
                    name,
                    typ: Some(typ),
                }) => {
                    let typ = if type_params {
                        self.embedded_elem(Some(typ))?
                    } else {
                        typ
                    };
                    Field {
                        name,
                        typ: Some(typ),
                    }
                }
                Some(Field { name, .. }) => self.param_decl(name, type_params)?,
                None => self.param_decl(None, type_params)?,
            };
            list.push(field);
            if !self.at_comma("parameter list", closing)? {
                break;
            }
            self.next()?;
        }
        self.check_parameters(&mut list, type_params, start)?;
        self.check_dots(&list, dots_ok)?;
        Ok(list)
    }

    /// All named or none; a lone name in an unnamed list is a type.
    fn check_parameters(&self, list: &mut [Field], type_params: bool, start: usize) -> Result<()> {
        if list.is_empty() {
            return Ok(());
        }
        let named = list
            .iter()
            .filter(|f| f.name.is_some() && f.typ.is_some())
            .count();
        let typed = list.iter().filter(|f| f.typ.is_some()).count();
        if named == 0 {
            for field in list.iter_mut() {
                if let Some((pos, name)) = field.name.take() {
                    let end = pos + name.len();
                    field.typ = Some(Expr {
                        pos,
                        end,
                        kind: Kind::Ident(name),
                    });
                }
            }
            return match (type_params, typed) {
                (false, _) => Ok(()),
                (true, 0) => self.error(self.token.pos, "missing type constraint"),
                (true, _) => self.error(start, self.missing_name(list.len())),
            };
        }
        if named == list.len() {
            return Ok(());
        }
        // From right to left each name without a type gets that of its neighbour.
        let (mut error, mut has_type) = (None, false);
        for field in list.iter().rev() {
            match (&field.name, &field.typ) {
                (name, Some(typ)) => {
                    has_type = true;
                    if name.is_none() {
                        error = Some(typ.pos);
                    }
                }
                (Some(name), None) if !has_type => error = Some(name.0),
                _ => {}
            }
        }
        let Some(pos) = error else {
            return Ok(());
        };
        match (named == typed, type_params) {
            (true, true) => self.error(self.token.pos, "missing type constraint"),
            (true, false) => self.error(self.token.pos, "missing parameter type"),
            (false, true) => self.error(pos, self.missing_name(list.len())),
            (false, false) => self.error(pos, "missing parameter name"),
        }
    }

    fn missing_name(&self, count: usize) -> &'static str {
        if count == 1 {
            "missing type parameter name or invalid array length"
        } else {
            "missing type parameter name"
        }
    }

    fn check_dots(&self, list: &[Field], dots_ok: bool) -> Result<()> {
        for (i, field) in list.iter().enumerate() {
            let Some(Expr {
                pos,
                kind: Kind::Ellipsis,
                ..
            }) = &field.typ
            else {
                continue;
            };
            if !dots_ok {
                return self.error(*pos, "invalid use of ...");
            }
            if i + 1 < list.len() {
                return self.error(*pos, "can only use ... with final parameter");
            }
        }
        Ok(())
    }

    fn interface_type(&mut self) -> Result<Kind> {
        self.next()?;
        self.expect_op(Op::LBrace)?;
        loop {
            if self.token.tok == Tok::Ident {
                self.method_spec()?;
            } else if self.is(Op::Tilde) {
                self.embedded_elem(None)?;
            } else if let Some(typ) = self.try_type()? {
                self.embedded_elem(Some(typ))?;
            } else {
                break;
            }
            self.expect_semi()?;
        }
        self.expect_op(Op::RBrace)?;
        Ok(Kind::InterfaceType)
    }

    /// A method, or an embedded type with those it is in union with.
    fn method_spec(&mut self) -> Result<()> {
        let x = self.type_name(None)?;
        let plain = matches!(x.kind, Kind::Ident(_));
        if plain && self.is(Op::LParen) {
            return self.signature().map(drop);
        }
        let typ = if plain && self.is(Op::LBrack) {
            let lbrack = self.token.pos;
            self.next()?;
            let first = self.bracketed(Self::parse_expr)?;
            let pos = first.pos;
            match first.into_kind() {
                Kind::Ident(name) if !self.is(Op::Comma) && !self.is(Op::RBrack) => {
                    let field = Field {
                        name: Some((pos, name)),
                        typ: None,
                    };
                    self.parameter_list(Some(field), Op::RBrack, false)?;
                    self.expect_op(Op::RBrack)?;
                    return self.error(lbrack, "interface method must have no type parameters");
                }
                _ => {}
            }
            if self.at_comma("type argument list", Op::RBrack)? {
                self.expr_level += 1;
                self.next()?;
                self.type_arguments()?;
                self.expr_level -= 1;
            }
            self.expect_closing(Op::RBrack, "type argument list")?;
            self.expr(x.pos, Kind::Index)
        } else if !plain && self.is(Op::LBrack) {
            self.type_instance(x)?
        } else {
            x
        };
        self.embedded_elem(Some(typ)).map(drop)
    }

    /// Types in union: `A | ~B`.
    fn embedded_elem(&mut self, first: Option<Expr>) -> Result<Expr> {
        let mut x = match first {
            Some(x) => x,
            None => self.embedded_term()?,
        };
        while self.is(Op::Or) {
            self.next()?;
            self.embedded_term()?;
            x = self.expr(x.pos, Kind::Union);
        }
        Ok(x)
    }

    fn embedded_term(&mut self) -> Result<Expr> {
        let pos = self.token.pos;
        if self.is(Op::Tilde) {
            self.next()?;
            self.parse_type()?;
            return Ok(self.expr(pos, Kind::Unary(Op::Tilde)));
        }
        match self.try_type()? {
            Some(typ) => Ok(typ),
            None => self.expected(pos, "~ term or type"),
        }
    }
}

/// Begins a type that is not just a name.
fn starts_type(tok: Tok) -> bool {
    use Key::{Chan, Func, Interface, Map, Struct};
    matches!(
        tok,
        Tok::Op(Op::Mul | Op::Arrow | Op::LBrack | Op::LParen)
            | Tok::Key(Func | Chan | Map | Struct | Interface)
    )
}

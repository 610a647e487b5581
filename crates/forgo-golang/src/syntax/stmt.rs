//! Statements. Answers to the statement part of go/parser/parser.go.

use super::Result;
use super::expr::Expr;
use super::parser::{Parser, SEMI};
use super::token::{Key, Op, Tok};

/// What a simple statement may be besides.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Basic,
    LabelOk,
    RangeOk,
}

/// A simple statement, as far as control clauses ask about it.
struct Simple {
    pos: usize,
    kind: SimpleKind,
}

enum SimpleKind {
    Expr(Expr),
    /// With the operator's position, and the sides when each is one expression.
    Assign {
        op: Op,
        op_pos: usize,
        lhs: usize,
        rhs: Vec<Expr>,
    },
    /// `… = range x`, with the left-hand sides.
    Range {
        lhs: usize,
        last_lhs: usize,
    },
    Labeled,
    Other,
}

impl Parser<'_> {
    pub fn block(&mut self) -> Result<()> {
        self.expect_op(Op::LBrace)?;
        self.stmt_list()?;
        self.expect_op(Op::RBrace).map(drop)
    }

    fn stmt_list(&mut self) -> Result<()> {
        loop {
            match self.token.tok {
                Tok::Eof | Tok::Key(Key::Case | Key::Default) | Tok::Op(Op::RBrace) => {
                    return Ok(());
                }
                _ => self.stmt()?,
            }
        }
    }

    fn stmt(&mut self) -> Result<()> {
        self.nested(|p| p.stmt_inner())
    }

    fn stmt_inner(&mut self) -> Result<()> {
        use Op::{Add, And, Arrow, LBrace, LBrack, LParen, Mul, Not, RBrace, Semicolon, Sub, Xor};
        match self.token.tok {
            Tok::Key(key) => return self.keyword_stmt(key),
            Tok::Ident | Tok::Int | Tok::Float | Tok::Imag | Tok::Char | Tok::Str => {}
            Tok::Op(LParen | LBrack | Add | Sub | Mul | And | Xor | Arrow | Not) => {}
            Tok::Op(LBrace) => {
                self.block()?;
                return self.expect_semi();
            }
            Tok::Op(Semicolon) => return self.next(),
            // A semicolon may be left out before a closing brace.
            Tok::Op(RBrace) => return Ok(()),
            _ => return self.expected(self.token.pos, "statement"),
        }
        self.simple_as_stmt()
    }

    fn simple_as_stmt(&mut self) -> Result<()> {
        match self.simple_stmt(Mode::LabelOk)?.kind {
            SimpleKind::Labeled => Ok(()),
            _ => self.expect_semi(),
        }
    }

    fn keyword_stmt(&mut self, key: Key) -> Result<()> {
        match key {
            Key::Const | Key::Type | Key::Var => self.decl(),
            Key::Func | Key::Struct | Key::Map | Key::Chan | Key::Interface => {
                self.simple_as_stmt()
            }
            Key::Go => self.call_stmt("go"),
            Key::Defer => self.call_stmt("defer"),
            Key::Return => {
                self.next()?;
                if self.token.tok != SEMI && !self.is(Op::RBrace) {
                    self.expr_list(true)?;
                }
                self.expect_semi()
            }
            Key::Break | Key::Continue | Key::Goto | Key::Fallthrough => {
                self.next()?;
                let labeled = match key {
                    Key::Goto => true,
                    Key::Fallthrough => false,
                    _ => self.token.tok == Tok::Ident,
                };
                if labeled {
                    self.ident()?;
                }
                self.expect_semi()
            }
            Key::If => self.nested(Self::if_stmt),
            Key::Switch => self.switch_stmt(),
            Key::Select => self.select_stmt(),
            Key::For => self.for_stmt(),
            _ => self.expected(self.token.pos, "statement"),
        }
    }

    fn simple_stmt(&mut self, mode: Mode) -> Result<Simple> {
        let mut x = self.expr_list(false)?;
        let pos = x[0].pos;
        let (lhs, last_lhs) = (x.len(), x[x.len() - 1].pos);
        let simple = |kind| Ok(Simple { pos, kind });
        let op = match self.token.tok {
            Tok::Op(op) => op,
            _ => Op::Semicolon,
        };
        let op_pos = self.token.pos;
        if op.is_assignment() {
            self.next()?;
            let range = mode == Mode::RangeOk
                && self.is_key(Key::Range)
                && matches!(op, Op::Define | Op::Assign);
            if range {
                self.next()?;
                self.rhs()?;
                return simple(SimpleKind::Range { lhs, last_lhs });
            }
            let rhs = self.expr_list(true)?;
            return simple(SimpleKind::Assign {
                op,
                op_pos,
                lhs,
                rhs,
            });
        }
        if lhs > 1 {
            return self.expected(pos, "1 expression");
        }
        match op {
            Op::Colon => {
                self.next()?;
                let is_ident = matches!(x[0].kind, super::expr::Kind::Ident(_));
                if mode != Mode::LabelOk || !is_ident {
                    return self.error(op_pos, "illegal label declaration");
                }
                self.stmt()?;
                simple(SimpleKind::Labeled)
            }
            Op::Arrow => {
                self.next()?;
                self.rhs()?;
                simple(SimpleKind::Other)
            }
            Op::Inc | Op::Dec => {
                self.next()?;
                simple(SimpleKind::Other)
            }
            _ => simple(SimpleKind::Expr(x.swap_remove(0))),
        }
    }

    fn call_stmt(&mut self, keyword: &str) -> Result<()> {
        self.next()?;
        let x = self.rhs()?;
        if x.is_paren() {
            let message = format!("expression in {keyword} must not be parenthesized");
            return self.error(x.pos, message);
        }
        if !x.is_call() {
            let message = format!("expression in {keyword} must be function call");
            return self.error(x.end, message);
        }
        self.expect_semi()
    }

    /// The statement must be an expression.
    fn must_be_expr(&self, simple: &Option<Simple>, want: &str) -> Result<()> {
        let found = match simple {
            None
            | Some(Simple {
                kind: SimpleKind::Expr(_),
                ..
            }) => return Ok(()),
            Some(Simple {
                kind: SimpleKind::Assign { .. },
                ..
            }) => "assignment",
            Some(_) => "simple statement",
        };
        let pos = simple.as_ref().map_or(0, |s| s.pos);
        let hint = "(missing parentheses around composite literal?)";
        self.error(pos, format!("expected {want}, found {found} {hint}"))
    }

    fn if_header(&mut self) -> Result<()> {
        if self.is(Op::LBrace) {
            return self.error(self.token.pos, "missing condition in if statement");
        }
        let level = std::mem::replace(&mut self.expr_level, -1);
        let mut init = None;
        if self.token.tok != SEMI {
            if self.is_key(Key::Var) {
                self.next()?;
                let message = "var declaration not allowed in if initializer";
                return self.error(self.token.pos, message);
            }
            init = Some(self.simple_stmt(Mode::Basic)?);
        }
        let condition = if self.is(Op::LBrace) {
            init
        } else {
            let semi = self.token;
            self.expect(SEMI)?;
            if !self.is(Op::LBrace) {
                Some(self.simple_stmt(Mode::Basic)?)
            } else if semi.implicit {
                let message = "unexpected newline, expecting { after if clause";
                return self.error(semi.pos, message);
            } else {
                return self.error(semi.pos, "missing condition in if statement");
            }
        };
        self.must_be_expr(&condition, "boolean expression")?;
        self.expr_level = level;
        Ok(())
    }

    fn if_stmt(&mut self) -> Result<()> {
        self.expect_key(Key::If)?;
        self.if_header()?;
        self.block()?;
        if !self.is_key(Key::Else) {
            return self.expect_semi();
        }
        self.next()?;
        if self.is_key(Key::If) {
            return self.nested(|p| p.if_stmt());
        }
        if self.is(Op::LBrace) {
            self.block()?;
            return self.expect_semi();
        }
        self.expected(self.token.pos, "if statement or block")
    }

    fn switch_stmt(&mut self) -> Result<()> {
        self.next()?;
        let mut tag = None;
        if !self.is(Op::LBrace) {
            let level = std::mem::replace(&mut self.expr_level, -1);
            if self.token.tok != SEMI {
                tag = Some(self.simple_stmt(Mode::Basic)?);
            }
            if self.token.tok == SEMI {
                self.next()?;
                tag = None;
                if !self.is(Op::LBrace) {
                    tag = Some(self.simple_stmt(Mode::Basic)?);
                }
            }
            self.expr_level = level;
        }
        let type_switch = self.is_type_switch_guard(&tag)?;
        self.expect_op(Op::LBrace)?;
        while self.is_key(Key::Case) || self.is_key(Key::Default) {
            if self.is_key(Key::Case) {
                self.next()?;
                self.expr_list(true)?;
            } else {
                self.next()?;
            }
            self.expect_op(Op::Colon)?;
            self.stmt_list()?;
        }
        self.expect_op(Op::RBrace)?;
        self.expect_semi()?;
        if type_switch {
            Ok(())
        } else {
            self.must_be_expr(&tag, "switch expression")
        }
    }

    fn is_type_switch_guard(&self, simple: &Option<Simple>) -> Result<bool> {
        match simple.as_ref().map(|s| &s.kind) {
            Some(SimpleKind::Expr(x)) => Ok(x.is_type_switch()),
            Some(SimpleKind::Assign {
                op,
                op_pos,
                lhs: 1,
                rhs,
                ..
            }) if rhs.len() == 1 && rhs[0].is_type_switch() => {
                if *op == Op::Assign {
                    return self.error(*op_pos, "expected ':=', found '='");
                }
                Ok(*op == Op::Define)
            }
            _ => Ok(false),
        }
    }

    fn select_stmt(&mut self) -> Result<()> {
        self.next()?;
        self.expect_op(Op::LBrace)?;
        while self.is_key(Key::Case) || self.is_key(Key::Default) {
            let case = self.is_key(Key::Case);
            self.next()?;
            if case {
                self.comm_clause()?;
            }
            self.expect_op(Op::Colon)?;
            self.stmt_list()?;
        }
        self.expect_op(Op::RBrace)?;
        self.expect_semi()
    }

    fn comm_clause(&mut self) -> Result<()> {
        let lhs = self.expr_list(false)?;
        match self.token.tok {
            Tok::Op(Op::Assign | Op::Define) if lhs.len() > 2 => {
                self.expected(lhs[0].pos, "1 or 2 expressions")
            }
            Tok::Op(Op::Assign | Op::Define) => {
                self.next()?;
                self.rhs().map(drop)
            }
            _ if lhs.len() > 1 => self.expected(lhs[0].pos, "1 expression"),
            Tok::Op(Op::Arrow) => {
                self.next()?;
                self.rhs().map(drop)
            }
            _ => Ok(()),
        }
    }

    fn for_stmt(&mut self) -> Result<()> {
        self.next()?;
        let mut condition = None;
        let mut range = None;
        if !self.is(Op::LBrace) {
            let level = std::mem::replace(&mut self.expr_level, -1);
            if self.is_key(Key::Range) {
                self.next()?;
                self.rhs()?;
                range = Some((0, 0));
            } else if self.token.tok != SEMI {
                let simple = self.simple_stmt(Mode::RangeOk)?;
                if let SimpleKind::Range { lhs, last_lhs } = simple.kind {
                    range = Some((lhs, last_lhs));
                }
                condition = Some(simple);
            }
            if range.is_none() && self.token.tok == SEMI {
                self.next()?;
                condition = None;
                if self.token.tok != SEMI {
                    condition = Some(self.simple_stmt(Mode::Basic)?);
                }
                self.expect_semi()?;
                if !self.is(Op::LBrace) {
                    self.simple_stmt(Mode::Basic)?;
                }
            }
            self.expr_level = level;
        }
        self.block()?;
        self.expect_semi()?;
        match range {
            Some((lhs, last)) if lhs > 2 => self.expected(last, "at most 2 expressions"),
            Some(_) => Ok(()),
            None => self.must_be_expr(&condition, "boolean or range expression"),
        }
    }
}

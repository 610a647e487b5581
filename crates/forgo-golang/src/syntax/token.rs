//! Go's tokens. Answers to go/token/token.go.

/// A kind of token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tok {
    /// A character that begins no token.
    Illegal,
    /// The end.
    Eof,
    /// A comment.
    Comment,
    /// An identifier.
    Ident,
    /// An integer.
    Int,
    /// A floating-point number.
    Float,
    /// An imaginary number.
    Imag,
    /// A rune literal.
    Char,
    /// A string literal.
    Str,
    /// An operator or delimiter.
    Op(Op),
    /// A keyword.
    Key(Key),
}

macro_rules! texts {
    ($(#[$doc:meta])* $name:ident { $($id:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "the text says it")]
        pub enum $name { $($id),* }

        impl $name {
            /// As it is written.
            pub fn text(self) -> &'static str {
                match self { $($name::$id => $text),* }
            }

            /// The one written like this.
            pub fn of(text: &str) -> Option<$name> {
                Some(match text { $($text => $name::$id,)* _ => return None })
            }
        }
    };
}

texts! {
    /// Operators and delimiters.
    Op {
        Add = "+", Sub = "-", Mul = "*", Quo = "/", Rem = "%",
        And = "&", Or = "|", Xor = "^", Shl = "<<", Shr = ">>", AndNot = "&^",
        AddAssign = "+=", SubAssign = "-=", MulAssign = "*=", QuoAssign = "/=", RemAssign = "%=",
        AndAssign = "&=", OrAssign = "|=", XorAssign = "^=", ShlAssign = "<<=", ShrAssign = ">>=",
        AndNotAssign = "&^=", LAnd = "&&", LOr = "||", Arrow = "<-", Inc = "++", Dec = "--",
        Eql = "==", Lss = "<", Gtr = ">", Assign = "=", Not = "!", Tilde = "~",
        Neq = "!=", Leq = "<=", Geq = ">=", Define = ":=", Ellipsis = "...",
        LParen = "(", LBrack = "[", LBrace = "{", Comma = ",", Period = ".",
        RParen = ")", RBrack = "]", RBrace = "}", Semicolon = ";", Colon = ":",
    }
}

texts! {
    /// Keywords.
    Key {
        Break = "break", Case = "case", Chan = "chan", Const = "const", Continue = "continue",
        Default = "default", Defer = "defer", Else = "else", Fallthrough = "fallthrough",
        For = "for", Func = "func", Go = "go", Goto = "goto", If = "if", Import = "import",
        Interface = "interface", Map = "map", Package = "package", Range = "range",
        Return = "return", Select = "select", Struct = "struct", Switch = "switch",
        Type = "type", Var = "var",
    }
}

impl Tok {
    /// As errors name it.
    pub fn text(self) -> &'static str {
        match self {
            Tok::Illegal => "ILLEGAL",
            Tok::Eof => "EOF",
            Tok::Comment => "COMMENT",
            Tok::Ident => "IDENT",
            Tok::Int => "INT",
            Tok::Float => "FLOAT",
            Tok::Imag => "IMAG",
            Tok::Char => "CHAR",
            Tok::Str => "STRING",
            Tok::Op(op) => op.text(),
            Tok::Key(key) => key.text(),
        }
    }

    /// An identifier or a literal: what errors show as it stands in the source.
    pub fn is_literal(self) -> bool {
        use Tok::{Char, Float, Ident, Imag, Int, Str};
        matches!(self, Ident | Int | Float | Imag | Char | Str)
    }

    /// A newline after it ends a statement.
    pub fn ends_statement(self) -> bool {
        match self {
            Tok::Op(op) => {
                use Op::{Dec, Inc, RBrace, RBrack, RParen};
                matches!(op, RParen | RBrack | RBrace | Inc | Dec)
            }
            Tok::Key(key) => {
                use Key::{Break, Continue, Fallthrough, Return};
                matches!(key, Break | Continue | Fallthrough | Return)
            }
            tok => tok.is_literal(),
        }
    }
}

impl Op {
    /// Precedence of a binary operator, 0 for others.
    pub fn precedence(self) -> u32 {
        use Op::*;
        match self {
            LOr => 1,
            LAnd => 2,
            Eql | Neq | Lss | Leq | Gtr | Geq => 3,
            Add | Sub | Or | Xor => 4,
            Mul | Quo | Rem | Shl | Shr | And | AndNot => 5,
            _ => 0,
        }
    }

    /// `=`, `:=`, `+=` …
    pub fn is_assignment(self) -> bool {
        use Op::*;
        matches!(
            self,
            Assign
                | Define
                | AddAssign
                | SubAssign
                | MulAssign
                | QuoAssign
                | RemAssign
                | AndAssign
                | OrAssign
                | XorAssign
                | ShlAssign
                | ShrAssign
                | AndNotAssign
        )
    }
}

//! Evaluates pipelines, commands, operands: fields, methods, function calls, constants. Answers to
//! the eval functions of text/template/exec.go.

use super::exec::{Result, State};
use super::funcs::{self, Callee};
use super::node::{Command, Node, Number, Pipe, Place};
use super::value::{
    ANY, COMPLEX128, Data, FLOAT64, Kind, Method, REFLECT_VALUE, STRING, Signature, Type, Value,
};
use crate::deep::deep;
use crate::quote::quote;

/// The integers from 0 below a bound, in its kind.
pub(super) fn counting(bound: &Value) -> Box<dyn Iterator<Item = Data>> {
    match bound.data() {
        Some(Data::Int(n)) => Box::new((0..*n).map(Data::Int)),
        Some(Data::Uint(n)) => Box::new((0..*n).map(Data::Uint)),
        _ => Box::new(std::iter::empty()),
    }
}

/// The arguments written in the template and the value piped in, for one call.
#[derive(Clone, Copy)]
struct Args<'t, 'v> {
    /// Without the function's own name.
    nodes: &'t [Node],
    /// Result of the stage before; `None` in the first.
    last: Option<&'v Value>,
}

impl Args<'_, '_> {
    const NONE: Args<'static, 'static> = Args {
        nodes: &[],
        last: None,
    };

    fn count(&self) -> usize {
        self.nodes.len() + usize::from(self.last.is_some())
    }
}

impl<'t> State<'t, '_> {
    /// Evaluates a pipeline and declares or sets its variables. Pipelines in parentheses come
    /// through here, a level each.
    pub fn pipeline(&mut self, dot: &Value, pipe: &'t Pipe) -> Result<Value> {
        deep(|| self.stages(dot, pipe))
    }

    fn stages(&mut self, dot: &Value, pipe: &'t Pipe) -> Result<Value> {
        self.at(pipe);
        let mut value: Option<Value> = None;
        for cmd in &pipe.cmds {
            let mut v = self.command(dot, cmd, value.as_ref())?;
            if let Some(Kind::Interface { methods: 0 }) = v.kind() {
                v = v.elem();
            }
            value = Some(v);
        }
        let value = value.unwrap_or(Value::INVALID);
        for variable in &pipe.decl {
            let name = &variable.idents[0];
            if pipe.is_assign {
                self.set_var(name, value.clone())?;
            } else {
                self.push_var(name, value.clone());
            }
        }
        Ok(value)
    }

    fn command(&mut self, dot: &Value, cmd: &'t Command, last: Option<&Value>) -> Result<Value> {
        let first = &cmd.args[0];
        let args = Args {
            nodes: &cmd.args[1..],
            last,
        };
        match first {
            Node::Field { idents, .. } => {
                self.at(first);
                return self.fields(dot, dot, first, idents, args);
            }
            Node::Chain { .. } => return self.chain(dot, first, args),
            Node::Identifier { ident, .. } => return self.function(dot, first, ident, cmd, args),
            Node::Pipe(pipe) => {
                self.not_a_function(first, args)?;
                return self.pipeline(dot, pipe);
            }
            Node::Variable(_) => return self.variable(dot, first, args),
            _ => {}
        }
        self.at(first);
        self.not_a_function(first, args)?;
        match first {
            Node::Bool { value, .. } => Ok(Value::bool(*value)),
            Node::Dot { .. } => Ok(dot.clone()),
            Node::Nil { .. } => self.error("nil is not a command"),
            Node::Number(n) => self.ideal_constant(first, n),
            Node::Str { text, .. } => Ok(Value::bytes(text)),
            _ => self.error(format_args!(
                "can't evaluate command {}",
                quote(&first.source())
            )),
        }
    }

    fn not_a_function(&self, first: &Node, args: Args) -> Result<()> {
        if args.count() > 0 {
            let text = first.source();
            return self.error(format_args!("can't give argument to non-function {text}"));
        }
        Ok(())
    }

    /// A number whose type only its form determines.
    fn ideal_constant(&mut self, node: &'t Node, n: &Number) -> Result<Value> {
        self.at(node);
        if let Some((re, im)) = n.complex {
            return Ok(Value::new(&COMPLEX128, Data::Complex(re, im)));
        }
        let hex_int = n.text.len() > 2
            && n.text[..2].eq_ignore_ascii_case("0x")
            && !n.text.contains(['p', 'P']);
        let float_form = n.text.contains(['.', 'e', 'E', 'p', 'P']);
        match (n.float, n.int) {
            (Some(f), _) if !hex_int && !n.text.starts_with('\'') && float_form => {
                Ok(Value::new(&FLOAT64, Data::Float(f)))
            }
            (_, Some(i)) => Ok(Value::int(i)),
            _ => self.error(format_args!("{} overflows int", n.text)),
        }
    }

    fn chain(&mut self, dot: &Value, node: &'t Node, args: Args<'t, '_>) -> Result<Value> {
        self.at(node);
        let Node::Chain {
            node: head, fields, ..
        } = node
        else {
            return self.error("internal error: not a chain");
        };
        let receiver = match &**head {
            Node::Nil { .. } => {
                let text = node.source();
                return self.error(format_args!("indirection through explicit nil in {text}"));
            }
            operand => self.operand(dot, operand)?.unwrap_or(Value::INVALID),
        };
        self.fields(dot, &receiver, node, fields, args)
    }

    fn variable(&mut self, dot: &Value, node: &'t Node, args: Args<'t, '_>) -> Result<Value> {
        self.at(node);
        let Node::Variable(v) = node else {
            return self.error("internal error: not a variable");
        };
        let value = self.var(&v.idents[0])?;
        if v.idents.len() == 1 {
            self.not_a_function(node, args)?;
            return Ok(value);
        }
        self.fields(dot, &value, node, &v.idents[1..], args)
    }

    /// `.X.Y.Z` of `receiver`; arguments go to the last.
    fn fields(
        &mut self,
        dot: &Value,
        receiver: &Value,
        node: &'t Node,
        idents: &'t [String],
        args: Args<'t, '_>,
    ) -> Result<Value> {
        let (last, path) = match idents.split_last() {
            Some(split) => split,
            None => return self.error("internal error: no fields in evalChainNode"),
        };
        let mut receiver = receiver.clone();
        for ident in path {
            receiver = self.field(dot, node, ident, Args::NONE, &receiver)?;
        }
        self.field(dot, node, last, args, &receiver)
    }

    fn field(
        &mut self,
        dot: &Value,
        node: &'t Node,
        name: &str,
        args: Args<'t, '_>,
        given: &Value,
    ) -> Result<Value> {
        let Some(ty) = given.ty() else {
            return Ok(Value::INVALID);
        };
        let (receiver, is_nil) = given.indirect();
        let kind = receiver.kind();
        if is_nil && matches!(kind, Some(Kind::Interface { .. })) {
            return self.error(format_args!("nil pointer evaluating {}.{name}", ty.name));
        }
        if let Some(method) = receiver.ty().and_then(|t| t.method(name)) {
            return self.call_method(dot, node, method, &receiver, args);
        }
        match kind {
            Some(Kind::Struct(fields)) => {
                if let Some(i) = fields.iter().position(|f| f.name == name) {
                    return self.struct_field(&receiver, name, i, ty, args);
                }
            }
            Some(Kind::Map(key, _)) if STRING.assignable_to(key) => {
                if args.count() > 0 {
                    return self.error(format_args!("{name} is not a method but has arguments"));
                }
                return Ok(map_index(&receiver, name.as_bytes()).unwrap_or(Value::INVALID));
            }
            Some(Kind::Pointer(elem)) if is_nil => {
                let missing = matches!(elem.kind, Kind::Struct(fields)
                    if !fields.iter().any(|f| f.name == name));
                if !missing {
                    return self.error(format_args!("nil pointer evaluating {}.{name}", ty.name));
                }
            }
            _ => {}
        }
        self.error(format_args!(
            "can't evaluate field {name} in type {}",
            ty.name
        ))
    }

    fn struct_field(
        &self,
        receiver: &Value,
        name: &str,
        index: usize,
        ty: Type,
        args: Args,
    ) -> Result<Value> {
        if !name.starts_with(char::is_uppercase) {
            let ty = ty.name;
            return self.error(format_args!(
                "{name} is an unexported field of struct type {ty}"
            ));
        }
        if args.count() > 0 {
            return self.error(format_args!(
                "{name} has arguments but cannot be invoked as function"
            ));
        }
        match receiver.data() {
            Some(Data::Struct(object)) => Ok(object.field(index)),
            _ => Ok(Value::INVALID),
        }
    }

    fn call_method(
        &mut self,
        dot: &Value,
        node: &'t Node,
        method: &'static Method,
        receiver: &Value,
        args: Args<'t, '_>,
    ) -> Result<Value> {
        let argv = self.arguments(dot, method.name, &method.signature, args)?;
        (method.body)(receiver, &argv).or_else(|e| {
            self.at(node);
            self.error(format_args!("error calling {}: {e}", method.name))
        })
    }

    fn function(
        &mut self,
        dot: &Value,
        node: &'t Node,
        name: &str,
        call: &'t dyn Place,
        args: Args<'t, '_>,
    ) -> Result<Value> {
        self.at(node);
        let Some(callee) = funcs::find(self.template, name) else {
            return self.error(format_args!("{} is not a defined function", quote(name)));
        };
        let signature = callee.signature();
        if let Callee::Builtin(b) = &callee {
            match b.name {
                "and" => return self.short_circuit(dot, signature, args, false),
                "or" => return self.short_circuit(dot, signature, args, true),
                _ => {}
            }
        }
        let argv = self.arguments(dot, name, signature, args)?;
        let result = match &callee {
            Callee::Builtin(b) if b.name == "call" => {
                let callee_name = match args.nodes.first() {
                    Some(node) => node.source(),
                    None => argv[0].to_text(),
                };
                funcs::call(&callee_name, &argv[0])
            }
            Callee::Builtin(b) => (b.body)(&argv),
            Callee::Own(_) => (self.call)(name, &argv),
        };
        result.or_else(|e| {
            self.at(call);
            self.error(format_args!("error calling {name}: {e}"))
        })
    }

    /// `and` and `or` stop at the argument that decides; the last one, if none did.
    fn short_circuit(
        &mut self,
        dot: &Value,
        signature: &Signature,
        args: Args<'t, '_>,
        stop_at: bool,
    ) -> Result<Value> {
        self.check_count(if stop_at { "or" } else { "and" }, signature, args)?;
        let mut v = Value::INVALID;
        for node in args.nodes {
            v = self.argument(dot, &REFLECT_VALUE, node)?;
            if v.indirect_interface().truth() == stop_at {
                return Ok(v);
            }
        }
        Ok(args.last.cloned().unwrap_or(v))
    }

    fn check_count(&self, name: &str, signature: &Signature, args: Args) -> Result<()> {
        let (want, got) = (signature.params.len(), args.count());
        if signature.variadic {
            let want = want - 1;
            if got < want {
                let got = args.nodes.len();
                return self.error(format_args!(
                    "wrong number of args for {name}: want at least {want} got {got}"
                ));
            }
        } else if got != want {
            return self.error(format_args!(
                "wrong number of args for {name}: want {want} got {got}"
            ));
        }
        Ok(())
    }

    fn arguments(
        &mut self,
        dot: &Value,
        name: &str,
        signature: &Signature,
        args: Args<'t, '_>,
    ) -> Result<Vec<Value>> {
        self.check_count(name, signature, args)?;
        let param = |i: usize| {
            *signature
                .params
                .get(i)
                .or(signature.params.last())
                .unwrap_or(&&ANY)
        };
        let mut argv = Vec::with_capacity(args.count());
        for (i, node) in args.nodes.iter().enumerate() {
            argv.push(self.argument(dot, param(i), node)?);
        }
        if let Some(last) = args.last {
            argv.push(self.validate(last.clone(), param(args.nodes.len()))?);
        }
        Ok(argv)
    }

    /// Checks that `value` may be used as `ty`, converting where Go does.
    fn validate(&self, value: Value, ty: Type) -> Result<Value> {
        let Some(have) = value.ty() else {
            if ty.is(&REFLECT_VALUE) {
                return Ok(value);
            }
            if ty.can_be_nil() {
                return Ok(Value::nil(ty));
            }
            return self.error(format_args!("invalid value; expected {}", ty.name));
        };
        if ty.is(&REFLECT_VALUE) || have.assignable_to(ty) {
            return Ok(value);
        }
        match have.kind {
            Kind::Interface { .. } if !value.is_nil() => {
                let inner = value.elem();
                if inner.ty().is_some_and(|t| t.assignable_to(ty)) {
                    return Ok(inner);
                }
            }
            Kind::Pointer(elem) if elem.assignable_to(ty) => {
                let inner = value.elem();
                if !inner.is_valid() {
                    return self.error(format_args!(
                        "dereference of nil pointer of type {}",
                        ty.name
                    ));
                }
                return Ok(inner);
            }
            _ => {}
        }
        let got = value.indirect_interface().ty().unwrap_or(have).name;
        self.error(format_args!(
            "wrong type for value; expected {}; got {got}",
            ty.name
        ))
    }

    /// An operand that is an expression; `None` for literals.
    fn operand(&mut self, dot: &Value, node: &'t Node) -> Result<Option<Value>> {
        self.at(node);
        Ok(Some(match node {
            Node::Dot { .. } => dot.clone(),
            Node::Field { idents, .. } => self.fields(dot, dot, node, idents, Args::NONE)?,
            Node::Variable(_) => self.variable(dot, node, Args::NONE)?,
            Node::Pipe(pipe) => self.pipeline(dot, pipe)?,
            Node::Identifier { ident, .. } => self.function(dot, node, ident, node, Args::NONE)?,
            Node::Chain { .. } => self.chain(dot, node, Args::NONE)?,
            _ => return Ok(None),
        }))
    }

    /// An argument for a parameter of type `ty`.
    fn argument(&mut self, dot: &Value, ty: Type, node: &'t Node) -> Result<Value> {
        if let Some(value) = self.operand(dot, node)? {
            return self.validate(value, ty);
        }
        if let Node::Nil { .. } = node {
            return match ty {
                t if t.is(&REFLECT_VALUE) => Ok(Value::INVALID),
                t if t.can_be_nil() => Ok(Value::nil(ty)),
                t => self.error(format_args!("cannot assign nil to {}", t.name)),
            };
        }
        let text = || node.source();
        match (&ty.kind, node) {
            (Kind::Interface { methods: 0 }, _) => self.literal(node),
            (Kind::Struct(_), _) if ty.is(&REFLECT_VALUE) => self.literal(node),
            (Kind::Bool, Node::Bool { value, .. }) => Ok(Value::new(ty, Data::Bool(*value))),
            (Kind::Bool, _) => self.error(format_args!("expected bool; found {}", text())),
            (Kind::String, Node::Str { text, .. }) => {
                Ok(Value::new(ty, Data::Str(text.as_slice().into())))
            }
            (Kind::String, _) => self.error(format_args!("expected string; found {}", text())),
            (Kind::Int, Node::Number(Number { int: Some(i), .. })) => {
                Ok(Value::new(ty, Data::Int(*i)))
            }
            (Kind::Int, _) => self.error(format_args!("expected integer; found {}", text())),
            (Kind::Uint, Node::Number(Number { uint: Some(u), .. })) => {
                Ok(Value::new(ty, Data::Uint(*u)))
            }
            (Kind::Uint, _) => {
                self.error(format_args!("expected unsigned integer; found {}", text()))
            }
            (Kind::Float, Node::Number(Number { float: Some(f), .. })) => {
                Ok(Value::new(ty, Data::Float(*f)))
            }
            (Kind::Float, _) => self.error(format_args!("expected float; found {}", text())),
            (
                Kind::Complex,
                Node::Number(Number {
                    complex: Some((re, im)),
                    ..
                }),
            ) => Ok(Value::new(ty, Data::Complex(*re, *im))),
            (Kind::Complex, _) => self.error(format_args!("expected complex; found {}", text())),
            _ => {
                let name = ty.name;
                self.error(format_args!(
                    "can't handle {} for arg of type {name}",
                    text()
                ))
            }
        }
    }

    /// A literal where any type will do.
    fn literal(&mut self, node: &'t Node) -> Result<Value> {
        match node {
            Node::Bool { value, .. } => Ok(Value::bool(*value)),
            Node::Number(n) => self.ideal_constant(node, n),
            Node::Str { text, .. } => Ok(Value::bytes(text)),
            _ => {
                let text = node.source();
                self.error(format_args!(
                    "can't handle assignment of {text} to empty interface argument"
                ))
            }
        }
    }
}

/// The entry of a map from strings.
pub(super) fn map_index(map: &Value, key: &[u8]) -> Option<Value> {
    let found = map
        .entries()
        .iter()
        .find(|(k, _)| k.as_bytes() == Some(key));
    found.map(|(_, v)| v.clone())
}

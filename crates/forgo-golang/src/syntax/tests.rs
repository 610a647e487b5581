//! Files with their declarations, and errors as go/parser prints them.

use super::*;

fn declared(src: &str) -> File {
    parse_file(src.as_bytes(), Release::GO1_27).unwrap_or_else(|e| panic!("{src}: {e:?}"))
}

fn error(src: &str) -> String {
    match parse_file(src.as_bytes(), Release::GO1_26) {
        Ok(_) => "no error".into(),
        Err(e) => {
            let (line, column) = line_and_column(src.as_bytes(), e.pos);
            format!("{line}:{column}: {}", e.message)
        }
    }
}

#[test]
fn functions_are_listed() {
    let src = "package p\n\n\
        func TestA(t *testing.T) {}\n\
        func (r *R[T]) M(a, b int, c ...string) (x int, err error) { return }\n\
        func G[P ~int | []E, E any](p P) P\n\
        func B(*M, func(int) string) chan<- int { x := T[int]{1, y: {2}}; _ = x; go f() }\n";
    let funcs = declared(src).funcs;
    let names: Vec<_> = funcs.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["TestA", "M", "G", "B"]);
    assert_eq!(
        funcs[0].params,
        [Param {
            names: 1,
            ty: ParamType::Pointer("T".into())
        }]
    );
    assert!(!funcs[0].has_results && !funcs[0].is_method);
    assert_eq!(
        &src[funcs[0].body.unwrap().0..funcs[0].body.unwrap().1],
        "{}"
    );
    assert!(funcs[1].is_method && funcs[1].has_results);
    assert_eq!(
        funcs[1].params.iter().map(|p| p.names).collect::<Vec<_>>(),
        [2, 1]
    );
    assert!(funcs[2].has_type_params && funcs[2].body.is_none());
    let pointer = Param {
        names: 0,
        ty: ParamType::Pointer("M".into()),
    };
    assert_eq!(
        funcs[3].params,
        [
            pointer,
            Param {
                names: 0,
                ty: ParamType::Other
            }
        ]
    );
}

#[test]
fn statements_of_every_kind() {
    declared(
        "package p\nimport (\n\t\"a\"\n\t. \"b\"\n)\ntype (\n\tA [N]int\n\tB[P *T,] = struct { A; *q.B `x`; c, d int }\n\
         \tC interface { m(); ~int | q.T; D[int] }\n)\nconst x, y = iota, 1 << 3\nvar z chan (<-chan int)\n\
         func f() {\nL:\n\tfor i := range 10 { continue L }\n\tfor range x {}\n\tfor a, b = 0, 1; a < b; a++ { break }\n\
         \tif v := m[k]; v != nil { goto L } else if (T{1} == t) { } else { }\n\
         \tswitch t := x.(type) { case int, *T: fallthrough; default: }\n\tswitch { }\n\
         \tselect { case c <- 1: case v, ok := <-c: default: }\n\tdefer func() { recover() }()\n\
         \tx[a:b:c], y[:] = s[i], [...]int{1, 2: 3}\n\tvar e <-chan int = <-chan int(nil)\n\treturn\n}\n",
    );
}

#[test]
fn errors_are_worded_as_in_go() {
    for (src, want) in [
        ("", "1:1: expected 'package', found 'EOF'"),
        ("package p\nfoo", "2:1: expected declaration, found foo"),
        (
            "package p\nfunc f() { x := }",
            "2:17: expected operand, found '}'",
        ),
        (
            "package p\nfunc f() {\n\tx y\n}",
            "3:4: expected ';', found y",
        ),
        ("package p\nfunc f() {\n", "2:12: expected '}', found 'EOF'"),
        (
            "package p\nfunc f(a int, b) {}",
            "2:16: missing parameter type",
        ),
        (
            "package p\nfunc f(a int, []b) {}",
            "2:15: missing parameter name",
        ),
        (
            "package p\nfunc f(a ...int, b int) {}",
            "2:10: can only use ... with final parameter",
        ),
        (
            "package p\nvar x = f(1\n)",
            "2:12: missing ',' before newline in argument list",
        ),
        (
            "package p\nfunc f() { go x }",
            "2:16: expression in go must be function call",
        ),
        (
            "package p\nfunc f() { if x := 1 { } }",
            "2:15: expected boolean expression, found assignment (missing parentheses around composite literal?)",
        ),
        (
            "package p\nfunc (r R) M[P any]() {}",
            "2:13: method must have no type parameters",
        ),
        (
            "package p\nvar x = \"abc\n",
            "2:9: string literal not terminated",
        ),
        ("package p\nvar x = 'ab'", "2:9: illegal rune literal"),
        (
            "package p\nvar x = 0x",
            "2:11: hexadecimal literal has no digits",
        ),
        (
            "package p\nvar x = 1__0",
            "2:11: '_' must separate successive digits",
        ),
        (
            "package p\nvar x = 089",
            "2:10: invalid digit '8' in octal literal",
        ),
        (
            "package p\nvar x = “a”",
            "2:9: curly quotation mark '“' (use neutral '\"')",
        ),
        (
            "package p\nvar x = a # b",
            "2:11: illegal character U+0023 '#'",
        ),
        (
            "package p\nvar x = a[1::2]",
            "2:12: middle index required in 3-index slice",
        ),
        (
            "package p\nvar x int\nimport \"a\"",
            "3:1: imports must appear before other declarations",
        ),
        (
            "package p\ntype T struct { (A) }",
            "2:17: cannot parenthesize embedded type",
        ),
        ("package p\nfunc f() { /* ", "2:12: comment not terminated"),
    ] {
        assert_eq!(error(src), want, "{src}");
    }
}

#[test]
fn methods_may_have_type_parameters_from_27_on() {
    assert_eq!(
        declared("package p\nfunc (r R) M[P any]() {}").funcs.len(),
        1
    );
}

#[test]
fn comments_come_in_groups() {
    let src =
        "// a\n// b\n\n/* c\n\n\n d  */ // e\npackage p // f\n// g\n//go:noinline\nfunc F() {}\n";
    let file = declared(src);
    let texts: Vec<_> = file
        .comments
        .iter()
        .map(|g| g.text(src.as_bytes()))
        .collect();
    assert_eq!(texts, ["a\nb\n", " c\n\n d\ne\n", "f\n", "g\n"]);
}

#[test]
fn outputs_of_examples() {
    assert_eq!(
        example_output("Output: a\nb\n"),
        Some(("a\nb\n".into(), false))
    );
    assert_eq!(
        example_output(" unordered output:\na\n"),
        Some(("a\n".into(), true))
    );
    assert_eq!(example_output("OUTPUT:\n"), Some((String::new(), false)));
    assert_eq!(example_output("The output: x"), None);
}

//! Tests of the shell.

use forgo_golang::release::Release;

use std::sync::Mutex;

use super::*;

/// Keeps all events, as text.
#[derive(Default)]
struct Said(Mutex<Vec<String>>);

impl Reporter for Said {
    fn event(&self, event: Event) {
        let text = match event {
            Event::Output { text, .. } => text,
            Event::Error { text, .. } => format!("error: {text}"),
            other => format!("{other:?}"),
        };
        self.0.lock().unwrap().push(text);
    }

    fn stdout(&self, bytes: &[u8]) -> std::io::Result<()> {
        let text = format!("stdout: {}", bytes.escape_ascii());
        self.0.lock().unwrap().push(text);
        Ok(())
    }
}

impl Said {
    fn text(&self) -> String {
        std::mem::take(&mut *self.0.lock().unwrap()).concat()
    }
}

fn config(release: Release) -> Config {
    let mut config = Config {
        cwd: "/".to_owned(),
        ..Config::default()
    };
    config.dist.release = release;
    config
        .env
        .vars
        .insert("PATH".to_owned(), "/bin:/usr/bin".to_owned());
    config
        .env
        .orig
        .push(("PATH".to_owned(), "/bin:/usr/bin".to_owned()));
    config
}

fn args(words: &[&str]) -> Vec<String> {
    words.iter().map(|&w| w.to_owned()).collect()
}

#[test]
fn words_are_quoted_only_where_ambiguous() {
    for (words, want) in [
        (vec!["a", "-o", "b.a"], "a -o b.a"),
        (vec![""], "\"\""),
        (
            vec!["a b", "x=>y;", "-(", "tab\t"],
            "\"a b\" \"x=>y;\" \"-(\" \"tab\\t\"",
        ),
        (vec!["'$x'"], "'$x'"),
    ] {
        assert_eq!(join_unambiguously(&words), want);
    }
}

#[test]
fn the_script_changes_directory_and_hides_the_work_directory() {
    let (said, config) = (Said::default(), config(Release::GO1_26));
    let shared = ShellShared::new(&config, &said, "/tmp/go-build1");
    let shell = Shell::new(&shared, None);
    shell.show_cmd(
        "/src/p",
        "asm -o /tmp/go-build1/b001/x.o /src/p/x.s -I=/src/p",
    );
    shell.show_cmd("/src/p", "asm /src/px");
    shell.show_cmd("/tmp/go-build1/b001/", "gcc -I /tmp/go-build1/b001/ x.c");
    shell.show_cmd("", "cat >/tmp/go-build1/x << 'EOF'\n/tmp/go-build1\nEOF");
    assert_eq!(
        said.text(),
        "cd /src/p\nasm -o $WORK/b001/x.o ./x.s -I=/src/p\nasm .x\ncd $WORK/b001/\n\
         gcc -I $WORK/b001/ x.c\ncat >/tmp/go-build1/x << 'EOF'\n/tmp/go-build1\nEOF\n"
    );
}

#[test]
fn files_are_shown_as_shell_commands() {
    let said = Said::default();
    let mut config = config(Release::GO1_26);
    config.flags.n = true;
    config.flags.x = true;
    let shared = ShellShared::new(&config, &said, "$WORK");
    let shell = Shell::new(&shared, None);
    shell.write_file("$WORK/a", "").unwrap();
    shell.write_file("$WORK/b", "one\n").unwrap();
    shell.write_file("$WORK/c", "one\ntwo\n").unwrap();
    shell.mkdir("$WORK/d/").unwrap();
    shell.mkdir("$WORK/d/").unwrap();
    shell.copy_file("/y", "/x", 0o666, true).unwrap();
    shell.move_or_copy_file("/y", "/x", 0o777, true).unwrap();
    shell.remove_all("$WORK/d/").unwrap();
    shell.remove_all("$WORK/never-made").unwrap();
    let output = shell.run_out(".", &args(&["A=b", "C=d'e"]), &args(&["tool", "x y"]));
    assert!(output.error.is_none());
    assert_eq!(
        said.text(),
        "echo -n > $WORK/a # internal\necho 'one' > $WORK/b # internal\n\
         cat >$WORK/c << 'EOF' # internal\none\ntwo\nEOF\nmkdir -p $WORK/d/\ncp /x /y\nmv /x /y\n\
         rm -rf $WORK/d/\ncd .\nA='b' C=\"d'e\" tool \"x y\"\n"
    );
}

#[test]
fn output_is_reported_under_a_header_or_as_the_error() {
    let (said, config) = (Said::default(), config(Release::GO1_26));
    let shared = ShellShared::new(&config, &said, "/w");
    let package = Package {
        import_path: "example.com/p".to_owned(),
        dir: "/src/p".to_owned(),
        ..Package::default()
    };
    let shell = Shell::new(&shared, Some(&package));
    let run = |script: &str, desc: &str| shell.run(".", desc, &[], &args(&["sh", "-c", script]));

    run("echo /w/b001/x", "example.com/p").unwrap();
    assert_eq!(said.text(), "# example.com/p\n$WORK/b001/x\n");
    run("echo hi", "step").unwrap();
    assert_eq!(said.text(), "# example.com/p\n# [step]\nhi\n");

    let error = run("echo bad; exit 2", "example.com/p").unwrap_err();
    assert_eq!(error.text, "# example.com/p\nbad\n");
    assert_eq!(error.import_path.as_deref(), Some("example.com/p"));
    assert_eq!(
        run("exit 2", "").unwrap_err(),
        ActionError::new("sh: exit status 2")
    );
    let error = shell.run(".", "", &[], &args(&["sh", "@x"])).unwrap_err();
    assert_eq!(
        error.text,
        "invalid command-line argument @x in command: sh @x"
    );

    shell.save_output();
    run("echo kept", "").unwrap();
    assert_eq!(said.text(), "");
    shell.flush_output();
    assert!(said.text().ends_with("# [sh -c echo kept]\nkept\n"));
}

#[test]
fn cgo_traces_are_hidden_up_to_1_26() {
    let output = b"x.go:1[/tmp/x.cgo1.go:18]: *[100]_Ctype_foo _Cfunc_ x\n";
    for (release, x, want) in [
        (
            Release::GO1_26,
            false,
            "# d\nx.go:1: *[100]C.foo _Cfunc_ x\n",
        ),
        (
            Release::GO1_26,
            true,
            "# d\nx.go:1[/tmp/x.cgo1.go:18]: *[100]_Ctype_foo _Cfunc_ x\n",
        ),
        (
            Release::GO1_27,
            false,
            "# d\nx.go:1[/tmp/x.cgo1.go:18]: *[100]_Ctype_foo _Cfunc_ x\n",
        ),
    ] {
        let said = Said::default();
        let mut config = config(release);
        config.flags.x = x;
        let shared = ShellShared::new(&config, &said, "/w");
        Shell::new(&shared, None)
            .report_cmd("d", "/", output, None)
            .unwrap();
        assert_eq!(said.text(), want);
    }
}

#[test]
fn copies_refuse_to_overwrite_what_no_build_made() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (said, mut config) = (Said::default(), config(Release::GO1_26));
    config.dirs.gocache = "/nonexistent".to_owned();
    let shared = ShellShared::new(&config, &said, "/w");
    let shell = Shell::new(&shared, None);
    std::fs::write(file("src"), "new").unwrap();
    std::fs::write(file("text"), "text").unwrap();
    std::fs::write(file("object"), "\x7fELF").unwrap();

    let error = shell
        .copy_file(&file("text"), &file("src"), 0o666, false)
        .unwrap_err();
    assert!(
        error
            .text
            .ends_with("already exists and is not an object file"),
        "{error}"
    );
    let error = shell
        .move_or_copy_file(&file(""), &file("src"), 0o666, true)
        .unwrap_err();
    assert!(
        error.text.ends_with("already exists and is a directory"),
        "{error}"
    );

    shell
        .copy_file(&file("object"), &file("src"), 0o666, false)
        .unwrap();
    assert_eq!(std::fs::read(file("object")).unwrap(), b"new");
    shell
        .move_or_copy_file(&file("text"), &file("src"), 0o777, true)
        .unwrap();
    assert_eq!(std::fs::read(file("text")).unwrap(), b"new");
    assert!(!std::path::Path::new(&file("src")).exists());
}

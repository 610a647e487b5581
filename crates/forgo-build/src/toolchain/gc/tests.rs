//! Tests of the Go toolchain's command lines.

use std::sync::Arc;

use forgo_load::config::Config;
use forgo_load::fsys::Overlay;
use forgo_load::module::ModulePublic;
use forgo_load::package::Package;

use super::link::{Executable, executable};
use super::*;
use crate::action::facts::table::Table;
use crate::toolchain::inputs::link;

fn config() -> Config {
    let mut config = Config::default();
    config.dist.tool_dir = "/t".to_owned();
    config.dist.goroot = "/g".to_owned();
    config.dist.goroot_given = "/g".to_owned();
    config.dist.version = "go1.26.8".to_owned();
    config.modes.ld_buildmode = "exe".to_owned();
    config.modes.buildmode = "default".to_owned();
    config.dist.default_cc = "gcc".to_owned();
    config.dist.default_cxx = "g++".to_owned();
    config.target.goos = "linux".to_owned();
    config.target.goarch = "amd64".to_owned();
    config
}

fn package() -> Package {
    let mut package = Package {
        import_path: "example.com/m/p".to_owned(),
        name: "p".to_owned(),
        dir: "/src/m/p".to_owned(),
        go_files: vec!["a.go".to_owned()],
        module: Some(Arc::new(ModulePublic {
            path: "example.com/m".to_owned(),
            go_version: "1.21.3".to_owned(),
            ..ModulePublic::default()
        })),
        ..Package::default()
    };
    package.internal.orig_import_path = package.import_path.clone();
    package
}

fn line(config: &Config, package: &Package, concurrency: usize, embeds: bool) -> String {
    let go_files = ["a.go".to_owned(), "/w/b001/_cgo_gotypes.go".to_owned()];
    let compile_args = Compile {
        objdir: "/w/b001/",
        archive: "/w/b001/_pkg_.a",
        build_id: "k/k",
        symabis: "",
        asm_header: false,
        cover_config: "",
        embeds,
        concurrency,
        go_files: &go_files,
    };
    let overlay = Overlay::default();
    let inputs = Inputs::of(config, &overlay, "/w", package);
    compile(&inputs, &Table::default(), &compile_args)
        .unwrap()
        .join(" ")
}

#[test]
fn a_compile_of_a_module_package() {
    assert_eq!(
        line(&config(), &package(), 4, false),
        "/t/compile -o /w/b001/_pkg_.a -trimpath /w/b001=> -p example.com/m/p -lang=go1.21 \
         -complete -buildid k/k -goversion go1.26.8 -c=4 -nolocalimports -importcfg \
         /w/b001/importcfg -pack /src/m/p/a.go /w/b001/_cgo_gotypes.go"
    );
}

#[test]
fn what_changes_a_compile() {
    let mut config = config();
    config.flags.toolexec = vec!["wrap".to_owned()];
    config.flags.trimpath = true;
    config.modes.forced_gcflags = vec!["-shared".to_owned()];
    let mut package = package();
    package.name = "main".to_owned();
    package.s_files = vec!["x.s".to_owned()];
    package.internal.omit_debug = true;
    package.internal.gcflags = vec!["-N".to_owned()];
    package.internal.local_prefix = "_/src/m".to_owned();
    // The module is newer than the distribution: compiled as what the distribution is.
    package.module = Some(Arc::new(ModulePublic {
        path: "example.com/m".to_owned(),
        version: "v1.2.0".to_owned(),
        go_version: "1.99".to_owned(),
        ..ModulePublic::default()
    }));
    assert_eq!(
        line(&config, &package, 1, true),
        "wrap /t/compile -o /w/b001/_pkg_.a -trimpath /src/m/p=>example.com/m@v1.2.0/p;/w/b001=> \
         -p main -lang=go1.26 -buildid k/k -dwarf=false -goversion go1.26.8 -shared -N -D _/src/m \
         -importcfg /w/b001/importcfg -embedcfg /w/b001/embedcfg -pack /src/m/p/a.go \
         /w/b001/_cgo_gotypes.go"
    );
}

#[test]
fn some_standard_packages_declare_more_than_they_define() {
    for (import_path, complete) in [("sync", false), ("fmt", true)] {
        let mut package = package();
        import_path.clone_into(&mut package.import_path);
        package.standard = true;
        package.module = None;
        let line = line(&config(), &package, 1, false);
        assert_eq!(line.contains(" -complete "), complete, "{line}");
        assert!(line.contains(" -lang=go1.26 -std "), "{line}");
    }
}

fn link_line(config: &Config, package: &Package) -> (String, Vec<String>, String) {
    let inputs = link::Inputs::of(config, package, Vec::new());
    let link = executable(
        &inputs,
        &Table::default(),
        &Executable {
            objdir: "/w/b001/",
            build_id: "l/m/c/l",
            target: "/w/b001/exe/a.out",
            importcfg: "/w/b001/importcfg.link",
            main_archive: "/w/b001/_pkg_.a",
        },
    )
    .unwrap();
    (link.dir, link.env, link.args.join(" "))
}

#[test]
fn a_plain_link() {
    let (dir, env, line) = link_line(&config(), &package());
    assert_eq!(dir, ".");
    assert_eq!(env.last().unwrap(), "GOROOT=/g");
    assert_eq!(
        line,
        "/t/link -o /w/b001/exe/a.out -importcfg /w/b001/importcfg.link -buildmode=exe \
         -buildid=l/m/c/l -extld=gcc /w/b001/_pkg_.a"
    );
}

#[test]
fn what_changes_a_link() {
    let mut config = config();
    config.flags.trimpath = true;
    config.context.install_suffix = "race".to_owned();
    config.modes.buildmode = "plugin".to_owned();
    config.modes.ld_buildmode = "plugin".to_owned();
    config.modes.forced_ldflags = vec!["-race".to_owned()];
    config.target.gofips140 = "latest".to_owned();
    let mut package = package();
    package.default_godebug = "panicnil=1".to_owned();
    package.internal.omit_debug = true;
    package.internal.ldflags = vec!["-X=a=b".to_owned()];
    package.cxx_files = vec!["x.cc".to_owned()];
    let (dir, env, line) = link_line(&config, &package);
    assert_eq!(dir, "/w/b001/exe/");
    assert_eq!(env.last().unwrap(), "GOROOT=");
    assert_eq!(
        line,
        "/t/link -o a.out -importcfg /w/b001/importcfg.link -installsuffix race -s -w -pluginpath \
         example.com/m/p -fipso /w/b001/fips.o -X=runtime.godebugDefault=panicnil=1 \
         -buildmode=plugin -buildid=l/m/c/l -race -X=a=b -extld=g++ /w/b001/_pkg_.a"
    );
    package.internal.ldflags = vec!["-extld=clang".to_owned()];
    assert!(
        link_line(&config, &package)
            .2
            .ends_with("-extld=clang /w/b001/_pkg_.a")
    );
}

#[test]
fn plugins_of_listed_files_are_named_by_their_sources() {
    let names = ["a.go".to_owned()];
    let files = Files {
        dir: "/d",
        go: &names,
        ..Files::default()
    };
    let facts = Table::default().with_source("/d/a.go", "package main\n");
    let path = |facts: &Table, id: &str| plugin_path("command-line-arguments", &files, facts, id);
    let named = path(&facts, "k/k").unwrap();
    // sha1 of "build ID: k/k\npackage main\n"
    assert_eq!(named.strip_prefix("plugin/unnamed-").unwrap().len(), 40);
    assert_ne!(named, path(&facts, "x/x").unwrap());
    assert!(path(&Table::default(), "k/k").unwrap_err().fatal);
    assert_eq!(plugin_path("m/p", &files, &facts, "k/k").unwrap(), "m/p");
}

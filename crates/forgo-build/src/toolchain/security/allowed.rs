//! Which flags the C toolchain and pkg-config may be given by source files: the data behind
//! [`super`]. Answers to the tables of cmd/go/internal/work/security.go, the same in all releases
//! that are supported exactly.
//!
//! Every entry is a regular expression in a subset that Go and the `regex` crate read alike; a flag
//! must be matched as a whole. A wildcard after `-Wl,`, `-Wa,` or `-Wp,` must not match a comma (it
//! would let any further argument through), and no wildcard may begin with `@` (the C tools read
//! arguments from the file `@file`).

/// Flags for the C, C++, Objective-C and Fortran compilers and the preprocessor.
#[rustfmt::skip]
pub(super) const COMPILER: &[&str] = &[
    r"-D([A-Za-z_][A-Za-z0-9_]*)(=[^@\-]*)?", "-U([A-Za-z_][A-Za-z0-9_]*)", r"-F([^@\-].*)",
    r"-I([^@\-].*)", "-O", r"-O([^@\-].*)", "-W", "-W([^@,]+)", "-Wa,-mbig-obj",
    r"-Wp,-D([A-Za-z_][A-Za-z0-9_]*)(=[^@,\-]*)?", "-Wp,-U([A-Za-z_][A-Za-z0-9_]*)", "-ansi",
    "-f(no-)?asynchronous-unwind-tables", "-f(no-)?blocks", "-f(no-)builtin-[a-zA-Z0-9_]*",
    "-f(no-)?common", "-f(no-)?constant-cfstrings", "-fdebug-prefix-map=([^@]+)=([^@]+)",
    "-fdiagnostics-show-note-include-stack", "-ffile-prefix-map=([^@]+)=([^@]+)",
    "-fno-canonical-system-headers", "-f(no-)?eliminate-unused-debug-types", "-f(no-)?exceptions",
    "-f(no-)?fast-math", "-f(no-)?inline-functions", r"-finput-charset=([^@\-].*)",
    "-f(no-)?fat-lto-objects", "-f(no-)?keep-inline-dllexport", "-f(no-)?lto",
    "-fmacro-backtrace-limit=(.+)", "-fmessage-length=(.+)", "-f(no-)?modules",
    "-f(no-)?objc-arc", "-f(no-)?objc-nonfragile-abi", "-f(no-)?objc-legacy-dispatch",
    "-f(no-)?omit-frame-pointer", "-f(no-)?openmp(-simd)?", "-f(no-)?permissive",
    "-f(no-)?(pic|PIC|pie|PIE)", "-f(no-)?plt", "-f(no-)?rtti", "-f(no-)?split-stack",
    "-f(no-)?stack-(.+)", "-f(no-)?strict-aliasing", "-f(un)signed-char",
    "-f(no-)?use-linker-plugin", "-f(no-)?visibility-inlines-hidden", "-fsanitize=(.+)",
    "-fsanitize-undefined-strip-path-components=(-)?[0-9]+", "-ftemplate-depth-(.+)",
    "-ftls-model=(global-dynamic|local-dynamic|initial-exec|local-exec)", "-fvisibility=(.+)",
    r"-g([^@\-].*)?", "-m32", "-m64", r"-m(abi|arch|cpu|fpu|simd|tls-dialect|tune)=([^@\-].*)",
    "-m(no-)?v?aes", "-marm", "-mcmodel=[0-9a-z-]+", r"-mfloat-abi=([^@\-].*)",
    "-m(soft|single|double)-float", "-mfpmath=[0-9a-z,+]*", "-m(no-)?avx[0-9a-z.]*",
    "-m(no-)?ms-bitfields", "-m(no-)?stack-(.+)", "-mmacosx-(.+)", "-m(no-)?relax",
    "-m(no-)?strict-align", "-m(no-)?(lsx|lasx|frecipe|div32|lam-bh|lamcas|ld-seq-sa)",
    "-mios-simulator-version-min=(.+)", "-miphoneos-version-min=(.+)",
    "-mlarge-data-threshold=[0-9]+", "-mtvos-simulator-version-min=(.+)",
    "-mtvos-version-min=(.+)", "-mwatchos-simulator-version-min=(.+)",
    "-mwatchos-version-min=(.+)", "-mnop-fun-dllimport", "-m(no-)?sse[0-9.]*", "-m(no-)?ssse3",
    "-mthumb(-interwork)?", "-mthreads", "-mwindows", "-no-canonical-prefixes",
    "--param=ssp-buffer-size=[0-9]*", "-pedantic(-errors)?", "-pipe", "-pthread", "--static",
    r"-?-std=([^@\-].*)", r"-?-stdlib=([^@\-].*)", r"--sysroot=([^@\-].*)", "-w", r"-x([^@\-].*)",
    "-v",
];

/// Compiler flags whose value is the next argument.
#[rustfmt::skip]
pub(super) const COMPILER_WITH_ARGUMENT: &[&str] = &[
    "-arch", "-D", "-U", "-I", "-F", "-framework", "-include", "-isysroot", "-isystem",
    "--sysroot", "-target", "-x",
];

/// Linker flags that [`LINKER`] would let through but that run code (macOS).
#[rustfmt::skip]
pub(super) const LINKER_REFUSED: &[&str] = &[
    "-lto_library",
];

/// Flags for the C linker; the last two are direct inputs such as `libx.so`.
#[rustfmt::skip]
pub(super) const LINKER: &[&str] = &[
    r"-F([^@\-].*)", r"-l([^@\-].*)", r"-L([^@\-].*)", "-O", r"-O([^@\-].*)",
    "-f(no-)?(pic|PIC|pie|PIE)", "-f(no-)?openmp(-simd)?", r"-fsanitize=([^@\-].*)",
    "-flat_namespace", r"-g([^@\-].*)?", "-headerpad_max_install_names",
    r"-m(abi|arch|cpu|fpu|simd|tls-dialect|tune)=([^@\-].*)", "-mcmodel=[0-9a-z-]+",
    r"-mfloat-abi=([^@\-].*)", "-m(soft|single|double)-float", "-m(no-)?relax",
    "-m(no-)?strict-align", "-m(no-)?(lsx|lasx|frecipe|div32|lam-bh|lamcas|ld-seq-sa)",
    "-mmacosx-(.+)", "-mios-simulator-version-min=(.+)", "-miphoneos-version-min=(.+)",
    "-mthreads", "-mwindows", "-(pic|PIC|pie|PIE)", "-pthread", "-rdynamic", "-shared",
    "-?-static([-a-z0-9+]*)", r"-?-stdlib=([^@\-].*)", "-v",
    "-Wl,--(no-)?allow-multiple-definition", "-Wl,--(no-)?allow-shlib-undefined",
    "-Wl,--(no-)?as-needed", "-Wl,-Bdynamic", "-Wl,-berok", "-Wl,-Bstatic",
    "-Wl,-Bsymbolic-functions", "-Wl,-O[0-9]+", "-Wl,-d[ny]", "-Wl,--disable-new-dtags",
    "-Wl,-e[=,][a-zA-Z0-9]+", "-Wl,--enable-new-dtags", "-Wl,--end-group",
    "-Wl,--(no-)?export-dynamic", "-Wl,-E", r"-Wl,-framework,[^,@\-][^,]*",
    "-Wl,--hash-style=(sysv|gnu|both)", "-Wl,-headerpad_max_install_names", "-Wl,--no-undefined",
    "-Wl,--pop-state", "-Wl,--push-state", r"-Wl,-R,?([^@\-,][^,@]*$)",
    r"-Wl,--just-symbols[=,]([^,@\-][^,@]*)", r"-Wl,-rpath(-link)?[=,]([^,@\-][^,]*)", "-Wl,-s",
    "-Wl,-search_paths_first", r"-Wl,-sectcreate,([^,@\-][^,]*),([^,@\-][^,]*),([^,@\-][^,]*)",
    "-Wl,--start-group", "-Wl,-?-static", "-Wl,-?-subsystem,(native|windows|console|posix|xbox)",
    r"-Wl,-syslibroot[=,]([^,@\-][^,]*)", r"-Wl,-undefined[=,]([^,@\-][^,]*)",
    "-Wl,-?-unresolved-symbols=[^,]+", "-Wl,--(no-)?warn-([^,]+)", r"-Wl,-?-wrap[=,][^,@\-][^,]*",
    "-Wl(,-z,(relro|now|(no)?execstack))+", r"[a-zA-Z0-9_/].*\.(a|o|obj|dll|dylib|so|tbd)",
    r"\./.*\.(a|o|obj|dll|dylib|so|tbd)",
];

/// Linker flags whose value is the next argument.
#[rustfmt::skip]
pub(super) const LINKER_WITH_ARGUMENT: &[&str] = &[
    "-arch", "-F", "-l", "-L", "-framework", "-isysroot", "--sysroot", "-target",
    "-Wl,-framework", "-Wl,-rpath", "-Wl,-R", "-Wl,--just-symbols", "-Wl,-undefined",
];

/// Flags for pkg-config.
#[rustfmt::skip]
pub(super) const PKG_CONFIG: &[&str] = &[
    r"--atleast-pkgconfig-version=[0-9]+\.[0-9]+\.[0-9]+",
    r"--atleast-version=[0-9]+\.[0-9]+\.[0-9]+", "--cflags-only-I", "--cflags", "--define-prefix",
    r"--define-variable=[A-Za-z_][A-Za-z0-9_]*=[^@\-]*", "--digraph", "--dont-define-prefix",
    "--dont-relocate-paths", "--dump-personality", "--env-only", "--errors-to-stdout",
    r"--exact-version=[0-9]+\.[0-9]+\.[0-9]+", "--exists",
    "--fragment-filter=[A-Za-z_][a-zA-Z0-9_]*", "--ignore-conflicts", "--internal-cflags",
    "--keep-system-cflags", "--keep-system-libs", "--libs-only-l", "--libs-only-L", "--libs",
    "--list-all", "--list-package-names", r"--max-version=[0-9]+\.[0-9]+\.[0-9]+",
    "--maximum-traverse-depth=[0-9]+", "--modversion", "--msvc-syntax", "--no-cache",
    "--no-provides", "--no-uninstalled", "--path", "--personality=(triplet|filename)",
    "--prefix-variable=[A-Za-z_][a-zA-Z0-9_]*", "--print-errors", "--print-provides",
    "--print-requires-private", "--print-requires", "--print-variables", "--pure", "--shared",
    "--short-errors", "--silence-errors", "--simulate", "--static", "--uninstalled", "--validate",
    "--variable=[A-Za-z_][a-zA-Z0-9_]*", r"--with-path=[^@\-].*",
];

//! The commands that `cargo xtask seen` runs: each verb whose answers are kept, in the variants
//! that read other files.

/// A command.
pub struct Case {
    /// Where it runs: a directory below the projects.
    pub project: &'static str,
    /// Its arguments, separated by spaces. `$OUT` and `$PROJECTS` are directories.
    pub command: &'static str,
    /// More in its environment.
    pub environment: &'static [(&'static str, &'static str)],
    /// Its exit status.
    pub status: i32,
    /// Its answer must not be kept.
    pub refused: bool,
}

impl Case {
    /// For a reader.
    pub fn name(&self) -> String {
        let settings = self.environment.iter();
        let settings: String = settings.map(|(k, v)| format!("{k}={v} ")).collect();
        format!("{}: {settings}{}", self.project, self.command)
    }
}

const fn case(project: &'static str, command: &'static str) -> Case {
    Case {
        project,
        command,
        environment: &[],
        status: 0,
        refused: false,
    }
}

const fn with(
    environment: &'static [(&'static str, &'static str)],
    project: &'static str,
    command: &'static str,
) -> Case {
    Case {
        environment,
        ..case(project, command)
    }
}

const fn refused(project: &'static str, command: &'static str) -> Case {
    Case {
        refused: true,
        ..case(project, command)
    }
}

/// All of them.
pub const CASES: &[Case] = &[
    case("plain", "build ./..."),
    case("plain", "build -o $OUT/all/ ./cmd/..."),
    case(
        "plain",
        "build -tags extra -ldflags=-s -o $OUT/second cmd/second/main.go",
    ),
    case("plain", "install ./cmd/first"),
    case("plain/cmd", "build -C ../list"),
    with(&[("GOFLAGS", "-tags=extra")], "plain", "build ./list"),
    with(
        &[("GOROOT", "$GOROOT"), ("PATH", "/usr/bin")],
        "plain",
        "list ./...",
    ),
    with(
        &[("FORGO_GO", ""), ("GOTOOLCHAIN", "auto")],
        "plain",
        "list -deps -json ./cmd/first",
    ),
    case("plain", "list -test -json -compiled ./list"),
    case(
        "plain",
        "list -export -f {{.Stale}}:{{.StaleReason}}:{{.Export}} ./list",
    ),
    case("plain", "list -e -json ./none fmt/none example.org/none"),
    case("plain", "list -find std"),
    with(
        &[("GO111MODULE", "off"), ("GOPATH", "$PROJECTS/gopath")],
        "plain",
        "list -json a/...",
    ),
    with(
        &[("GOFIPS140", "latest")],
        "plain",
        "list -deps -f {{.Dir}} ./cmd/first",
    ),
    with(
        &[("GOOS", "windows"), ("CGO_ENABLED", "0")],
        "plain",
        "list -deps ./cmd/first",
    ),
    with(
        &[("GOEXPERIMENT", "arenas")],
        "plain",
        "list -f {{.ImportPath}} ./...",
    ),
    case("plain", "vet ./..."),
    case("plain", "vet -printf ./list"),
    case("plain", "test ./list"),
    case("plain", "test -run=None -short -vet=off ./list"),
    case("plain", "test -c -o $OUT/list.test ./list"),
    refused("plain", "build -x ./list"),
    refused("plain", "test -count=1 ./list"),
    refused("plain", "list -m -json all"),
    case("test-imports", "test ./..."),
    case("embed", "build -o $OUT/embed ./cmd/use"),
    case("embed", "test ./..."),
    case("reads", "test ./..."),
    case("asm", "build ./..."),
    case("cgo", "build -o $OUT/cgo ./cmd/use"),
    case("cgo", "list -json -compiled ./lib"),
    case("cgo", "vet ./lib"),
    case("pgo", "build -o $OUT/pgo ./cmd/with"),
    case("pgo", "list -pgo=cmd/with/default.pgo -deps ./cmd/without"),
    case("vendor", "build -o $OUT/vendor ."),
    refused("vendor", "list -mod=mod -e -deps -json ."),
    case("workspace", "build example.com/app/... example.com/lib/..."),
    with(&[("GOWORK", "off")], "workspace/lib", "list -deps ./..."),
    with(
        &[("GOWORK", "$PROJECTS/workspace/go.work")],
        "plain",
        "list -json example.com/lib",
    ),
    case("checkout", "build -o $OUT/checkout ."),
    case("checkout", "list -json ."),
    case("checkout", "build -buildvcs=false -o $OUT/plain ."),
    case("worktree", "build -o $OUT/worktree ."),
    with(
        &[("HOME", "$PROJECTS/githome")],
        "borrowed",
        "build -o $OUT/borrowed .",
    ),
    case("mixed", "build -o $OUT/mixed ."),
    case("mixed", "build -modfile=other.mod -o $OUT/other ."),
    case(
        "mixed",
        "build -overlay=../aside/overlay.json -o $OUT/overlay .",
    ),
    with(
        &[("GOENV", "$PROJECTS/aside/env")],
        "mixed",
        "list -deps -json .",
    ),
    case("linked", "build -o $OUT/linked ."),
];

//! The scenarios. `OUT` in an argument stands for a path that only this command uses.

/// One thing to measure.
pub struct Scenario {
    /// Its name in the table.
    pub name: &'static str,
    /// The arguments that both commands get.
    pub args: &'static [&'static str],
    /// Start each run from an empty GOCACHE.
    pub cold: bool,
    /// Where it runs.
    pub place: Place,
    /// Each run is in a new copy of that directory, with a cache that a run in the directory itself
    /// has filled (see `--cache`).
    pub elsewhere: bool,
    /// The edit before each run.
    pub change: Option<Change>,
}

/// Where a scenario runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the cache lab.
    Lab,
    /// In the directory given by `--project`.
    Project,
    /// In a generated module with the number of packages of `--packages`.
    Generated,
}

/// An edit of a file of the project, which is put back in the end.
pub struct Change {
    /// The file.
    pub file: &'static str,
    /// A text in it, which gets another end each time.
    pub text: &'static str,
    /// Built as it was, then with the edit, then the edit is taken back: only what follows is
    /// measured.
    pub reverted: bool,
}

/// Of a function that no importer sees the body of.
const fn body(reverted: bool) -> Option<Change> {
    Some(Change {
        file: "daemon/internal/filters/parse.go",
        text: "strings.Cut(value, \"=",
        reverted,
    })
}

/// All of them.
pub const SCENARIOS: [Scenario; 18] = [
    Scenario {
        name: "lab warm build .",
        args: &["build", "-o", "OUT", "."],
        cold: false,
        place: Place::Lab,
        elsewhere: false,
        change: None,
    },
    Scenario {
        name: "lab warm build ./...",
        args: &["build", "./..."],
        cold: false,
        place: Place::Lab,
        elsewhere: false,
        change: None,
    },
    Scenario {
        name: "lab cold build .",
        args: &["build", "-o", "OUT", "."],
        cold: true,
        place: Place::Lab,
        elsewhere: false,
        change: None,
    },
    Scenario {
        name: "moby cold build ./cmd/dockerd",
        args: &["build", "-o", "OUT", "./cmd/dockerd"],
        cold: true,
        place: Place::Project,
        elsewhere: false,
        change: None,
    },
    Scenario {
        name: "moby null build ./cmd/dockerd",
        args: &["build", "-o", "OUT", "./cmd/dockerd"],
        cold: false,
        place: Place::Project,
        elsewhere: false,
        change: None,
    },
    Scenario {
        name: "project null build ./...",
        args: &["build", "./..."],
        cold: false,
        place: Place::Project,
        elsewhere: false,
        change: None,
    },
    Scenario {
        name: "project list -deps ./...",
        args: &["list", "-deps", "./..."],
        cold: false,
        place: Place::Project,
        elsewhere: false,
        change: None,
    },
    Scenario {
        name: "project list -deps -json ./...",
        args: &["list", "-deps", "-json", "./..."],
        cold: false,
        place: Place::Project,
        elsewhere: false,
        change: None,
    },
    Scenario {
        name: "second worktree, moby build ./cmd/dockerd",
        args: &["build", "-o", "OUT", "./cmd/dockerd"],
        cold: false,
        place: Place::Project,
        elsewhere: true,
        change: None,
    },
    Scenario {
        name: "second worktree, archives of moby ./cmd/dockerd",
        args: &["list", "-export", "-deps", "-f", "", "./cmd/dockerd"],
        cold: false,
        place: Place::Project,
        elsewhere: true,
        change: None,
    },
    Scenario {
        name: "second worktree, archives of project ./...",
        args: &["list", "-export", "-deps", "-f", "", "./..."],
        cold: false,
        place: Place::Project,
        elsewhere: true,
        change: None,
    },
    Scenario {
        name: "moby body edit, build ./cmd/dockerd",
        args: &["build", "-o", "OUT", "./cmd/dockerd"],
        cold: false,
        place: Place::Project,
        elsewhere: false,
        change: body(false),
    },
    Scenario {
        name: "moby body edit, link aside",
        // `build ./daemon/...` would link two programs.
        args: &["list", "-export", "-deps", "-f", "", "./cmd/dockerd"],
        cold: false,
        place: Place::Project,
        elsewhere: false,
        change: body(false),
    },
    Scenario {
        name: "moby body edit reverted, build ./cmd/dockerd",
        args: &["build", "-o", "OUT", "./cmd/dockerd"],
        cold: false,
        place: Place::Project,
        elsewhere: false,
        change: body(true),
    },
    Scenario {
        name: "moby comment edit in a deep package, build ./...",
        args: &["build", "./..."],
        cold: false,
        place: Place::Project,
        elsewhere: false,
        change: Some(Change {
            file: "daemon/internal/stringid/stringid.go",
            text: "string identifiers",
            reverted: false,
        }),
    },
    Scenario {
        name: "project null vet ./...",
        args: &["vet", "./..."],
        cold: false,
        place: Place::Project,
        elsewhere: false,
        change: None,
    },
    Scenario {
        name: "project null test ./...",
        args: &["test", "./..."],
        cold: false,
        place: Place::Project,
        elsewhere: false,
        change: None,
    },
    Scenario {
        name: "generated packages null build ./...",
        args: &["build", "./..."],
        cold: false,
        place: Place::Generated,
        elsewhere: false,
        change: None,
    },
];

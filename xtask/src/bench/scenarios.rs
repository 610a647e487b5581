//! What is measured. `OUT` in an argument stands for a path of the command's own.

/// One thing to measure.
pub struct Scenario {
    /// Its name in the table.
    pub name: &'static str,
    /// The arguments that both commands get.
    pub args: &'static [&'static str],
    /// Start each run from an empty GOCACHE.
    pub cold: bool,
    /// Runs in the directory given by `--project`; else in the cache lab.
    pub needs_project: bool,
    /// Each run is in a new copy of that directory, with a cache that a run in the directory itself has
    /// filled (see `--cache`).
    pub elsewhere: bool,
}

/// All of them.
pub const SCENARIOS: [Scenario; 13] = [
    Scenario {
        name: "lab warm build .",
        args: &["build", "-o", "OUT", "."],
        cold: false,
        needs_project: false,
        elsewhere: false,
    },
    Scenario {
        name: "lab warm build ./...",
        args: &["build", "./..."],
        cold: false,
        needs_project: false,
        elsewhere: false,
    },
    Scenario {
        name: "lab cold build .",
        args: &["build", "-o", "OUT", "."],
        cold: true,
        needs_project: false,
        elsewhere: false,
    },
    Scenario {
        name: "moby cold build ./cmd/dockerd",
        args: &["build", "-o", "OUT", "./cmd/dockerd"],
        cold: true,
        needs_project: true,
        elsewhere: false,
    },
    Scenario {
        name: "moby null build ./cmd/dockerd",
        args: &["build", "-o", "OUT", "./cmd/dockerd"],
        cold: false,
        needs_project: true,
        elsewhere: false,
    },
    Scenario {
        name: "project null build ./...",
        args: &["build", "./..."],
        cold: false,
        needs_project: true,
        elsewhere: false,
    },
    Scenario {
        name: "project list -deps ./...",
        args: &["list", "-deps", "./..."],
        cold: false,
        needs_project: true,
        elsewhere: false,
    },
    Scenario {
        name: "project list -deps -json ./...",
        args: &["list", "-deps", "-json", "./..."],
        cold: false,
        needs_project: true,
        elsewhere: false,
    },
    Scenario {
        name: "second worktree, moby build ./cmd/dockerd",
        args: &["build", "-o", "OUT", "./cmd/dockerd"],
        cold: false,
        needs_project: true,
        elsewhere: true,
    },
    Scenario {
        name: "second worktree, archives of moby ./cmd/dockerd",
        args: &["list", "-export", "-deps", "-f", "", "./cmd/dockerd"],
        cold: false,
        needs_project: true,
        elsewhere: true,
    },
    Scenario {
        name: "second worktree, archives of project ./...",
        args: &["list", "-export", "-deps", "-f", "", "./..."],
        cold: false,
        needs_project: true,
        elsewhere: true,
    },
    Scenario {
        name: "project null vet ./...",
        args: &["vet", "./..."],
        cold: false,
        needs_project: true,
        elsewhere: false,
    },
    Scenario {
        name: "project null test ./...",
        args: &["test", "./..."],
        cold: false,
        needs_project: true,
        elsewhere: false,
    },
];

//! The variables that cost a C compiler's answer: CGO_CFLAGS and its kin, PKG_CONFIG, GOGCCFLAGS.
//!
//! Answers to ExtraEnvVarsCostly in cmd/go/internal/envcmd/env.go.

use std::sync::{Arc, OnceLock};

use forgo_build::action::{ActionCx, ActionError, Actor, Actors, Outcome as Done, RunOptions};
use forgo_build::plan::{Kind, Mode, Node, NodeId, Plan};
use forgo_build::toolchain::cc::inputs::CInputs;
use forgo_build::toolchain::cc::{self, CFlags, command};
use forgo_golang::quoted;
use forgo_load::config::Config;
use forgo_load::fsys::Overlay;
use forgo_load::package::{Package, PackageGraph};

use crate::config::variables::Variable;
use crate::exit::Outcome;
use crate::report::Console;
use crate::session::Session;

/// The flags that the stock command takes where the environment has none.
const DEFAULT_FLAGS: &str = "-O2 -g";

/// Finds them out. The compiler is tried as a build tries it, within an action.
pub fn variables(cfg: &Config, console: &Console) -> Outcome<Vec<Variable>> {
    let session = Session::open(cfg, console)?;
    let flags = match CFlags::of(cfg, &Package::default()) {
        Ok(flags) => flags,
        Err(e) => {
            console.warn(&format!("go: invalid cflags: {}\n", e.text));
            return Ok(Vec::new());
        }
    };
    let probe = Arc::new(Probe::default());
    let node = Node {
        kind: Kind::Command,
        ..Node::group(Mode::GoEnv, Vec::new())
    };
    let plan = Plan {
        nodes: vec![node],
        root: NodeId(0),
        work_dir: session.work_dir().to_owned(),
        order: vec![NodeId(0)],
        triggers: vec![Vec::new()],
    };
    // Not a build: the cache is not trimmed after it.
    let options = RunOptions {
        is_cmd_list: true,
        actors: Actors::one(plan.root, Arc::clone(&probe) as Arc<dyn Actor>),
        ..RunOptions::default()
    };
    session.execute(
        &plan,
        &PackageGraph::default(),
        &Overlay::default(),
        &options,
    )?;
    let gcc = probe.command.get().cloned().unwrap_or_default();
    session.close()?;

    let list = |name: &str, words: &[String], default: Option<&str>| {
        let value = quoted::join(words).unwrap_or_else(|_| words.join(" "));
        let changed = default.is_some_and(|d| d != value);
        Variable {
            name: name.to_owned(),
            value,
            changed,
        }
    };
    let usual = Some(DEFAULT_FLAGS);
    let pkg_config = cc::pkg_config_exe(cfg);
    Ok(vec![
        list("CGO_CFLAGS", &flags.cflags, usual),
        list("CGO_CPPFLAGS", &flags.cppflags, Some("")),
        list("CGO_CXXFLAGS", &flags.cxxflags, usual),
        list("CGO_FFLAGS", &flags.fflags, usual),
        list("CGO_LDFLAGS", &flags.ldflags, usual),
        Variable {
            name: "PKG_CONFIG".into(),
            changed: pkg_config != cfg.dist.default_pkg_config,
            value: pkg_config,
        },
        // The first three are the compiler and -I with its argument.
        list("GOGCCFLAGS", gcc.get(3..).unwrap_or_default(), None),
    ])
}

/// Asks the compiler which flags it supports.
#[derive(Debug, Default)]
struct Probe {
    command: OnceLock<Vec<String>>,
}

impl Actor for Probe {
    fn act(&self, cx: &ActionCx<'_>) -> Result<Done, ActionError> {
        let work_dir = &cx.run.job.plan.work_dir;
        let package = Package::default();
        let c = CInputs::of(cx.config(), &package);
        let words = command::command(&c, cx, &c.cc, ".", work_dir);
        self.command.get_or_init(|| words);
        Ok(Done::default())
    }
}

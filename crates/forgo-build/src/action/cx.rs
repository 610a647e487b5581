//! What an action is given: the run it is part of, its node, and the outcomes before it.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, OnceLock};

use forgo_cache::{ActionId, hash_to_string};
use forgo_load::config::Config;
use forgo_load::event::{Event, Spent};
use forgo_load::footprint::{self, Look};
use forgo_load::package::{Package, PackageId};
use forgo_load::verdict::Stale;

use crate::action::actor::Actor;
use crate::action::job::{Job, PackageFacts};
use crate::action::memos::{CompilerFacts, Moving, Reread, Surroundings, SwigFacts, ToolIds};
use crate::action::neighbours::Neighbours;
use crate::action::outcome::Outcome;
use crate::action::trust::Trust;
use crate::error::ActionError;
use crate::exports::{Exports, Places};
use crate::plan::{Node, NodeId};
use crate::shell::{CompileTokens, Shell, ShellShared};

/// What an action is given.
pub struct ActionCx<'r> {
    /// What all actions of the run share.
    pub run: &'r RunCx<'r>,
    /// The node.
    pub id: NodeId,
    /// Commands and files, on the node's behalf.
    pub shell: Shell<'r>,
    /// The root cause of a failed dependency. Only nodes with `ignore_fail` act when there is one.
    pub failed: Option<NodeId>,
    /// The node's key, as soon as it is known: for the action graph of runs that fail.
    pub key: Cell<Option<ActionId>>,
    /// The same for reporters, where the action graph shows no key of the node.
    pub reported_key: Cell<Option<ActionId>>,
}

/// What all actions of a run share.
pub struct RunCx<'r> {
    /// The settings, packages, plan, cache, hashes, overlay.
    pub job: Job<'r>,
    /// Identities of the distribution's tools.
    pub tool_ids: ToolIds,
    /// Facts about the C compilers, found out once in a run.
    pub c_compilers: CompilerFacts,
    /// Facts about SWIG, found out once in a run.
    pub swig: SwigFacts,
    /// Limits how many processors each compile may use.
    pub compile_tokens: CompileTokens,
    /// What importers read of archives.
    pub exports: Exports,
    /// What the linker asks the system for.
    pub surroundings: Surroundings,
    /// Content IDs that files carried when they were first asked for.
    pub content_ids: Mutex<HashMap<String, Vec<u8>>>,
    /// What files were when they were hashed around a tool's run.
    pub reread: Reread,
    /// Other processes that this run waits for, or does not any more.
    pub neighbours: Neighbours,
    /// What moves of archives share.
    pub moving: Moving,
    /// Which of forgo's rules are trusted.
    pub trust: Trust,
    /// What shells have in common.
    pub shells: ShellShared<'r>,
    /// Outcomes of the nodes that are done.
    pub outcomes: Vec<OnceLock<Outcome>>,
    /// Per-package facts for `go list`; empty otherwise.
    facts: Vec<Mutex<PackageFacts>>,
    /// Why packages are stale, as `go list` reports it; by package.
    stale: Vec<Mutex<Option<Stale>>>,
}

impl<'r> RunCx<'r> {
    /// Nothing is done yet.
    pub fn new(job: Job<'r>) -> Self {
        let packages = job.graph.packages.len();
        let facts = if job.options.is_cmd_list { packages } else { 0 };
        let mut outcomes = Vec::new();
        outcomes.resize_with(job.plan.nodes.len(), OnceLock::new);
        RunCx {
            job,
            tool_ids: ToolIds::default(),
            c_compilers: CompilerFacts::default(),
            swig: SwigFacts::default(),
            compile_tokens: CompileTokens::new(job.config),
            exports: Exports::new(job.config),
            surroundings: Surroundings::default(),
            content_ids: Mutex::default(),
            reread: Mutex::default(),
            neighbours: Neighbours::default(),
            moving: Moving::default(),
            trust: Trust::default(),
            shells: ShellShared::new(job.config, job.reporter, &job.plan.work_dir)
                .with_made(&job.options.made_dirs),
            outcomes,
            facts: std::iter::repeat_with(Mutex::default).take(facts).collect(),
            stale: std::iter::repeat_with(Mutex::default)
                .take(packages)
                .collect(),
        }
    }

    /// Reports that a node begins.
    pub fn started(&self, id: NodeId) {
        let node = &self.job.plan[id];
        let mode = node.mode_text().into_owned();
        self.job.reporter.event(Event::Started {
            node: id.0,
            mode,
            package: node.package,
        });
    }

    /// Reports that a node has ended with this outcome, whose verdict is handed on.
    pub fn finished(&self, id: NodeId, outcome: &mut Outcome, spent: Spent) {
        self.job.reporter.event(Event::Finished {
            node: id.0,
            key: outcome.action_id.or(outcome.reported_key),
            inputs: outcome.inputs_key,
            verdict: std::mem::take(&mut outcome.verdict),
            spent,
        });
    }

    /// Why a package is stale; `None` if it was not found to be.
    pub fn stale(&self, package: PackageId) -> Option<Stale> {
        let stale = self.stale[package.index()].lock();
        stale.unwrap_or_else(|e| e.into_inner()).clone()
    }

    /// A package is stale, for this reason.
    pub fn set_stale(&self, package: PackageId, why: Stale) {
        let mut stale = self.stale[package.index()]
            .lock()
            .unwrap_or_else(|e| e.into_inner());
        *stale = Some(why);
    }

    /// Keeps a node's outcome, for good.
    pub fn set_outcome(&self, id: NodeId, outcome: Outcome) {
        let first = self.outcomes[id.index()].set(outcome).is_ok();
        assert!(first, "a node is over once");
    }

    /// The places of the run's packages, by which sources are named that may be elsewhere.
    pub fn places(&self) -> &Places {
        let job = &self.job;
        self.moving
            .places
            .get_or_init(|| Places::of(job.config, job.graph))
    }

    /// Returns the facts about a package, to be added to; `None` where the run collects no facts.
    pub fn facts(&self, package: PackageId) -> Option<MutexGuard<'_, PackageFacts>> {
        let facts = self.facts.get(package.index())?;
        Some(facts.lock().unwrap_or_else(|e| e.into_inner()))
    }

    /// All that was found out.
    pub fn into_facts(self) -> Vec<PackageFacts> {
        let all = self.facts.into_iter().zip(self.stale);
        all.map(|(facts, stale)| {
            let mut facts = facts.into_inner().unwrap_or_else(|e| e.into_inner());
            let stale = stale.into_inner().unwrap_or_else(|e| e.into_inner());
            facts.stale = stale.is_some();
            facts.stale_reason = stale.map_or_else(String::new, |stale| stale.to_string());
            facts
        })
        .collect()
    }
}

impl<'r> ActionCx<'r> {
    /// For one node of a run.
    pub fn new(run: &'r RunCx<'r>, id: NodeId, failed: Option<NodeId>) -> Self {
        let package = run.job.plan[id].package.map(|p| &run.job.graph[p]);
        let shell = Shell::new(&run.shells, package).of_mode(run.job.plan[id].mode_text());
        ActionCx {
            run,
            id,
            shell,
            failed,
            key: Cell::default(),
            reported_key: Cell::default(),
        }
    }

    /// A program of the user's is about to be started: from now on Ctrl-C is its.
    pub fn program_starts(&self) {
        self.run.shells.children.program_starts();
    }

    /// Returns the actor of the node, where the plan leaves that open.
    pub fn actor(&self) -> Option<&'r dyn Actor> {
        self.run.job.options.actors.at(self.id)
    }

    /// The settings.
    pub fn config(&self) -> &'r Config {
        self.run.job.config
    }

    /// The node.
    pub fn node(&self) -> &'r Node {
        &self.run.job.plan[self.id]
    }

    /// Another node.
    pub fn node_of(&self, id: NodeId) -> &'r Node {
        &self.run.job.plan[id]
    }

    /// The node's package. Panics where it has none.
    pub fn package(&self) -> &'r Package {
        self.package_of(self.id).expect("the action has a package")
    }

    /// Another node's package.
    pub fn package_of(&self, id: NodeId) -> Option<&'r Package> {
        self.node_of(id).package.map(|p| &self.run.job.graph[p])
    }

    /// The content hash of a file, overlay applied; empty where it can't be read (`fileHash`).
    pub fn file_hash(&self, file: &str) -> String {
        let file = self.run.job.overlay.actual(file);
        footprint::saw(&*file, Look::Whole);
        let hashes = self.run.job.hashes;
        let sum = match hashes.known_file_hash(&file) {
            Some(sum) => Ok(sum),
            None => {
                let index = self.run.job.overlay.index();
                let sum = index.hash(&file, || hashes.file_hash(&file));
                sum.inspect(|sum| hashes.set_file_hash(&file, *sum))
            }
        };
        sum.map_or_else(|_| String::new(), |sum| hash_to_string(&sum))
    }

    /// Returns the outcome of a node that is done. Panics where the node is not done: a node may
    /// only ask for nodes that it depends on.
    pub fn outcome(&self, id: NodeId) -> &'r Outcome {
        self.done(id).expect("the node was done before this one")
    }

    /// Returns the outcome of a node, if it is done.
    pub fn done(&self, id: NodeId) -> Option<&'r Outcome> {
        self.run.outcomes[id.index()].get()
    }

    /// Reports the error that the node failed with, or makes it a fact of its package.
    pub fn report_error(&self, error: ActionError) {
        let Some(id) = self.node().package else {
            return self.shell.error(error.text);
        };
        let package = &self.run.job.graph[id];
        if self.run.job.options.allow_errors {
            let facts = self.run.facts(id);
            if let Some(mut facts) = facts
                && package.error.is_none()
                && facts.error.is_none()
            {
                facts.error = Some(error.text);
                facts.incomplete = true;
            }
            return;
        }
        if error.import_path.as_deref() == Some(&package.import_path) {
            self.shell.error(error.text);
        } else {
            self.shell
                .error(format!("{}: {}", package.import_path, error.text));
        }
    }
}

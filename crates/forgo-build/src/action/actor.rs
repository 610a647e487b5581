//! Actions that the plan only reserves a node for: the run is given the actors that carry them out.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::action::cx::ActionCx;
use crate::action::outcome::Outcome;
use crate::error::ActionError;
use crate::plan::NodeId;

/// The actor of each node that the plan leaves open.
#[derive(Debug, Clone, Default)]
pub struct Actors(BTreeMap<NodeId, Arc<dyn Actor>>);

impl Actors {
    /// Returns actors with `actor` alone, at `node`.
    pub fn one(node: NodeId, actor: Arc<dyn Actor>) -> Actors {
        Actors(BTreeMap::from([(node, actor)]))
    }

    /// Lets `actor` act at `node`.
    pub fn set(&mut self, node: NodeId, actor: Arc<dyn Actor>) {
        self.0.insert(node, actor);
    }

    /// Returns the actor at `node`; `None` where nothing is to be done.
    pub fn at(&self, node: NodeId) -> Option<&dyn Actor> {
        self.0.get(&node).map(AsRef::as_ref)
    }
}

/// An action of a command's own: running a program, a test, printing results.
pub trait Actor: Send + Sync + std::fmt::Debug {
    /// Does it.
    fn act(&self, cx: &ActionCx<'_>) -> Result<Outcome, ActionError>;

    /// Of a `test run` node: is the result of running what `link` would make known? Asked while the
    /// link (`cx`) looks for a way to not link; `build_id` is what the executable would carry. What
    /// is found is for the actor to remember.
    fn try_cache(&self, cx: &ActionCx<'_>, run: NodeId, build_id: &str) -> bool {
        let _ = (cx, run, build_id);
        false
    }
}

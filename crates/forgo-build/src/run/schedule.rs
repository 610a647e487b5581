//! Which action is next: a state machine over a plan. Pure, no clocks, no threads.
//!
//! Answers to the bookkeeping of `Builder.Do` in cmd/go/internal/work/exec.go.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::plan::{Mode, NodeId, Plan};

/// Where a node stands.
///
/// ```text
/// Waiting ─▶ Ready ─▶ Running ─▶ Done | Failed
///              └────────────────▶ Skipped
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Some of its dependencies are not over yet; how many.
    Waiting(u32),
    /// All are over; it is in the queue.
    Ready,
    /// Handed out.
    Running,
    /// Over, and nodes after it may use its result.
    Done,
    /// Over, having failed.
    Failed,
    /// Over without having been run, because of a dependency.
    Skipped,
}

/// What to do with the node that [`Schedule::take_next`] gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Run it. A dependency may have failed, if the node does not mind.
    Run {
        /// Root cause of a failed dependency.
        failed: Option<NodeId>,
    },
    /// Something it needs failed: this root cause.
    Skip(NodeId),
}

/// The states of all nodes of a run.
#[derive(Debug)]
pub struct Schedule<'p> {
    plan: &'p Plan,
    states: Vec<State>,
    /// Root cause of a failed dependency (`Action.Failed`).
    failed: Vec<Option<NodeId>>,
    /// The least goes first: by default the place in depth-first post-order, so that work that has
    /// begun is also finished.
    priorities: Vec<u32>,
    ready: BinaryHeap<Reverse<(u32, NodeId)>>,
}

impl<'p> Schedule<'p> {
    /// Nothing has run; nodes without dependencies are ready.
    pub fn new(plan: &'p Plan) -> Self {
        let mut priorities = vec![0; plan.nodes.len()];
        for (priority, id) in (0..).zip(&plan.order) {
            priorities[id.index()] = priority;
        }
        Schedule::by(plan, priorities)
    }

    /// The same, in another order: of those that are ready, the one with the least number goes
    /// first.
    pub fn by(plan: &'p Plan, priorities: Vec<u32>) -> Self {
        let mut schedule = Schedule {
            plan,
            states: vec![State::Waiting(0); plan.nodes.len()],
            failed: vec![None; plan.nodes.len()],
            priorities,
            ready: BinaryHeap::new(),
        };
        for &id in &plan.order {
            let pending = u32::try_from(plan[id].deps.len()).expect("fewer than 2^32 actions");
            schedule.states[id.index()] = State::Waiting(pending);
            if pending == 0 {
                schedule.make_ready(id);
            }
        }
        schedule
    }

    fn make_ready(&mut self, id: NodeId) {
        self.states[id.index()] = State::Ready;
        self.ready.push(Reverse((self.priorities[id.index()], id)));
    }

    /// Whether there is a node to [take](Schedule::take_next).
    pub fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Takes the next node out of the queue. It is to be [finished](Schedule::finish), also when it
    /// is skipped.
    pub fn take_next(&mut self) -> Option<(NodeId, Turn)> {
        let Reverse((_, id)) = self.ready.pop()?;
        let failed = self.failed[id.index()];
        let turn = match failed {
            Some(cause) if !self.plan[id].ignore_fail => Turn::Skip(cause),
            _ => {
                self.states[id.index()] = State::Running;
                Turn::Run { failed }
            }
        };
        Some((id, turn))
    }

    /// A node is over. `failed` is the root cause if it, or a node that it could not do without,
    /// failed. Returns the nodes that became ready.
    pub fn finish(&mut self, id: NodeId, failed: Option<NodeId>) -> Vec<NodeId> {
        let ran = self.states[id.index()] == State::Running;
        self.states[id.index()] = match failed {
            Some(_) if ran => State::Failed,
            Some(_) => State::Skipped,
            None => State::Done,
        };
        let plan = self.plan;
        let mut ready = Vec::new();
        for &next in &plan.triggers[id.index()] {
            if failed.is_some() {
                self.pass_on_failure(next, failed);
            }
            let State::Waiting(pending) = &mut self.states[next.index()] else {
                unreachable!("a node waits until its last dependency is over");
            };
            *pending -= 1;
            if *pending == 0 {
                self.make_ready(next);
                ready.push(next);
            }
        }
        ready
    }

    /// Marks a node after a failed one. Barriers only keep tests in order: the failure is that of
    /// the test behind the barrier, not of the other barriers waiting for this one.
    fn pass_on_failure(&mut self, next: NodeId, failed: Option<NodeId>) {
        let plan = self.plan;
        if plan[next].mode != Mode::TestBarrier {
            self.failed[next.index()] = failed;
            return;
        }
        for &behind in &plan.triggers[next.index()] {
            if plan[behind].mode != Mode::TestBarrier {
                self.failed[behind.index()] = failed;
            }
        }
    }

    /// Whether all is over.
    pub fn is_finished(&self) -> bool {
        matches!(
            self.state(self.plan.root),
            State::Done | State::Failed | State::Skipped
        )
    }

    /// Where a node stands.
    pub fn state(&self, id: NodeId) -> State {
        self.states[id.index()]
    }
}

/// Milliseconds that make a difference. Small packages stay in the order in which they are met, and
/// so do the messages about them.
const UNIT: u32 = 250;

/// Priorities by node, for [`Schedule::by`]: those nodes first from which it is the longest way to
/// the end, by the milliseconds that each takes. Where that is much the same, and where nothing is
/// known, it is `plan.order`; tests keep that order among them regardless of their cost: one waits
/// for another to begin.
pub fn longest_way_first(plan: &Plan, millis: impl Fn(NodeId) -> Option<u32>) -> Vec<u32> {
    let mut ways = vec![0_u64; plan.nodes.len()];
    // Backwards: the nodes that come after a node are computed before it.
    for &id in plan.order.iter().rev() {
        let after = plan.triggers[id.index()].iter();
        let longest = after.map(|next| ways[next.index()]).max().unwrap_or(0);
        let weight = millis(id).map_or(0, |millis| millis / UNIT);
        ways[id.index()] = longest + u64::from(weight);
    }
    let rank = |id: NodeId| match plan[id].mode {
        Mode::TestRun => 0,
        _ => u64::MAX - ways[id.index()],
    };
    let mut order: Vec<(u64, u32, NodeId)> = (0..)
        .zip(&plan.order)
        .map(|(place, &id)| (rank(id), place, id))
        .collect();
    order.sort_unstable();
    let mut priorities = vec![0; plan.nodes.len()];
    for (priority, (.., id)) in (0..).zip(order) {
        priorities[id.index()] = priority;
    }
    priorities
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Node;

    /// A plan from lines `name: deps`, the last being the root. A name that ends in `!` ignores
    /// failures; one that begins with `|` is a barrier.
    fn plan(lines: &[(&str, &[u32])]) -> Plan {
        let nodes: Vec<Node> = lines
            .iter()
            .map(|(name, deps)| {
                let mode = match name.starts_with('|') {
                    true => Mode::TestBarrier,
                    false => Mode::Nop,
                };
                let mut node = Node::group(mode, deps.iter().map(|&d| NodeId(d)).collect());
                node.ignore_fail = name.ends_with('!');
                node
            })
            .collect();
        let root = NodeId(u32::try_from(lines.len()).unwrap() - 1);
        Plan::new(nodes, root, "$WORK".to_owned())
    }

    /// Runs everything one by one, failing the nodes in `fail`; gives the order and final states.
    fn play(plan: &Plan, fail: &[u32]) -> (Vec<u32>, Vec<State>) {
        let mut schedule = Schedule::new(plan);
        let mut order = Vec::new();
        while let Some((id, turn)) = schedule.take_next() {
            order.push(id.0);
            let failed = match turn {
                Turn::Skip(cause) => Some(cause),
                Turn::Run { failed } => {
                    if fail.contains(&id.0) {
                        failed.or(Some(id))
                    } else {
                        failed
                    }
                }
            };
            schedule.finish(id, failed);
        }
        assert!(schedule.is_finished());
        (order, schedule.states)
    }

    #[test]
    fn work_goes_depth_first_and_dependencies_come_first() {
        // 0 and 1 are leaves of 2; 3 is a leaf of 4; 5 needs both.
        let plan = plan(&[
            ("a", &[]),
            ("b", &[]),
            ("c", &[0, 1]),
            ("d", &[]),
            ("e", &[3]),
            ("root", &[4, 2]),
        ]);
        assert_eq!(play(&plan, &[]).0, [3, 4, 0, 1, 2, 5]);
    }

    #[test]
    fn a_failure_skips_all_that_needs_it_and_nothing_else() {
        let plan = plan(&[
            ("a", &[]),
            ("b", &[0]),
            ("c", &[]),
            ("d!", &[1]),
            ("root", &[1, 2, 3]),
        ]);
        let (order, states) = play(&plan, &[0]);
        assert_eq!(order, [0, 1, 2, 3, 4]);
        use State::{Done, Failed, Skipped};
        // d runs in spite of the failure, but hands it on.
        assert_eq!(states, [Failed, Skipped, Done, Failed, Skipped]);
    }

    #[test]
    fn a_barrier_hands_a_failure_to_its_test_only() {
        // Tests 0 and 3; barrier 1 behind build 0; its test 2; barrier 4 waits for barrier 1.
        let plan = plan(&[
            ("build", &[]),
            ("|1", &[0]),
            ("run", &[1]),
            ("build2", &[]),
            ("|2", &[1, 3]),
            ("run2", &[4]),
            ("root", &[2, 5]),
        ]);
        let (_, states) = play(&plan, &[0]);
        use State::{Done, Failed, Skipped};
        assert_eq!(states, [Failed, Done, Skipped, Done, Done, Done, Skipped]);
    }

    #[test]
    fn a_dependency_named_twice_counts_twice() {
        let plan = plan(&[("a", &[]), ("root", &[0, 0])]);
        assert_eq!(play(&plan, &[]).0, [0, 1]);
    }
}

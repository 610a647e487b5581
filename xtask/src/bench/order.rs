//! `bench order`: the effect of the order of actions with more processors than a machine has. A
//! file of `-debug-actiongraph` has the actions of a build and the CPU time of each tool. forgo's
//! own scheduler runs them again in a simulation: in the stock command's order, and with those
//! first from which it is the longest way to the end.
//!
//! The simulation is the best case for either: each tool uses one processor, and nothing else takes
//! time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt::Write as _;
use std::path::Path;

use forgo_build::plan::{Mode, Node, NodeId, Plan};
use forgo_build::run::schedule::{Schedule, Turn, longest_way_first};
use oracle::record::{Row, Table};
use serde::Deserialize;

/// Its name on the command line.
pub const NAME: &str = "order";

/// So many processors.
const PROCESSORS: [usize; 6] = [2, 4, 8, 16, 32, 64];

/// An action of the file.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Action {
    mode: String,
    #[serde(default)]
    deps: Vec<u32>,
    /// Nanoseconds.
    #[serde(default)]
    cmd_user: u64,
    #[serde(default)]
    cmd_sys: u64,
}

/// How long a build takes with several numbers of processors.
pub struct Simulated {
    actions: usize,
    /// CPU time of all actions, and of the longest chain, in milliseconds.
    total: u64,
    longest: u64,
    /// Processors, stock order, longest way first, ratio, lower bound.
    rows: Vec<[String; 5]>,
}

/// The table in bench/results.md.
const RESULTS: Table = Table {
    heading: "The order of actions",
    columns: &[
        "graph",
        "processors",
        "stock order",
        "longest path first",
        "ratio",
        "lower bound",
    ],
    keys: 2,
};

impl Simulated {
    /// The table.
    pub fn table(&self) -> String {
        let columns = &RESULTS.columns[1..];
        let mut table = format!(
            "{} actions, {} s of CPU, {} s the longest way\n\n| {} |\n|{}\n",
            self.actions,
            seconds(self.total),
            seconds(self.longest),
            columns.join(" | "),
            "---|".repeat(columns.len())
        );
        for row in &self.rows {
            let _ = writeln!(table, "| {} |", row.join(" | "));
        }
        table
    }

    /// Puts it into the results.
    pub fn record(&self, results: &Path, file: &Path) -> Result<(), String> {
        let name = file.file_stem().unwrap_or_default().display();
        let graph = format!("{name} ({} actions)", self.actions);
        let with = |row: &[String; 5]| {
            let mut cells = vec![graph.clone()];
            cells.extend(row.iter().cloned());
            cells
        };
        let rows: Vec<Row> = self.rows.iter().map(with).collect();
        RESULTS.record(results, &rows)
    }
}

/// Plays the build of a file.
pub fn simulate(file: &Path) -> Result<Simulated, String> {
    let fault = |e: &dyn std::fmt::Display| format!("{}: {e}", file.display());
    let text = std::fs::read(file).map_err(|e| fault(&e))?;
    let actions: Vec<Action> = serde_json::from_slice(&text).map_err(|e| fault(&e))?;
    let millis: Vec<u32> = actions
        .iter()
        .map(|action| u32::try_from((action.cmd_user + action.cmd_sys) / 1_000_000))
        .collect::<Result<_, _>>()
        .map_err(|e| fault(&e))?;
    let node = |action: &Action| {
        Node::group(
            // The scheduler treats these two specially; all others are equal to it.
            [Mode::TestRun, Mode::TestBarrier]
                .into_iter()
                .find(|mode| mode.as_str() == action.mode)
                .unwrap_or(Mode::Nop),
            action.deps.iter().map(|&dep| NodeId(dep)).collect(),
        )
    };
    let nodes: Vec<Node> = actions.iter().map(node).collect();
    // The first action of the file is the one that all others are for.
    let plan = Plan::new(nodes, NodeId(0), String::new());
    let total: u64 = millis.iter().map(|&m| u64::from(m)).sum();
    let longest = longest_way(&plan, &millis);
    let first = longest_way_first(&plan, |id| Some(millis[id.index()]));
    let play_with = |processors: usize| {
        let stock = play(Schedule::new(&plan), &millis, processors);
        let ours = play(Schedule::by(&plan, first.clone()), &millis, processors);
        let least = longest.max(total / processors as u64);
        [
            processors.to_string(),
            format!("{} s", seconds(stock)),
            format!("{} s", seconds(ours)),
            format!("{:.3}", ours as f64 / stock as f64),
            format!("{} s", seconds(least)),
        ]
    };
    Ok(Simulated {
        actions: actions.len(),
        total,
        longest,
        rows: PROCESSORS.map(play_with).into(),
    })
}

fn seconds(millis: u64) -> String {
    format!("{:.1}", millis as f64 / 1000.0)
}

/// The longest chain of actions that wait for each other.
fn longest_way(plan: &Plan, millis: &[u32]) -> u64 {
    let mut ways = vec![0; plan.nodes.len()];
    for &id in &plan.order {
        let before = plan[id].deps.iter().map(|dep| ways[dep.index()]).max();
        ways[id.index()] = before.unwrap_or(0) + u64::from(millis[id.index()]);
    }
    ways[plan.root.index()]
}

/// How long it takes with so many processors.
fn play(mut schedule: Schedule, millis: &[u32], processors: usize) -> u64 {
    let (mut now, mut running) = (0, BinaryHeap::new());
    loop {
        while running.len() < processors
            && let Some((id, turn)) = schedule.take_next()
        {
            debug_assert!(matches!(turn, Turn::Run { failed: None }));
            running.push(Reverse((now + u64::from(millis[id.index()]), id)));
        }
        let Some(Reverse((then, id))) = running.pop() else {
            return now;
        };
        now = then;
        schedule.finish(id, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The last of three leaves is the long one, and behind it is a link.
    #[test]
    fn a_long_way_that_begins_first_ends_earlier() {
        let action = |mode: &str, deps: &str, seconds: u64| {
            let nanoseconds = seconds * 1_000_000_000;
            format!("{{\"Mode\":\"{mode}\",\"Deps\":[{deps}],\"CmdUser\":{nanoseconds}}}")
        };
        let text = [
            action("build", "1,2,3", 0),
            action("build", "", 2),
            action("build", "", 2),
            action("link", "4", 3),
            action("build", "", 3),
        ];
        let temp = tempfile::tempdir().unwrap();
        let file = temp.path().join("graph.json");
        std::fs::write(&file, format!("[{}]", text.join(","))).unwrap();
        let table = simulate(&file).unwrap().table();
        assert!(
            table.contains("10.0 s of CPU, 6.0 s the longest way"),
            "{table}"
        );
        assert!(
            table.contains("| 2 | 8.0 s | 6.0 s | 0.750 | 6.0 s |"),
            "{table}"
        );
    }
}

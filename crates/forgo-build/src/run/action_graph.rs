//! The file that -debug-actiongraph writes.
//!
//! Answers to `actionGraphJSON` and `writeActionGraph` in cmd/go/internal/work.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use forgo_load::go_json;
use forgo_load::local_time::Zone;
use serde::{Serialize, Serializer};

use crate::action::{Outcome, Provider, RunCx};
use crate::plan::{Kind, NodeId, Plan};
use forgo_cache::hash_to_string;

/// When what happened to a node.
#[derive(Debug, Clone, Copy, Default)]
pub struct Times {
    /// Its last dependency was over.
    pub ready: Option<SystemTime>,
    /// It began.
    pub start: Option<SystemTime>,
    /// It was over.
    pub done: Option<SystemTime>,
}

/// A node. The order of the fields is the stock command's.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Action<'a> {
    #[serde(rename = "ID")]
    id: usize,
    mode: Cow<'static, str>,
    package: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    deps: Vec<usize>,
    #[serde(skip_serializing_if = "is_false")]
    ignore_fail: bool,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    args: &'a [String],
    #[serde(skip_serializing_if = "str::is_empty")]
    objdir: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    target: &'a str,
    #[serde(skip_serializing_if = "is_zero")]
    priority: usize,
    #[serde(skip_serializing_if = "str::is_empty")]
    built: &'a str,
    #[serde(skip_serializing_if = "is_false")]
    vetx_only: bool,
    #[serde(skip_serializing_if = "is_false")]
    need_vet: bool,
    #[serde(skip_serializing_if = "is_false")]
    need_build: bool,
    #[serde(rename = "ActionID", skip_serializing_if = "String::is_empty")]
    action_id: String,
    #[serde(rename = "BuildID", skip_serializing_if = "str::is_empty")]
    build_id: &'a str,
    time_ready: String,
    time_start: String,
    time_done: String,
    cmd: Option<&'a [String]>,
    #[serde(
        skip_serializing_if = "Duration::is_zero",
        serialize_with = "serialize_duration"
    )]
    cmd_real: Duration,
    #[serde(
        skip_serializing_if = "Duration::is_zero",
        serialize_with = "serialize_duration"
    )]
    cmd_user: Duration,
    #[serde(
        skip_serializing_if = "Duration::is_zero",
        serialize_with = "serialize_duration"
    )]
    cmd_sys: Duration,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_false(b: &bool) -> bool {
    !b
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(n: &usize) -> bool {
    *n == 0
}

fn serialize_duration<S: Serializer>(d: &Duration, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_u64(u64::try_from(d.as_nanos()).unwrap_or(u64::MAX))
}

/// Every node reachable from the root, in breadth-first order: the order and numbers of the file.
fn numbered(plan: &Plan) -> (Vec<NodeId>, HashMap<NodeId, usize>) {
    let mut queue = vec![plan.root];
    let mut numbers = HashMap::from([(plan.root, 0)]);
    let mut next = 0;
    while let Some(&id) = queue.get(next) {
        next += 1;
        for &dep in &plan[id].deps {
            numbers.entry(dep).or_insert_with(|| {
                queue.push(dep);
                queue.len() - 1
            });
        }
    }
    (queue, numbers)
}

/// Returns the file's text. `times` are by node; times of events that have not happened are
/// missing.
pub fn text(cx: &RunCx<'_>, times: &[Times]) -> String {
    let plan = cx.job.plan;
    let (queue, numbers) = numbered(plan);
    let mut priorities = vec![0; plan.nodes.len()];
    for (priority, id) in plan.order.iter().enumerate() {
        priorities[id.index()] = priority;
    }
    let keys = build_keys(cx);
    let nothing = Outcome::default();
    let zone = Zone::local(&cx.job.config.env);
    let time = |t: Option<SystemTime>| match t {
        None => "0001-01-01T00:00:00Z".to_owned(),
        Some(t) => zone.rfc3339(t),
    };
    let actions: Vec<Action<'_>> = queue
        .iter()
        .map(|&id| {
            let node = &plan[id];
            let times = times.get(id.index()).copied().unwrap_or_default();
            let outcome = cx.outcomes[id.index()].get().unwrap_or(&nothing);
            let commands = &outcome.commands;
            let key = outcome
                .action_id
                .as_ref()
                .or_else(|| keys.get(&id).copied());
            Action {
                id: numbers[&id],
                mode: node.mode_text(),
                package: node.package.map_or("", |p| &cx.job.graph[p].import_path),
                deps: node.deps.iter().map(|dep| numbers[dep]).collect(),
                ignore_fail: node.ignore_fail,
                args: &node.args,
                objdir: &node.objdir,
                target: &node.target,
                priority: priorities[id.index()],
                built: &node.planned_built,
                vetx_only: node.vetx_only,
                need_vet: node.need_vet,
                need_build: node.need_build,
                action_id: key.map_or_else(String::new, |key| hash_to_string(&key.0)),
                build_id: if outcome.id_is_final {
                    &outcome.build_id
                } else {
                    ""
                },
                time_ready: time(times.ready),
                time_start: time(times.start),
                time_done: time(times.done),
                cmd: (!commands.cmd.is_empty()).then_some(&commands.cmd),
                cmd_real: commands.real,
                cmd_user: commands.user,
                cmd_sys: commands.sys,
            }
        })
        .collect();
    go_json::indent(&actions, cx.job.config.dist.release)
}

/// The keys of builds, which the nodes that look into the cache for them know first.
fn build_keys<'a>(cx: &'a RunCx<'_>) -> HashMap<NodeId, &'a forgo_cache::ActionId> {
    let mut keys = HashMap::new();
    for (id, node) in cx.job.plan.nodes.iter().enumerate() {
        let Kind::CheckCache { build, .. } = node.kind else {
            continue;
        };
        if let Some(Provider::CheckCache(check)) = cx.outcomes[id].get().map(|o| &o.provider)
            && let Some(key) = &check.action_id
        {
            keys.insert(cx.job.plan.build_of(build), key);
        }
    }
    keys
}

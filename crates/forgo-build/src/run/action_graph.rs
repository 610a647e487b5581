//! The file that -debug-actiongraph writes.
//!
//! Answers to `actionGraphJSON` and `writeActionGraph` in cmd/go/internal/work.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Serialize, Serializer};

use crate::actions::{Outcome, Provider, RunCx};
use crate::go_json;
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
    mode: &'a str,
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
    #[serde(serialize_with = "serialize_time")]
    time_ready: Option<SystemTime>,
    #[serde(serialize_with = "serialize_time")]
    time_start: Option<SystemTime>,
    #[serde(serialize_with = "serialize_time")]
    time_done: Option<SystemTime>,
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

fn serialize_time<S: Serializer>(time: &Option<SystemTime>, s: S) -> Result<S::Ok, S::Error> {
    match time {
        None => s.serialize_str("0001-01-01T00:00:00Z"),
        Some(time) => s.serialize_str(&rfc3339(*time)),
    }
}

/// `2006-01-02T15:04:05.999999999Z`, without final zeros (time.RFC3339Nano).
pub(crate) fn rfc3339(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = since.as_secs();
    let (year, month, day) = civil(seconds / 86400);
    let (h, m, s) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let mut text = format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}");
    if since.subsec_nanos() != 0 {
        let fraction = format!(".{:09}", since.subsec_nanos());
        text += fraction.trim_end_matches('0');
    }
    text + "Z"
}

/// Year, month and day of a day counted from 1970-01-01, by the usual reckoning with years that
/// begin in March.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (era * 400 + year_of_era + carry, month, day)
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

/// The file's text. `times` are by node; what has not happened is missing.
pub fn text(cx: &RunCx<'_>, times: &[Times]) -> String {
    let plan = cx.job.plan;
    let (queue, numbers) = numbered(plan);
    let mut priorities = vec![0; plan.nodes.len()];
    for (priority, id) in plan.order.iter().enumerate() {
        priorities[id.index()] = priority;
    }
    let keys = build_keys(cx);
    let nothing = Outcome::default();
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
                mode: &node.mode,
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
                build_id: &outcome.build_id,
                time_ready: times.ready,
                time_start: times.start,
                time_done: times.done,
                cmd: (!commands.cmd.is_empty()).then_some(&commands.cmd),
                cmd_real: commands.real,
                cmd_user: commands.user,
                cmd_sys: commands.sys,
            }
        })
        .collect();
    go_json::indent(&actions)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_go_writes_them() {
        for (nanos, want) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_709_164_800_500_000_000, "2024-02-29T00:00:00.5Z"),
            (951_868_799_000_000_001, "2000-02-29T23:59:59.000000001Z"),
            (4_107_542_400_120_000_000, "2100-03-01T00:00:00.12Z"),
        ] {
            assert_eq!(rfc3339(UNIX_EPOCH + Duration::from_nanos(nanos)), want);
        }
    }
}

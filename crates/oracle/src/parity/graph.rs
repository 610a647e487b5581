//! Compares action graphs (`-debug-actiongraph`): the same nodes with the same edges, without ids,
//! order and times.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

/// Of each node: a text with all that must be equal, and how often it is there.
pub type Nodes = BTreeMap<String, usize>;

/// The fields that differ from run to run, or depend on the order: only their presence counts.
const VOLATILE: [&str; 5] = ["ID", "Priority", "TimeReady", "TimeStart", "TimeDone"];

/// Times that are left out when they are zero: not even their presence counts.
const COSTS: [&str; 3] = ["CmdReal", "CmdUser", "CmdSys"];

/// Reads a graph. `plain` removes the parts of a text that may differ, as in the output.
pub fn read(file: &Path, plain: impl Fn(&str) -> String) -> Result<Nodes, String> {
    let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    let text = plain(&text);
    let list: Vec<Value> =
        serde_json::from_str(&text).map_err(|e| format!("{}: {e}", file.display()))?;
    let mut nodes = Nodes::new();
    for node in &list {
        *nodes.entry(essence(node, &list)).or_default() += 1;
    }
    Ok(nodes)
}

/// A node as a text: its fields, of the volatile ones only which are there; its dependencies by
/// mode and package.
fn essence(node: &Value, list: &[Value]) -> String {
    let Value::Object(fields) = node else {
        return node.to_string();
    };
    let mut parts = Vec::new();
    for (key, value) in fields {
        let text = match key.as_str() {
            "Deps" => dependencies(value, list),
            key if COSTS.contains(&key) => continue,
            key if VOLATILE.contains(&key) => String::new(),
            _ => without_number(&value.to_string()),
        };
        parts.push(format!("{key}={text}"));
    }
    // The mode and package lead, for readers.
    parts.sort_by_key(|part| !part.starts_with("Mode=") && !part.starts_with("Package="));
    parts.join(" ")
}

fn dependencies(deps: &Value, list: &[Value]) -> String {
    let name = |id: &Value| {
        let node = id.as_u64().and_then(|id| list.get(id as usize));
        let field = |key: &str| node.and_then(|n| n.get(key)?.as_str()).unwrap_or("-");
        format!("{} {}", field("Mode"), field("Package"))
    };
    let mut names: Vec<String> = deps.as_array().into_iter().flatten().map(name).collect();
    names.sort();
    format!("[{}]", names.join(", "))
}

/// `$WORK/b017/` → `$WORK/bN/`: the numbers follow the order of planning.
pub fn without_number(text: &str) -> String {
    let mut parts = text.split("$WORK/b");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        out.push_str(if rest.len() < part.len() {
            "$WORK/bN"
        } else {
            "$WORK/b"
        });
        out.push_str(rest);
    }
    out
}

/// The nodes of one graph that the other lacks.
pub fn beyond(a: &Nodes, b: &Nodes) -> Vec<String> {
    let fewer = |node: &String, count: usize| b.get(node).copied().unwrap_or_default() < count;
    let only = a.iter().filter(|(node, count)| fewer(node, **count));
    only.map(|(node, _)| node.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_does_not_count() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, json: &str| {
            let file = dir.path().join(name);
            std::fs::write(&file, json).unwrap();
            read(&file, str::to_owned).unwrap()
        };
        let a = write(
            "a",
            r#"[{"ID":0,"Mode":"link","Package":"m","Deps":[1,2],"Objdir":"$WORK/b001/"},
                {"ID":1,"Mode":"build","Package":"m","TimeStart":"x"},
                {"ID":2,"Mode":"build","Package":"l","TimeStart":"y","NeedBuild":true}]"#,
        );
        let b = write(
            "b",
            r#"[{"ID":0,"Mode":"build","Package":"l","TimeStart":"z","NeedBuild":true},
                {"ID":1,"Mode":"link","Package":"m","Deps":[2,0],"Objdir":"$WORK/b007/"},
                {"ID":2,"Mode":"build","Package":"m","TimeStart":"x"}]"#,
        );
        assert_eq!(a, b);
        let c = write(
            "c",
            r#"[{"ID":0,"Mode":"build","Package":"l","TimeStart":"z"}]"#,
        );
        assert_eq!(beyond(&a, &c).len(), 3);
        assert_eq!(
            beyond(&c, &a),
            ["Mode=\"build\" Package=\"l\" ID= TimeStart="]
        );
    }

    #[test]
    fn numbers_of_directories() {
        assert_eq!(
            without_number("$WORK/b012/x $WORK/bin $WORK/b1"),
            "$WORK/bN/x $WORK/bin $WORK/bN"
        );
    }
}

//! The license texts of the crates that are in the executable.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::release::{Dist, output};

/// A text with a section for each crate: name, version, license expression, and the license files
/// in the crate's directory.
pub(super) fn of_crates(dist: &Dist) -> Result<String, String> {
    let mut cmd = dist.command("cargo");
    cmd.args(["metadata", "--format-version=1", "--locked"])
        .args(["--filter-platform", &dist.triple]);
    let metadata: Value =
        serde_json::from_str(&output(cmd)?).map_err(|e| format!("cargo metadata: {e}"))?;
    let mut packages: BTreeMap<&str, &Value> = BTreeMap::new();
    for package in array(&metadata["packages"]) {
        packages.insert(text(&package["id"]), package);
    }
    let mut sections = BTreeMap::new();
    for id in linked(&metadata) {
        let package = packages.get(id).ok_or(format!("no package {id}"))?;
        // The workspace's own crates have no source.
        if !package["source"].is_null() {
            let name = format!("{} {}", text(&package["name"]), text(&package["version"]));
            let section = section(&name, package)?;
            sections.insert(name, section);
        }
    }
    Ok(sections.into_values().collect())
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The IDs of the packages that forgo depends on, but for build scripts, procedural macros' own
/// dependencies and tests: none of those is in the executable.
fn linked(metadata: &Value) -> BTreeSet<&str> {
    let nodes: BTreeMap<&str, &Value> = array(&metadata["resolve"]["nodes"])
        .map(|node| (text(&node["id"]), node))
        .collect();
    let is_forgo = |package: &&Value| package["name"] == "forgo";
    let mut queue: Vec<&str> = array(&metadata["packages"])
        .filter(is_forgo)
        .map(|package| text(&package["id"]))
        .collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = queue.pop() {
        if !seen.insert(id) {
            continue;
        }
        for dep in nodes
            .get(id)
            .into_iter()
            .flat_map(|node| array(&node["deps"]))
        {
            // A normal dependency has no kind.
            if array(&dep["dep_kinds"]).any(|kind| kind["kind"].is_null()) {
                queue.push(text(&dep["pkg"]));
            }
        }
    }
    seen
}

fn section(name: &str, package: &Value) -> Result<String, String> {
    let manifest = Path::new(text(&package["manifest_path"]));
    let dir = manifest.parent().unwrap_or(Path::new("."));
    let items = fs::read_dir(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    let mut names: Vec<String> = items
        .filter_map(|item| item.ok()?.file_name().into_string().ok())
        .filter(|name| is_license(name))
        .collect();
    names.sort();
    let line = "=".repeat(72);
    let mut out = format!("{line}\n{name}\nLicense: {}\n", text(&package["license"]));
    for file in names {
        let path = dir.join(&file);
        let bytes = fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let words = String::from_utf8_lossy(&bytes);
        out.push_str(&format!("\n--- {file}\n\n{}\n", words.trim_end()));
    }
    Ok(out + "\n")
}

fn is_license(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    [
        "LICENSE",
        "LICENCE",
        "COPYING",
        "COPYRIGHT",
        "NOTICE",
        "UNLICENSE",
    ]
    .iter()
    .any(|start| upper.starts_with(start))
}

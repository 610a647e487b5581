//! Exercises 4, 12 and 14: the action graph, what runs at once, the slowest actions.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::Exercise;
use oracle::programs::Who;

use super::lab::{Action, Lab, modes, read_graph};
use super::sheet::Sheet;
use super::tool_calls::FULL;

/// Exercise 4.
pub const ACTION_GRAPH: Exercise = Exercise {
    number: 4,
    title: "Dump and read the action graph",
    look: "A node an action: its Mode, its Package, what it depends on, when it ran. The main\n\
           package has a build node (its archive) and a link node (the program), which depends on\n\
           the archive of every package in the program.",
    run: action_graph,
};

fn graph_of(lab: &Lab, who: Who, name: &str, args: &[&str]) -> Result<Vec<Action>, String> {
    let file: PathBuf = lab.beside(&format!("{name}-{}.json", who.title()));
    let flag = format!("-debug-actiongraph={}", file.display());
    let mut all = vec!["build", &flag];
    all.extend_from_slice(args);
    let run = lab.go(who, &all)?;
    if run.code != 0 {
        return Err(format!("{} {}: {}", who.title(), all.join(" "), run.text()));
    }
    read_graph(&file)
}

fn action_graph(lab: &Lab, sheet: &mut Sheet) -> Result<(), String> {
    sheet.command(FULL);
    let mut seen = Vec::new();
    for (who, built) in Who::BOTH.into_iter().zip(lab.full()?) {
        let graph = &built.graph;
        let link = graph
            .iter()
            .find(|a| a.mode == "link" && a.package == "example.com/cachelab");
        let Some(link) = link else {
            sheet.check_of(who, "has the main package's link node", false, "");
            continue;
        };
        let name = |id: i64| {
            graph
                .iter()
                .find(|a| a.id == id)
                .map(|a| format!("{} {}", a.mode, a.package))
        };
        let deps: BTreeSet<String> = link.deps.iter().filter_map(|id| name(*id)).collect();
        for need in [
            "build example.com/cachelab",
            "build example.com/cachelab/greet",
            "build runtime",
        ] {
            sheet.check_of(
                who,
                &format!("link depends on {need}"),
                deps.contains(need),
                "",
            );
        }
        let untimed: Vec<String> = graph
            .iter()
            .filter(|a| !a.cmd.is_empty() && a.span.is_none())
            .map(|a| a.package.clone())
            .collect();
        sheet.check_of(
            who,
            "TimeStart and TimeDone on every node that ran",
            untimed.is_empty(),
            &untimed.join(" "),
        );
        let build = graph
            .iter()
            .find(|a| a.mode == "build" && a.package == "example.com/cachelab");
        let ordered = build
            .and_then(|b| b.span)
            .zip(link.span)
            .is_some_and(|(b, l)| b.1 <= l.0);
        sheet.check_of(who, "the link starts when the build is done", ordered, "");
        seen.push((modes(graph), deps));
    }
    if let [stock, forgo] = seen.as_slice() {
        let show = |m: &std::collections::BTreeMap<String, usize>| {
            m.iter()
                .map(|(mode, n)| format!("{n:>4} {mode}\n"))
                .collect::<String>()
        };
        sheet.same("modes", show(&stock.0), show(&forgo.0));
        let text = |d: &BTreeSet<String>| d.iter().map(|l| format!("{l}\n")).collect::<String>();
        sheet.check(
            "the link's Deps: the same",
            stock.1 == forgo.1,
            &super::sheet::first_difference(&text(&stock.1), &text(&forgo.1)),
        );
    }
    Ok(())
}

/// The largest number of actions that ran a tool at one instant.
fn most_at_once(graph: &[Action]) -> usize {
    let mut edges: Vec<(f64, i32)> = Vec::new();
    for a in graph.iter().filter(|a| !a.cmd.is_empty()) {
        if let Some((start, end)) = a.span {
            edges.push((start, 1));
            edges.push((end, -1));
        }
    }
    // At equal times an end comes before a start.
    edges.sort_by(|x, y| x.0.total_cmp(&y.0).then(x.1.cmp(&y.1)));
    let (mut now, mut most) = (0, 0);
    for (_, step) in edges {
        now += step;
        most = most.max(now);
    }
    usize::try_from(most).unwrap_or(0)
}

/// Exercise 12.
pub const PARALLELISM: Exercise = Exercise {
    number: 12,
    title: "Tune parallelism",
    look: "-p bounds how many actions run at once. Independent packages gain; a chain of imports\n\
           and the single link at the end do not.",
    run: parallelism,
};

fn parallelism(lab: &Lab, sheet: &mut Sheet) -> Result<(), String> {
    let cores = std::thread::available_parallelism()
        .map_or(2, std::num::NonZero::get)
        .max(2)
        .to_string();
    sheet.command(&format!(
        "build -p 1 -o lab .   and   build -p {cores} ./...   (each from cold; the second is exercise 3's)"
    ));
    lab.warm()?;
    let mut facts = Vec::new();
    let mut sums = BTreeSet::new();
    for (who, cold) in Who::BOTH.into_iter().zip(lab.cold()?) {
        // Linked from what the cold build left.
        graph_of(lab, who, "link", &["-o", "lab", "."])?;
        sums.insert(lab.sum(&lab.dir().join("lab"))?);
        lab.clear(who)?;
        let serial = graph_of(lab, who, "p1", &["-p", "1", "-o", "lab", "."])?;
        sums.insert(lab.sum(&lab.dir().join("lab"))?);
        let mut text = String::new();
        let mut at_once = Vec::new();
        for (p, graph) in [("1", &serial), (cores.as_str(), &cold.graph)] {
            let ends = graph.iter().filter_map(|a| a.span).map(|s| s.1);
            let end = ends.fold(0.0, f64::max);
            let most = most_at_once(graph);
            text += &format!("-p {p}: {end:.2} s, {most} at once\n");
            at_once.push(most);
        }
        sheet.check_of(
            who,
            "-p 1 runs one action at a time",
            at_once[0] == 1,
            &text,
        );
        sheet.check_of(
            who,
            &format!("-p {cores} runs more at once"),
            at_once[1] > 1,
            &text,
        );
        facts.push(text);
    }
    sheet.facts("cold builds", &facts[0], &facts[1]);
    sheet.check(
        "all four programs are the same, byte for byte",
        sums.len() == 1,
        &format!("{sums:?}"),
    );
    Ok(())
}

/// Exercise 14.
pub const SLOWEST: Exercise = Exercise {
    number: 14,
    title: "Find the slowest action",
    look: "TimeDone - TimeStart of each node of the graph. The long chain through runtime is what\n\
           a cold build waits for.",
    run: slowest,
};

fn slowest(lab: &Lab, sheet: &mut Sheet) -> Result<(), String> {
    sheet.command(FULL);
    let mut shown = Vec::new();
    let mut counts = Vec::new();
    for (who, built) in Who::BOTH.into_iter().zip(lab.full()?) {
        let mut graph = built.graph.clone();
        graph.retain(|a| a.span.is_some() && !a.package.is_empty());
        graph.sort_by(|x, y| y.seconds().total_cmp(&x.seconds()));
        let five: Vec<&Action> = graph.iter().take(5).collect();
        let positive = five.len() == 5 && five.iter().all(|a| a.seconds() > 0.0);
        sheet.check_of(who, "five slowest actions have a duration", positive, "");
        let ran = graph
            .iter()
            .filter(|a| a.mode == "build" && !a.cmd.is_empty())
            .count();
        counts.push(ran);
        shown.push(
            five.iter()
                .map(|a| format!("{:6.3} s {} {}\n", a.seconds(), a.mode, a.package))
                .collect::<String>(),
        );
    }
    sheet.facts("five slowest actions", &shown[0], &shown[1]);
    sheet.same("packages built", counts[0], counts[1]);
    Ok(())
}

//! The tour: the fourteen exercises of the cache lab, each done with the stock go command and with
//! forgo, their answers side by side, and a verdict. With a directory as its argument it builds the
//! project there with both instead.

pub mod caching;
pub mod graph;
pub mod keys;
pub mod lab;
pub mod project;
pub mod sharing;
pub mod sheet;
pub mod testing;
pub mod tool_calls;

use std::path::PathBuf;

use lab::Lab;
use oracle::programs::{self, Programs};
use sheet::Sheet;

/// One exercise.
pub struct Exercise {
    /// Its number in the lab.
    pub number: usize,
    /// Its title.
    pub title: &'static str,
    /// The part of the output that a newcomer should look at.
    pub look: &'static str,
    /// Does it.
    pub run: fn(&Lab, &mut Sheet) -> Result<(), String>,
}

/// The fourteen, in order.
pub const EXERCISES: [Exercise; 14] = [
    tool_calls::READ_TOOL_CALLS,
    tool_calls::EXPLORE_WORK,
    caching::COLD_AND_WARM,
    graph::ACTION_GRAPH,
    caching::ONE_BYTE,
    keys::WATCH_THE_KEY,
    keys::GCFLAGS_SCOPE,
    testing::CACHED_RESULT,
    testing::INVALIDATE,
    sharing::TWO_DIRECTORIES,
    caching::FULL_REBUILD,
    graph::PARALLELISM,
    sharing::REPRODUCIBLE,
    graph::SLOWEST,
];

/// Does one exercise.
pub fn run_exercise(exercise: &Exercise, lab: &Lab) -> Sheet {
    let mut sheet = Sheet::default();
    let result = lab.reset().and_then(|()| (exercise.run)(lab, &mut sheet));
    if let Err(text) = result {
        sheet.check("the exercise could be done", false, &text);
    }
    sheet
}

/// `cargo xtask tour`: true when every verdict is good.
pub fn main(args: &[String]) -> Result<bool, String> {
    let mut goroot = None;
    let mut forgo = None;
    let mut only: Option<Vec<usize>> = None;
    let mut dir = None;
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("{arg} needs a value")).cloned();
        match arg.as_str() {
            "--go" => goroot = Some(PathBuf::from(value()?)),
            "--forgo" => forgo = Some(PathBuf::from(value()?)),
            "--only" => {
                let list = value()?;
                let numbers: Result<_, _> = list.split(',').map(str::parse).collect();
                only = Some(numbers.map_err(|_| format!("--only {list}: not a list of numbers"))?);
            }
            flag if flag.starts_with('-') => return Err(format!("tour: unknown flag {flag}")),
            name => dir = Some(PathBuf::from(name)),
        }
    }
    let programs = programs::find(goroot, forgo)?;
    match dir {
        Some(dir) => project::build_side_by_side(&programs, &dir),
        None => walk(&programs, only.as_deref()),
    }
}

fn walk(programs: &Programs, only: Option<&[usize]>) -> Result<bool, String> {
    println!(
        "The cache lab, on {}: the stock go command and forgo side by side.",
        programs.release()
    );
    println!(
        "A throwaway module (main.go, greet/greet.go) and a fresh GOCACHE for each command. What builds all of\n\
         the standard library is run once for all exercises that look at it.\n"
    );
    let lab = Lab::new(programs)?;
    let mut failed = Vec::new();
    let chosen: Vec<&Exercise> = EXERCISES
        .iter()
        .filter(|e| only.is_none_or(|o| o.contains(&e.number)))
        .collect();
    for exercise in &chosen {
        println!("{:>2}. {}", exercise.number, exercise.title);
        for line in exercise.look.lines() {
            println!("    {line}");
        }
        let sheet = run_exercise(exercise, &lab);
        print!("{}", sheet.render());
        println!(
            "    => {}\n",
            if sheet.passed() {
                "holds"
            } else {
                "DOES NOT HOLD"
            }
        );
        if !sheet.passed() {
            failed.push(exercise.number.to_string());
        }
    }
    if failed.is_empty() {
        println!("All {} exercises hold.", chosen.len());
    } else {
        println!(
            "{} of {} exercises hold; not: {}",
            chosen.len() - failed.len(),
            chosen.len(),
            failed.join(", ")
        );
    }
    Ok(failed.is_empty() && !chosen.is_empty())
}

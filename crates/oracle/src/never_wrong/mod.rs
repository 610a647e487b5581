//! `oracle never-wrong`: drives sequences of edits over a generated module, and after each one
//! compares the output and files of forgo, with all that it has cached, with those of the stock
//! command. A sequence that shows a difference is made as short as possible. The same seed makes
//! the same sequences.

mod damage;
mod edits;
mod faults;
mod faults_streams;
mod host;
mod module;
mod real;
mod test_module;
mod test_results;
mod text_edits;
mod world;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::cli::Which;
use crate::conformance::test_binary;
use crate::places;
use crate::programs::Programs;
use crate::record::{self, Table};
use edits::{Dice, Palette, Step};
use world::World;

/// The kind of input that a run generates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// Edits of a module.
    Edits,
    /// Faults of disks, caches and processes.
    Faults,
    /// Changes of the host's tools and libraries.
    Host,
    /// Tests, and edits of the files that they read.
    Tests,
}

/// Compares the two commands after random edits and faults
///
/// Makes a module, changes it at random, and runs both commands after each change: forgo with all
/// that it has cached, the stock command as the oracle. Prints the shortest sequence of changes that
/// shows a difference. The same seed makes the same sequence.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, group = clap::ArgGroup::new("what").multiple(false))]
pub struct Flags {
    #[command(flatten)]
    which: Which,
    /// Edit the sources of a module (the default)
    #[arg(long, group = "what")]
    edits: bool,
    /// Kill commands, damage caches, fill disks, take rights away; some of it only as root
    #[arg(long, group = "what")]
    faults: bool,
    /// Change the host's C tools and libraries
    #[arg(long, group = "what")]
    host: bool,
    /// Edit the files that tests read, and compare each verdict with a run of the test binary
    #[arg(long, group = "what")]
    tests: bool,
    /// Edit a copy of this module
    #[arg(long, group = "what", value_name = "DIR")]
    project: Option<PathBuf>,
    /// With --project: the packages to build
    #[arg(long = "pkgs", value_name = "PATTERNS", default_value = "./...")]
    patterns: String,
    /// With --project: edit only the files below this directory of it
    #[arg(
        long,
        value_name = "DIR",
        default_value = "",
        hide_default_value = true
    )]
    below: String,
    /// With --project: begin with copies of this GOCACHE
    #[arg(long, value_name = "GOCACHE")]
    stock_cache: Option<PathBuf>,
    /// The seed of the first sequence
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Steps in all
    #[arg(long, value_name = "N", default_value_t = 400)]
    steps: usize,
    /// Steps of one sequence
    #[arg(long, value_name = "N", default_value_t = 40)]
    length: usize,
    /// Use N kinds of edits in a sequence: states repeat, so it is faster [default: all kinds]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    kinds: usize,
    /// Stop after so many seconds [default: no limit]
    #[arg(long, value_name = "SECONDS")]
    time: Option<u64>,
    /// Write the result to conformance/parity.md of the repository
    #[arg(long)]
    record: bool,
    /// With --record: a remark about the run
    #[arg(long, value_name = "TEXT", requires = "record")]
    note: Option<String>,
}

impl Flags {
    fn resolve(&self) -> Result<Options, String> {
        let what = match (self.faults, self.host, self.tests) {
            (true, ..) => What::Faults,
            (_, true, _) => What::Host,
            (.., true) => What::Tests,
            _ => What::Edits,
        };
        Ok(Options {
            programs: self.which.find()?,
            seed: self.seed,
            length: self.length.max(1),
            steps: self.steps,
            time: Duration::from_secs(self.time.unwrap_or(u64::MAX).min(1 << 32)),
            kinds: self.kinds,
            what,
            project: self.project.clone(),
            patterns: self.patterns.split(' ').map(str::to_owned).collect(),
            below: self.below.clone(),
            stock_cache: self.stock_cache.clone(),
        })
    }
}

struct Options {
    programs: Programs,
    seed: u64,
    /// Steps of one sequence.
    length: usize,
    /// Steps in all.
    steps: usize,
    time: Duration,
    /// Each sequence is of so many kinds of edits; of all, where it is none.
    kinds: usize,
    /// The kind of changes.
    what: What,
    /// A real module is copied and edited.
    project: Option<PathBuf>,
    /// The packages to build there.
    patterns: Vec<String>,
    /// Files in this directory of it alone are edited.
    below: String,
    /// A cache to begin with: its files are not written to.
    stock_cache: Option<PathBuf>,
}

/// A step at which forgo was wrong, and how.
struct Wrong {
    steps: Vec<Step>,
    difference: String,
}

/// Runs the task; true when forgo was never wrong.
pub fn run(flags: &Flags) -> Result<bool, String> {
    let options = flags.resolve()?;
    println!("seed {}", options.seed);
    let base = || base(&options.programs);
    let steps = match (&options.project, options.what) {
        (Some(project), _) => real::run(&options, project)?,
        (_, What::Tests) => test_results::run(&options)?,
        (_, What::Faults) => faults::run(&options, &base()?)?,
        (_, What::Host) => host::run(&options, &base()?)?,
        (_, What::Edits) => edit(&options, &base()?)?,
    };
    if let (Some(steps), true) = (steps, flags.record) {
        write(&options, steps, flags.note.as_deref())?;
    }
    Ok(steps.is_some())
}

/// Puts a run in which forgo was never wrong into conformance/parity.md.
fn write(options: &Options, steps: usize, note: Option<&str>) -> Result<(), String> {
    let what = match (&options.project, options.what) {
        (Some(dir), _) => format!("edits of {}", dir.file_name().unwrap_or_default().display()),
        (_, What::Edits) => "edits".to_owned(),
        (_, What::Faults) => "faults".to_owned(),
        (_, What::Host) => "changes of the host's tools".to_owned(),
        (_, What::Tests) => "edits of what tests read".to_owned(),
    };
    let number = |n: usize| n.to_string();
    let kinds = match options.kinds {
        0 => "all".to_owned(),
        kinds => number(kinds),
    };
    let table = Table {
        heading: "Random edits and faults",
        columns: &[
            "what", "release", "kinds", "length", "seed", "steps", "wrong", "measured",
        ],
        keys: 5,
    };
    let row = vec![
        what,
        options.programs.release(),
        kinds,
        number(options.length),
        options.seed.to_string(),
        number(steps),
        number(0),
        record::measured(note),
    ];
    table.record(&places::repository()?.join("conformance/parity.md"), &[row])
}

/// Makes sequences of edits until steps or time are over. Returns how many steps were made; `None`
/// if forgo was wrong.
fn edit(options: &Options, base: &Path) -> Result<Option<usize>, String> {
    let started = Instant::now();
    let until = Some(started + options.time);
    let mut world = World::new(&options.programs, base)?;
    let (mut done, mut sequence) = (0, options.seed);
    while done < options.steps && started.elapsed() < options.time {
        let mut dice = Dice::new(sequence);
        let length = options.length.min(options.steps - done);
        let steps: Vec<Step> = match options.kinds {
            0 => (0..length).map(|_| dice.step()).collect(),
            kinds => {
                let palette = Palette::draw(&mut dice, kinds);
                (0..length).map(|_| palette.step(&mut dice)).collect()
            }
        };
        let (made, wrong) = play(&mut world, &steps, until)?;
        done += made;
        if let Some(wrong) = wrong {
            println!("seed {sequence}, step {}:\n{}", made, wrong.difference);
            let wrong = shrink(&mut world, wrong)?;
            println!("the shortest sequence found that shows it:");
            for step in &wrong.steps {
                println!("    {step}");
            }
            println!("{}", wrong.difference);
            return Ok(None);
        }
        sequence += 1;
    }
    let sequences = sequence - options.seed;
    println!(
        "{}: {done} steps in {sequences} sequences from seed {}, against {} answers of the stock command, in {} s, \
         never wrong",
        options.programs.release(),
        options.seed,
        world.asked(),
        started.elapsed().as_secs()
    );
    Ok(Some(done))
}

/// Makes steps from the beginning, until one is wrong. Gives how many were made.
fn play(
    world: &mut World,
    steps: &[Step],
    until: Option<Instant>,
) -> Result<(usize, Option<Wrong>), String> {
    world.begin()?;
    for (i, &step) in steps.iter().enumerate() {
        if until.is_some_and(|until| Instant::now() >= until) {
            return Ok((i, None));
        }
        if let Some(difference) = world.step(step)? {
            let steps = steps[..=i].to_vec();
            return Ok((i + 1, Some(Wrong { steps, difference })));
        }
    }
    Ok((steps.len(), None))
}

/// Leaves out steps as long as the rest still goes wrong: halves first, single ones in the end.
fn shrink(world: &mut World, mut wrong: Wrong) -> Result<Wrong, String> {
    let mut size = wrong.steps.len() / 2;
    while size > 0 {
        let mut from = 0;
        while from + size < wrong.steps.len() {
            let mut fewer = wrong.steps.clone();
            fewer.drain(from..from + size);
            match play(world, &fewer, None)?.1 {
                Some(found) => wrong = found,
                None => from += size,
            }
        }
        size /= 2;
    }
    Ok(wrong)
}

/// The cache with the standard library; made once for a distribution.
fn base(programs: &Programs) -> Result<PathBuf, String> {
    let name = format!("never-wrong-{}", test_binary::key(&programs.goroot)?);
    let base = crate::places::cache_dir()?.join(name);
    let complete = base.join("complete.txt");
    if !complete.exists() {
        let fault = |e: std::io::Error| format!("{}: {e}", base.display());
        std::fs::create_dir_all(&base).map_err(fault)?;
        World::new(programs, &base)?.fill_base()?;
        std::fs::write(&complete, "").map_err(fault)?;
    }
    Ok(base)
}

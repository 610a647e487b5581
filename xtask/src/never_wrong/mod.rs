//! `cargo xtask never-wrong`: drives sequences of edits over a generated module, and after each one
//! compares what forgo says and leaves, with all that it remembers, with what the stock command
//! says and leaves. A sequence that shows a difference is made as short as it gets. The same seed
//! makes the same sequences.

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

use crate::conformance::test_binary;
use crate::tour::lab::Programs;
use edits::{Dice, Palette, Step};
use world::World;

/// What a run generates.
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

impl What {
    /// The one that a flag names.
    fn named(flag: &str) -> Option<What> {
        Some(match flag {
            "--edits" => What::Edits,
            "--faults" => What::Faults,
            "--host" => What::Host,
            "--tests" => What::Tests,
            _ => return None,
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
    /// What is generated.
    what: What,
    /// A real module is copied and edited.
    project: Option<PathBuf>,
    /// What is asked for there.
    patterns: Vec<String>,
    /// Files in this directory of it alone are edited.
    below: String,
    /// A cache to begin with: nobody writes into its files.
    stock_cache: Option<PathBuf>,
}

/// A step at which forgo was wrong, and how.
struct Wrong {
    steps: Vec<Step>,
    difference: String,
}

/// `cargo xtask never-wrong`.
pub fn main(args: &[String]) -> Result<bool, String> {
    let options = parse(args)?;
    println!("seed {}", options.seed);
    if let Some(project) = &options.project {
        return real::run(&options, project);
    }
    match options.what {
        What::Tests => test_results::run(&options),
        What::Faults => faults::run(&options, &base(&options.programs)?),
        What::Host => host::run(&options, &base(&options.programs)?),
        What::Edits => edit(&options, &base(&options.programs)?),
    }
}

/// Makes sequences of edits until steps or time are over. Reports whether forgo was always right.
fn edit(options: &Options, base: &Path) -> Result<bool, String> {
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
            return Ok(false);
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
    Ok(true)
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
    let base = test_binary::cache_dir()?.join(name);
    let complete = base.join("complete.txt");
    if !complete.exists() {
        let fault = |e: std::io::Error| format!("{}: {e}", base.display());
        std::fs::create_dir_all(&base).map_err(fault)?;
        World::new(programs, &base)?.fill_base()?;
        std::fs::write(&complete, "").map_err(fault)?;
    }
    Ok(base)
}

fn parse(args: &[String]) -> Result<Options, String> {
    let (mut goroot, mut forgo) = (None, None);
    let mut what = What::Edits;
    let (mut seed, mut length, mut steps, mut seconds) = (1, 40, 400, u64::MAX / 4);
    let mut kinds = 0;
    let (mut project, mut stock_cache) = (None, None);
    let (mut patterns, mut below) = (vec!["./...".to_owned()], String::new());
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        if let Some(named) = What::named(arg) {
            what = named;
            continue;
        }
        let value = args.next().ok_or(format!("{arg} needs a value"))?;
        let number = || {
            value
                .parse::<u64>()
                .map_err(|e| format!("{arg} {value}: {e}"))
        };
        match arg.as_str() {
            "--go" => goroot = Some(PathBuf::from(value)),
            "--forgo" => forgo = Some(PathBuf::from(value)),
            "--project" => project = Some(PathBuf::from(value)),
            "--pkgs" => patterns = value.split(' ').map(str::to_owned).collect(),
            "--below" => below.clone_from(value),
            "--stock-cache" => stock_cache = Some(PathBuf::from(value)),
            "--seed" => seed = number()?,
            "--length" => length = number()?.max(1) as usize,
            "--steps" => steps = number()? as usize,
            "--kinds" => kinds = number()? as usize,
            "--time" => seconds = number()?,
            _ => return Err(format!("unknown argument {arg:?}")),
        }
    }
    let programs = crate::tour::programs(goroot, forgo)?;
    Ok(Options {
        programs,
        seed,
        length,
        steps,
        time: Duration::from_secs(seconds.min(1 << 32)),
        kinds,
        what,
        project,
        patterns,
        below,
        stock_cache,
    })
}

//! `oracle never-wrong --faults`: what goes wrong around forgo, one thing at a time: files of
//! its cache are damaged, processes killed, disks full or read-only, clocks set back. After each
//! forgo gives the right answer, that of the stock command to which nothing happened, or a clear
//! error; and the next time, when all is well again, the right answer in any case.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use super::Options;
use super::damage::{self, Damage};
use super::edits::{Ask, Dice, Edit, PACKAGES, Step};
use super::faults_streams as streams;
use super::world::{Answer, Result, World, at, difference, set_time};
use crate::programs::Who;

/// A fault.
#[derive(Debug, Clone)]
enum Fault {
    /// Files of the cache are damaged.
    Damaged(Vec<(PathBuf, Damage)>),
    /// forgo is killed after so many milliseconds.
    Killed(u64),
    /// It is killed, but not another one that does the same.
    OneOfTwo(u64),
    /// So many KiB are left: in GOCACHE, in TMPDIR, where the program goes.
    FullCache(u64),
    FullTmp(u64),
    FullOut(u64),
    /// GOCACHE is mounted read-only.
    ReadOnlyMount,
    /// GOCACHE belongs to another user and is not writable.
    ReadOnlyMode,
    /// HOME is not set, or leads nowhere.
    NoHome,
    LostHome,
    /// Files of the module are so many hours in the future: the clock was set back, or in the past.
    Times(i64),
    /// The same of files of the cache.
    CacheTimes(i64),
    /// Standard output and error, or the user.
    Streams(streams::Fault),
}

/// One thing that goes wrong, at a state of the module.
struct Case {
    fault: Fault,
    body: u8,
    ask: Ask,
    /// The program is removed before.
    output_gone: bool,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Case {
            fault, body, ask, ..
        } = self;
        write!(f, "{fault:?}, body {body}, then {ask:?}")
    }
}

/// Makes things go wrong until time or steps are over. Returns how many were made; `None` if forgo
/// was wrong.
pub(super) fn run(options: &Options, base: &Path) -> Result<Option<usize>> {
    let started = Instant::now();
    let mut faults = Faults {
        world: World::new(&options.programs, base)?,
        base: base.to_owned(),
        dice: Dice::new(options.seed),
        counts: HashMap::new(),
        skipped: 0,
    };
    let mut done = 0;
    while done < options.steps && started.elapsed() < options.time {
        let case = faults.case()?;
        if let Some(wrong) = faults.check(&case)? {
            println!("seed {}, fault {done}: {case}\n{wrong}", options.seed);
            return Ok(None);
        }
        done += 1;
    }
    let mut counts: Vec<_> = faults.counts.into_iter().collect();
    counts.sort();
    println!(
        "{}: {done} faults from seed {}, never wrong: {counts:?}, {} not possible here",
        options.programs.release(),
        options.seed,
        faults.skipped
    );
    Ok(Some(done))
}

struct Faults<'a> {
    world: World<'a>,
    base: PathBuf,
    dice: Dice,
    counts: HashMap<String, usize>,
    skipped: usize,
}

/// A file system that is unmounted in the end.
struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Mounts one; `None` where that is not possible (it takes root).
fn mount(args: &[&str], place: &Path) -> Result<Option<Mounted>> {
    at(place, fs::create_dir_all(place))?;
    let mut command = Command::new("mount");
    command.args(args).arg(place).stderr(Stdio::null());
    let mounted = command.status().is_ok_and(|status| status.success());
    Ok(mounted.then(|| Mounted(place.to_owned())))
}

impl Faults<'_> {
    /// Any case.
    fn case(&mut self) -> Result<Case> {
        let dice = &mut self.dice;
        let hours = [-24 * 4000, -30, 2, 30, 24 * 4000][dice.below(5) as usize];
        let size = 4 << dice.below(13);
        let fault = match dice.below(48) {
            0..=17 => {
                let mut list = Vec::new();
                for _ in 0..1 + dice.below(3) {
                    let victim = damage::victim(&self.world.path("cache-forgo"), dice)?;
                    list.extend(victim.map(|file| (file, Damage::any(dice))));
                }
                // It would have no effect.
                list.retain(|(file, damage)| {
                    !(matches!(damage, Damage::Flipped(_)) && damage::is_trusted(file))
                });
                Fault::Damaged(list)
            }
            18..=23 => Fault::Killed(dice.below(400)),
            24..=26 => Fault::OneOfTwo(dice.below(400)),
            27..=28 => Fault::FullCache(size),
            29..=30 => Fault::FullTmp(size),
            31 => Fault::FullOut(size),
            32 => Fault::ReadOnlyMount,
            33 => Fault::ReadOnlyMode,
            34 => Fault::NoHome,
            35 => Fault::LostHome,
            36..=37 => Fault::Times(hours),
            38..=39 => Fault::CacheTimes(hours),
            _ => Fault::Streams(streams::Fault::any(dice)),
        };
        let asks = [
            Ask::Install,
            Ask::Build,
            Ask::One,
            Ask::Test,
            Ask::Vet,
            Ask::List,
        ];
        Ok(Case {
            fault,
            body: dice.below(3) as u8,
            ask: asks[dice.below(6) as usize],
            output_gone: dice.below(2) == 0,
        })
    }

    /// Makes one thing go wrong. `Some(text)` describes how forgo was wrong.
    fn check(&mut self, case: &Case) -> Result<Option<String>> {
        let name = format!("{:?}", case.fault);
        let name = name.split(['(', ' ']).next().unwrap_or_default();
        *self.counts.entry(name.to_owned()).or_default() += 1;
        self.world.edit(Step {
            edit: Edit::Body {
                p: PACKAGES - 1,
                n: case.body,
            },
            ask: case.ask,
        })?;
        let expected = self.world.expected(case.ask)?;
        if case.output_gone {
            self.world.empty_out()?;
        }
        if let Fault::Streams(fault) = case.fault {
            let is_right = |answer: &Answer| only(case.ask, answer.clone()) == expected;
            match streams::check(&self.world, fault, case.ask, &expected, is_right)? {
                streams::Checked::Right => {}
                streams::Checked::Wrong(text) => return Ok(Some(text)),
                streams::Checked::Impossible => self.skipped += 1,
            }
        }
        let Some(answer) = self.suffer(case)? else {
            self.skipped += 1;
            return Ok(None);
        };
        if let Some(answer) = answer
            && !self.is_right(case, &expected, &answer)
        {
            let text = difference(&expected, &answer);
            return Ok(Some(format!("while it was so:\n{text}")));
        }
        // A clear error is none any more.
        for _ in 0..2 {
            let answer = self.ask(case.ask, |_| {})?;
            if answer != expected {
                let text = difference(&expected, &answer);
                return Ok(Some(format!("when all was well again:\n{text}")));
            }
        }
        Ok(None)
    }

    /// forgo's answer, its command changed a little.
    fn ask(&self, ask: Ask, change: impl FnOnce(&mut Command)) -> Result<Answer> {
        let mut command = self.world.command(Who::Forgo, ask, &self.world.flags());
        change(&mut command);
        let output = command.output().map_err(|e| e.to_string())?;
        Ok(only(ask, self.world.answer(&output)?))
    }

    /// An error is clear if it names the cause. Only full disks are a reason for one.
    fn is_right(&self, case: &Case, expected: &Answer, answer: &Answer) -> bool {
        let full = matches!(
            case.fault,
            Fault::FullCache(_) | Fault::FullTmp(_) | Fault::FullOut(_)
        );
        let says_so = |line: &String| line.contains("no space left on device");
        let clear = answer.code != Some(0) && answer.stderr.iter().any(says_so)
            || answer.code != Some(0) && answer.stdout.iter().any(says_so);
        answer == expected || full && clear
    }

    /// Causes the fault and runs forgo meanwhile: `None` if the fault can't be caused, `Some(None)`
    /// if forgo did not survive to answer.
    fn suffer(&mut self, case: &Case) -> Result<Option<Option<Answer>>> {
        let world = &self.world;
        let cache = world.path("cache-forgo");
        let answer = match &case.fault {
            Fault::Damaged(files) => {
                for (file, damage) in files {
                    // Twice the same.
                    if file.is_file() {
                        damage.inflict(file)?;
                    }
                }
                self.ask(case.ask, |_| {})?
            }
            // Seen already.
            Fault::Streams(_) => return Ok(Some(None)),
            Fault::Killed(ms) => {
                self.kill(case.ask, *ms)?;
                return Ok(Some(None));
            }
            Fault::OneOfTwo(ms) => {
                let survivor = world.command(Who::Forgo, case.ask, &world.flags()).spawn();
                let survivor = survivor.map_err(|e| e.to_string())?;
                self.kill(case.ask, *ms)?;
                let output = survivor.wait_with_output().map_err(|e| e.to_string())?;
                only(case.ask, world.answer(&output)?)
            }
            Fault::FullCache(size) => {
                let Some(small) = self.small_cache(*size)? else {
                    return Ok(None);
                };
                let merged = world.path("merged");
                let answer = self.ask(case.ask, |c| _ = c.env("GOCACHE", &merged))?;
                drop(small);
                answer
            }
            Fault::FullTmp(size) => {
                let size = format!("size={size}k");
                let tmp = world.path("small-tmp");
                let Some(_mounted) = mount(&["-t", "tmpfs", "-o", &size, "none"], &tmp)? else {
                    return Ok(None);
                };
                self.ask(case.ask, |c| _ = c.env("TMPDIR", &tmp))?
            }
            Fault::FullOut(size) => {
                let size = format!("size={size}k");
                let out = world.path("out");
                let Some(_mounted) = mount(&["-t", "tmpfs", "-o", &size, "none"], &out)? else {
                    return Ok(None);
                };
                self.ask(case.ask, |_| {})?
            }
            Fault::ReadOnlyMount => {
                let from = cache.to_string_lossy().into_owned();
                let Some(_mounted) = mount(&["--bind", &from], &cache)? else {
                    return Ok(None);
                };
                if mount(&["-o", "remount,bind,ro"], &cache)?
                    .map(std::mem::forget)
                    .is_none()
                {
                    return Ok(None);
                }
                self.ask(case.ask, |_| {})?
            }
            Fault::ReadOnlyMode => return self.as_nobody(case.ask).map(|a| a.map(Some)),
            Fault::NoHome => self.ask(case.ask, |c| _ = c.env_remove("HOME"))?,
            Fault::LostHome => {
                // Below a file: it can't be made.
                let lost = world.path("home/.config/go/telemetry/mode/home");
                self.ask(case.ask, |c| _ = c.env("HOME", lost))?
            }
            Fault::Times(hours) => {
                for file in world.sources() {
                    set_time(&file, by(*hours))?;
                }
                self.ask(case.ask, |_| {})?
            }
            Fault::CacheTimes(hours) => {
                for _ in 0..20 {
                    if let Some(file) = damage::victim(&cache, &mut self.dice)? {
                        set_time(&file, by(*hours))?;
                    }
                }
                self.ask(case.ask, |_| {})?
            }
        };
        Ok(Some(Some(answer)))
    }

    fn kill(&self, ask: Ask, ms: u64) -> Result<()> {
        let mut command = self.world.command(Who::Forgo, ask, &self.world.flags());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|e| e.to_string())?;
        std::thread::sleep(Duration::from_millis(ms));
        // It may be over by itself.
        let _ = child.kill();
        child.wait().map(drop).map_err(|e| e.to_string())
    }

    /// At `merged`, forgo's cache with so many KiB left.
    fn small_cache(&self, size: u64) -> Result<Option<(Mounted, Mounted)>> {
        let (small, merged) = (self.world.path("small"), self.world.path("merged"));
        let size = format!("size={size}k");
        let Some(space) = mount(&["-t", "tmpfs", "-o", &size, "none"], &small)? else {
            return Ok(None);
        };
        for dir in ["up", "work"] {
            let dir = small.join(dir);
            at(&dir, fs::create_dir(&dir))?;
        }
        let options = format!(
            "lowerdir={},upperdir={s}/up,workdir={s}/work",
            self.world.path("cache-forgo").display(),
            s = small.display()
        );
        let merged = mount(&["-t", "overlay", "overlay", "-o", &options], &merged)?;
        Ok(merged.map(|merged| (merged, space)))
    }

    /// Runs as a user that may not write into the cache; as root only, and if others may run both
    /// commands (a distribution below root's home belongs to root alone).
    fn as_nobody(&self, ask: Ask) -> Result<Option<Answer>> {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
        use std::os::unix::process::CommandExt;
        const NOBODY: u32 = 65534;
        let root = self.world.path("");
        if at(&root, fs::metadata(&root))?.uid() != 0
            || !at(&self.base, fs::metadata(&self.base)).is_ok_and(|m| m.uid() == 0)
        {
            return Ok(None);
        }
        let may_run = |who| {
            let mut command = Command::new(self.world.program(who));
            command.arg("version").current_dir("/");
            command.stdout(Stdio::null()).stderr(Stdio::null());
            let status = command.uid(NOBODY).gid(NOBODY).status();
            status.is_ok_and(|status| status.success())
        };
        if !may_run(Who::Stock) || !may_run(Who::Forgo) {
            return Ok(None);
        }
        at(
            &root,
            fs::set_permissions(&root, fs::Permissions::from_mode(0o755)),
        )?;
        let tmp = self.world.path("nobodys-tmp");
        at(&tmp, fs::create_dir_all(&tmp))?;
        for dir in [&tmp, &self.world.path("out")] {
            at(dir, chown(dir, Some(NOBODY), Some(NOBODY)))?;
        }
        let answer = self.ask(ask, |c| {
            c.uid(NOBODY).gid(NOBODY).env("TMPDIR", &tmp);
        });
        let out = self.world.path("out");
        at(&out, chown(&out, Some(0), Some(0)))?;
        answer.map(Some)
    }
}

fn by(hours: i64) -> SystemTime {
    let by = Duration::from_secs(hours.unsigned_abs() * 3600);
    let now = SystemTime::now();
    if hours < 0 { now - by } else { now + by }
}

/// Without outputs that were not asked for.
fn only(ask: Ask, mut answer: Answer) -> Answer {
    answer.outputs.retain(|program| match ask {
        Ask::Install => program.name == "m" || program.name == "second",
        Ask::One => program.name == "main",
        Ask::Build | Ask::Test | Ask::Vet | Ask::List => false,
    });
    answer
}

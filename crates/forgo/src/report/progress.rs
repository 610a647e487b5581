//! A line that shows how far a run is: on a terminal alone, and only when the run takes longer than
//! a second. The [`Screen`] takes it away when something else is written.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use forgo_build::plan::{Mode, Node};
use forgo_load::clock::{self, For};
use forgo_load::event::Event;

use super::{Listener, Run, Screen};

/// Nothing is shown before this.
const PATIENCE: Duration = Duration::from_secs(1);
/// The line changes at most this often.
const PACE: Duration = Duration::from_millis(100);
/// Long package paths are cut.
const WIDTH: usize = 78;

/// Shows how far a run is.
pub struct Progress {
    screen: Arc<Screen>,
    run: Mutex<Option<Running>>,
}

/// A run whose progress is shown.
#[derive(Debug)]
struct Running {
    total: usize,
    done: usize,
    began: Instant,
    drawn: Option<Instant>,
    /// A program of the user has the terminal.
    quiet: bool,
    /// For each action its package, as the line names it.
    packages: Vec<String>,
}

/// The change to the line.
#[derive(Debug, PartialEq, Eq)]
enum Draw {
    /// It stays as it is.
    Nothing,
    /// It is taken away.
    Erase,
    /// It is now this.
    Line(String),
}

/// Whether the line may be shown at all.
pub fn wanted(term: &str) -> bool {
    std::io::stderr().is_terminal() && !matches!(term, "" | "dumb")
}

impl Progress {
    /// On this screen.
    pub fn new(screen: Arc<Screen>) -> Progress {
        Progress {
            screen,
            run: Mutex::default(),
        }
    }

    fn run(&self) -> MutexGuard<'_, Option<Running>> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener for Progress {
    fn event(&self, event: &Event) {
        let mut run = self.run();
        let Some(running) = run.as_mut() else {
            return;
        };
        match event {
            Event::Started { node, mode, .. } => {
                match running.started(*node, mode, clock::instant(For::Display)) {
                    Draw::Nothing => {}
                    Draw::Erase => self.screen.erase_line(),
                    Draw::Line(text) => self.screen.show_line(&text),
                }
            }
            Event::Finished { .. } => running.done += 1,
            _ => {}
        }
    }

    fn run_begins(&self, run: &Run<'_>) {
        let package = |node: &Node| node.package.map(|p| run.graph[p].desc());
        let packages = run.plan.nodes.iter().map(package);
        let packages = packages.map(Option::unwrap_or_default).collect();
        *self.run() = Some(Running::new(run.plan.order.len(), packages));
    }

    fn run_ends(&self) {
        self.screen.erase_line();
        *self.run() = None;
    }
}

impl Running {
    /// A run of this many actions.
    fn new(total: usize, packages: Vec<String>) -> Running {
        Running {
            total,
            done: 0,
            began: clock::instant(For::Display),
            drawn: None,
            quiet: false,
            packages,
        }
    }

    /// An action began.
    fn started(&mut self, node: u32, mode: &str, now: Instant) -> Draw {
        let programs = [Mode::GoRun, Mode::GoTool, Mode::TestRun];
        if programs.iter().any(|program| program.as_str() == mode) {
            // Its output is the user's own: from here on the line stays away.
            self.quiet = true;
            return Draw::Erase;
        }
        let due = self.drawn.is_none_or(|at| now.duration_since(at) >= PACE);
        if self.quiet || !due || now.duration_since(self.began) < PATIENCE {
            return Draw::Nothing;
        }
        self.drawn = Some(now);
        let package = self.packages.get(node as usize).map_or("", String::as_str);
        let line = format!("[{}/{}] {mode} {package}", self.done, self.total);
        Draw::Line(line.trim_end().chars().take(WIDTH).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patient_and_paced() {
        let mut p = Running::new(10, vec!["a/b".to_owned()]);
        let began = p.began;
        assert_eq!(p.started(0, "build", began), Draw::Nothing);
        p.done += 1;
        let later = began + PATIENCE;
        let line = |text: &str| Draw::Line(text.to_owned());
        assert_eq!(p.started(0, "build", later), line("[1/10] build a/b"));
        assert_eq!(p.started(0, "build", later + PACE / 2), Draw::Nothing);
        assert_eq!(p.started(7, "link", later + PACE), line("[1/10] link"));
        assert_eq!(p.started(0, "go run", later + PACE), Draw::Erase);
        assert_eq!(p.started(0, "link", later + 9 * PACE), Draw::Nothing);
    }
}

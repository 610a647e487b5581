//! A line that says how far a run is: on a terminal alone, and only when the run takes longer than
//! a second. Whoever writes to the terminal takes the line away first.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use forgo_build::plan::Mode;

/// Nothing is shown before this.
const PATIENCE: Duration = Duration::from_secs(1);
/// The line changes at most this often.
const PACE: Duration = Duration::from_millis(100);
/// Long package paths are cut.
const WIDTH: usize = 78;

/// How far a run is.
#[derive(Debug)]
pub struct Progress {
    total: usize,
    done: usize,
    began: Instant,
    drawn: Option<Instant>,
    /// The line is on the screen now.
    visible: bool,
    /// A program of the user's has the terminal.
    quiet: bool,
}

/// Whether the line may be shown at all.
pub fn wanted(term: &str) -> bool {
    std::io::stderr().is_terminal() && !matches!(term, "" | "dumb")
}

impl Progress {
    /// For a run of this many actions.
    pub fn new(total: usize) -> Progress {
        Progress {
            total,
            done: 0,
            began: Instant::now(),
            drawn: None,
            visible: false,
            quiet: false,
        }
    }

    /// An action began; the text to write, if any.
    pub fn started(&mut self, mode: &str, package: &str, now: Instant) -> Option<String> {
        if [Mode::GoRun, Mode::GoTool, Mode::TestRun]
            .iter()
            .any(|program| program.as_str() == mode)
        {
            // Its output is the user's own: from here on the line stays away.
            self.quiet = true;
            return self.clear();
        }
        let due = self.drawn.is_none_or(|at| now.duration_since(at) >= PACE);
        if self.quiet || !due || now.duration_since(self.began) < PATIENCE {
            return None;
        }
        self.drawn = Some(now);
        self.visible = true;
        let line = format!("[{}/{}] {mode} {package}", self.done, self.total);
        let line: String = line.trim_end().chars().take(WIDTH).collect();
        Some(format!("\r\x1b[K{line}"))
    }

    /// An action ended.
    pub fn finished(&mut self) {
        self.done += 1;
    }

    /// What takes the line off the screen.
    pub fn clear(&mut self) -> Option<String> {
        std::mem::take(&mut self.visible).then(|| "\r\x1b[K".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patient_and_paced() {
        let mut p = Progress::new(10);
        let began = p.began;
        assert_eq!(p.started("build", "a", began), None);
        assert_eq!(p.clear(), None);
        p.finished();
        let later = began + PATIENCE;
        assert_eq!(
            p.started("build", "a/b", later).unwrap(),
            "\r\x1b[K[1/10] build a/b"
        );
        assert_eq!(p.started("build", "c", later + PACE / 2), None);
        assert_eq!(p.clear().unwrap(), "\r\x1b[K");
        assert_eq!(p.clear(), None);
        assert!(p.started("link", "c", later + PACE).is_some());
        assert_eq!(p.started("go run", "", later + PACE).unwrap(), "\r\x1b[K");
        assert_eq!(p.started("link", "c", later + 9 * PACE), None);
    }
}

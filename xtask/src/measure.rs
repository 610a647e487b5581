//! Runs a command and measures it from outside: wall time, CPU of the command itself and of the
//! tools it starts, peak memory of the command itself.
//!
//! The command's own share is read from `/proc` while the ended process still waits to be reaped,
//! in clock ticks (usually 10 ms); the total comes from the kernel's accounting in microseconds.

use std::fs;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use wait4::Wait4;

/// The cost of one run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    /// Wall time.
    pub wall: Duration,
    /// CPU of the command and of all that it started.
    pub cpu: Duration,
    /// CPU of the command's own process.
    pub own_cpu: Duration,
    /// Peak resident memory of the command's own process, in bytes.
    pub own_peak: u64,
    /// Exit status.
    pub code: i32,
}

/// How often the peak memory is looked at; the kernel keeps the peak, so only what happens after
/// the last look is missed.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// Runs `cmd` to its end; its output is thrown away.
pub fn run(cmd: Command) -> Result<Cost, String> {
    run_into(cmd, Stdio::null(), Stdio::null())
}

/// Runs `cmd` to its end, with its output where it is wanted.
pub fn run_into(mut cmd: Command, stdout: Stdio, stderr: Stdio) -> Result<Cost, String> {
    let program = cmd.get_program().to_string_lossy().into_owned();
    let fail = |e: &dyn std::fmt::Display| format!("{program}: {e}");
    cmd.stdin(Stdio::null()).stdout(stdout).stderr(stderr);
    let start = Instant::now();
    let mut child = cmd.spawn().map_err(|e| fail(&e))?;
    let pid = child.id();
    let ended = AtomicBool::new(false);
    let mut wall = Duration::ZERO;
    let own_peak = std::thread::scope(|scope| {
        let watcher = scope.spawn(|| watch_peak(pid, &ended));
        let id = Pid::from_raw(i32::try_from(pid).unwrap_or(0)).map(WaitId::Pid);
        if let Some(id) = id {
            // Leaves the process to be reaped, so that its accounts can still be read.
            let how = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            while matches!(waitid(id.clone(), how), Err(rustix::io::Errno::INTR)) {}
        }
        wall = start.elapsed();
        ended.store(true, Ordering::Relaxed);
        watcher.join().unwrap_or(0)
    });
    let tools = children_cpu(pid);
    let used = child.wait4().map_err(|e| fail(&e))?;
    let cpu = used.rusage.utime + used.rusage.stime;
    Ok(Cost {
        wall,
        cpu,
        own_cpu: cpu.saturating_sub(tools),
        own_peak,
        code: used.status.code().unwrap_or(-1),
    })
}

fn watch_peak(pid: u32, ended: &AtomicBool) -> u64 {
    let mut peak = 0;
    while !ended.load(Ordering::Relaxed) {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
        let kib: Option<u64> = line.and_then(|l| l.split_whitespace().next()?.parse().ok());
        peak = peak.max(kib.unwrap_or(0) * 1024);
        std::thread::sleep(LOOK_EVERY);
    }
    peak
}

/// CPU of the children that process `pid`, which has ended, had reaped.
fn children_cpu(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // Fields after the parenthesised name, which may itself hold spaces: the first is the state.
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or("").split(' ').collect();
    let ticks = |i: usize| {
        fields
            .get(i)
            .and_then(|f| f.parse::<u64>().ok())
            .unwrap_or(0)
    };
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    Duration::from_micros((ticks(13) + ticks(14)) * 1_000_000 / per_second)
}

/// The middle value; of an even number, the mean of the two in the middle.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_commands_own_cpu_from_its_childrens() {
        let mut cmd = Command::new("sh");
        cmd.args([
            "-c",
            "sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'; exit 3",
        ]);
        let cost = run(cmd).expect("sh runs");
        assert_eq!(cost.code, 3);
        assert!(cost.cpu > cost.own_cpu, "{cost:?}");
        assert!(cost.own_peak > 100 << 10, "{cost:?}");
    }

    #[test]
    fn median_of_even_and_odd() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
    }
}

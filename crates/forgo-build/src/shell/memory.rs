//! How much memory is free.

use forgo_load::disk::{self, Because};

/// Returns the memory that can be used without swapping: the machine's, or the rest of the
/// container's.
pub fn free_memory() -> Option<u64> {
    let read = |file: &str| disk::own::read_to_string(Because::Process, file).ok();
    let machine = available(&read("/proc/meminfo")?)?;
    let group = |name: &str| -> Option<u64> {
        read(&format!("/sys/fs/cgroup/{name}"))?.trim().parse().ok()
    };
    // There is none, or it is `max`.
    let Some(most) = group("memory.max") else {
        return Some(machine);
    };
    let left = most.saturating_sub(group("memory.current").unwrap_or(most));
    Some(machine.min(left))
}

/// The line `MemAvailable:   22 kB`.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|l| l.strip_prefix("MemAvailable:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_s_memory() {
        let text = "MemTotal:       24000 kB\nMemAvailable:   20000 kB\n";
        assert_eq!(available(text), Some(20_480_000));
        assert_eq!(available("MemTotal: 1 kB\n"), None);
    }
}

//! The fourteen exercises of the cache lab, one test each, on the Go distribution that
//! `FORGO_TEST_GOROOT` names (else the one on PATH). The runner calls this once per release.
//!
//! A laboratory fills two caches from cold, so the tests take a lock and run one after another: on a
//! small machine they would only slow each other.

use std::sync::Mutex;

use xtask::tour::{EXERCISES, programs, run_exercise};

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn exercise(number: usize) {
    let _guard = ONE_AT_A_TIME
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let programs = programs(None, None).expect("a Go distribution and a built forgo");
    let exercise = EXERCISES
        .iter()
        .find(|e| e.number == number)
        .expect("an exercise of that number");
    let sheet = run_exercise(exercise, &programs);
    assert!(
        sheet.passed(),
        "{} on {}\n{}",
        exercise.title,
        programs.release(),
        sheet.render()
    );
}

macro_rules! exercises {
    ($($name:ident = $number:literal),* $(,)?) => {
        $(#[test] fn $name() { exercise($number) })*
    };
}

exercises! {
    e01_read_every_tool_call = 1,
    e02_explore_work = 2,
    e03_cold_and_warm = 3,
    e04_action_graph = 4,
    e05_one_byte_change = 5,
    e06_watch_the_key = 6,
    e07_gcflags_scope = 7,
    e08_cached_test_result = 8,
    e09_invalidate_the_test_cache = 9,
    e10_two_directories_one_cache = 10,
    e11_full_rebuild = 11,
    e12_parallelism = 12,
    e13_reproducible_build = 13,
    e14_slowest_action = 14,
}

//! The fourteen exercises of the cache lab, on the Go distribution that `FORGO_TEST_GOROOT` names
//! (else the one on PATH). The runner calls this once per release.
//!
//! They are one test: builds of everything are done once for all exercises that look at them.

use oracle::programs;
use xtask::tour::lab::Lab;
use xtask::tour::{EXERCISES, run_exercise};

#[test]
fn the_fourteen_exercises() {
    let programs = programs::find(None, None).expect("a Go distribution and a built forgo");
    let lab = Lab::new(&programs).expect("a laboratory");
    let mut failed = String::new();
    for exercise in &EXERCISES {
        let sheet = run_exercise(exercise, &lab);
        if !sheet.passed() {
            failed += &format!(
                "{}. {}\n{}",
                exercise.number,
                exercise.title,
                sheet.render()
            );
        }
    }
    assert_eq!(EXERCISES.len(), 14);
    assert!(failed.is_empty(), "on {}\n{failed}", programs.release());
}

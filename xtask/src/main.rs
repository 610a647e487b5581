//! The project's own chores: `cargo xtask parity`, `conformance`, `bench`.

fn main() {
    eprintln!("xtask: no task yet");
    std::process::exit(2);
}

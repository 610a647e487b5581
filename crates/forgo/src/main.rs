//! forgo: the go command's build orchestrator and cache.

fn main() {}

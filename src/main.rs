//! mazad: parse, run, exit code.

fn main() {}

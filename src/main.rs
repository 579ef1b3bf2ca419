//! mazad: parse, run, exit code.

use std::process::ExitCode;

use clap::Parser;

/// Bids are parsed on one thread and dropped on another, which glibc's arenas answer with locks and consolidation.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match mazad::cli::run(mazad::cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mazad: {error:#}");
            ExitCode::FAILURE
        }
    }
}

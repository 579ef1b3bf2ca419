//! mazad: parse, run, exit code.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match mazad::cli::run(mazad::cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mazad: {error:#}");
            ExitCode::FAILURE
        }
    }
}

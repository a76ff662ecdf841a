//! The `tubebell` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    tubebell::cli::main(
        std::env::args_os(),
        tubebell::config::environment(),
        tubebell::app::clock(),
    )
}

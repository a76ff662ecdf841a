//! `tubebell demo`.

use std::path::PathBuf;

/// What the command line says.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// A recording to play instead of a made-up world.
    pub replay: Option<PathBuf>,
    /// How many times faster than life; above 0.
    pub speed: Option<f64>,
    /// The port of the page on this machine; 0: any that is free.
    pub port: Option<u16>,
}

/// Runs the demo until it is told to stop.
///
/// # Errors
///
/// What kept it from starting, or ended it.
pub fn run(_options: Options) -> anyhow::Result<()> {
    anyhow::bail!("`demo` is not part of this build")
}

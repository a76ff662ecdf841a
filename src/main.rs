//! The `tubebell` program.

fn main() {}

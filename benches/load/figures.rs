//! The figures: printed as they come, as a table at the end, and as JSON lines in a file.

use std::fmt;
use std::path::PathBuf;

use serde_json::json;

/// Figures in the order in which they were measured.
pub(crate) struct Figures {
    rows: Vec<(String, f64, &'static str)>,
}

impl Figures {
    pub(crate) fn new() -> Figures {
        Figures { rows: Vec::new() }
    }

    /// Takes a figure and prints it.
    pub(crate) fn add(&mut self, name: &str, value: f64, unit: &'static str) {
        println!("   {name} = {} {unit}", shown(value));
        self.rows.push((name.to_owned(), value, unit));
    }

    /// Replaces, in the file, what was measured now; the figures of other benches stay.
    pub(crate) fn write(&self) -> std::io::Result<()> {
        let file = target().join("bench.jsonl");
        let old = std::fs::read_to_string(&file).unwrap_or_default();
        let is_measured = |line: &str| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
            self.rows.iter().any(|(name, ..)| line["bench"] == name.as_str())
        };
        let kept = old.lines().filter(|line| !is_measured(line)).map(str::to_owned);
        let new = self.rows.iter().map(|(name, value, unit)| {
            json!({"bench": name, "value": value, "unit": unit}).to_string()
        });
        let text: String = kept.chain(new).map(|line| line + "\n").collect();
        std::fs::write(file, text)
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value, unit) in &self.rows {
            writeln!(f, "{name:<34} {:>14} {unit}", shown(*value))?;
        }
        Ok(())
    }
}

fn shown(value: f64) -> String {
    if value >= 1000.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

/// The folder of what is built.
pub(crate) fn target() -> PathBuf {
    // The program under test is in target/<profile>/.
    let program = PathBuf::from(env!("CARGO_BIN_EXE_tubebell"));
    program.ancestors().nth(2).map(PathBuf::from).unwrap_or_default()
}

/// The value below which the given share of all samples lies.
pub(crate) fn percentile(samples: &mut [f64], share: f64) -> f64 {
    samples.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place in a list"
    )]
    let place = (samples.len() as f64 * share).ceil() as usize;
    samples.get(place.clamp(1, samples.len().max(1)) - 1).copied().unwrap_or(f64::NAN)
}

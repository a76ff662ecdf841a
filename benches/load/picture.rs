//! How long it takes to draw a picture.

use std::time::Instant;

use anyhow::Context as _;
use tubebell::draw::{Theme, png};
use tubebell::model::{Metric, Picture, PictureMark, UnixMillis};

use crate::figures::{Figures, percentile};

const POINTS: u32 = 400;
const DRAWN: usize = 200;

/// A week of a count that grows ever faster, with the values that it passed; from the numbers to PNG, one after the other.
pub(crate) fn picture(figures: &mut Figures) -> anyhow::Result<()> {
    let at = |nth: u32| UnixMillis(1_795_266_180_000 + i64::from(nth) * 25 * 60_000);
    let count = |nth: u32| 1_000_000 + u64::from(nth) * u64::from(nth) * 37 % 9_000_000;
    let points = (0..POINTS).map(|nth| (at(nth), Some(count(nth)))).collect();
    let marks = (1..20).map(|nth| PictureMark::Passed(at(nth * 20), count(nth * 20))).collect();
    let picture = Picture::new(Metric::Views, points, marks, "Europe/Madrid".to_owned());
    let picture = picture.context("it has a line")?;
    let mut samples = Vec::with_capacity(DRAWN);
    let mut bytes = 0;
    for _ in 0..DRAWN {
        let begun = Instant::now();
        bytes = png(&picture, Theme::Dark)?.len();
        samples.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    println!("   the first, which reads the font, took {:.1} ms; {bytes} bytes", samples[0]);
    figures.add("picture_ms", percentile(&mut samples, 0.5), "ms");
    Ok(())
}

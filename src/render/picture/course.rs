//! The way of a count over time: what is drawn as one line, corner by corner.

use crate::model::UnixMillis;

/// How finely time is told apart: of all points within one column the line shows the lowest, the highest and the last.
const COLUMNS: i128 = 320;

/// A corner of the line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Corner {
    /// How far in time, from 0 to 1.
    pub(super) share: f64,
    /// The count.
    pub(super) count: u64,
}

/// How far a moment is between two, from 0 to 1.
pub(super) fn share(at: UnixMillis, from: UnixMillis, to: UnixMillis) -> f64 {
    column(at, from, to) as f64 / COLUMNS as f64
}

fn column(at: UnixMillis, from: UnixMillis, to: UnixMillis) -> i128 {
    let [at, from, to] = [at, from, to].map(|moment| i128::from(moment.0));
    ((at - from) * COLUMNS / (to - from).max(1)).clamp(0, COLUMNS)
}

/// The stretches over which the count is known. A count holds until the next point, so the line goes in steps.
pub(super) fn stretches(
    points: &[(UnixMillis, Option<u64>)],
    from: UnixMillis,
    to: UnixMillis,
) -> Vec<Vec<Corner>> {
    let mut stretches = Vec::new();
    let mut line: Vec<Corner> = Vec::new();
    let same_column = |(a, _): &(UnixMillis, _), (b, _): &(UnixMillis, _)| {
        column(*a, from, to) == column(*b, from, to)
    };
    for group in points.chunk_by(same_column) {
        let (Some((first, _)), Some((_, last))) = (group.first(), group.last()) else { continue };
        let share = share(*first, from, to);
        let corner = |count| Corner { share, count };
        if let Some(held) = line.last() {
            let held = held.count;
            push(&mut line, corner(held));
        }
        let known = || group.iter().filter_map(|(_, count)| *count);
        for count in known().min().into_iter().chain(known().max()).chain(known().next_back()) {
            push(&mut line, corner(count));
        }
        if last.is_none() && !line.is_empty() {
            stretches.push(std::mem::take(&mut line));
        }
    }
    if !line.is_empty() {
        stretches.push(line);
    }
    // What is known for less than a column is seen as a dot.
    for stretch in &mut stretches {
        if let [only] = **stretch {
            stretch.push(only);
        }
    }
    stretches
}

fn push(line: &mut Vec<Corner>, corner: Corner) {
    if line.last() != Some(&corner) {
        line.push(corner);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points at so many columns; each stretch as `column:count` corner by corner.
    fn drawn(points: &[(i64, Option<u64>)], width: i64) -> Vec<String> {
        let points: Vec<_> = points.iter().map(|(at, count)| (UnixMillis(*at), *count)).collect();
        let stretches = stretches(&points, UnixMillis(0), UnixMillis(width));
        let corner = |Corner { share, count }: &Corner| {
            format!("{}:{count}", (share * COLUMNS as f64).round())
        };
        let stretch = |line: &Vec<Corner>| line.iter().map(corner).collect::<Vec<_>>().join(" ");
        stretches.iter().map(stretch).collect()
    }

    #[test]
    fn a_count_holds_until_the_next_one() {
        let points = [(0, Some(5)), (100, Some(9)), (320, Some(9))];
        assert_eq!(drawn(&points, 320), ["0:5 100:5 100:9 320:9"]);
    }

    #[test]
    fn the_line_is_broken_where_the_count_was_hidden() {
        let points = [(0, None), (10, Some(5)), (20, None), (30, None), (40, Some(6)), (320, None)];
        assert_eq!(drawn(&points, 320), ["10:5 20:5", "40:6 320:6"]);
        assert_eq!(drawn(&[(0, Some(1)), (1, Some(2)), (2, None)], 3200), ["0:1 0:2"]);
        assert_eq!(
            drawn(&[(0, Some(1)), (1, None), (320, Some(1))], 3200),
            ["0:1 0:1", "32:1 32:1"]
        );
    }

    #[test]
    fn of_many_points_the_extremes_are_kept() {
        let points: Vec<_> = (0..32_000).map(|at| (at, Some(100))).collect();
        let mut spiked = points.clone();
        spiked[15_999].1 = Some(1);
        spiked[16_001].1 = Some(900);
        let last = (32_000, Some(100));
        let all = |mut points: Vec<_>| {
            points.push(last);
            drawn(&points, 32_000).join("|")
        };
        assert!(all(points).split(' ').count() <= 321);
        let all = all(spiked);
        assert!(all.contains(" 159:1 ") && all.contains(" 160:900 "), "{all}");
    }
}

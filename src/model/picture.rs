//! A picture that goes along with a message, as the numbers that it shows.

use serde::{Deserialize, Serialize};

use super::{Counts, Metric, UnixMillis};

/// A count over time, from the first point to the last. It is kept as numbers and drawn before its message leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// What is counted.
    pub metric: Metric,
    /// When, and how many, oldest first. A count holds until the next point; `None`: it is hidden until then.
    pub points: Vec<(UnixMillis, Option<u64>)>,
    /// What stands out.
    #[serde(default)]
    pub marks: Vec<PictureMark>,
    /// The reader's time zone, a name of the tz database; UTC is used for a name that it does not have.
    pub tz: String,
}

/// Something that stands out in a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PictureMark {
    /// The count passed a value.
    Passed(UnixMillis, u64),
    /// The video got another title.
    Renamed(UnixMillis),
}

impl Picture {
    /// Makes a picture; `None`: the count is not known of two moments, and one alone is no line.
    ///
    /// The points are put into their order. Who reads them keeps their number small: a message is kept with all of them.
    #[must_use]
    pub fn new(
        metric: Metric,
        mut points: Vec<(UnixMillis, Option<u64>)>,
        marks: Vec<PictureMark>,
        tz: String,
    ) -> Option<Picture> {
        points.sort_by_key(|(at, _)| *at);
        let mut known = points.iter().filter(|(_, count)| count.is_some()).map(|(at, _)| at);
        let is_line = known.next() < known.next_back();
        is_line.then_some(Picture { metric, points, marks, tz })
    }

    /// How the views of a video went between two moments, of its course in this time; `None`: they are not known of two moments.
    #[must_use]
    pub fn of_views(
        course: &[(UnixMillis, Counts)],
        span: (UnixMillis, UnixMillis),
        tz: String,
    ) -> Option<Picture> {
        let points = Picture::points_of_views(course, span);
        Picture::new(Metric::Views, points, Vec::new(), tz)
    }

    /// The points of it. What was counted before holds at the beginning, and what was counted last until the end.
    pub(crate) fn points_of_views(
        course: &[(UnixMillis, Counts)],
        (since, until): (UnixMillis, UnixMillis),
    ) -> Vec<(UnixMillis, Option<u64>)> {
        let views = |counts: &Counts| counts.views.and_then(|views| u64::try_from(views).ok());
        let mut points: Vec<_> =
            course.iter().map(|(at, counts)| ((*at).max(since), views(counts))).collect();
        let last = points.last().and_then(|(_, count)| *count);
        points.retain(|(at, _)| *at < until);
        points.push((until, last));
        points
    }
}

impl PictureMark {
    /// When.
    #[must_use]
    pub const fn at(self) -> UnixMillis {
        match self {
            PictureMark::Passed(at, _) | PictureMark::Renamed(at) => at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(points: &[(i64, Option<u64>)]) -> Option<Picture> {
        let points = points.iter().map(|(at, count)| (UnixMillis(*at), *count)).collect();
        Picture::new(Metric::Views, points, Vec::new(), "UTC".to_owned())
    }

    #[test]
    fn a_course_of_views_begins_and_ends_where_it_is_asked_to() {
        let at =
            |at: i64, views: Option<i64>| (UnixMillis(at), Counts { views, ..Counts::default() });
        let span = (UnixMillis(10), UnixMillis(30));
        for (course, points) in [
            (
                vec![at(5, Some(1)), at(20, Some(2))],
                Some(vec![(10, Some(1)), (20, Some(2)), (30, Some(2))]),
            ),
            (vec![at(12, Some(1)), at(40, Some(2))], Some(vec![(12, Some(1)), (30, Some(2))])),
            (vec![at(12, Some(1)), at(20, None)], None),
            (vec![at(20, Some(1))], Some(vec![(20, Some(1)), (30, Some(1))])),
            (Vec::new(), None),
        ] {
            let picture = Picture::of_views(&course, span, "UTC".to_owned());
            let shown = picture.map(|picture| {
                picture.points.into_iter().map(|(at, views)| (at.0, views)).collect::<Vec<_>>()
            });
            assert_eq!(shown, points, "{course:?}");
        }
    }

    #[test]
    fn a_line_needs_the_count_of_two_moments() {
        for (points, is_line) in [
            (&[][..], false),
            (&[(1, Some(5))], false),
            (&[(1, Some(5)), (1, Some(6))], false),
            (&[(1, Some(5)), (2, None)], false),
            (&[(1, Some(5)), (2, Some(5))], true),
            (&[(0, None), (3, Some(2)), (2, None), (1, Some(5)), (4, None)], true),
        ] {
            assert_eq!(picture(points).is_some(), is_line, "{points:?}");
        }
    }

    #[test]
    fn points_are_put_into_their_order() {
        let points = picture(&[(3, Some(7)), (1, Some(5)), (2, None)]).unwrap().points;
        assert_eq!(points.iter().map(|(at, _)| at.0).collect::<Vec<_>>(), [1, 2, 3]);
    }
}

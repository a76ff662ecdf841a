//! What holds for every picture, and what one looks like as text.

use proptest::prelude::*;

use super::*;

/// 2026-11-21T13:03:00Z.
const NOW: i64 = 1_795_266_180_000;
const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

fn picture(points: &[(i64, Option<u64>)], marks: Vec<PictureMark>) -> Picture {
    let points = points.iter().map(|(at, count)| (UnixMillis(*at), *count)).collect();
    Picture { metric: Metric::Views, points, marks, tz: "Europe/Madrid".to_owned() }
}

/// Names and values of all attributes.
fn attributes(svg: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut parts = svg.split('"');
    std::iter::from_fn(move || {
        let (before, value) = (parts.next()?, parts.next()?);
        let name = before.rsplit([' ', '\n']).next()?;
        Some((name.trim_end_matches('='), value))
    })
}

/// The words of a picture.
fn words(svg: &str) -> Vec<&str> {
    svg.split("<text ").skip(1).map(|text| text.split(['>', '<']).nth(1).unwrap()).collect()
}

/// All places that the commands of a path lead to.
fn places(path: &str) -> Vec<(f64, f64)> {
    let (mut x, mut y) = (0.0, 0.0);
    let mut places = Vec::new();
    let commands = path.match_indices(|c: char| c.is_ascii_alphabetic());
    for (at, command) in commands {
        let (_, rest) = path.split_at(at + 1);
        let numbers = rest.split(|c: char| c.is_ascii_alphabetic()).next().unwrap_or_default();
        let numbers: Vec<f64> =
            numbers.split_whitespace().map(|number| number.parse().unwrap()).collect();
        match (command, numbers.as_slice()) {
            ("M" | "L", [to_x, to_y]) => (x, y) = (*to_x, *to_y),
            ("H", [to_x]) => x = *to_x,
            ("V", [to_y]) => y = *to_y,
            ("v", [by]) => y += by,
            ("Z", []) => {}
            other => panic!("{other:?}"),
        }
        places.push((x, y));
    }
    places
}

/// Panics where something of a picture is outside of it, or no number.
#[track_caller]
fn assert_whole(svg: &str) {
    let is_inside = |(x, y): (f64, f64)| {
        (0.0..=f64::from(WIDTH)).contains(&x) && (0.0..=f64::from(HEIGHT)).contains(&y)
    };
    for (name, value) in attributes(svg) {
        let place = match name {
            "x" | "cx" => (value.parse().unwrap(), 0.0),
            "y" | "cy" => (0.0, value.parse().unwrap()),
            "d" => {
                assert!(places(value).into_iter().all(is_inside), "{value}");
                continue;
            }
            _ => continue,
        };
        assert!(is_inside(place), "{name}={value}");
    }
    let words = words(svg);
    assert!((4..=24).contains(&words.len()), "{words:?}");
    assert!(words.iter().all(|word| word.chars().all(|c| LETTERS.contains(c))), "{words:?}");
}

fn drawn(points: &[(i64, Option<u64>)], marks: Vec<PictureMark>) -> String {
    let svg = svg(&picture(points, marks), Theme::Light).expect("there is something to draw");
    assert_whole(&svg);
    svg
}

#[test]
fn one_count_is_no_picture() {
    for points in [&[][..], &[(NOW, Some(5))], &[(NOW, Some(5)), (NOW, Some(6))], &[(0, None)]] {
        assert_eq!(svg(&picture(points, Vec::new()), Theme::Dark), None, "{points:?}");
    }
}

#[test]
fn the_extremes_are_drawn_well() {
    for points in [
        // Some minutes, a month, all of time.
        &[(NOW - 3 * MINUTE, Some(5)), (NOW, Some(6))][..],
        &[(NOW - 30 * DAY, Some(5)), (NOW, Some(6))],
        &[(i64::MIN, Some(0)), (i64::MAX, Some(u64::MAX))],
        // It stands still, falls by half, is huge, is hidden at the end and in between.
        &[(NOW - DAY, Some(0)), (NOW, Some(0))],
        &[(NOW - DAY, Some(1_000)), (NOW - 1, Some(500)), (NOW, Some(500))],
        &[(NOW - DAY, Some(u64::MAX - 1)), (NOW, Some(u64::MAX))],
        &[(NOW - DAY, Some(5)), (NOW - 5, Some(6)), (NOW, None)],
        &[(NOW - DAY, Some(5)), (NOW - DAY / 2, None), (NOW, Some(6))],
    ] {
        let svg = drawn(points, Vec::new());
        let is_hidden = points.last().is_some_and(|(_, count)| count.is_none());
        assert_eq!(words(&svg).contains(&"hidden"), is_hidden, "{svg}");
    }
}

#[test]
fn passed_values_and_new_titles_are_marked_and_few_of_them_named() {
    let at = |minute: i64| UnixMillis(NOW - DAY + minute * MINUTE);
    let points: Vec<_> = (0..=1440)
        .map(|minute: i64| (at(minute).0, Some(1_000 + minute.unsigned_abs() * 10)))
        .collect();
    let passed = |thousands: i64| {
        PictureMark::Passed(at(thousands * 100 - 100), thousands.unsigned_abs() * 1_000)
    };
    let mut marks: Vec<_> = (2..15).map(passed).collect();
    marks.extend([at(700), at(800), at(-5)].map(PictureMark::Renamed));
    // Values that the picture does not have, and moments.
    marks.extend([PictureMark::Passed(at(5), 900_000), PictureMark::Passed(at(5_000), 1_000)]);
    let svg = drawn(&points, marks);
    assert_eq!(svg.matches("<circle").count(), 13 + 1);
    assert_eq!(svg.matches("dasharray").count(), 2);
    let words = words(&svg);
    assert_eq!(words.iter().filter(|word| **word == "new title").count(), 1);
    let named: Vec<_> = words.iter().filter(|word| word.ends_with(",000")).collect();
    assert_eq!(named, [&"14,000", &"11,000", &"8,000"]);
}

#[test]
fn a_picture_as_text() {
    let points = [
        (NOW - 7 * DAY, Some(950)),
        (NOW - 4 * DAY, Some(1_010)),
        (NOW - 3 * DAY, None),
        (NOW - 2 * DAY, Some(1_240)),
        (NOW, Some(1_240)),
    ];
    let marks = vec![
        PictureMark::Passed(UnixMillis(NOW - 4 * DAY), 1_000),
        PictureMark::Renamed(UnixMillis(NOW - DAY)),
    ];
    insta::assert_snapshot!(drawn(&points, marks), @r##"
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 400" width="800" height="400" role="img" aria-label="Views over time" font-family="Noto Sans, system-ui, sans-serif">
    <rect width="800" height="400" fill="#ffffff"/>
    <text x="24.0" y="54.0" font-size="36" fill="#10161d" text-anchor="start">Views</text>
    <text x="776.0" y="54.0" font-size="36" fill="#1a6fbb" text-anchor="end">1,240</text>
    <path d="M119.0 340.0H776.0" stroke="#e4e9ef" stroke-width="2"/>
    <text x="105.0" y="349.7" font-size="27" fill="#5a6672" text-anchor="end">900</text>
    <path d="M119.0 278.0H776.0" stroke="#e4e9ef" stroke-width="2"/>
    <text x="105.0" y="287.7" font-size="27" fill="#5a6672" text-anchor="end">1,000</text>
    <path d="M119.0 216.0H776.0" stroke="#e4e9ef" stroke-width="2"/>
    <text x="105.0" y="225.7" font-size="27" fill="#5a6672" text-anchor="end">1,100</text>
    <path d="M119.0 154.0H776.0" stroke="#e4e9ef" stroke-width="2"/>
    <text x="105.0" y="163.7" font-size="27" fill="#5a6672" text-anchor="end">1,200</text>
    <path d="M119.0 92.0H776.0" stroke="#e4e9ef" stroke-width="2"/>
    <text x="105.0" y="101.7" font-size="27" fill="#5a6672" text-anchor="end">1,300</text>
    <path d="M156.0 340.0v8" stroke="#5a6672" stroke-width="2"/>
    <text x="167.6" y="382.0" font-size="27" fill="#5a6672" text-anchor="middle">15 Nov</text>
    <path d="M344.8 340.0v8" stroke="#5a6672" stroke-width="2"/>
    <text x="344.8" y="382.0" font-size="27" fill="#5a6672" text-anchor="middle">17 Nov</text>
    <path d="M531.7 340.0v8" stroke="#5a6672" stroke-width="2"/>
    <text x="531.7" y="382.0" font-size="27" fill="#5a6672" text-anchor="middle">19 Nov</text>
    <path d="M720.6 340.0v8" stroke="#5a6672" stroke-width="2"/>
    <text x="720.6" y="382.0" font-size="27" fill="#5a6672" text-anchor="middle">21 Nov</text>
    <path d="M119.0 309.0L400.3 309.0L400.3 271.8L492.7 271.8L492.7 340.0L119.0 340.0ZM587.1 129.2L776.0 129.2L776.0 340.0L587.1 340.0Z" fill="#1a6fbb" fill-opacity="0.14"/>
    <path d="M119.0 309.0L400.3 309.0L400.3 271.8L492.7 271.8M587.1 129.2L776.0 129.2" fill="none" stroke="#1a6fbb" stroke-width="4" stroke-linecap="round" stroke-linejoin="round"/>
    <path d="M681.6 92.0V340.0" stroke="#c62f38" stroke-width="3" stroke-dasharray="4 8"/>
    <text x="669.6" y="119.0" font-size="27" fill="#c62f38" text-anchor="end">new title</text>
    <circle cx="400.3" cy="278.0" r="8" fill="#ffffff" stroke="#c62f38" stroke-width="4"/>
    <text x="384.3" y="266.0" font-size="27" fill="#c62f38" text-anchor="end">1,000</text>
    <circle cx="776.0" cy="129.2" r="7" fill="#1a6fbb"/>
    </svg>
    "##);
}

#[test]
fn however_many_points_there_are_a_picture_has_a_bounded_size() {
    for odd in [1, 6_364_136_223_846_793_005_u64, u64::MAX] {
        let count = |at: i64| Some(at.unsigned_abs().wrapping_mul(odd) >> 40);
        let points: Vec<_> = (0..20_000).map(|at| (NOW + at * MINUTE, count(at))).collect();
        assert!(drawn(&points, Vec::new()).len() < 64_000);
    }
}

fn some_points() -> impl Strategy<Value = Vec<(i64, Option<u64>)>> {
    let at = prop_oneof![any::<i64>(), NOW - 30 * DAY..NOW, NOW - 1_000..NOW];
    let count = prop_oneof![any::<u64>(), 0..10_u64, 1_000_000..1_000_100_u64];
    proptest::collection::vec((at, proptest::option::weighted(0.9, count)), 0..60)
}

proptest! {
    #[test]
    fn any_history_is_drawn_within_the_picture_or_not_at_all(
        points in some_points(),
        passed in proptest::collection::vec((any::<usize>(), any::<u64>()), 0..40),
        dark: bool,
    ) {
        let mark = |(place, value): (usize, u64)| {
            let (at, count) = points.get(place % (points.len() + 1)).copied().unwrap_or((NOW, None));
            match count {
                Some(count) => PictureMark::Passed(UnixMillis(at), count.min(value)),
                None => PictureMark::Renamed(UnixMillis(at)),
            }
        };
        let picture = picture(&points, passed.into_iter().map(mark).collect());
        let theme = if dark { Theme::Dark } else { Theme::Light };
        if let Some(svg) = svg(&picture, theme) {
            assert_whole(&svg);
        }
    }
}

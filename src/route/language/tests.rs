//! The rule language: the table of what can be written, the texts of mistakes, and laws over arbitrary texts.

use proptest::prelude::*;

use super::*;
use crate::model::{Amount, Condition, Direction, RateUnit};

/// Parses `text` and compares the canonical text.
fn check(text: &str, canonical: &str) {
    let rule = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(rule.to_string(), canonical, "{text}");
}

fn refused(text: &str, line: &str) {
    assert_eq!(parse(text).map_err(|error| error.to_string()), Err(line.to_owned()), "{text}");
}

fn refused_set(text: &str, line: &str) {
    assert_eq!(parse_set(text).map_err(|error| error.to_string()), Err(line.to_owned()), "{text}");
}

#[test]
fn every_rule_of_the_table_is_read_and_printed() {
    for rule in [
        "views any",
        "views every 1000",
        "views milestones",
        "views at 10k, 100k, 1M",
        "likes +500",
        "likes +5%",
        "comments -10%",
        "views +5% in 1h",
        "views +500 in 1h30m",
        "views -2.5% in 1d",
        "views rate > 200/h",
        "comments rate > 10k/d",
        "title",
        "status",
        "live",
        "upload",
    ] {
        check(rule, rule);
        let urgent = format!("{rule}!");
        check(&urgent, &urgent);
    }
}

#[test]
fn a_rule_becomes_the_data_it_says() {
    use crate::model::Metric::{Comments, Likes, Views};
    for (text, condition) in [
        ("views any", Condition::Any(Views)),
        ("views every 1k", Condition::Every(Views, 1000)),
        ("likes at 5, 3", Condition::At(Likes, vec![3, 5])),
        ("likes +5%", Condition::Moved(Likes, Direction::Up, Amount::Percent(500))),
        ("likes -7", Condition::Moved(Likes, Direction::Down, Amount::Absolute(7))),
        (
            "views +0.05% in 2d",
            Condition::MovedIn(Views, Direction::Up, Amount::Percent(5), 172_800),
        ),
        ("comments rate > 200/d", Condition::Rate(Comments, 200, RateUnit::Day)),
        ("upload", Condition::Event(Event::Upload)),
    ] {
        let rule = Rule::from(condition);
        assert!(!rule.is_urgent);
        assert_eq!(parse(text), Ok(rule.clone()), "{text}");
        let urgent = Rule { is_urgent: true, ..rule };
        assert_eq!(parse(&format!("{text}!")), Ok(urgent), "{text}!");
    }
}

#[test]
fn case_and_white_space_do_not_matter() {
    check("  VIEWS\tEvery\u{a0}1K ", "views every 1000");
    check("views at 1m,20K,\n3b", "views at 20k, 1M, 3B");
    check("likes + 5 %  in 1H", "likes +5% in 1h");
    check("views rate>200/h", "views rate > 200/h");
    check("views rate > 200 / H", "views rate > 200/h");
    check("Title", "title");
    check("views every 1000 !", "views every 1000!");
    check(" status\u{a0}\u{ff01} ", "status!");
}

#[test]
fn typographic_signs_are_read() {
    check("comments \u{2212}10%", "comments -10%");
    check("comments \u{2013}10", "comments -10");
    check("comments \u{ff0b}10", "comments +10");
}

#[test]
fn numbers_may_be_short() {
    check("views every 1.5M", "views every 1.5M");
    check("views every 1500k", "views every 1.5M");
    check("views every 2B", "views every 2B");
    check("views every 0.5k", "views every 500");
    check("views every 1.50k", "views every 1500");
    check("views every 1.0", "views every 1");
    check("views every 12345", "views every 12345");
    check("views every 1250k", "views every 1250k");
    check("views every 1000000B", "views every 1000000B");
}

#[test]
fn values_of_a_list_are_sorted_and_distinct() {
    check("views at 100k, 10k, 10000", "views at 10k, 100k");
}

#[test]
fn a_misspelt_word_is_pointed_at_with_what_was_meant() {
    refused(
        "views evry 1000",
        "column 7: expected \"any\", \"every\", \"milestones\", \"at\", \"rate\", \"+\" or \"-\", \
         found \"evry\" - did you mean \"every\"?",
    );
    refused(
        "viewes any",
        "column 1: expected \"views\", \"likes\", \"comments\", \"title\", \"status\", \"live\" or \
         \"upload\", found \"viewes\" - did you mean \"views\"?",
    );
    refused_set(
        "status; quite",
        "column 9: expected \"views\", \"likes\", \"comments\", \"title\", \"status\", \"live\", \
         \"upload\", \"all\", \"milestones\", \"quiet\" or \"uploads\", found \"quite\" - did you mean \"quiet\"?",
    );
}

#[test]
fn mistakes_name_their_column_and_what_could_stand_there() {
    const COUNT: &str = "expected a whole number from 1 to 10^15, such as 1000, 10k or 1.5M";
    refused("views every", &format!("column 12: {COUNT}, found the end"));
    refused("views every 0", &format!("column 13: {COUNT}, found \"0\""));
    refused("views every 1.5", &format!("column 13: {COUNT}, found \"1.5\""));
    refused("views every 10kk", &format!("column 13: {COUNT}, found \"10kk\""));
    refused("views every -5", &format!("column 13: {COUNT}, found \"-\""));
    refused("views every ٣", &format!("column 13: {COUNT}, found \"٣\""));
    refused("views every 1000001B", &format!("column 13: {COUNT}, found \"1000001B\""));
    refused(
        "views every 99999999999999999999999999999",
        &format!("column 13: {COUNT}, found \"999999999999999999999999\""),
    );
    refused("views at 10k,", &format!("column 14: {COUNT}, found the end"));
    refused(
        "views at 10k 20k",
        "column 14: expected \",\", \"!\" or the end of the rule, found \"20k\"",
    );
    refused("views any 5", "column 11: expected \"!\" or the end of the rule, found \"5\"");
    refused("views any; title", "column 10: expected \"!\" or the end of the rule, found \";\"");
    refused("views rate 200/h", "column 12: expected \">\", found \"200\"");
    refused("views rate > 200", "column 17: expected /h or /d, as in 200/h, found the end");
    refused("views rate > 200/w", "column 18: expected \"h\" or \"d\", found \"w\"");
    refused(
        "likes +",
        "column 8: expected a number or a percentage, such as 500, 10k or 5%, found the end",
    );
    refused(
        "likes +5 on 1h",
        "column 10: expected \"%\", \"in\", \"!\" or the end of the rule, found \"on\"",
    );
    refused(
        "likes +5.123%",
        "column 8: expected a percentage from 0.01 to 1000000, with at most two decimals, \
         found \"5.123\"",
    );
    refused(
        "likes -101%",
        "column 8: expected a percentage from 0.01 to 100, with at most two decimals, found \"101\"",
    );
    for (window, found) in
        [("45d", "45d"), ("0m", "0m"), ("90s", "90s"), ("1", "1"), ("1h5", "1h5")]
    {
        refused(
            &format!("views +5% in {window}"),
            &format!(
                "column 14: expected a window from 1m to 30d, such as 30m, 1h or 1d \
                 (history is kept for 30 days), found \"{found}\""
            ),
        );
    }
    refused_set(
        "status title",
        "column 8: expected \"!\", \";\" or the end of the rule, found \"title\"",
    );
}

#[test]
fn a_mark_stands_once_behind_a_rule_and_behind_nothing_else() {
    refused("status!!", "column 8: expected the end of the rule, found \"!\"");
    refused_set("status! live", "column 9: expected \";\" or the end of the rule, found \"live\"");
    refused(
        "views! any",
        "column 6: expected \"any\", \"every\", \"milestones\", \"at\", \"rate\", \"+\" or \"-\", \
         found \"!\"",
    );
    assert_eq!(parse_set("!").unwrap_err().column, 1);
    let preset = "expected \";\" or the end of the preset, which is never urgent (\"!\" stands behind \
                  a rule, such as status!), found \"!\"";
    refused_set("all!", &format!("column 4: {preset}"));
    refused_set("title; Quiet !", &format!("column 14: {preset}"));
    refused_set("all 5", "column 5: expected \";\" or the end of the rule, found \"5\"");
}

#[test]
fn a_condition_comes_once_in_a_set_and_is_urgent_if_it_is_anywhere() {
    for (text, printed) in [
        ("status; status!", "status!"),
        ("status!; live; status", "status!; live"),
        (
            "quiet; status!; views milestones !",
            "views milestones!; likes milestones; comments milestones; status!",
        ),
        ("live!; live!", "live!"),
    ] {
        let rules = parse_set(text).unwrap();
        let texts: Vec<String> = rules.iter().map(ToString::to_string).collect();
        assert_eq!(texts.join("; "), printed, "{text}");
    }
}

#[test]
fn columns_count_characters_not_bytes() {
    let error = parse("views \u{2212}10% \u{1f514}").unwrap_err();
    assert_eq!((error.column, error.found.as_str()), (12, "\u{1f514}"));
}

#[test]
fn grouped_numbers_are_refused_not_misread() {
    for text in ["views every 1,000", "views at 10,500", "likes +1,000", "views at 5, 10,500"] {
        let error = parse(text).unwrap_err();
        assert!(error.to_string().contains("without separators"), "{text}: {error}");
        assert!(error.found.contains(','), "{text}: {error}");
    }
    check("views at 10,20,300k", "views at 10, 20, 300k");
    check("views at 10,1000", "views at 10, 1000");
}

#[test]
fn control_characters_and_emoji_are_refused_and_shown_escaped() {
    refused(
        "views\u{7}any",
        "column 6: expected \"any\", \"every\", \"milestones\", \"at\", \"rate\", \"+\" or \"-\", \
         found \"\\u{7}\"",
    );
    assert_eq!(parse("\u{1f514}").unwrap_err().found, "\u{1f514}");
}

#[test]
fn an_empty_text_is_refused() {
    for text in ["", "  ", "\u{a0}"] {
        assert!(parse(text).unwrap_err().to_string().ends_with("found the end"));
        assert!(parse_set(text).unwrap_err().to_string().ends_with("found the end"));
    }
    assert_eq!(parse_set(";").unwrap_err().column, 1);
    assert_eq!(parse_set("title;;live").unwrap_err().column, 7);
}

#[test]
fn long_texts_and_long_sets_are_refused() {
    refused(
        &"x".repeat(10 * 1024),
        "column 501: expected a text of at most 500 characters, found \"xxxxxxxxxxxxxxxxxxxxxxxx\"",
    );
    let at: Vec<String> = (1..=21).map(|value| value.to_string()).collect();
    let error = parse(&format!("views at {}", at.join(", "))).unwrap_err();
    assert!(error.to_string().contains("at most 20 values in one rule, found \"21\""), "{error}");
    let set: Vec<String> = (1..=21).map(|value| format!("likes +{value}")).collect();
    let error = parse_set(&set.join(";")).unwrap_err();
    assert!(error.to_string().contains("at most 20 rules in one set"), "{error}");
}

#[test]
fn a_set_mixes_rules_and_presets_and_names_each_once() {
    let rules = parse_set("ALL; views any; title; quiet; milestones;").unwrap();
    let texts: Vec<String> = rules.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(texts.join("; "), @"views any; likes any; comments any; title; views milestones; likes milestones; comments milestones; status");
}

#[test]
fn presets_mean_what_the_handbook_says() {
    for name in PRESETS {
        assert_eq!(parse_set(name).ok(), preset(name), "{name}");
        assert!(preset(name).unwrap().iter().all(|rule| !rule.is_urgent), "{name}");
    }
    let uploads = "upload; views milestones; likes milestones; comments milestones";
    assert_eq!(preset("Uploads"), parse_set(uploads).ok());
    assert_eq!(preset("none"), None);
}

#[test]
fn a_picture_points_at_the_mistake() {
    let text = "views evry 1000";
    assert_eq!(parse(text).unwrap_err().explain(text), "views evry 1000\n      ^^^^");
    let text = format!("{}; titel", ["status"; 12].join("; "));
    let picture = parse_set(&text).unwrap_err().explain(&text);
    let (shown, carets) = picture.split_once('\n').unwrap();
    let column = carets.chars().take_while(|c| *c == ' ').count();
    assert!(shown.chars().skip(column).collect::<String>().starts_with("titel"), "{picture}");
}

fn metric() -> impl Strategy<Value = Metric> {
    prop_oneof![Just(Metric::Views), Just(Metric::Likes), Just(Metric::Comments)]
}

fn count() -> impl Strategy<Value = i64> {
    prop_oneof![
        1..2000i64,
        (1..2000i64, 0..12u32).prop_map(|(n, zeros)| n * 10i64.pow(zeros)),
        1..=COUNT_MAX
    ]
}

fn moved() -> impl Strategy<Value = (Direction, Amount)> {
    prop_oneof![
        (prop_oneof![Just(Direction::Up), Just(Direction::Down)], count())
            .prop_map(|(direction, count)| (direction, Amount::Absolute(count))),
        (1..=PERCENT_UP_MAX).prop_map(|p| (Direction::Up, Amount::Percent(p))),
        (1..=PERCENT_DOWN_MAX).prop_map(|p| (Direction::Down, Amount::Percent(p))),
    ]
}

/// Any rule that can be written.
pub(crate) fn rule() -> impl Strategy<Value = Rule> {
    (condition(), any::<bool>()).prop_map(|(condition, is_urgent)| Rule { condition, is_urgent })
}

/// Any condition that can be written.
pub(crate) fn condition() -> impl Strategy<Value = Condition> {
    let unit = prop_oneof![Just(RateUnit::Hour), Just(RateUnit::Day)];
    let event = prop_oneof![
        Just(Event::Title),
        Just(Event::Status),
        Just(Event::Live),
        Just(Event::Upload)
    ];
    prop_oneof![
        metric().prop_map(Condition::Any),
        (metric(), count()).prop_map(|(metric, step)| Condition::Every(metric, step)),
        metric().prop_map(Condition::Milestones),
        (metric(), prop::collection::btree_set(count(), 1..=AT_VALUES_MAX))
            .prop_map(|(metric, values)| Condition::At(metric, values.into_iter().collect())),
        (metric(), moved())
            .prop_map(|(metric, (direction, amount))| Condition::Moved(metric, direction, amount)),
        (metric(), moved(), 1..=WINDOW_MAX_S / 60).prop_map(|(metric, (direction, amount), m)| {
            Condition::MovedIn(metric, direction, amount, m * 60)
        }),
        (metric(), count(), unit)
            .prop_map(|(metric, count, unit)| Condition::Rate(metric, count, unit)),
        event.prop_map(Condition::Event),
    ]
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(rule in rule()) {
        let text = rule.to_string();
        prop_assert!(text.chars().count() <= TEXT_MAX_CHARS);
        prop_assert_eq!(parse(&text), Ok(rule.clone()));
        prop_assert_eq!(parse_set(&text), Ok(vec![rule]));
    }

    #[test]
    fn no_text_is_a_panic(text in any::<String>()) {
        if let Err(error) = parse_set(&text) {
            prop_assert!(error.column <= text.chars().count() + 1);
            prop_assert_eq!(error.to_string().lines().count(), 1);
            prop_assert_eq!(error.explain(&text).lines().count(), 2);
        }
        drop(parse(&text));
    }

    #[test]
    fn no_text_that_is_nearly_a_rule_is_a_panic(
        text in "((views|likes|title|at|every|rate|in|[+-]|>|/|%|;|,|!|[0-9]{1,25}|[kMBhd.]|[ \u{a0}é]) ?){0,12}"
    ) {
        match parse(&text) {
            Ok(rule) => prop_assert_eq!(parse(&rule.to_string()), Ok(rule)),
            Err(error) => {
                prop_assert!(!error.expected.is_empty());
                prop_assert_eq!(error.explain(&text).lines().count(), 2);
            }
        }
        drop(parse_set(&text));
    }
}

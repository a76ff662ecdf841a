//! Texts that are made to do harm, and those that are just long.

use proptest::prelude::*;

use super::*;

#[test]
fn a_mistake_repeats_only_a_piece_of_what_the_file_holds() {
    let long = format!("a\\n{}", "é".repeat(150_000));
    let name = "x".repeat(300_000);
    for text in [
        format!("\"{long}\" = 1"),
        format!("[\"{long}\"]"),
        format!("[bus]\n\"{long}\" = 1"),
        format!("bus.mode = \"{long}\""),
        format!("log.level = \"{long}\""),
        format!("defaults.tz = \"{long}\""),
        format!("defaults.at_most = \"{long}\""),
        format!("defaults.at_most = \"{}d\"", "9".repeat(300_000)),
        format!("defaults.templates = \"{long}\""),
        format!("store.url = \"sqlite://{long}\""),
        format!("store.url = \"{long}\""),
        format!("web.listen = \"{long}\""),
        format!("web.admin_token_file = \"{long}\""),
        format!("web.public_url = \"https://{name}\""),
        format!("operator.heartbeat_url = \"https://{name}\""),
        format!("operator.to = [\"{long}:1\"]"),
        format!("operator.to = [\"telegram:{long}\"]"),
        format!("access.allow = [\"recorder:{name}\"]"),
        format!("access.allow = [\"webhook:https://{name}\"]"),
        format!("[webhook]\nsecrets = {{ \"https://{name}\" = \"1\" }}"),
        format!("log.level = {name}"),
        format!("[log]\nlevel = \"info\"\n[log.\"{long}\"]\nx = 1\n[log.\"{long}\"]\nx = 1"),
    ] {
        let shown: String = text.chars().take(40).collect();
        let told = lines(&text, &[]);
        assert!(!told.is_empty(), "{shown}");
        for line in told {
            assert!(line.chars().count() < 400, "{shown}: {}", line.chars().count());
            assert!(!line.contains(['\n', '\r']), "{shown}: {line:?}");
        }
    }
    let name = format!("TUBEBELL_{name}");
    assert!(lines("", &[(&name, "1")])[0].chars().count() < 400);
}

#[test]
fn as_many_mistakes_as_a_file_can_hold_are_each_told_with_their_line() {
    let text =
        "[bus]\n".to_owned() + &(0..20_000).map(|n| format!("zzz{n} = 1\n")).collect::<String>();
    let told = lines(&text, &[]);
    assert_eq!(told.len(), 20_000);
    assert_eq!(told[19_999], ":20001: unknown key bus.zzz19999: [bus] has mode");
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC*", value in "\\PC*") {
        drop(with(&text, &[("TUBEBELL_YOUTUBE__DAILY_UNITS", &value), ("TUBEBELL_ACCESS__ALLOW", &value)]));
    }

    #[test]
    fn no_likely_text_makes_it_panic(
        lines in prop::collection::vec(
            ("\\[{0,2}", "(youtube|telegram|store|web|access|operator|limits|x)?", "[\\]=. ]{0,3}",
             "(api_key|url|listen|allow|to|max_age|daily_units)?",
             "( = )?(\"[a-z:/]{0,9}\"|\\[\"?telegram:[0-9-]{0,22}\"?\\]|[0-9]{1,22}|true|\\{|\\[\\[)?"),
            0..12,
        )
    ) {
        let text: String =
            lines.iter().map(|(a, b, c, d, e)| format!("{a}{b}{c}\n{d}{e}\n")).collect();
        drop(with(&text, &[]));
    }
}

#[test]
fn deep_nesting_is_a_mistake_and_no_overflow() {
    for text in [
        format!("youtube.x = {}", "[".repeat(100_000)),
        format!("youtube.x = {}", "{a=".repeat(100_000)),
        format!("youtube{} = 1", ".a".repeat(100_000)),
        format!("[youtube{}]", ".a".repeat(100_000)),
    ] {
        assert!(with(&text, &[]).is_err());
    }
}

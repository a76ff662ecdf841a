//! What one watch says, and what is wrong with it.

use super::*;
use crate::model::Settings;

#[test]
fn every_mistake_of_a_watch_is_told_with_its_line_and_what_to_write() {
    refused_watch(
        r#"video = "dQw4w9WgXcQ"
rules = ["views evry 10"]
to = ["telegram:x", "fax:5"]
at_most = "soon"
quiet = "22-8"
tz = "Europe/Madird"
until = "2020-01-31"
at_mots = 3"#,
        &[
            "3: rules: \"views evry 10\": column 7: expected \"any\", \"every\", \"milestones\", \"at\", \"rate\", \"+\" or \"-\", found \"evry\" - did you mean \"every\"?",
            "4: to: `telegram:x` is no Telegram chat: write telegram:<chat id> or telegram:<chat id>/<thread id>, both whole numbers",
            "4: to: `fax` is no destination: write telegram:<chat id>, telegram:<chat id>/<thread id>, discord:<channel id>, discord:@<user id>, discord-webhook:<https://…>, email:<name>@<domain> or webhook:<https://…>",
            "5: at_most: `soon` is no duration: write a number and s, m, h or d, as in 15m or 1h30m",
            "6: quiet: `22-8` are no quiet hours: write HH:MM-HH:MM, as in 22:00-08:00",
            "7: tz: `Europe/Madird` is no time zone: write one of the tz database, as in Europe/Madrid",
            "8: until: \"2020-01-31\" has passed",
            "9: \"at_mots\" is not known: did you mean at_most?",
        ],
    );
}

#[test]
fn a_watch_names_one_thing_to_watch_and_somebody_to_tell() {
    refused_watch(
        "at_most = \"1h\"",
        &["1: names no video, channel or playlist", "1: names nobody to tell: to is missing"],
    );
    refused_watch(
        "video = \"dQw4w9WgXcQ\"\nchannel = \"@handle\"\nto = \"telegram:1\"",
        &["1: names a video and a channel: make it two"],
    );
    refused_watch(
        "channel = \"dQw4w9WgXcQ\"\nto = \"telegram:1\"",
        &["2: channel: \"dQw4w9WgXcQ\" is a video: write it under video"],
    );
    refused_watch(
        "channel = \"handle\"\nto = \"telegram:1\"",
        &["2: channel: \"handle\" is none: write its @handle, its id (UC…) or its address"],
    );
    refused_watch(
        "video = \"dQw4w9WgXcQ\"\nto = [\n  \"telegram:1\",\n  \"telegram:1\"]",
        &["5: to: telegram:1 stands here twice"],
    );
    refused_watch(
        "video = \"dQw4w9WgXcQ\"\nrules = [\"upload\"]\nto = \"telegram:1\"",
        &["3: rules: upload rings for a channel or playlist, not for a video"],
    );
}

#[test]
fn a_message_every_thirty_days_is_the_least() {
    let body =
        |at_most| format!("video = \"dQw4w9WgXcQ\"\nto = \"telegram:1\"\nat_most = \"{at_most}\"");
    refused_watch(
        &body("30d1s"),
        &["4: at_most: `30d1s` is too long: write at most 30d, for statistics are kept no longer"],
    );
    let file = format!("[[watch]]\n{}", body("30 days"));
    let watch = &read(Form::Toml, file.as_bytes(), &terms()).unwrap()[0];
    assert_eq!(watch.settings.at_most(), Some(Settings::AT_MOST_MAX));
}

#[test]
fn a_rule_that_is_written_twice_is_one_and_urgent_if_it_is_in_either_place() {
    let file = "[[watch]]\nchannel = \"@handle\"\nto = \"telegram:1\"\n\
                rules = [\"uploads; status\", \"upload!\", \"status\"]";
    let watch = &read(Form::Toml, file.as_bytes(), &terms()).unwrap()[0];
    let rules: Vec<String> = watch.rules.iter().map(ToString::to_string).collect();
    let expected =
        ["upload!", "views milestones", "likes milestones", "comments milestones", "status"];
    assert_eq!(rules, expected);
    refused_watch(
        "video = \"dQw4w9WgXcQ\"\nrules = [\"upload!\"]\nto = \"telegram:1\"",
        &["3: rules: upload rings for a channel or playlist, not for a video"],
    );
}

#[test]
fn digests_and_messages_a_day_are_read_in_both_forms() {
    let settings = |form: Form, text: &str| {
        let watch = read(form, text.as_bytes(), &terms()).unwrap().remove(0);
        serde_json::to_string(&watch.settings).unwrap()
    };
    for (digest, pings, read) in [
        ("daily 9:00", "10", r#"{"digest":"daily 09:00","pings_per_day":10}"#),
        ("Weekly Monday 09:00", "1", r#"{"digest":"weekly mon 09:00","pings_per_day":1}"#),
        ("every 6h", "off", r#"{"digest":"every 6h","pings_per_day":0}"#),
        ("off", "OFF", r#"{"digest":"off","pings_per_day":0}"#),
    ] {
        let toml = format!(
            "[[watch]]\nvideo = \"dQw4w9WgXcQ\"\nto = \"telegram:1\"\ndigest = \"{digest}\"\npings_per_day = "
        );
        assert_eq!(settings(Form::Toml, &format!("{toml}\"{pings}\"\n")), read);
        if pings.parse::<u32>().is_ok() {
            assert_eq!(settings(Form::Toml, &format!("{toml}{pings}\n")), read, "without quotes");
        }
        let csv =
            format!("video,to,digest,pings_per_day\ndQw4w9WgXcQ,telegram:1,{digest},{pings}\n");
        assert_eq!(settings(Form::Csv, &csv), read);
    }
}

#[test]
fn a_digest_or_a_number_of_messages_that_is_none_is_told_with_one_that_is() {
    let watch = "video = \"dQw4w9WgXcQ\"\nto = \"telegram:1\"\n";
    let digest = "`sometimes` is no time of a digest: write `daily 09:00`, `weekly mon 09:00`, `hourly`, `every 6h` or `off`";
    refused_watch(
        &format!("{watch}digest = \"sometimes\"\npings_per_day = 0"),
        &[
            &format!("4: digest: {digest}"),
            "5: pings_per_day: `0` is no number of messages a day: write 1 or more, as in 10, or off",
        ],
    );
    refused_watch(
        &format!("{watch}digest = \"every 10s\"\npings_per_day = -3"),
        &[
            "4: digest: `every 10s` is too often or too seldom: write at least `every 30s` and at most `every 30d`",
            "5: pings_per_day: `-3` is no number of messages a day: write 1 or more, as in 10, or off",
        ],
    );
    refused_watch(
        &format!("{watch}digest = 9\npings_per_day = true"),
        &["4: digest takes a text in quotes", "5: pings_per_day takes a whole number, or \"off\""],
    );
    refused(
        Form::Csv,
        "video,to,pings_per_day\ndQw4w9WgXcQ,telegram:1,many\n",
        &[
            "2: pings_per_day: `many` is no number of messages a day: write 1 or more, as in 10, or off",
        ],
    );
}

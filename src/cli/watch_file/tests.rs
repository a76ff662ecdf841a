use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::check::Mistakes;
use super::*;
use crate::model::{
    Address, Channel, DestinationId, PersonKey, Quiet, Settings, SubjectRef, SubscriptionId,
    UnixMillis,
};
use crate::route::language;
use crate::store::{DestinationRow, Standing, WatchRow};

/// 2026-11-20T20:00:00Z
const NOW: UnixMillis = UnixMillis(1_795_204_800_000);

fn terms() -> Terms {
    Terms {
        channels: Channel::ALL.to_vec(),
        allow_private: false,
        discord_url: "https://discord.com".to_owned(),
        preset: language::preset("quiet").unwrap(),
        list_preset: language::preset("uploads").unwrap(),
        zone: TimeZone::get("Europe/Madrid").unwrap(),
        now: NOW,
    }
}

fn read(form: Form, text: &[u8], terms: &Terms) -> Result<Vec<Watch>, Vec<String>> {
    match checked(Checker::new(terms), form, text) {
        Ok(_) => Ok(rows(form, text).flat_map(|row| Watch::read(&row.unwrap(), terms)).collect()),
        Err(mistakes) => {
            Err(mistakes.shown.into_iter().map(|m| format!("{}: {}", m.line, m.message)).collect())
        }
    }
}

/// Looks at a file for as often as the checker asks for.
fn checked(mut checker: Checker<'_>, form: Form, text: &[u8]) -> Result<usize, Mistakes> {
    loop {
        rows(form, text).for_each(|row| checker.look(&row.unwrap()));
        if !checker.goes_on() {
            return checker.finish();
        }
    }
}

#[track_caller]
fn refused(form: Form, text: &str, expected: &[&str]) {
    assert_eq!(read(form, text.as_bytes(), &terms()).unwrap_err(), expected, "{text}");
}

#[track_caller]
fn refused_watch(body: &str, expected: &[&str]) {
    refused(Form::Toml, &format!("[[watch]]\n{body}\n"), expected);
}

/// What the rows mean, in words.
fn words(watch: &Watch) -> String {
    let rules: Vec<String> = watch.rules.iter().map(ToString::to_string).collect();
    let to: Vec<String> = watch.to.iter().map(ToString::to_string).collect();
    format!(
        "{} {} | {} | {} | {}",
        watch.line,
        watch.subject,
        rules.join("; "),
        to.join(" "),
        serde_json::to_string(&watch.settings).unwrap()
    )
}

const TOML: &str = r#"# The channel's own videos.
[[watch]]
video = "https://youtu.be/dQw4w9WgXcQ?si=x"
rules = ["views every 1000", "status"]
to = ["telegram:1234", "webhook:https://example.org/a;b"]
at_most = "15m"
quiet = "22:00-08:00"
tz = "America/New_York"
until = 2027-01-31

  [[watch]]  # a channel
channel = "@handle"
to = "telegram:-100/7"
until = "2027-01-31T18:00"

[[watch]]
playlist = "PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf"
rules = "upload"
to = ["telegram:1234"]
"#;

const CSV: &str = "video,channel,playlist,rules,to,at_most,quiet,tz,until
https://youtu.be/dQw4w9WgXcQ?si=x,,,views every 1000; status,telegram:1234;webhook:https://example.org/a;b,15m,22:00-08:00,America/New_York,2027-01-31
,@handle,,,telegram:-100/7,,,,2027-01-31T18:00
,,PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf,upload,telegram:1234,,,,
";

#[test]
fn both_forms_mean_the_same() {
    let expected = |lines: [u64; 3]| {
        [
            format!(
                "{} video:dQw4w9WgXcQ | views every 1000; status | telegram:1234 webhook:https://example.org/a;b | {}",
                lines[0],
                r#"{"at_most_s":900,"quiet":"22:00-08:00","tz":"America/New_York","until":1801458000000}"#
            ),
            format!(
                "{} channel:@handle | upload; views milestones; likes milestones; comments milestones | telegram:-100/7 | {}",
                lines[1], r#"{"until":1801414800000}"#
            ),
            format!(
                "{} playlist:PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf | upload | telegram:1234 | {{}}",
                lines[2]
            ),
        ]
    };
    let toml = read(Form::Toml, TOML.as_bytes(), &terms()).unwrap();
    assert_eq!(toml.iter().map(words).collect::<Vec<_>>(), expected([2, 11, 16]));
    let csv = read(Form::Csv, CSV.as_bytes(), &terms()).unwrap();
    assert_eq!(csv.iter().map(words).collect::<Vec<_>>(), expected([2, 3, 4]));
}

#[test]
fn files_of_windows_are_read_too() {
    for (form, text) in [(Form::Toml, TOML), (Form::Csv, CSV)] {
        let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
        let read_lines = |text: &str| {
            read(form, text.as_bytes(), &terms()).unwrap().iter().map(words).collect::<Vec<_>>()
        };
        assert_eq!(read_lines(&windows), read_lines(text));
    }
}

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

#[test]
fn a_destination_whose_channel_is_off_is_a_mistake() {
    let text = "video,to\ndQw4w9WgXcQ,telegram:1 webhook:https://example.org/x discord:5 discord-webhook:https://discord.com/api/webhooks/12/t\n";
    let off = Terms { channels: Vec::new(), ..terms() };
    assert_eq!(
        read(Form::Csv, text.as_bytes(), &off).unwrap_err(),
        [
            "2: to: telegram:1 is off: there is no section [telegram] in the configuration",
            "2: to: webhook:example.org/… is off: there is no section [webhook] in the configuration",
            "2: to: discord:5 is off: there is no discord.token in the configuration",
            "2: to: discord-webhook:12/… is off: there is no section [discord] in the configuration",
        ]
    );
}

#[test]
fn a_webhook_into_our_own_network_is_refused_unless_the_configuration_allows_it() {
    let text = b"video,to\ndQw4w9WgXcQ,webhook:http://10.0.0.1/x\n";
    let refused = read(Form::Csv, text, &terms()).unwrap_err();
    assert_eq!(
        refused,
        ["2: to: webhook:10.0.0.1/…: the address must be https (http needs webhook.allow_private)"]
    );
    let allowed = Terms { allow_private: true, ..terms() };
    assert_eq!(read(Form::Csv, text, &allowed).unwrap().len(), 1);
}

#[test]
fn a_webhook_of_discords_is_at_discord_or_where_the_configuration_says() {
    let text = b"video,to\ndQw4w9WgXcQ,discord-webhook:https://d.example/api/webhooks/12/s3cret\n";
    assert_eq!(
        read(Form::Csv, text, &terms()).unwrap_err(),
        [
            "2: to: discord-webhook:12/…: a Discord webhook is at https://discord.com, or where discord.api_url says: copy its URL from the channel's settings"
        ]
    );
    let elsewhere = Terms { discord_url: "https://d.example/".to_owned(), ..terms() };
    assert_eq!(read(Form::Csv, text, &elsewhere).unwrap().len(), 1);
}

#[test]
fn no_mistake_repeats_the_path_of_a_webhook() {
    for to in [
        "webhook:http://example.org/s3cret",
        "webhook:htps://example.org/s3cret",
        "webhok:https://example.org/s3cret",
        "https://example.org/s3cret",
        "webhook:https://user:s3cret@example.org/",
        "webhook:https://10.0.0.1/s3cret",
        "discord-webhook:https://discord.com/api/webhooks/x/s3cret",
        "discord-webhook:https://d.example/api/webhooks/12/s3cret",
        "discord:https://discord.com/api/webhooks/12/s3cret",
        "discord-webhok:https://discord.com/api/webhooks/12/s3cret",
    ] {
        let text = format!("video,to\ndQw4w9WgXcQ,{to}\n");
        let lines = read(Form::Csv, text.as_bytes(), &terms()).unwrap_err();
        assert_eq!(lines.len(), 1);
        assert!(!lines[0].contains("s3cret"), "{lines:?}");
    }
}

#[test]
fn the_same_watch_twice_is_a_mistake_that_names_both_lines() {
    refused(
        Form::Csv,
        "video,to\ndQw4w9WgXcQ,telegram:1\naaaaaaaaaaa,telegram:1\nhttps://youtu.be/dQw4w9WgXcQ,telegram:1\n",
        &["4: video:dQw4w9WgXcQ to telegram:1 stands in line 2 already"],
    );
}

#[test]
fn handles_that_differ_in_case_alone_are_the_same_watch_twice() {
    refused(
        Form::Csv,
        "channel,to\n@Name,telegram:1\n@name,telegram:2\n@NAME,telegram:1\n@cafe\u{301},telegram:1\n@CAF\u{c9},telegram:1\n",
        &[
            "4: channel:@NAME to telegram:1 stands in line 2 already",
            "6: channel:@CAFÉ to telegram:1 stands in line 5 already",
        ],
    );
}

#[test]
fn what_spreadsheets_leave_behind_means_nothing() {
    for text in [
        "video,to,rules\n,,\ndQw4w9WgXcQ,telegram:1,views any\n,,\n\u{a0},\u{200b},\"\"\n",
        "video,to,rules,,\ndQw4w9WgXcQ,telegram:1,views any,,\n,,,,\n,,\n",
        "video,to,rules\ndQw4w9WgXcQ,telegram:1,views any,,,\n",
        ",video,,to,rules\n,dQw4w9WgXcQ,,telegram:1,views any\n",
        "\u{feff},,\n,,,\nvideo,to,rules,\ndQw4w9WgXcQ,telegram:1,views any\n",
        "\u{feff}\"video\u{200b}\",to\u{a0},rules\r\ndQw4w9WgXcQ,telegram:1,views any\r\n,,\r\n",
    ] {
        let watches = read(Form::Csv, text.as_bytes(), &terms()).unwrap();
        let all: Vec<String> = watches.iter().map(words).collect();
        let line = watches[0].line;
        let expected = format!("{line} video:dQw4w9WgXcQ | views any | telegram:1 | {{}}");
        assert_eq!(all, [expected], "{text}");
    }
}

#[test]
fn a_cell_under_no_name_is_told_once() {
    refused(
        Form::Csv,
        "video,,to\ndQw4w9WgXcQ,,telegram:1\naaaaaaaaaaa,x,telegram:1\nbbbbbbbbbbb,y,telegram:1\n",
        &["3: cell 2 stands in a column without a name: name it in the first line, or empty it"],
    );
    refused(
        Form::Csv,
        "video,to,,\ndQw4w9WgXcQ,telegram:1,,x,\n",
        &["2: has 4 cells, and the first line names 2"],
    );
}

#[test]
fn what_nobody_sees_around_a_value_is_no_part_of_it() {
    let toml = "\u{feff}\u{200b}[[watch]]\u{200e}\n\u{200b}video\u{200b} = \"\u{200b}dQw4w9WgXcQ\u{200e}\"\nrules = [\"\u{2060}views any\u{ad}; status\u{202c}\"]\nto = [\"telegram:1\u{feff}\"]\nat_most = \"\u{200f}15m\u{200b}\"\n";
    let csv = "video,rules,to,at_most\n\u{200b}dQw4w9WgXcQ\u{200e},\u{2060}views any\u{ad};\u{200b}status\u{202c},telegram:1\u{feff},\u{200f}15m\u{200b}\n";
    for (form, text) in [(Form::Toml, toml), (Form::Csv, csv)] {
        let watches = read(form, text.as_bytes(), &terms()).unwrap();
        let all: Vec<String> = watches.iter().map(words).collect();
        let expected = "video:dQw4w9WgXcQ | views any; status | telegram:1 | {\"at_most_s\":900}";
        assert!(matches!(&*all, [one] if one.ends_with(expected)), "{all:?}");
    }
}

#[test]
fn a_csv_that_is_no_table_is_refused_as_such() {
    refused(Form::Csv, "", &["1: the first line names the columns"]);
    refused(
        Form::Csv,
        "video;to\ndQw4w9WgXcQ;telegram:1\n",
        &[
            "1: column \"video;to\" is not known: a watch has video, channel, playlist, rules, to, at_most, quiet, tz, until, digest, pings_per_day; columns are separated by commas",
        ],
    );
    refused(Form::Csv, "video,to,video\n", &["1: column video stands here twice"]);
    refused(
        Form::Csv,
        "video,to\n\ndQw4w9WgXcQ\n,\n",
        &["3: has 1 cell, and the first line names 2"],
    );
    refused(
        Form::Csv,
        "video,to\ndQw4w9WgXcQ,\"telegram:1\naaaaaaaaaaa,telegram:2\n",
        &["2: a quote is left open"],
    );
    let latin = read(Form::Csv, b"video,to\n\xe9,telegram:1\n", &terms()).unwrap_err();
    assert_eq!(latin, ["2: video is not UTF-8"]);
}

#[test]
fn a_toml_that_is_no_watch_file_is_refused_as_such() {
    refused(
        Form::Toml,
        "video = \"x\"\n[defaults]\n[[watch]]\nvideo = \"dQw4w9WgXcQ\"\nto = \"telegram:1\"\n[other]\n",
        &[
            "1: video stands in no watch: write it below [[watch]]",
            "2: \"defaults\" is not known: a watch file has [[watch]] only",
            "6: \"other\" is not known: a watch file has [[watch]] only",
        ],
    );
    refused(Form::Toml, "[watch]\n", &["1: write [[watch]], in double brackets"]);
    refused(
        Form::Toml,
        "\n[[watch]]\nvideo = \"dQw4w9WgXcQ\"\nto = 5\n\n[[watch]]\nvideo = dQw\n",
        &[
            "4: to takes a list of texts in quotes",
            "7: no valid TOML: string values must be quoted, expected literal string",
        ],
    );
    let latin = read(Form::Toml, b"\n[[watch]]\n# \xe9\n", &terms()).unwrap_err();
    assert_eq!(latin, ["3: is not UTF-8"]);
}

#[test]
fn watches_may_stand_in_one_list_too() {
    let text = "watch = [\n { video = \"dQw4w9WgXcQ\", to = \"telegram:1\" },\n { video = \"aaaaaaaaaaa\", to = \"telegram:1\" },\n]";
    let lines: Vec<u64> =
        read(Form::Toml, text.as_bytes(), &terms()).unwrap().iter().map(|w| w.line).collect();
    assert_eq!(lines, [2, 3]);
}

#[test]
fn a_piece_without_end_is_refused_before_it_fills_memory() {
    let text = format!("# {}\n[[watch]]\n", "x".repeat(2 << 20));
    refused(Form::Toml, &text, &["1: from here on, 1 MiB is one watch"]);
}

#[test]
fn a_name_without_end_is_refused_at_once_and_repeated_in_part() {
    let text = format!("{},to\n", "video".repeat(200_000));
    let lines = read(Form::Csv, text.as_bytes(), &terms()).unwrap_err();
    assert!(lines.len() == 1 && lines[0].chars().count() < 250, "{lines:?}");
    assert!(lines[0].contains("…\" is not known: a watch has video"), "{lines:?}");
}

#[test]
fn no_mistake_repeats_more_than_a_piece_of_the_file() {
    let long = "é".repeat(200_000);
    for (form, text) in [
        (Form::Toml, format!("\"{long}\" = 1\n")),
        (Form::Toml, format!("[[watch]]\n\"{long}\" = 1\n")),
        (Form::Toml, format!("[[watch]]\nvideo = \"x\" {long}\n")),
        (Form::Csv, format!("{long}\nx\n")),
        (Form::Csv, format!("video,to\n{long},telegram:1\n")),
        (Form::Csv, format!("playlist,to\n{long},telegram:1\n")),
        (Form::Csv, format!("channel,to\n{long},telegram:1\n")),
        (Form::Csv, format!("video,to\ndQw4w9WgXcQ,{long}\n")),
        (Form::Csv, format!("video,to\ndQw4w9WgXcQ,telegram:{long}\n")),
        (Form::Csv, format!("video,to\ndQw4w9WgXcQ,webhook:https://{long}\n")),
        (Form::Csv, format!("video,to\ndQw4w9WgXcQ,webhook:https://{long}:x/\n")),
        (Form::Csv, format!("video,to,rules\ndQw4w9WgXcQ,telegram:1,{long}\n")),
        (Form::Csv, format!("video,to,at_most\ndQw4w9WgXcQ,telegram:1,{long}\n")),
        (Form::Csv, format!("video,to,quiet\ndQw4w9WgXcQ,telegram:1,{long}\n")),
        (Form::Csv, format!("video,to,tz\ndQw4w9WgXcQ,telegram:1,{long}\n")),
        (Form::Csv, format!("video,to,until\ndQw4w9WgXcQ,telegram:1,{long}\n")),
        (Form::Csv, format!("video,to,digest\ndQw4w9WgXcQ,telegram:1,{long}\n")),
        (Form::Csv, format!("video,to,digest\ndQw4w9WgXcQ,telegram:1,daily {long}\n")),
        (Form::Csv, format!("video,to,pings_per_day\ndQw4w9WgXcQ,telegram:1,{long}\n")),
    ] {
        let shown: String = text.chars().take(60).collect();
        let Err(told) = read(form, text.as_bytes(), &terms()) else { panic!("{shown}") };
        for line in told {
            assert!(line.chars().count() < 450, "{shown}: {}", line.chars().count());
        }
    }
}

#[test]
fn a_watch_as_long_as_may_be_is_judged_item_by_item_with_its_line() {
    let to: String = (0..40_000).map(|n| format!("\n\"telegram:{n}\",")).collect();
    let rules: String = (1..20_000).map(|n| format!("\n\"views every {n}\",")).collect();
    let text = format!("[[watch]]\nvideo = \"dQw4w9WgXcQ\"\nto = [{to}\n\"telegram:0\"]\n");
    assert_eq!(
        read(Form::Toml, text.as_bytes(), &terms()).unwrap_err(),
        ["40004: to: telegram:0 stands here twice"]
    );
    let text =
        format!("[[watch]]\nvideo = \"dQw4w9WgXcQ\"\nto = [\"telegram:1\"]\nrules = [{rules}]\n");
    assert_eq!(
        read(Form::Toml, text.as_bytes(), &terms()).unwrap_err(),
        ["5: rules: more than the 20 that a watch may have"]
    );
    let text = format!("{}video,to\n", ",".repeat(500_000)) + &"video,".repeat(80_000);
    assert!(read(Form::Csv, text.as_bytes(), &terms()).is_err());
}

#[test]
fn twenty_mistakes_are_shown_and_all_are_counted() {
    let text = format!("video,to\n{}", "x,telegram:1\n".repeat(30));
    let terms = terms();
    let mistakes = checked(Checker::new(&terms), Form::Csv, text.as_bytes()).unwrap_err();
    assert_eq!((mistakes.shown.len(), mistakes.count), (20, 30));
}

/// What the checker promises, in the simplest way: every pair remembered, and the line it was first met in.
fn checked_simply(text: &str) -> Result<usize, Mistakes> {
    let terms = terms();
    let mut first = std::collections::HashMap::new();
    let mut mistakes = Vec::new();
    for row in rows(Form::Csv, text.as_bytes()) {
        match Watch::read(&row.unwrap(), &terms) {
            Err(found) => mistakes.extend(found),
            Ok(watch) => {
                for to in watch.to {
                    let pair = format!("{} to {to}", watch.subject);
                    match first.get(&pair) {
                        None => drop(first.insert(pair, watch.line)),
                        Some(line) => mistakes.push(Mistake::new(
                            watch.line,
                            format!("{pair} stands in line {line} already"),
                        )),
                    }
                }
            }
        }
    }
    if mistakes.is_empty() {
        return Ok(first.len());
    }
    let count = mistakes.len();
    mistakes.truncate(20);
    Err(Mistakes { shown: mistakes, count })
}

proptest! {
    #[test]
    fn a_file_that_takes_many_looks_is_judged_as_one_that_takes_a_single_one(
        rows in proptest::collection::vec((0..12, 1..4, 1..4), 0..60), room in 2usize..40,
    ) {
        let mut text = String::from("video,to\n");
        for (video, to, other) in rows {
            let video = if video == 0 { "nope".to_owned() } else { format!("video{video:06}") };
            let to = if to == other { format!("telegram:{to}") } else { format!("telegram:{to} telegram:{other}") };
            text.push_str(&format!("{video},{to}\n"));
        }
        let terms = terms();
        let found = checked(Checker::with_room(&terms, room), Form::Csv, text.as_bytes());
        // The order within a line is open, and with it what is shown of the last one.
        let words = |checked: Result<usize, Mistakes>| checked.map_err(|mut mistakes| {
            mistakes.shown.sort_by_key(|mistake| (mistake.line, mistake.message.clone()));
            if mistakes.count > mistakes.shown.len() {
                mistakes.shown.iter_mut().for_each(|mistake| mistake.message.clear());
            }
            mistakes
        });
        prop_assert_eq!(words(found), words(checked_simply(&text)), "{}", text);
    }
}

fn standing(watch: &Watch, address: &Address, id: i64) -> WatchRow {
    WatchRow {
        id: SubscriptionId(id),
        destination: DestinationRow {
            id: DestinationId(1),
            address: address.clone(),
            person: PersonKey::OPERATOR,
            settings: Settings::default(),
            muted_until: None,
            disabled: None,
            off_since: None,
            is_refused: false,
            barred: None,
        },
        subject: watch.subject.clone(),
        title: None,
        members: None,
        gone_since: None,
        rules: watch.rules.iter().map(ToString::to_string).collect(),
        settings: watch.settings.clone(),
        muted_until: None,
        origin: "file:a.toml".to_owned(),
    }
}

/// As much of it as is compared with a file.
fn compared(row: &WatchRow) -> Standing {
    let WatchRow { id, rules, settings, origin, .. } = row.clone();
    Standing { id, rules, settings, origin }
}

#[test]
fn a_difference_names_what_changes_and_nothing_else() {
    let watches = read(Form::Toml, TOML.as_bytes(), &terms()).unwrap();
    let watch = &watches[0];
    let mut row = compared(&standing(watch, &watch.to[0], 1));
    assert_eq!(difference(watch, None, "file:a.toml"), Difference::New);
    assert_eq!(difference(watch, Some(&row), "file:a.toml"), Difference::None);
    assert_eq!(difference(watch, Some(&row), "file:b.toml"), Difference::Adopted);
    row.rules = vec!["status".to_owned(), "title".to_owned()];
    row.settings.at_most_s = Some(60);
    row.settings.until = None;
    row.settings.digest = "hourly".parse().ok();
    row.settings.pings_per_day = Some(10);
    assert_eq!(
        difference(watch, Some(&row), "file:b.toml"),
        Difference::Changed(vec![
            "+\"views every 1000\"".to_owned(),
            "-\"title\"".to_owned(),
            "at_most 1m → 15m".to_owned(),
            "until default → 2027-02-01T05:00:00Z".to_owned(),
            "digest hourly → default".to_owned(),
            "pings_per_day 10 → default".to_owned(),
        ])
    );
}

#[test]
fn a_destination_at_which_nothing_arrives_is_said_to_be_so_above_its_watch() {
    let watches = read(Form::Toml, TOML.as_bytes(), &terms()).unwrap();
    let mut out = Vec::new();
    let mut printer = Printer::new(&mut out, NOW, "Europe/Madrid").unwrap();
    let watch = &watches[0];
    for (address, id) in watch.to.iter().zip(1..) {
        let mut row = standing(watch, address, id);
        row.destination.disabled = Some("410\n[[watch]]".to_owned());
        row.destination.off_since = Some(NOW);
        printer.add(row).unwrap();
    }
    assert_eq!(printer.finish().unwrap(), 2);
    let text = String::from_utf8(out).unwrap();
    insta::assert_snapshot!(text.lines().skip(2).take(4).collect::<Vec<_>>().join("\n"), @r#"
    [[watch]]
    # telegram:1234 is off since Fri 20 Nov 2026, 21:00 (Europe/Madrid), because 410 [[watch]]
    # webhook:example.org/… is off since Fri 20 Nov 2026, 21:00 (Europe/Madrid), because 410 [[watch]]
    video = "dQw4w9WgXcQ"
    "#);
}

#[test]
fn neighbours_that_differ_in_their_destination_alone_are_written_as_one() {
    let watches = read(Form::Toml, TOML.as_bytes(), &terms()).unwrap();
    let mut out = Vec::new();
    let mut printer = Printer::new(&mut out, NOW, "UTC").unwrap();
    for (watch, id) in watches.iter().zip(1..) {
        for address in &watch.to {
            let mut row = standing(watch, address, id);
            row.title = Some("two\nlines\u{202e}\"".to_owned());
            printer.add(row).unwrap();
        }
    }
    assert_eq!(printer.finish().unwrap(), 4);
    insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r#"
    # The watches of tubebell on Fri 20 Nov 2026, 20:00 (UTC): `tubebell apply` reads this file, `apply --dry-run` shows what it would change.

    [[watch]]
    # two lines "
    video = "dQw4w9WgXcQ"
    rules = ["views every 1000", "status"]
    to = ["telegram:1234", "webhook:https://example.org/a;b"]
    at_most = "15m"
    quiet = "22:00-08:00"
    tz = "America/New_York"
    until = "2027-01-31"

    [[watch]]
    # two lines "
    channel = "@handle"
    rules = ["upload", "views milestones", "likes milestones", "comments milestones"]
    to = ["telegram:-100/7"]
    until = "2027-01-31T17:00:00Z"

    [[watch]]
    # two lines "
    playlist = "PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf"
    rules = ["upload"]
    to = ["telegram:1234"]
    "#);
}

fn subjects() -> impl Strategy<Value = SubjectRef> {
    prop_oneof![
        "[A-Za-z0-9_-]{11}".prop_map(|id| format!("video:{id}").parse().unwrap()),
        "UC[A-Za-z0-9_-]{22}".prop_map(|id| format!("channel:{id}").parse().unwrap()),
        "@[a-zé日.]{2,29}[a-zé日]".prop_map(|id| format!("channel:{id}").parse().unwrap()),
        "(PL|UU|FL)[A-Za-z0-9_-]{12,32}".prop_map(|id| format!("playlist:{id}").parse().unwrap()),
    ]
}

fn addresses() -> impl Strategy<Value = Address> {
    prop_oneof![
        (any::<i64>(), proptest::option::of(any::<i32>()))
            .prop_map(|(chat, thread)| Address::Telegram { chat, thread }),
        r#"[!-~é“日]{0,12}"#
            .prop_map(|path| Address::Webhook(format!("https://example.org/{path}"))),
        r#"[!-~é“日]{1,12}"#.prop_map(Address::Recorder),
    ]
}

prop_compose! {
    fn settings()(
        at_most_s in proptest::option::of(0..=Settings::AT_MOST_MAX.as_secs()),
        quiet in proptest::option::of((0i8..24, 0i8..24)),
        tz in proptest::option::of(prop_oneof![Just("UTC"), Just("America/St_Johns"), Just("Asia/Tokyo")]),
        until in proptest::option::of(1i64..4_000_000_000_000),
        digest in proptest::option::of(proptest::sample::select(
            vec!["off", "hourly", "daily 09:00", "weekly sun 23:59", "every 6h"])),
        pings_per_day in proptest::option::of(0u32..100),
    ) -> Settings {
        let quiet = quiet.and_then(|(from, to)| format!("{from}:00-{to}:30").parse::<Quiet>().ok());
        let until = until.map(|by| UnixMillis(NOW.0 + by));
        let digest = digest.map(|text| text.parse().unwrap());
        let tz = tz.map(str::to_owned);
        let mentions = Vec::new();
        Settings { at_most_s, quiet, tz, until, digest, pings_per_day, mentions }
    }
}

proptest! {
    #[test]
    fn what_export_writes_is_read_back_without_difference(
        watches in proptest::collection::vec(
            (subjects(), addresses(), settings(), proptest::sample::subsequence(
                vec!["views any", "likes +5%", "views at 10k, 1M!", "comments -10%", "title!", "views rate > 200/h"], 1..=6),
             ".{0,20}"),
            0..12),
    ) {
        let rows: Vec<WatchRow> = watches
            .into_iter()
            .zip(1..)
            .map(|((subject, address, settings, rules, title), id)| {
                let rules = rules.iter().map(|rule| language::parse(rule).unwrap()).collect();
                let watch = Watch { line: 1, subject, to: vec![], rules, settings };
                WatchRow { title: Some(title), ..standing(&watch, &address, id) }
            })
            .collect();
        let mut out = Vec::new();
        let mut printer = Printer::new(&mut out, NOW, "UTC").unwrap();
        for row in rows.clone() {
            printer.add(row).unwrap();
        }
        printer.finish().unwrap();

        let terms = terms();
        let read: Vec<Watch> = super::rows(Form::Toml, out.as_slice())
            .map(|row| Watch::read(&row.unwrap(), &terms).map_err(|m| format!("{m:?}")))
            .collect::<Result<_, _>>()
            .map_err(TestCaseError::fail)?;
        let pairs: Vec<(&Watch, &Address)> =
            read.iter().flat_map(|watch| watch.to.iter().map(move |to| (watch, to))).collect();
        prop_assert_eq!(pairs.len(), rows.len());
        for ((watch, to), row) in pairs.into_iter().zip(&rows) {
            prop_assert_eq!((&watch.subject, to), (&row.subject, &row.destination.address));
            prop_assert_eq!(difference(watch, Some(&compared(row)), "file:a.toml"), Difference::None);
        }
    }

    #[test]
    fn no_bytes_bring_the_readers_down(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for form in [Form::Toml, Form::Csv] {
            drop(read(form, &bytes, &terms()));
        }
    }

    #[test]
    fn no_text_in_the_shape_of_a_watch_file_brings_the_readers_down(
        names in proptest::collection::vec(proptest::sample::select(
            vec!["video", "channel", "playlist", "rules", "to", "at_most", "quiet", "tz", "until", "digest", "pings_per_day"]), 1..5),
        values in proptest::collection::vec(".{0,40}", 1..5),
    ) {
        let toml: String = names.iter().zip(&values).map(|(name, value)| format!("{name} = '{value}'\n")).collect();
        drop(read(Form::Toml, format!("[[watch]]\n{toml}").as_bytes(), &terms()));
        let csv = format!("{}\n{}\n", names.join(","), values.join(","));
        drop(read(Form::Csv, csv.as_bytes(), &terms()));
    }
}

//! Both forms of a file, and what others make of them.

use super::*;

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

//! Files that are made to do harm, and those that are just long.

use proptest::prelude::*;

use super::*;

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

proptest! {
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

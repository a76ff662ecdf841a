//! The same watch twice in one file, however long it is.

use proptest::prelude::*;

use super::*;

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

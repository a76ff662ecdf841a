//! Answers and errors of the YouTube Data API, and feeds.

use std::collections::BTreeSet;

use tubebell::model::{Counts, Metric, UnixMillis, VideoId};
use tubebell::source::{Answer, Bucket, SourceError, classify, feed, wire};

/// Longest text of an answer that is kept, in characters; YouTube's own titles end at 100.
const TEXT_MAX_CHARS: usize = 1000;

/// Every id that was asked for is told once, counts are not negative, and nothing is kept that has no end.
pub(crate) fn check(data: &[u8]) {
    let asked = ["aaaaaaaaaaa", "bbbbbbbbbbb", "ccccccccccc", "aaaaaaaaaaa"]
        .map(|id| id.parse::<VideoId>().expect("an id"));
    if let Ok(answer) = heard(wire::stats(data, &asked)) {
        told_once(&answer, &asked, |(id, _)| *id);
        answer.found.iter().for_each(|(_, counts)| not_negative(counts));
    }
    if let Ok(answer) = heard(wire::details(data, &asked)) {
        told_once(&answer, &asked, |details| details.id);
        for details in &answer.found {
            not_negative(&details.counts);
            short(&details.title);
            details.channel_title.iter().for_each(|title| short(title));
            if let Some(id) = &details.channel_id {
                // It becomes part of an address.
                assert!(id.parse::<tubebell::model::ChannelId>().is_ok(), "{id:?}");
            }
            let snapshot = details.snapshot(UnixMillis(1_795_266_180_000));
            let stored = serde_json::to_string(&snapshot).expect("a snapshot is JSON");
            assert_eq!(
                serde_json::from_str::<tubebell::model::Snapshot>(&stored).ok(),
                Some(snapshot)
            );
        }
    }
    if let Ok(Some(channel)) = heard(wire::channel(data)) {
        short(&channel.title);
    }
    if let Ok(Some(title)) = heard(wire::playlist_title(data)) {
        short(&title);
    }
    if let Ok(page) = heard(wire::member_page(data)) {
        // Each member is at least its id in the answer.
        assert!(page.members.len() <= data.len() / 11, "{}", page.members.len());
        page.members.iter().for_each(|member| short(&member.title));
        page.next.iter().for_each(|token| short(token));
    }
    match feed::parse(data) {
        Ok(members) => {
            assert!(members.len() <= 50, "{}", members.len());
            members.iter().for_each(|member| short(&member.title));
        }
        Err(line) => super::assert_one_line(&line),
    }
    for status in [200, 400, 403, 404, 429, 503] {
        let error = classify(status, None, data, Bucket::General, UnixMillis(0));
        drop(heard::<()>(Err(error)));
    }
}

fn told_once<T>(answer: &Answer<T>, asked: &[VideoId], id: impl Fn(&T) -> VideoId) {
    let mut told: Vec<VideoId> = answer.found.iter().map(id).collect();
    told.extend(&answer.missing);
    told.extend(answer.damaged.iter().map(|(id, _)| *id));
    answer.damaged.iter().for_each(|(_, reason)| super::assert_one_line(reason));
    let each: BTreeSet<VideoId> = told.iter().copied().collect();
    assert_eq!(each.len(), told.len(), "one id is told twice");
    assert_eq!(each, asked.iter().copied().collect(), "an id is not told, or nobody asked");
}

fn not_negative(counts: &Counts) {
    for metric in Metric::ALL {
        assert!(counts.get(metric).is_none_or(|count| count >= 0), "{metric} below zero");
    }
}

fn short(text: &str) {
    assert!(text.chars().count() <= TEXT_MAX_CHARS, "{} characters", text.chars().count());
}

/// Passes an answer on; the text of an error is one bounded line.
fn heard<T>(answer: Result<T, SourceError>) -> Result<T, SourceError> {
    if let Err(error) = &answer {
        let line = error.to_string();
        super::assert_one_line(&line);
        assert!(line.chars().count() < 600, "{line}");
    }
    answer
}

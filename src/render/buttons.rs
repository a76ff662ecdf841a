//! The buttons under messages. What comes back when one is pressed is read by `control`.

use crate::model::{Button, SubjectRef, SubscriptionId};

/// Longest data of a button, in bytes. Source: <https://core.telegram.org/bots/api#inlinekeyboardbutton> (2026-11).
const DATA_MAX_BYTES: usize = 64;

fn button(text: &str, data: String) -> Button {
    Button { text: text.to_owned(), data }
}

/// Under an alert: `mute:1h:<id>`, `mute:24h:<id>`, `less:<id>`, `stop:<id>`, with the id of the watch.
///
/// The message may be about one video of a channel: what ends is the watch of the channel, so the button says so.
pub(super) fn of_alert(id: SubscriptionId, watched: &SubjectRef) -> Vec<Vec<Button>> {
    let less = button("🐢 Less often", format!("less:{id}"));
    let stop = |text: &str| button(text, format!("stop:{id}"));
    let mut rows = vec![vec![
        button("🔕 Mute 1 h", format!("mute:1h:{id}")),
        button("🔕 Mute 24 h", format!("mute:24h:{id}")),
    ]];
    match watched {
        SubjectRef::Video(_) => rows.push(vec![less, stop("🛑 Stop watching")]),
        // Half a row is too short for more words.
        SubjectRef::Channel(_) | SubjectRef::Handle(_) => {
            rows.extend([vec![less], vec![stop("🛑 Stop watching the channel")]]);
        }
        SubjectRef::Playlist(_) => {
            rows.extend([vec![less], vec![stop("🛑 Stop watching the playlist")]]);
        }
    }
    rows
}

/// Under an offer: `watch:<subject>`; none for a subject too long for a button (a playlist of 50 characters or more).
pub(super) fn of_offer(subject: &SubjectRef) -> Vec<Vec<Button>> {
    let data = format!("watch:{subject}");
    if data.len() > DATA_MAX_BYTES {
        return Vec::new();
    }
    vec![vec![button("🔔 Watch", data)]]
}

/// Under a watch that was made without a rule: `every:<id>`, `miles:<id>`, `daily:<id>`, with its id.
pub(super) fn of_new_watch(id: SubscriptionId) -> Vec<Vec<Button>> {
    vec![
        vec![
            button("🔔 Every change", format!("every:{id}")),
            button("🎯 Milestones", format!("miles:{id}")),
        ],
        vec![button("🗞 One digest a day", format!("daily:{id}"))],
    ]
}

/// Under a list in parts: `list:<number>` for the part before and the part after.
pub(super) fn of_list(number: i64, count: i64) -> Vec<Vec<Button>> {
    let mut row = Vec::new();
    if number > 1 {
        row.push(button("◀", format!("list:{}", number - 1)));
    }
    if number < count {
        row.push(button("▶", format!("list:{}", number + 1)));
    }
    if row.is_empty() { Vec::new() } else { vec![row] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_fits_even_for_the_longest_ids() {
        let mut all = of_list(2, i64::MAX);
        all.extend(of_new_watch(SubscriptionId(i64::MIN)));
        for subject in [
            "video:dQw4w9WgXcQ".to_owned(),
            "channel:UCuAXFkgsw1L7xaCfnd5JJOw".to_owned(),
            format!("channel:@{}", "ж".repeat(30)),
            format!("playlist:{}", "x".repeat(64)),
        ] {
            let subject = subject.parse().unwrap();
            all.extend(of_alert(SubscriptionId(i64::MIN), &subject));
            all.extend(of_offer(&subject));
        }
        for button in all.iter().flatten() {
            assert!((1..=DATA_MAX_BYTES).contains(&button.data.len()), "{}", button.data);
        }
    }
}

//! What a letter to a mailbox tells, and that it is for whom it says.

use std::hash::{DefaultHasher, Hash, Hasher};

use tubebell_sim::smtp::Mail;

use super::judge::{Means, Message};
use super::videos::rounds;

/// Mailboxes that get each alert at once, and behind them others that get digests.
pub(super) const ALERTED: u32 = 6;
pub(super) const MAILBOXES: u32 = 10;

/// Videos of which alerts are told, and behind them others that digests tell of.
pub(super) const OF_ALERTS: u32 = 3;
pub(super) const VIDEOS: u32 = 6;

/// Videos that a mailbox watches. Its neighbour watches others.
pub(super) const WATCHED: u32 = 2;

pub(super) fn address(mailbox: u32) -> String {
    format!("reader-{mailbox}@example.org")
}

/// Whose it is.
pub(super) fn mailbox(address: &str) -> u32 {
    let number = address.strip_prefix("reader-").and_then(|rest| rest.strip_suffix("@example.org"));
    number.unwrap_or_else(|| panic!("nobody's mailbox: {address}")).parse().unwrap()
}

/// The videos of a mailbox.
pub(super) fn own(mailbox: u32) -> [u32; WATCHED as usize] {
    let first = if mailbox < ALERTED { 0 } else { OF_ALERTS };
    std::array::from_fn(|place| first + (mailbox + u32::try_from(place).unwrap()) % OF_ALERTS)
}

/// What is told to a mailbox of a round: of one video, or all in a digest.
pub(super) fn message(to: u32, video: u32, round: u32) -> Message {
    let round = if to < ALERTED { round * VIDEOS + video } else { round };
    Message { means: Means::Mail, to, round }
}

/// For whom a letter is, and the round that it tells of each of its videos. Panics where these are not the reader's.
pub(super) fn tells(mail: &Mail) -> (u32, Vec<(u32, u32)>) {
    let letter = mail.letter().unwrap();
    let text = letter.text.unwrap();
    let [to] = &mail.recipients[..] else { panic!("one letter for {:?}", mail.recipients) };
    assert_eq!(letter.to[0].address, *to);
    let (to, told) = (mailbox(to), rounds(&text));
    assert_eq!(letter.subject.starts_with("Digest"), to >= ALERTED, "{}", letter.subject);
    let is_own = told.iter().all(|(video, _)| own(to).contains(video));
    assert!(!told.is_empty() && is_own, "{to}: {text}");
    (to, told)
}

/// Which letter one is, by what it tells.
pub(super) fn read(mail: &Mail) -> Message {
    let (to, told) = tells(mail);
    let (video, round) = told[0];
    let is_whole = told.len() == if to < ALERTED { 1 } else { own(to).len() };
    assert!(is_whole && told.iter().all(|(_, other)| *other == round), "{to}: {told:?}");
    message(to, video, round)
}

/// A hash of a letter but for its date, which says when it left.
pub(super) fn body(mail: &Mail) -> u64 {
    let mut hasher = DefaultHasher::new();
    let lines = mail.raw.split_inclusive(|byte| *byte == b'\n');
    lines.filter(|line| !line.starts_with(b"Date: ")).for_each(|line| line.hash(&mut hasher));
    hasher.finish()
}

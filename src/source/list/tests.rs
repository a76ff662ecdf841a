//! Lists of a YouTube that is simulated here, looked at over days.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::*;
use crate::model::{PlaylistId, SubjectRef, VideoId};
use crate::source::answer::{ChannelInfo, Member, MemberPage};
use crate::source::error::SourceError;

const START: UnixMillis = UnixMillis(1_795_400_000_000);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);
const PACE: ListPace =
    ListPace { feed: Duration::from_secs(300), paid: Duration::from_secs(300), whole: DAY };
const CHANNEL: &str = "channel:UCuAXFkgsw1L7xaCfnd5JJOw";
const UPLOADS: &str = "playlist:UUuAXFkgsw1L7xaCfnd5JJOw";
const PLAYLIST: &str = "playlist:PLbpi6ZahtOH6Ar_3GPy3workIpWzMkPa";

/// A list of YouTube's, what it may cost, and who was ever a member.
struct Sim {
    subject: SubjectRef,
    state: Mutex<State>,
    units: AtomicU32,
    spent: AtomicU32,
}

#[derive(Default)]
struct State {
    /// In the list's order: the video, and when it came.
    rows: Vec<(VideoId, UnixMillis)>,
    members: Vec<(VideoId, Option<UnixMillis>)>,
    known: HashSet<VideoId>,
    is_feed_broken: bool,
    is_gone: bool,
    /// What the answers of the API fail with.
    fails: Option<fn() -> SourceError>,
    /// Tokens of an earlier generation are refused.
    generation: u32,
}

fn id(n: u32) -> VideoId {
    format!("{n:011}").parse().unwrap()
}

fn bare(subject: &str) -> &str {
    subject.split_once(':').unwrap().1
}

fn transient() -> SourceError {
    SourceError::Transient("500".into())
}

impl Sim {
    fn new(subject: &str, rows: impl Iterator<Item = u32>) -> Sim {
        // The higher the number, the younger the video.
        let at = |n: u32| START.minus(DAY).plus(Duration::from_secs(n.into()));
        let rows = rows.map(|n| (id(n), at(n))).collect();
        Sim {
            subject: subject.parse().unwrap(),
            state: Mutex::new(State { rows, ..State::default() }),
            units: AtomicU32::new(u32::MAX),
            spent: AtomicU32::new(0),
        }
    }

    fn edit<T>(&self, edit: impl FnOnce(&mut State) -> T) -> T {
        edit(&mut self.state.lock().unwrap())
    }

    fn is_channel(&self) -> bool {
        self.subject.to_string() != PLAYLIST
    }

    fn spend(&self) -> Result<(), SourceError> {
        self.units.fetch_sub(1, Ordering::Relaxed);
        self.spent.fetch_add(1, Ordering::Relaxed);
        self.edit(|state| state.fails.map_or(Ok(()), |fails| Err(fails())))
    }

    fn spent(&self) -> u32 {
        self.spent.swap(0, Ordering::Relaxed)
    }

    fn members(&self) -> usize {
        self.edit(|state| state.members.len())
    }
}

fn shown((id, at): (VideoId, UnixMillis), is_feed: bool) -> Member {
    let added_at = (!is_feed).then_some(at);
    Member { id, title: "T".into(), published_at: Some(at), added_at }
}

impl AskLists for Sim {
    type Error = SourceError;

    async fn feed(&self, _: &SubjectRef, _: bool) -> Result<Vec<Member>, SourceError> {
        self.edit(|state| match state.is_feed_broken {
            true => Err(transient()),
            false => Ok(state.rows.iter().take(15).map(|row| shown(*row, true)).collect()),
        })
    }

    async fn channel(&self, subject: &SubjectRef) -> Result<Option<ChannelInfo>, SourceError> {
        self.spend()?;
        let is_there = self.edit(|state| !state.is_gone) && self.is_channel();
        let is_this = matches!(subject, SubjectRef::Handle(_)) || subject.to_string() == CHANNEL;
        Ok((is_there && is_this).then(|| ChannelInfo {
            id: bare(CHANNEL).parse().unwrap(),
            title: "A channel".into(),
            uploads: bare(UPLOADS).parse().unwrap(),
        }))
    }

    async fn playlist_title(&self, _: &PlaylistId) -> Result<Option<String>, SourceError> {
        self.spend()?;
        let is_there = self.edit(|state| !state.is_gone) && !self.is_channel();
        Ok(is_there.then(|| "A list".into()))
    }

    async fn page(&self, _: &PlaylistId, token: Option<&str>) -> Result<MemberPage, SourceError> {
        self.spend()?;
        self.edit(|state| {
            if state.is_gone || state.rows.is_empty() && self.is_channel() {
                return Err(SourceError::NotFound("playlistNotFound".into()));
            }
            let generation = state.generation;
            let start = match token {
                None => 0,
                Some(token) => match token.split_once('@') {
                    Some((start, of)) if of == generation.to_string() => start.parse().unwrap(),
                    _ => return Err(SourceError::Rejected("invalidPageToken".into())),
                },
            };
            let rows: Vec<_> = state.rows.iter().skip(start).take(50).copied().collect();
            let end = start + rows.len();
            Ok(MemberPage {
                rows: rows.len(),
                members: rows.into_iter().map(|row| shown(row, false)).collect(),
                next: (end < state.rows.len()).then(|| format!("{end}@{generation}")),
                previous: (start > 0).then(|| format!("{}@{generation}", start.saturating_sub(50))),
                total: state.rows.len().try_into().unwrap(),
            })
        })
    }

    async fn unknown(&self, ids: Vec<VideoId>) -> Result<Vec<VideoId>, SourceError> {
        Ok(self.edit(|state| ids.into_iter().filter(|id| !state.known.contains(id)).collect()))
    }

    fn units(&self) -> u32 {
        self.units.load(Ordering::Relaxed)
    }
}

/// The lister and the store beside it.
struct Watch<'a> {
    sim: &'a Sim,
    members_max: usize,
    memory: ListMemory,
    now: UnixMillis,
    /// When it last looked; `now` is when it does so next.
    last: UnixMillis,
    is_gone: bool,
    told: Vec<VideoId>,
    words: Vec<Option<bool>>,
}

impl Watch<'_> {
    fn new(sim: &Sim, members_max: usize) -> Watch<'_> {
        let memory = ListMemory::default();
        let (told, words) = (Vec::new(), Vec::new());
        Watch { sim, members_max, memory, now: START, last: START, is_gone: false, told, words }
    }

    /// One look, kept as the store keeps it: the newest stay, and what came after the watch began is told once.
    async fn look(&mut self) -> Result<(), SourceError> {
        let Watch { sim, members_max, is_gone, .. } = *self;
        let list = List { subject: &sim.subject, members_max, is_gone };
        self.last = self.now;
        // Stored and read again each time.
        self.memory = ListMemory::read(Some(&self.memory.print()));
        let looked = look(sim, list, &mut self.memory, &PACE, self.now).await;
        let found = match looked {
            Ok(found) => found,
            Err(error) => {
                self.now = self.now.plus(self.memory.failed(&error, &PACE, self.now));
                return Err(error);
            }
        };
        self.now = self.now.plus(found.next_in.max(Duration::from_secs(1)));
        self.words.push(found.presence);
        self.is_gone = found.presence.map_or(is_gone, |is_there| !is_there);
        let told = &mut self.told;
        sim.edit(|state| {
            if found.is_complete {
                state.members.clear();
            }
            for row in found.members {
                if !state.members.iter().any(|(id, _)| *id == row.id) {
                    state.members.push((row.id, row.at));
                }
            }
            state.members.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
            state.members.truncate(members_max);
            for (id, at) in &state.members {
                if state.known.insert(*id) && *at > Some(START) {
                    told.push(*id);
                }
            }
        });
        Ok(())
    }

    async fn live(&mut self, by: Duration) {
        let end = self.now.plus(by);
        while self.now < end {
            self.look().await.ok();
        }
    }

    /// Adds videos just after a look, where `place` puts them, and expects to hear of them all within a quarter of an hour.
    async fn hears_of(&mut self, count: u32, place: impl Fn(&mut State, (VideoId, UnixMillis))) {
        let ids: Vec<VideoId> = (0..count).map(|n| id(900_000 + n)).collect();
        for id in &ids {
            self.sim.edit(|state| place(state, (*id, self.last.plus(Duration::from_secs(1)))));
        }
        self.told.clear();
        let end = self.last.plus(15 * MINUTE);
        while self.now <= end {
            self.look().await.ok();
        }
        let mut told = std::mem::take(&mut self.told);
        told.sort();
        assert_eq!(told, ids);
    }
}

fn at_the_end(state: &mut State, row: (VideoId, UnixMillis)) {
    state.rows.push(row);
}

fn at_the_top(state: &mut State, row: (VideoId, UnixMillis)) {
    state.rows.insert(0, row);
}

#[tokio::test]
async fn what_is_added_to_a_playlist_is_told_wherever_it_is_added() {
    for length in [0, 1, 14, 15, 16, 18, 49, 50, 51, 120, 700] {
        for members_max in [5, 500] {
            for place in [at_the_end, at_the_top] {
                for is_feed_broken in [false, true] {
                    let sim = Sim::new(PLAYLIST, 0..length);
                    sim.edit(|state| state.is_feed_broken = is_feed_broken);
                    let mut watch = Watch::new(&sim, members_max);
                    watch.live(40 * MINUTE).await;
                    assert_eq!(watch.told, [], "{length} {members_max}: the first are no news");
                    watch.hears_of(1, place).await;
                    watch.live(40 * MINUTE).await;
                    assert_eq!(watch.told, [], "{length} {members_max}: once");
                }
            }
        }
    }
}

#[tokio::test]
async fn of_a_long_playlist_the_newest_are_held_in_whatever_order_it_is() {
    let upwards: Vec<u32> = (0..1_000).collect();
    let downwards: Vec<u32> = (0..1_000).rev().collect();
    let mixed: Vec<u32> = (0..1_000).map(|n| n * 367 % 1_000).collect();
    for order in [upwards, downwards, mixed] {
        let sim = Sim::new(PLAYLIST, order.into_iter());
        Watch::new(&sim, 500).live(MINUTE).await;
        let mut held = sim.edit(|state| state.members.clone());
        held.sort();
        let ids: Vec<_> = held.into_iter().map(|(id, _)| id).collect();
        assert_eq!(ids, (500..1_000).map(id).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn more_than_a_feed_holds_are_told_all_at_once() {
    for count in [15, 16, 30, 70, 120] {
        let sim = Sim::new(CHANNEL, (0..20).rev());
        let mut watch = Watch::new(&sim, 500);
        watch.live(20 * MINUTE).await;
        watch.hears_of(count, at_the_top).await;
    }
    let sim = Sim::new(PLAYLIST, 0..120);
    let mut watch = Watch::new(&sim, 500);
    watch.live(20 * MINUTE).await;
    watch.hears_of(130, at_the_end).await;
}

#[tokio::test]
async fn the_feed_of_a_channel_tells_without_units_and_the_api_without_feeds() {
    let sim = Sim::new(CHANNEL, (0..20).rev());
    let mut watch = Watch::new(&sim, 500);
    watch.live(20 * MINUTE).await;
    sim.units.store(0, Ordering::Relaxed);
    watch.hears_of(1, at_the_top).await;

    let sim = Sim::new(CHANNEL, (0..20).rev());
    sim.edit(|state| state.is_feed_broken = true);
    let mut watch = Watch::new(&sim, 500);
    watch.live(20 * MINUTE).await;
    watch.hears_of(40, at_the_top).await;
}

#[tokio::test]
async fn while_the_api_fails_the_feed_goes_on() {
    let sim = Sim::new(CHANNEL, (0..20).rev());
    let mut watch = Watch::new(&sim, 500);
    watch.live(20 * MINUTE).await;
    sim.edit(|state| state.fails = Some(transient));
    watch.live(2 * DAY).await;
    assert_eq!(sim.members(), 20);
    watch.hears_of(1, at_the_top).await;
}

#[tokio::test]
async fn a_channel_without_videos_is_there_and_its_first_one_is_told() {
    let sim = Sim::new(CHANNEL, 0..0);
    let mut watch = Watch::new(&sim, 500);
    watch.live(DAY).await;
    assert!(watch.words.iter().all(|word| *word != Some(false)), "{:?}", watch.words);
    watch.hears_of(1, at_the_top).await;
}

#[tokio::test]
async fn one_answer_without_rows_does_not_empty_a_channel() {
    let sim = Sim::new(CHANNEL, (0..20).rev());
    sim.edit(|state| state.is_feed_broken = true);
    let mut watch = Watch::new(&sim, 500);
    watch.live(20 * MINUTE).await;
    let rows = sim.edit(|state| std::mem::take(&mut state.rows));
    watch.look().await.unwrap();
    assert_eq!(sim.members(), 20);
    sim.edit(|state| state.rows = rows);
    watch.look().await.unwrap();
    sim.edit(|state| state.rows.clear());
    watch.live(30 * MINUTE).await;
    assert_eq!(sim.members(), 0, "the second one is believed");
}

#[tokio::test]
async fn a_list_is_gone_at_the_second_look_and_comes_back() {
    for subject in [CHANNEL, PLAYLIST, UPLOADS, "channel:@achannel"] {
        let sim = Sim::new(subject, 0..20);
        let mut watch = Watch::new(&sim, 500);
        watch.live(20 * MINUTE).await;
        sim.edit(|state| (state.is_gone, state.is_feed_broken) = (true, true));
        watch.words.clear();
        watch.live(DAY).await;
        let first = watch.words.iter().position(Option::is_some);
        let first = first.expect("it is said within a day");
        assert!(first >= 1, "{subject}: not at the first look: {:?}", watch.words);
        assert!(watch.words[first..].iter().all(|word| *word == Some(false)), "{:?}", watch.words);
        assert_eq!(sim.members(), 20, "{subject}: what it had may come back with it");
        sim.spent();
        watch.live(3 * DAY).await;
        assert!(sim.spent() <= 20, "{subject}: it is asked rarely");
        sim.edit(|state| (state.is_gone, state.is_feed_broken) = (false, false));
        watch.words.clear();
        watch.live(2 * DAY).await;
        assert_eq!(watch.words.first(), Some(&Some(true)), "{subject}");
        watch.hears_of(1, at_the_top).await;
    }
}

#[tokio::test]
async fn failures_say_nothing_about_whether_a_list_is_there() {
    let forbidden = || SourceError::Forbidden("private".into());
    let quota = || SourceError::ShareUsedUp {
        bucket: crate::source::Bucket::General,
        by: crate::source::Spender::Lists,
        resets_at: START.plus(DAY),
    };
    for fails in [transient, forbidden, quota] {
        let sim = Sim::new(PLAYLIST, 0..20);
        let mut watch = Watch::new(&sim, 500);
        watch.live(20 * MINUTE).await;
        sim.edit(|state| (state.fails, state.is_feed_broken) = (Some(fails), true));
        watch.words.clear();
        sim.spent();
        watch.live(DAY).await;
        assert!(watch.words.iter().all(Option::is_none), "{:?}", watch.words);
        assert_eq!(sim.members(), 20);
        assert!(sim.spent() < 120, "its pauses grow");
        sim.edit(|state| state.fails = None);
        watch.live(2 * 60 * MINUTE).await;
        watch.hears_of(1, at_the_end).await;
    }
}

#[tokio::test]
async fn a_token_that_is_refused_is_walked_for_again() {
    let sim = Sim::new(PLAYLIST, 0..120);
    let mut watch = Watch::new(&sim, 500);
    watch.live(20 * MINUTE).await;
    sim.edit(|state| state.generation += 1);
    watch.hears_of(1, at_the_end).await;
}

#[tokio::test]
async fn a_playlist_that_became_shorter_still_tells_what_is_added() {
    for (length, removed) in [(101, 1), (101, 5), (101, 60), (250, 200)] {
        let sim = Sim::new(PLAYLIST, 0..length);
        let mut watch = Watch::new(&sim, 500);
        watch.live(20 * MINUTE).await;
        sim.edit(|state| drop(state.rows.drain(..removed)));
        watch.hears_of(7, at_the_end).await;
    }
}

#[tokio::test]
async fn five_thousand_rows_are_walked_once_and_as_the_units_allow() {
    let sim = Sim::new(PLAYLIST, 0..5_000);
    let mut watch = Watch::new(&sim, 500);
    for _ in 0..12 {
        sim.units.store(10, Ordering::Relaxed);
        watch.look().await.unwrap();
    }
    sim.units.store(u32::MAX, Ordering::Relaxed);
    assert_eq!(watch.memory.walk, None);
    assert_eq!(watch.memory.pages, 100);
    assert_eq!(sim.members(), 500);
    assert!(sim.edit(|state| state.members.iter().all(|(id, _)| *id >= self::id(4_500))));
    assert_eq!(sim.spent(), 101 + 1, "its title and its pages, and a look after that");
    watch.live(DAY).await;
    assert!(sim.spent() <= 290, "one unit every five minutes");
    watch.hears_of(3, at_the_end).await;
}

#[tokio::test]
async fn who_left_is_seen_within_a_day_and_what_slid_in_is_no_news() {
    for members_max in [1, 5, 10, 19] {
        for is_feed_broken in [false, true] {
            let sim = Sim::new(CHANNEL, (0..20).rev());
            sim.edit(|state| state.is_feed_broken = is_feed_broken);
            let mut watch = Watch::new(&sim, members_max);
            watch.live(20 * MINUTE).await;
            sim.edit(|state| state.rows.remove(0));
            watch.live(DAY + 20 * MINUTE).await;
            assert_eq!(watch.told, []);
            assert_eq!(sim.members(), members_max);
            assert!(!sim.edit(|state| state.members.iter().any(|(id, _)| *id == self::id(19))));
        }
    }
}

#[tokio::test]
async fn something_in_the_middle_of_a_playlist_is_found_from_its_number_of_rows() {
    let sim = Sim::new(PLAYLIST, 0..300);
    let mut watch = Watch::new(&sim, 500);
    watch.live(20 * MINUTE).await;
    watch.hears_of(1, |state, row| state.rows.insert(150, row)).await;
}

#[tokio::test]
async fn other_names_of_a_channel_are_told_apart_from_it() {
    let channel: SubjectRef = CHANNEL.parse().unwrap();
    for (subject, expected) in [
        (CHANNEL, None),
        ("channel:@achannel", Some(&channel)),
        (UPLOADS, Some(&channel)),
        (PLAYLIST, None),
    ] {
        let mut sim = Sim::new(CHANNEL, 0..3);
        if subject == PLAYLIST {
            sim = Sim::new(PLAYLIST, 0..3);
        }
        let of: SubjectRef = subject.parse().unwrap();
        let list = List { subject: &of, members_max: 500, is_gone: false };
        let mut memory = ListMemory::default();
        let found = look(&sim, list, &mut memory, &PACE, START).await.unwrap();
        assert_eq!(found.same_as.as_ref(), expected, "{subject}");
    }
}

#[test]
fn what_an_older_version_knew_is_taken_over_and_rubbish_is_nothing() {
    let text = format!(
        r#"{{"playlist":"{}","channel":"{}","full_at":1795400000000}}"#,
        bare(UPLOADS),
        bare(CHANNEL)
    );
    let memory = ListMemory::read(Some(&text));
    assert_eq!(memory.full_at, Some(START));
    assert_eq!(memory.channel.unwrap().as_str(), bare(CHANNEL));
    for rubbish in ["", "{", "[]", "7", r#"{"playlist":"../x"}"#, r#"{"walk":{"pages":-1}}"#] {
        assert_eq!(ListMemory::read(Some(rubbish)), ListMemory::default(), "{rubbish}");
    }
    assert_eq!(ListMemory::read(None), ListMemory::default());
}

#[tokio::test]
async fn a_clock_that_is_set_back_does_not_stop_the_looks() {
    let sim = Sim::new(PLAYLIST, 0..60);
    let mut watch = Watch::new(&sim, 500);
    watch.now = START.plus(30 * DAY);
    watch.live(20 * MINUTE).await;
    watch.now = START.plus(DAY);
    watch.hears_of(1, at_the_end).await;
}

//! The cast of `tubebell demo` and what happens to it: every kind of alert within two minutes, then again.
//!
//! All ids, titles and channels are invented. The titles are as hostile as people make them.

use jiff::{SignedDuration, Timestamp};

use super::{Live, Pace, Video, Visibility, World};

/// Passes a million views a few seconds after the start, and grows by about 900 a second.
pub const FAST: &str = "Lx7nQ2vTz0k";
/// Gets a hostile title, and its own back.
pub const RENAMED: &str = "h4Kp_Wm93sE";
/// Its owner hides the likes, and shows them again.
pub const LIKES_HIDDEN: &str = "Ry0cB-8uJf2";
/// Goes private, and comes back.
pub const VANISHING: &str = "m2TdE6xqV9o";
/// Goes live and ends.
pub const BROADCAST: &str = "w9ZsN1gYhC4";
/// Is unlisted for a while.
pub const UNLISTED: &str = "Qe5_aLk7UiM";
/// The channel that uploads; its handle is [`HANDLE`].
pub const CHANNEL: &str = "UC3vNqkZp0tHyW7xBd-RfL2g";
/// The handle of [`CHANNEL`].
pub const HANDLE: &str = "@harbour.orbit";
/// A playlist of most of the cast.
pub const PLAYLIST: &str = "PLk8WnQ2vTz0hXb5RyC1dEo7sUaMjGfL4q";

const KITCHEN: &str = "UCq0T5w_nYb8sGmKe4xJ9vAd";
const SPELLER: &str = "UC7dLhX2uFp-RoZ6iW1cVtQy";

/// Markup, quotes, mentions, hashtags and other scripts at once.
pub const HOSTILE_TITLE: &str = "<b>100% FREE</b> & \"quotes\" @everyone *stars* _x_ 你好 🎉 #1";

/// After so long the story starts again.
const PERIOD: SignedDuration = SignedDuration::from_secs(120);
/// More uploads than this would make the channel's list a memory leak of a demo left running.
const UPLOADS_MAX: usize = 50;

/// One member of the cast: id, channel, title, seconds of length, counts, pace.
type Role = (&'static str, &'static str, &'static str, u32, (u64, u64, u64), Pace);

fn cast() -> [Role; 12] {
    [
        (
            FAST,
            CHANNEL,
            "NIGHT LAUNCH: we watched the booster land at sea (4K)",
            754,
            (996_800, 41_200, 5_310),
            Pace::of(3_240_000),
        ),
        (
            RENAMED,
            KITCHEN,
            "How to sharpen a kitchen knife, properly",
            611,
            (48_310, 2_904, 288),
            Pace::of(21_000),
        ),
        (
            LIKES_HIDDEN,
            SPELLER,
            "I let strangers name my album… regret?",
            903,
            (812_440, 60_118, 9_871),
            Pace::of(54_000),
        ),
        (
            VANISHING,
            KITCHEN,
            "The soup that got us sued (old upload)",
            402,
            (19_960, 1_544, 402),
            Pace::of(9_000),
        ),
        (
            BROADCAST,
            CHANNEL,
            "🔴 LIVE: harbour at dawn | ships, coffee & chat",
            0,
            (3_050, 410, 0),
            Pace::of(72_000),
        ),
        (UNLISTED, SPELLER, "Demo tape #4 - \"rough\" mix", 188, (997, 88, 12), Pace::of(1_800)),
        (
            "t0Vb3_XcJw8",
            CHANNEL,
            "Why rockets are <3 in the rain",
            45,
            (104_220, 9_640, 511),
            Pace::of(36_000).holding(45, 30),
        ),
        (
            "A6yRkUe-9pI",
            KITCHEN,
            "五分钟番茄炒蛋 | Tomato & egg in 5 min",
            301,
            (1_250_003, 75_002, 4_020),
            Pace::of(14_400).corrected(40),
        ),
        (
            "0sGfNz7QmLE",
            SPELLER,
            "مقطع قصير: كيف تقول مرحبا",
            58,
            (9_940, 730, 95),
            Pace::of(7_200),
        ),
        (
            "cP1Wd5oHxT_",
            SPELLER,
            "*NEW* spelling_bee final // 100% [no cuts] `raw`",
            3_605,
            (499_100, 12_010, 2_203),
            Pace::of(10_800).holding(90, 60).corrected(15),
        ),
        (
            "Ju2qKv8B-Ys",
            KITCHEN,
            "A quiet video that nobody watches",
            1_999,
            (312, 14, 2),
            Pace::of(60),
        ),
        (
            "iX4eM_L0rZa",
            CHANNEL,
            "Lighthouse timelapse (no comments, no ads)",
            7_260,
            (72_015, 5_000, 0),
            Pace::of(5_400),
        ),
    ]
}

#[derive(Debug, Clone, Copy)]
enum Act {
    Rename(&'static str),
    HideLikes(bool),
    Show(Visibility),
    Air(Live),
    Upload,
}

/// What happens, at which second of the story, to which video; in the order of time.
const SCENES: [(i64, &str, Act); 13] = [
    (8, LIKES_HIDDEN, Act::HideLikes(true)),
    (15, RENAMED, Act::Rename(HOSTILE_TITLE)),
    (22, BROADCAST, Act::Air(Live::Live)),
    (30, FAST, Act::Upload),
    (38, VANISHING, Act::Show(Visibility::Private)),
    (46, LIKES_HIDDEN, Act::HideLikes(false)),
    (54, VANISHING, Act::Show(Visibility::Public)),
    (62, BROADCAST, Act::Air(Live::Completed)),
    (70, UNLISTED, Act::Show(Visibility::Unlisted)),
    (85, UNLISTED, Act::Show(Visibility::Public)),
    (95, RENAMED, Act::Rename("How to sharpen a kitchen knife, properly")),
    (105, FAST, Act::Upload),
    // A real broadcast never goes back to upcoming; here it lets the story begin anew.
    (115, BROADCAST, Act::Air(Live::Upcoming)),
];

/// How far the story is told.
#[derive(Debug)]
pub(super) struct Story {
    round_started: Timestamp,
    scene: usize,
    uploads: usize,
}

impl Story {
    /// Moves what is still to come to a later time.
    pub(super) fn delay(&mut self, by: SignedDuration) {
        self.round_started += by;
    }
}

impl World {
    /// The world of the demo: a dozen videos that grow, and a story that goes round every two minutes.
    #[must_use]
    pub fn demo(seed: u64, now: Timestamp) -> World {
        let mut world = World::new(seed, now);
        world.add_channel(CHANNEL, "Harbour & Orbit 🚀", Some(HANDLE));
        world.add_channel(KITCHEN, "Slow Kitchen", Some("@slow-kitchen"));
        world.add_channel(SPELLER, "_The *Spelling* Club_", None);
        let mut ids = Vec::new();
        for (age_days, (id, channel, title, duration_s, counts, pace)) in (3..).zip(cast()) {
            let published_at = now - SignedDuration::from_hours(24 * age_days);
            let video = Video::new(id, channel, title, published_at);
            let mut video = video.with_counts(counts.0, counts.1, counts.2);
            video.duration_s = duration_s;
            video.comments.hidden = counts.2 == 0;
            world.add_video(video);
            world.paces.insert(id.to_owned(), pace);
            ids.push(id);
        }
        world.act(BROADCAST, Act::Air(Live::Upcoming), 0);
        world.set_playlist(PLAYLIST, "Best of <everything> & more", CHANNEL, &ids);
        world.story = Some(Story { round_started: now, scene: 0, uploads: 0 });
        world
    }

    /// Plays the scenes that are due.
    pub(super) fn tell(&mut self) {
        let Some(mut story) = self.story.take() else { return };
        loop {
            let elapsed = self.ticked_to.duration_since(story.round_started);
            match SCENES.get(story.scene) {
                Some(&(at_s, video, act)) if elapsed >= SignedDuration::from_secs(at_s) => {
                    self.act(video, act, story.uploads);
                    story.uploads += usize::from(matches!(act, Act::Upload));
                    story.scene += 1;
                }
                None if elapsed >= PERIOD => {
                    (story.round_started, story.scene) = (story.round_started + PERIOD, 0);
                }
                Some(_) | None => break,
            }
        }
        self.story = Some(story);
    }

    fn act(&mut self, id: &str, act: Act, uploads: usize) {
        let done = match act {
            Act::Rename(title) => self.rename(id, title),
            Act::HideLikes(hidden) => self.hide_likes(id, hidden),
            Act::Show(visibility) => self.set_status(id, visibility),
            Act::Air(live) => self.set_live(id, live),
            Act::Upload if uploads < UPLOADS_MAX => {
                let title = format!("Launch log #{}: fog, gulls & one <small> bang", uploads + 1);
                self.add_upload(CHANNEL, &title).and_then(|id| self.set_pace(&id, Pace::of(30_000)))
            }
            Act::Upload => Ok(()),
        };
        done.expect("nothing of the cast is ever removed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_780_000_000, 0);

    fn demo_at(s: i64) -> World {
        let mut world = World::demo(1, NOW);
        world.step(NOW + SignedDuration::from_secs(s));
        world
    }

    #[test]
    fn the_cast_is_well_formed() {
        let world = World::demo(1, NOW);
        assert_eq!(world.videos().count(), 12);
        assert_eq!(world.playlist(PLAYLIST).unwrap().entries.len(), 12);
        assert_eq!(world.channel_of_handle(HANDLE).unwrap().id, CHANNEL);
        assert!(SCENES.is_sorted_by_key(|scene| scene.0));
    }

    #[test]
    fn a_first_alert_is_due_within_seconds() {
        let views = |s| demo_at(s).video(FAST).unwrap().views.value;
        assert!(views(0) < 1_000_000);
        assert!(views(8) > 1_000_000, "{}", views(8));
        assert!(views(3) > views(1));
    }

    #[test]
    fn everything_that_can_be_alerted_happens_in_one_round() {
        let shown = |s, id| demo_at(s).video(id).unwrap().clone();
        assert_eq!(shown(10, LIKES_HIDDEN).likes.shown(), None);
        assert!(shown(50, LIKES_HIDDEN).likes.shown().is_some());
        assert_eq!(shown(20, RENAMED).title, HOSTILE_TITLE);
        assert_eq!(shown(40, VANISHING).visibility, Visibility::Private);
        assert_eq!(shown(60, VANISHING).visibility, Visibility::Public);
        assert_eq!(shown(75, UNLISTED).visibility, Visibility::Unlisted);
        let live: Vec<Live> = [0, 25, 65, 119].map(|s| shown(s, BROADCAST).live).into();
        assert_eq!(live, [Live::Upcoming, Live::Live, Live::Completed, Live::Upcoming]);
        let list = CHANNEL.replacen("UC", "UU", 1);
        let uploads = |s| demo_at(s).playlist(&list).unwrap().entries.len();
        assert_eq!((uploads(0), uploads(35)), (4, 5));
    }

    #[test]
    fn the_story_goes_round() {
        let title = |s| demo_at(s).video(RENAMED).unwrap().title.clone();
        assert_eq!(title(120 * 7 + 20), HOSTILE_TITLE);
        assert_ne!(title(120 * 7 + 100), HOSTILE_TITLE);
    }

    #[test]
    fn a_demo_left_running_stays_small() {
        assert!(demo_at(86_400).videos().count() <= 12 + UPLOADS_MAX);
    }
}

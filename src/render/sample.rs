//! Sample values of every message: for the check at start and for `tubebell preview`.
//!
//! Together the samples of a message take every branch of its template. The first is what `preview` shows; in the last
//! everything that can come from outside is hostile.

mod alerts;

use std::time::Duration;

pub(super) use alerts::{alerts, several, test};

use super::buttons;
use super::cut::List;
use super::numbers::{Ago, Grouped, Moment, Numbers, Passed, Period};
use super::prose::Prose;
use super::views::{
    Back, Delay, ErrorView, GainLine, Help, Invite, Link, Members, Mute, NotAllowed, Notice, Page,
    QuietHours, RuleLine, Rules, SettingsView, Start, Stats, Test, Unmuted, Unwatch, VideosLeft,
    View, Watch, WatchLine, WatchOffer, Watches, WelcomeInvited, Why, WhyAlert, WhyNext,
    WhyOutcome, WhyRule, WhySuppressed, WhyWindow,
};
use crate::model::{
    Button, CancelReason, ClockTime, Counts, Marks, Outcome, Quiet, SubjectRef, UnixMillis, VideoId,
};

/// In every hostile text: where it is found in plain text, a template would let titles ping people.
pub(super) const PROBE: &str = "@tubebell_probe";

const HOSTILE: &str = "</a></b><b>&amp; \"'>*_`[x](y) @tubebell_probe #tag /stop {{x}} مرحبا 👩‍👩‍👧";
const TITLE: &str = "Never Gonna Give You Up (4K Remaster)";
const NOW: UnixMillis = UnixMillis(1_795_266_180_000);

fn video_id() -> VideoId {
    "dQw4w9WgXcQ".parse().expect("eleven characters of the alphabet")
}

fn video() -> Link {
    Link::video(&video_id(), TITLE)
}

fn hostile_link() -> Link {
    Link::video(&video_id(), HOSTILE)
}

fn channel() -> Link {
    Link {
        title: "Rick Astley".to_owned(),
        url: "https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw".to_owned(),
    }
}

/// A chat that can be reached again, without and with the time since when it could not.
fn back(since: Option<Moment>, reason: &str) -> Option<Back> {
    Some(Back { since, reason: Prose::new(reason) })
}

const BLOCKED: &str = "Forbidden: bot was blocked by the user";

fn moment(minutes_ago: i64) -> Moment {
    Moment { at: UnixMillis(NOW.0 - minutes_ago * 60_000), tz: "Europe/Madrid".to_owned() }
}

fn seen() -> Ago {
    Ago { at: UnixMillis(NOW.0 - 120_000), now: NOW }
}

const fn quiet() -> Quiet {
    Quiet { from: ClockTime { hour: 22, minute: 0 }, to: ClockTime { hour: 8, minute: 0 } }
}

const COUNTS: Counts = Counts { views: Some(1_240), likes: Some(56), comments: Some(1) };
const HIDDEN: Counts = Counts { views: Some(1_240), likes: None, comments: None };

fn rule(text: &str) -> RuleLine {
    RuleLine { text: text.to_owned(), next: None, passed: None, is_new: false }
}

impl View for Start {
    const NAME: &'static str = "start";

    fn samples() -> Vec<Self> {
        vec![
            Start {
                preset: "all".to_owned(),
                list_preset: "uploads".to_owned(),
                watches: None,
                muted_until: None,
                back: None,
            },
            Start {
                preset: "all".to_owned(),
                list_preset: "uploads".to_owned(),
                watches: Some(Grouped(3)),
                muted_until: Some(moment(-60)),
                back: back(Some(moment(600)), BLOCKED),
            },
            Start {
                preset: HOSTILE.to_owned(),
                list_preset: HOSTILE.to_owned(),
                watches: Some(Grouped(3)),
                muted_until: None,
                back: back(None, &format!("refused: `{HOSTILE}`")),
            },
        ]
    }
}

impl View for Help {
    const NAME: &'static str = "help";

    fn samples() -> Vec<Self> {
        vec![
            Help {
                preset: "all".to_owned(),
                list_preset: "uploads".to_owned(),
                watches_max: Some(Grouped(50)),
            },
            Help { preset: HOSTILE.to_owned(), list_preset: HOSTILE.to_owned(), watches_max: None },
        ]
    }
}

impl View for Watch {
    const NAME: &'static str = "watch";

    fn samples() -> Vec<Self> {
        let full = Watch {
            subject: video(),
            channel: Some(channel()),
            is_changed: false,
            is_unchanged: false,
            is_pending: false,
            is_unavailable: false,
            numbers: Some(Numbers(COUNTS)),
            seen: Some(seen()),
            members: None,
            videos: None,
            delay: None,
            rules: List::new(vec![
                RuleLine { next: Some(Grouped(2_000)), ..rule("views every 1000") },
                RuleLine {
                    next: Some(Grouped(10_000)),
                    passed: Some(Passed(Marks { values: vec![500, 1_000], more: 0 })),
                    ..rule("views at 500, 1k, 10k")
                },
                RuleLine { is_new: true, ..rule("status") },
            ]),
            ended: List::default(),
            with_upload: None,
            note: None,
            at_most: Some(Period(Duration::from_secs(900))),
            quiet: Some(quiet()),
            tz: "Europe/Madrid".to_owned(),
            muted_until: None,
            until: Some(moment(-60 * 24 * 30)),
        };
        let members = |taken, total, is_cut| {
            Some(Members { taken: Grouped(taken), total: Grouped(total), is_cut })
        };
        let videos = |counted, left| {
            Some(VideosLeft {
                counted: Grouped(counted),
                is_one: counted == 1,
                left: Grouped(left),
                max: Grouped(1_000),
            })
        };
        vec![
            full.clone(),
            Watch {
                subject: channel(),
                channel: None,
                is_changed: true,
                is_unavailable: true,
                numbers: None,
                seen: None,
                members: members(500, 1_234, true),
                videos: videos(500, 380),
                delay: Some(Delay {
                    time: Period(std::time::Duration::from_secs(2_400)),
                    lists_in_time: Grouped(250),
                }),
                ended: List::new(vec!["views any".to_owned()]),
                with_upload: Some("/watch @rick views any; upload".to_owned()),
                muted_until: Some(moment(-60)),
                at_most: None,
                quiet: None,
                until: None,
                ..full.clone()
            },
            Watch {
                subject: hostile_link(),
                channel: Some(hostile_link()),
                is_unchanged: true,
                is_pending: true,
                note: Some(Prose::new(HOSTILE)),
                ended: List { items: vec![HOSTILE.to_owned(); 200], more: 0 },
                with_upload: Some(HOSTILE.to_owned()),
                tz: HOSTILE.to_owned(),
                members: members(12, 12, false),
                videos: videos(1, 0),
                rules: List { items: vec![rule(HOSTILE); 200], more: 0 },
                numbers: Some(Numbers(HIDDEN)),
                seen: None,
                ..full
            },
        ]
    }
}

impl View for WatchOffer {
    const NAME: &'static str = "watch-offer";

    fn samples() -> Vec<Self> {
        vec![
            WatchOffer {
                subject: video(),
                channel: Some(channel()),
                numbers: Some(Numbers(COUNTS)),
                command: "/watch dQw4w9WgXcQ views every 1000".to_owned(),
                reference: SubjectRef::Video(video_id()),
            },
            WatchOffer {
                subject: hostile_link(),
                channel: None,
                numbers: None,
                command: HOSTILE.to_owned(),
                reference: SubjectRef::Video(video_id()),
            },
        ]
    }

    fn buttons(&self) -> Vec<Vec<Button>> {
        buttons::of_offer(&self.reference)
    }
}

impl View for Unwatch {
    const NAME: &'static str = "unwatch";

    fn samples() -> Vec<Self> {
        vec![
            Unwatch { subject: Some(video()), cancelled: None, left: Some(Grouped(2)) },
            Unwatch { subject: None, cancelled: Some(Grouped(4)), left: None },
            Unwatch { subject: Some(hostile_link()), cancelled: None, left: None },
        ]
    }
}

impl View for Watches {
    const NAME: &'static str = "list";

    fn samples() -> Vec<Self> {
        let line = WatchLine {
            number: Grouped(1),
            subject: video(),
            members: None,
            rules: vec!["views every 1000".to_owned(), "status".to_owned()],
            muted_until: None,
            until: None,
            is_unavailable: false,
            is_gone: false,
        };
        let marked = WatchLine {
            number: Grouped(2),
            subject: channel(),
            members: Some(Members { taken: Grouped(500), total: Grouped(1_234), is_cut: true }),
            muted_until: Some(moment(-60)),
            until: Some(moment(-60 * 24 * 30)),
            is_unavailable: false,
            is_gone: true,
            ..line.clone()
        };
        let hostile = WatchLine {
            subject: hostile_link(),
            members: Some(Members { taken: Grouped(12), total: Grouped(12), is_cut: false }),
            rules: vec![HOSTILE.to_owned()],
            is_unavailable: true,
            ..line.clone()
        };
        vec![
            Watches {
                watches: List::new(vec![line, marked]),
                total: Grouped(2),
                max: Some(Grouped(50)),
                page: None,
                video: Some("1".to_owned()),
                muted_until: None,
                back: None,
            },
            Watches {
                watches: List::default(),
                total: Grouped(0),
                max: None,
                page: None,
                video: None,
                muted_until: Some(moment(-60)),
                back: back(Some(moment(600)), BLOCKED),
            },
            Watches {
                watches: List { items: vec![hostile; 200], more: 1_000 },
                total: Grouped(1_200),
                max: None,
                page: Some(Page { number: Grouped(2), count: Grouped(6) }),
                video: None,
                muted_until: None,
                back: back(None, &format!("refused: `{HOSTILE}`")),
            },
        ]
    }

    fn buttons(&self) -> Vec<Vec<Button>> {
        self.page.map(|page| buttons::of_list(page.number.0, page.count.0)).unwrap_or_default()
    }
}

impl View for Rules {
    const NAME: &'static str = "rules";

    fn samples() -> Vec<Self> {
        vec![
            Rules {
                subject: None,
                rules: List::default(),
                preset: "all".to_owned(),
                list_preset: "uploads".to_owned(),
            },
            Rules {
                subject: Some(video()),
                rules: List::new(vec![
                    RuleLine {
                        next: Some(Grouped(2_000)),
                        passed: Some(Passed(Marks { values: vec![1_000], more: 0 })),
                        ..rule("views every 1000")
                    },
                    rule("status"),
                ]),
                preset: "all".to_owned(),
                list_preset: "uploads".to_owned(),
            },
            Rules {
                subject: Some(hostile_link()),
                rules: List::new(vec![rule(HOSTILE); 200]),
                preset: HOSTILE.to_owned(),
                list_preset: HOSTILE.to_owned(),
            },
        ]
    }
}

impl View for Mute {
    const NAME: &'static str = "mute";

    fn samples() -> Vec<Self> {
        let lifted = |count| Some(Unmuted { count: Grouped(count), is_one: count == 1 });
        let plain = Mute {
            subject: None,
            until: None,
            undo: "/mute off".to_owned(),
            watches: None,
            chat_until: None,
        };
        vec![
            Mute {
                subject: Some(video()),
                until: Some(moment(-60)),
                undo: "/unmute 3".to_owned(),
                ..plain.clone()
            },
            plain.clone(),
            Mute { until: Some(moment(-60)), ..plain.clone() },
            Mute { watches: lifted(2), ..plain.clone() },
            Mute { watches: lifted(1), ..plain.clone() },
            Mute { subject: Some(video()), chat_until: Some(moment(-60)), ..plain.clone() },
            Mute { subject: Some(hostile_link()), ..plain.clone() },
            Mute {
                subject: Some(hostile_link()),
                until: Some(moment(-60)),
                undo: HOSTILE.to_owned(),
                ..plain
            },
        ]
    }
}

impl View for QuietHours {
    const NAME: &'static str = "quiet";

    fn samples() -> Vec<Self> {
        vec![
            QuietHours { hours: Some(quiet()), tz: "Europe/Madrid".to_owned(), now: moment(0) },
            QuietHours { hours: None, tz: HOSTILE.to_owned(), now: moment(0) },
        ]
    }
}

impl View for Why {
    const NAME: &'static str = "why";

    fn samples() -> Vec<Self> {
        let told = |outcome: &Outcome, previous: &str, current: &str| WhyAlert {
            at: moment(60),
            previous: Some(previous.to_owned()),
            current: Some(current.to_owned()),
            outcome: WhyOutcome::from(outcome),
        };
        let dead = Outcome::Dead(format!("refused: `{HOSTILE}`"));
        let fired = WhyRule {
            watch: None,
            is_presence: false,
            window: None,
            is_spent: false,
            text: "views every 1000".to_owned(),
            next: Some(WhyNext { at: Grouped(12_000), now: Some(Grouped(11_340)) }),
            is_unset: false,
            is_ended: false,
            alerts: List::new(vec![
                told(&Outcome::Waiting, "10,870", "11,340"),
                told(&Outcome::Sent, "9,950", "10,870"),
                told(&Outcome::Cancelled(CancelReason::NetZero), "9,960", "9,950"),
                WhyAlert { previous: None, current: None, ..told(&Outcome::Sent, "", "") },
            ]),
            suppressed: vec![WhySuppressed {
                reason: "muted".to_owned(),
                count: Grouped(2),
                first: moment(600),
                last: moment(500),
            }],
        };
        let quiet = WhyRule {
            watch: Some(channel()),
            is_presence: false,
            window: None,
            is_spent: false,
            text: "likes +5%".to_owned(),
            next: None,
            is_unset: true,
            is_ended: false,
            alerts: List::default(),
            suppressed: Vec::new(),
        };
        let window = |is_armed| {
            Some(WhyWindow { growth: "+5 % views".to_owned(), window: "hour".to_owned(), is_armed })
        };
        let others = vec![
            WhyRule { window: window(true), is_unset: false, ..quiet.clone() },
            WhyRule { window: window(false), is_unset: false, ..quiet.clone() },
            WhyRule { is_spent: true, is_unset: false, ..quiet.clone() },
            WhyRule { is_presence: true, is_unset: false, ..quiet.clone() },
            WhyRule { is_presence: true, is_unset: false, is_ended: true, ..quiet.clone() },
        ];
        let hostile = WhyRule {
            watch: Some(hostile_link()),
            text: HOSTILE.to_owned(),
            next: Some(WhyNext { at: Grouped(1), now: None }),
            is_ended: true,
            alerts: List::new(vec![told(&dead, HOSTILE, HOSTILE); 20]),
            ..fired.clone()
        };
        vec![
            Why {
                subject: video(),
                numbers: Some(Numbers(COUNTS)),
                seen: Some(seen()),
                muted_until: None,
                rules: List::new(vec![fired, quiet]),
            },
            Why {
                subject: video(),
                numbers: None,
                seen: None,
                muted_until: Some(moment(-60)),
                rules: List::default(),
            },
            Why {
                subject: video(),
                numbers: None,
                seen: None,
                muted_until: None,
                rules: List::new(others),
            },
            Why {
                subject: hostile_link(),
                numbers: Some(Numbers(HIDDEN)),
                seen: None,
                muted_until: None,
                rules: List::new(vec![hostile; 20]),
            },
        ]
    }
}

impl View for Stats {
    const NAME: &'static str = "stats";

    fn samples() -> Vec<Self> {
        let gain = |window: &str, gain: &str| GainLine {
            window: window.to_owned(),
            gain: gain.to_owned(),
        };
        vec![
            Stats {
                subject: video(),
                channel: Some(channel()),
                numbers: Some(Numbers(COUNTS)),
                seen: Some(seen()),
                is_unavailable: false,
                is_live: true,
                gains: vec![gain("hour", "+12 views"), gain("day", "+290 views")],
                published: Some(moment(60 * 24 * 400)),
            },
            Stats {
                subject: hostile_link(),
                channel: None,
                numbers: None,
                seen: None,
                is_unavailable: true,
                is_live: false,
                gains: Vec::new(),
                published: None,
            },
            Stats {
                subject: hostile_link(),
                channel: Some(hostile_link()),
                numbers: Some(Numbers(HIDDEN)),
                seen: None,
                is_unavailable: false,
                is_live: false,
                gains: Vec::new(),
                published: None,
            },
        ]
    }
}

impl View for Test {
    const NAME: &'static str = "test";

    fn samples() -> Vec<Self> {
        let plain = Test {
            now: moment(0),
            here: "telegram:1234".to_owned(),
            muted_until: None,
            back: None,
        };
        vec![
            plain.clone(),
            Test {
                muted_until: Some(moment(-60)),
                back: back(Some(moment(600)), BLOCKED),
                ..plain.clone()
            },
            Test {
                here: HOSTILE.to_owned(),
                back: back(None, &format!("refused: `{HOSTILE}`")),
                ..plain
            },
        ]
    }
}

impl View for SettingsView {
    const NAME: &'static str = "settings";

    fn samples() -> Vec<Self> {
        let plain = SettingsView {
            subject: None,
            at_most: Some(Period(Duration::from_secs(900))),
            quiet: Some(quiet()),
            tz: "Europe/Madrid".to_owned(),
            muted_until: Some(moment(-60)),
            chat_muted_until: None,
            preset: "all".to_owned(),
            list_preset: "uploads".to_owned(),
            watches: Grouped(2),
            watches_max: Some(Grouped(50)),
        };
        vec![
            plain.clone(),
            SettingsView { at_most: None, ..plain },
            SettingsView {
                subject: Some(hostile_link()),
                at_most: Some(Period(Duration::from_secs(900))),
                quiet: None,
                tz: HOSTILE.to_owned(),
                muted_until: None,
                chat_muted_until: Some(moment(-60)),
                preset: HOSTILE.to_owned(),
                list_preset: HOSTILE.to_owned(),
                watches: Grouped(0),
                watches_max: None,
            },
        ]
    }
}

impl View for Invite {
    const NAME: &'static str = "invite";

    fn samples() -> Vec<Self> {
        let url = "https://t.me/tubebell_bot?start=q1w2e3r4t5y6".to_owned();
        vec![
            Invite { url: url.clone(), expires: Some(moment(-60 * 24 * 7)), is_single_use: true },
            Invite { url, expires: None, is_single_use: false },
        ]
    }
}

impl View for ErrorView {
    const NAME: &'static str = "error";

    fn samples() -> Vec<Self> {
        vec![
            ErrorView {
                message: Prose::new("`evry` is no condition: expected `every`, `at` or `any`"),
                input: Some("views evry 1000".to_owned()),
                pointer: Some("      ^^^^".to_owned()),
                example: Some("/watch dQw4w9WgXcQ views every 1000".to_owned()),
            },
            ErrorView {
                message: Prose::new("this video is not watched here"),
                input: None,
                pointer: None,
                example: None,
            },
            ErrorView {
                message: Prose::new(&format!("`{HOSTILE}` is no time zone")),
                input: Some(HOSTILE.to_owned()),
                pointer: None,
                example: Some(HOSTILE.to_owned()),
            },
        ]
    }
}

impl View for NotAllowed {
    const NAME: &'static str = "not-allowed";

    fn samples() -> Vec<Self> {
        vec![
            NotAllowed { sender: "telegram:1234".to_owned() },
            NotAllowed { sender: HOSTILE.to_owned() },
        ]
    }
}

impl View for WelcomeInvited {
    const NAME: &'static str = "welcome-invited";

    fn samples() -> Vec<Self> {
        vec![
            WelcomeInvited {
                preset: "all".to_owned(),
                list_preset: "uploads".to_owned(),
                is_operator: true,
            },
            WelcomeInvited {
                preset: HOSTILE.to_owned(),
                list_preset: HOSTILE.to_owned(),
                is_operator: false,
            },
        ]
    }
}

impl View for Notice {
    const NAME: &'static str = "operator";

    fn samples() -> Vec<Self> {
        let notices = |outside: &str, cause: &Prose| {
            vec![
                Notice::KeyRefused { cause: cause.clone() },
                Notice::QuotaSpent { resets_at: moment(-600) },
                Notice::DeadLetters {
                    count: Grouped(3),
                    destination: outside.to_owned(),
                    cause: cause.clone(),
                },
                Notice::DestinationOff {
                    destination: outside.to_owned(),
                    cause: cause.clone(),
                    number: Some("7".to_owned()),
                    is_chat: true,
                },
                Notice::DestinationOff {
                    destination: "webhook:example.org/…".to_owned(),
                    cause: cause.clone(),
                    number: None,
                    is_chat: false,
                },
                Notice::DestinationsOff {
                    count: Grouped(9_999),
                    destination: outside.to_owned(),
                    cause: cause.clone(),
                },
                Notice::ChannelPaused { channel: outside.to_owned(), cause: cause.clone() },
                Notice::Recovered { what: outside.to_owned() },
            ]
        };
        let mut all = notices("telegram:1234", &Prose::new("API key not valid"));
        all.extend(notices(HOSTILE, &Prose::new(&format!("refused: `{HOSTILE}`"))));
        all
    }
}

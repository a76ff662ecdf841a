//! A digest for programs: what was collected, video by video, packed into bodies of bounded size.

use std::borrow::Cow;

use serde::Serialize;

use super::{BODY_MAX_BYTES, Told, fitted, name, told};
use crate::model::{Body, SubscriptionId};
use crate::render::news::{DigestMessage, Part, Place, VideoNews, WatchNews};

/// Room for what stands around the watches of a body, in bytes.
const ENVELOPE_MAX_BYTES: usize = 500;

/// Room for what stands around the videos of a watch, in bytes: mostly its title, of which a letter takes up to six.
const WATCH_MAX_BYTES: usize = 2_000;

/// Longest title of a watch, in UTF-16 units.
const TITLE_MAX: usize = 250;

#[derive(Serialize)]
struct SentEvent<'a> {
    r#type: &'static str,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    schedule: &'a str,
    tz: &'a str,
    since: String,
    late: bool,
    part: usize,
    parts: usize,
    watches: &'a [Watch<'a>],
}

#[derive(Serialize)]
struct Watch<'a> {
    watch: SubscriptionId,
    subject: String,
    subject_title: Option<Cow<'a, str>>,
    over_budget: bool,
    videos: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Item<'a> {
    seen_at: String,
    #[serde(flatten)]
    told: Told<'a>,
}

/// What stands in one body.
#[derive(Default)]
struct Page<'a> {
    watches: Vec<Watch<'a>>,
    /// Of which the last of them is made.
    last: Option<&'a WatchNews>,
    told: Vec<Place>,
    /// How much room the watches take.
    bytes: usize,
}

/// All bodies, each with what it tells.
pub(super) fn bodies(message: &DigestMessage) -> serde_json::Result<Vec<Part>> {
    let mut pages: Vec<Page<'_>> = Vec::new();
    for (watch, index, news) in message.told() {
        let max_bytes = BODY_MAX_BYTES - ENVELOPE_MAX_BYTES - WATCH_MAX_BYTES;
        let (item, json) =
            fitted(news, max_bytes, |count, text_max| Item::new(news, count, text_max))?;
        // With the comma behind it.
        let item = (item, json.len() + 1);
        match pages.last_mut() {
            Some(page) if page.has_room(watch, item.1)? => {
                page.add(watch, item, news.places(index))?;
            }
            Some(_) | None => {
                let mut page = Page::default();
                page.add(watch, item, news.places(index))?;
                pages.push(page);
            }
        }
    }
    let parts = pages.len();
    let body = |(index, page): (usize, Page<'_>)| {
        let event = SentEvent {
            r#type: "digest.sent",
            timestamp: message.now.to_string(),
            data: Data {
                schedule: &message.schedule,
                tz: &message.tz,
                since: message.since.to_string(),
                late: message.late,
                part: index + 1,
                parts,
                watches: &page.watches,
            },
        };
        Ok(Part::new(Body::Json(serde_json::to_string(&event)?), page.told))
    };
    pages.into_iter().enumerate().map(body).collect()
}

impl<'a> Item<'a> {
    fn new(news: &'a VideoNews, count: usize, text_max: usize) -> Item<'a> {
        Item { seen_at: news.observed_at.to_string(), told: told(news, count, text_max) }
    }
}

impl<'a> Watch<'a> {
    /// A watch without its videos.
    fn new(WatchNews { message, over_budget }: &'a WatchNews) -> Watch<'a> {
        Watch {
            watch: message.subscription,
            subject: message.subject.to_string(),
            subject_title: name(message.subject_title.as_deref(), TITLE_MAX),
            over_budget: *over_budget,
            videos: Vec::new(),
        }
    }

    /// How much room it takes without its videos, with the comma behind it.
    fn bytes(&self) -> serde_json::Result<usize> {
        Ok(serde_json::to_string(self)?.len() + 1)
    }
}

impl<'a> Page<'a> {
    fn is_of(&self, watch: &WatchNews) -> bool {
        self.last.is_some_and(|last| std::ptr::eq(last, watch))
    }

    fn has_room(&self, watch: &WatchNews, item_bytes: usize) -> serde_json::Result<bool> {
        let around = if self.is_of(watch) { 0 } else { Watch::new(watch).bytes()? };
        Ok(self.bytes + around + item_bytes + ENVELOPE_MAX_BYTES <= BODY_MAX_BYTES)
    }

    fn add(
        &mut self,
        watch: &'a WatchNews,
        (item, bytes): (Item<'a>, usize),
        places: Vec<Place>,
    ) -> serde_json::Result<()> {
        if !self.is_of(watch) {
            let next = Watch::new(watch);
            self.bytes += next.bytes()?;
            self.watches.push(next);
            self.last = Some(watch);
        }
        if let Some(watch) = self.watches.last_mut() {
            watch.videos.push(item);
        }
        self.bytes += bytes;
        self.told.extend(places);
        Ok(())
    }
}

//! Members of channels and playlists: all of them once a day, the newest every few minutes.
//!
//! The newest come from the RSS feed, which costs no units but fails for days at times; a failing feed says nothing
//! about the channel, and `playlistItems` answers in its place.

use std::time::Duration;

use super::poll::{Poller, RoundError, class};
use crate::model::{ChannelId, PlaylistId, SubjectRef, Suppressed, UnixMillis};
use crate::source::{Bucket, Member, SourceError, Spender};
use crate::store::{DueSubject, Listing};
use crate::telemetry::Count;

/// Subjects listed in one round, so that polling gets its turn.
const SUBJECTS_MAX: usize = 20;

/// How often all of a subject is listed: only this sees members that have left.
const FULL_EVERY: Duration = Duration::from_secs(86_400);

/// How many times the shortest polling interval lies between two looks for new members: five minutes by default.
const LOOK_EVERY_INTERVALS: u32 = 5;

/// How long a subject that can't be listed is left alone.
const FAILED_WAIT: Duration = Duration::from_secs(900);

/// Members asked of `playlistItems` where the feed does not answer: one page.
const NEWEST: usize = 50;

/// A look that costs a unit comes so many times less often than one at the feed.
const PAID_LESS_OFTEN: u32 = 3;

/// The listing part of a round of polling.
pub(super) struct Listings<'a> {
    pub(super) poller: &'a Poller,
}

impl Listings<'_> {
    /// Lists what is due.
    pub(super) async fn round(&self, now: UnixMillis) -> Result<(), RoundError> {
        let store = &self.poller.store;
        let due = store.due_subjects(now, SUBJECTS_MAX).await?;
        let any = !due.is_empty();
        if any {
            self.poller.youtube.expect_lists(true);
        }
        for subject in due {
            match self.list(&subject, now).await {
                Ok(listing) => {
                    if listing.complete {
                        // The API has answered, not only the feed: the key is taken.
                        self.poller.works().await;
                    }
                    let listed = store.save_listing(listing, now).await?;
                    for (reason, rules) in Suppressed::ALL.into_iter().zip(listed.suppressed) {
                        self.poller.metrics.add(Count::Suppressions, reason.name(), rules);
                    }
                    if listed.alerts > 0 {
                        self.poller.bells.ring();
                    }
                }
                Err(error) => {
                    self.poller.metrics.polled(class(&error), now);
                    let wait = match &error {
                        SourceError::QuotaUsedUp { resets_at, .. }
                        | SourceError::ShareUsedUp { resets_at, .. } => resets_at.since(now),
                        SourceError::Unreachable { .. }
                        | SourceError::Burst { .. }
                        | SourceError::Transient(_)
                        | SourceError::BadAnswer(_) => {
                            Duration::from_secs(60).min(self.look_every() * 2)
                        }
                        SourceError::KeyRefused(_)
                        | SourceError::NotEnabled(_)
                        | SourceError::Misconfigured(_)
                        | SourceError::Forbidden(_)
                        | SourceError::NotFound(_)
                        | SourceError::Rejected(_) => FAILED_WAIT,
                    };
                    tracing::warn!(subject = %subject.subject, %error, "could not be listed, trying again later");
                    store.postpone_listing(subject.id, now.plus(wait)).await?;
                    if error.is_refusal() {
                        // Everything else would be refused too.
                        return Err(error.into());
                    }
                }
            }
        }
        if any {
            self.poller.save_quota().await?;
        }
        Ok(())
    }

    fn look_every(&self) -> Duration {
        (self.poller.options.min_interval * LOOK_EVERY_INTERVALS)
            .min(self.poller.options.max_interval)
    }

    async fn list(&self, due: &DueSubject, now: UnixMillis) -> Result<Listing, SourceError> {
        let youtube = &self.poller.youtube;
        let mut listing = Listing {
            subject: due.id,
            title: None,
            playlist: due.playlist.clone(),
            feed: due.feed.clone(),
            members: Vec::new(),
            complete: false,
            total: None,
            members_max: self.poller.members_max,
            next_listing: now.plus(self.look_every()),
        };
        let (playlist, feed) = match &due.subject {
            SubjectRef::Video(id) => {
                return Err(SourceError::Rejected(format!("{id} has no members")));
            }
            SubjectRef::Playlist(id) => {
                if due.full_at.is_none() {
                    listing.title = youtube.playlist_title(id, Spender::Lists, now).await?;
                }
                (id.clone(), SubjectRef::Playlist(id.clone()))
            }
            SubjectRef::Channel(_) | SubjectRef::Handle(_) => {
                let known = due.playlist.as_deref().and_then(|id| id.parse::<PlaylistId>().ok());
                let channel = due.feed.as_deref().and_then(|id| id.parse::<ChannelId>().ok());
                match (known, channel) {
                    (Some(playlist), Some(id)) => (playlist, SubjectRef::Channel(id)),
                    _ => {
                        let found = youtube.channel(&due.subject, Spender::Lists, now).await?;
                        let found = found.ok_or_else(|| {
                            SourceError::NotFound(format!("there is no {}", due.subject))
                        })?;
                        listing.title = Some(found.title);
                        listing.playlist = Some(found.uploads.to_string());
                        listing.feed = Some(found.id.to_string());
                        (found.uploads, SubjectRef::Channel(found.id))
                    }
                }
            }
        };
        let is_affordable = youtube.quota().allowance(Bucket::General, Spender::Lists, now) > 0;
        if due.full_at.is_none_or(|at| now.since(at) >= FULL_EVERY) && is_affordable {
            let members =
                youtube.members(&playlist, self.poller.members_max, Spender::Lists, now).await?;
            listing.complete = true;
            listing.total = Some(members.total);
            listing.members = pairs(members.videos);
            return Ok(listing);
        }
        match youtube.feed(&feed).await {
            Ok(newest) => listing.members = pairs(newest),
            Err(error) if is_affordable => {
                tracing::debug!(%error, "the feed does not answer, asking the API");
                listing.members =
                    pairs(youtube.members(&playlist, NEWEST, Spender::Lists, now).await?.videos);
                listing.next_listing = now.plus(self.look_every() * PAID_LESS_OFTEN);
            }
            Err(error) => return Err(error),
        }
        Ok(listing)
    }
}

fn pairs(members: Vec<Member>) -> Vec<(crate::model::VideoId, Option<String>)> {
    members.into_iter().map(|member| (member.id, Some(member.title))).collect()
}

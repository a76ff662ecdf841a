//! Channels and playlists: hands to list them with. What must hold of them stands in the files below.

mod bounds;
mod members;
pub(super) mod names;
mod presence;
mod uploads;

use super::*;
use tubebell::store::{ListLimits, Listed, ListedMember, Listing, WatchFilter};

pub(super) const CHANNEL: &str = "channel:UCuAXFkgsw1L7xaCfnd5JJOw";
pub(super) const PLAYLIST: &str = "playlist:PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf";
const ANYBODY: ListLimits = ListLimits { per_list: 10, per_owner: 10 };

pub(super) fn id(n: usize) -> VideoId {
    format!("video{n:06}").parse().unwrap()
}

pub(super) fn name(n: usize) -> String {
    id(n).to_string()
}

/// A row of a list, with its title and date.
pub(super) fn row(n: usize, at: UnixMillis) -> ListedMember {
    ListedMember { id: id(n), title: Some(format!("title {n}")), at: Some(at) }
}

/// Old videos, the greater the number the newer.
fn old(ns: &[usize]) -> Vec<ListedMember> {
    ns.iter()
        .map(|n| row(*n, T0.minus(100 * DAY).plus(HOUR * u32::try_from(*n).unwrap())))
        .collect()
}

impl Bench {
    async fn due(&self, subject: &str) -> tubebell::store::DueSubject {
        let due = self.store().due_subjects(self.now().plus(DAY), 10, ANYBODY).await.unwrap();
        due.into_iter().find(|due| due.subject == of(subject)).unwrap()
    }

    async fn list_of(&self, subject: &str, members: Vec<ListedMember>, complete: bool) -> Listed {
        self.list_within(subject, members, complete, 10).await
    }

    pub(super) async fn list_within(
        &self,
        subject: &str,
        members: Vec<ListedMember>,
        complete: bool,
        members_max: usize,
    ) -> Listed {
        self.pass(MINUTE);
        let listing = Listing {
            subject: self.due(subject).await.id,
            title: Some("The channel".into()),
            same_as: None,
            memory: "{}".into(),
            members,
            complete,
            total: complete.then_some(1_000),
            members_max,
            presence: None,
            next_listing: self.now(),
        };
        self.store().save_listing(listing, self.now()).await.unwrap()
    }

    /// All of the channel.
    async fn list(&self, members: Vec<ListedMember>) -> Listed {
        self.list_of(CHANNEL, members, true).await
    }

    async fn presence(&self, subject: &str, there: bool) -> Listed {
        let listed = self.notice(subject, there).await;
        self.route().await;
        listed
    }

    /// A listing finds that a list is there, or is not.
    pub(super) async fn notice(&self, subject: &str, there: bool) -> Listed {
        self.pass(MINUTE);
        let listing = Listing {
            subject: self.due(subject).await.id,
            title: None,
            same_as: None,
            memory: "{}".into(),
            members: Vec::new(),
            complete: false,
            total: None,
            members_max: 10,
            presence: Some(there),
            next_listing: self.now(),
        };
        self.store().save_listing(listing, self.now()).await.unwrap()
    }

    /// What lists hold, the newest first.
    fn members(&self) -> Vec<String> {
        let members = self.engine.members().into_iter().filter(|member| !member.has_left);
        members.map(|member| member.video).collect()
    }

    fn triggers(&self) -> usize {
        self.engine.triggers().len()
    }

    /// Those that videos hold.
    fn triggers_of_videos(&self) -> usize {
        self.engine.triggers().iter().filter(|at| at.is_of_a_video).count()
    }

    /// How often a rule has fired.
    fn fired_by(&self, rule: &str) -> i64 {
        let alerts = self.engine.alerts();
        alerts.iter().filter(|alert| alert.rule_text == rule).map(|alert| alert.firings).sum()
    }

    /// What is watched where, by which rules.
    async fn watched(&self) -> Vec<(String, String, String)> {
        let rows = self.store().watches(WatchFilter::All, 0, 100).await.unwrap();
        let mut rows: Vec<_> = rows
            .into_iter()
            .map(|row| {
                (row.destination.address.to_string(), row.subject.to_string(), row.rules.join("; "))
            })
            .collect();
        rows.sort();
        rows
    }
}

const fn listed(joined: usize, left: usize) -> Listed {
    Listed { joined, left, is_news: false }
}

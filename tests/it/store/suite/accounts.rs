//! One person with several addresses: hands to link them with. What must hold of them stands in the files below.

mod codes;
mod erased;
mod laws;
mod linked;
mod mailboxes;
mod operator;
mod unlinked;

use super::*;
use tubebell::store::{ADDRESSES_MAX, AskLimits, AskedEnough, CardEdit, ReaderEdit, VideosLimit};
use tubebell::store::{Shut, WatchFilter};

/// Ana's other addresses.
const PHONE: &str = "discord:@77";
const MAIL: &str = "email:ana@example.org";
const BEN: &str = "telegram:5";
const GROUP: &str = "telegram:-5";
const OTHER: &str = "aaaaaaaaaaa";

/// How many readers may be asked, where a test does not care.
const MANY: AskLimits = AskLimits { per_mailbox: 100, per_person: 100, in_all: 100 };

fn linked(address: &str) -> Edited {
    Edited::Linked { address: at(address), was_theirs: false }
}

fn theirs(address: &str) -> Edited {
    Edited::Linked { address: at(address), was_theirs: true }
}

fn is_watched(edited: &Edited) -> bool {
    matches!(edited, Edited::Watched { .. })
}

impl Bench {
    /// A code to be typed.
    async fn make_code(&self, by: &str, code: &str) -> Edited {
        let (code, expires_at) = (code.to_owned(), self.now().plus(10 * MINUTE));
        self.edit(Edit::MakeLinkCode { by: at(by), code, expires_at }).await
    }

    async fn use_code(&self, code: &str, at: Option<&str>) -> Edited {
        let (code, at) = (code.to_owned(), at.map(|at| at.parse().unwrap()));
        self.edit(Edit::Link { code, at, told: None }).await
    }

    async fn type_code(&self, code: &str, at: &str) -> Edited {
        self.use_code(code, Some(at)).await
    }

    /// One person with both.
    async fn link(&self, one: &str, other: &str) {
        self.pass(SECOND);
        let code = format!("{one} and {other} at {}", self.now().0);
        assert_eq!(self.make_code(one, &code).await, Edited::Done(1));
        assert_eq!(self.type_code(&code, other).await, linked(other));
    }

    async fn ask_within(&self, by: &str, mailbox: &str, code: &str, limits: AskLimits) -> Edited {
        self.edit(Edit::AskReader(Box::new(ReaderEdit {
            by: at(by),
            address: at(mailbox),
            mailbox: at(mailbox).counted_by(),
            code: code.to_owned(),
            expires_at: self.now().plus(DAY),
            mail: bodies::plain("is this yours?"),
            limits,
        })))
        .await
    }

    async fn ask(&self, by: &str, mailbox: &str, code: &str) -> Edited {
        self.ask_within(by, mailbox, code, MANY).await
    }

    async fn confirm(&self, code: &str) -> Edited {
        self.use_code(code, None).await
    }

    /// The reader of a mailbox has said yes.
    async fn confirmed(&self, by: &str, mailbox: &str) {
        self.pass(SECOND);
        let code = format!("{mailbox} of {by} at {}", self.now().0);
        assert_eq!(self.ask(by, mailbox, &code).await, Edited::Done(1));
        assert_eq!(self.confirm(&code).await, linked(mailbox));
    }

    /// The configuration says nothing of any of their addresses.
    async fn unlink(&self, address: &str) -> Edited {
        self.edit(Edit::Unlink { address: at(address), is_in: false, others_are_in: false }).await
    }

    async fn erase(&self, person: &str) -> Edited {
        self.edit(Edit::Erase { person: at(person) }).await
    }

    /// In by an invitation of the operator's.
    async fn let_in(&self, person: &str) {
        self.pass(SECOND);
        let code = format!("for {person} at {}", self.now().0);
        let (made_by, expires_at) = (Owner::Operator, self.now().plus(DAY));
        self.edit(Edit::Invite { code: code.clone(), made_by, expires_at, per_day: None }).await;
        assert_eq!(self.edit(Edit::Admit { person: at(person), code }).await, Edited::Done(1));
    }

    async fn is_in(&self, person: &str) -> bool {
        self.store().is_admitted(&at(person)).await.unwrap()
    }

    async fn addresses(&self, of: &str) -> Vec<String> {
        let found = self.store().addresses(&at(of)).await.unwrap();
        found.iter().map(ToString::to_string).collect()
    }

    /// A watch as somebody makes it who may have so many of them, and so many videos.
    async fn watch_of_theirs(&self, to: &str, video: &str, limits: [usize; 2]) -> Edited {
        let mut watch = watch_of(to, &format!("video:{video}"), "views any");
        let group = self.store().person(&at(to).whole()).await.unwrap();
        watch.owner = match group.and_then(|row| row.brought_by) {
            Some(by) => Owner::of(&by),
            None => owner(to),
        };
        watch.limit = Some(limits[0]);
        watch.videos_limit = Some(VideosLimit { limit: limits[1], counted: 1 });
        self.edit(Edit::Watch(Box::new(watch))).await
    }

    /// Watches it there, whatever the limits.
    async fn theirs_at(&self, to: &str, video: &str) {
        assert!(is_watched(&self.watch_of_theirs(to, video, [999, 999]).await));
    }

    /// What the operator's file has ring there.
    async fn of_file(&self, to: &str, video: &str) {
        let mut watch = watch_of(to, &format!("video:{video}"), "views any");
        watch.origin = "file.csv".into();
        self.edit(Edit::Watch(Box::new(watch))).await;
    }

    /// Whether anything limits what somebody watches there.
    async fn is_limited(&self, to: &str) -> bool {
        let edited = self.watch_of_theirs(to, "zzzzzzzzzzz", [0, 0]).await;
        if is_watched(&edited) {
            let subject = of("video:zzzzzzzzzzz");
            self.edit(Edit::Unwatch { destination: at(to), subject }).await;
            return false;
        }
        assert_eq!(edited, Edited::LimitReached { limit: 0 });
        true
    }

    async fn card_at(&self, to: &str, video: &str, videos: usize) -> Edited {
        self.edit(Edit::Card(Box::new(CardEdit {
            destination: at(to),
            owner: owner(to),
            video: video.parse().unwrap(),
            beginning: None,
            per_chat: 9,
            videos_limit: Some(videos),
        })))
        .await
    }

    async fn brought_in(&self, group: &str, by: &str, limit: usize) -> Edited {
        let (owner, limit) = (self.store().owner_at(&at(by)).await.unwrap(), Some(limit));
        self.edit(Edit::BringIn { group: at(group), by: at(by), owner, limit }).await
    }

    async fn runs(&self, to: &str) -> usize {
        self.store().watches(WatchFilter::Of(at(to)), 0, 999).await.unwrap().len()
    }

    async fn set_zone(&self, at: &str, tz: Option<&str>) {
        let settings = Settings { tz: tz.map(str::to_owned), ..Settings::default() };
        let destination = at.parse().unwrap();
        self.edit(Edit::Set { destination, subject: None, settings }).await;
    }

    async fn zone(&self, at: &str) -> Option<String> {
        let row = self.store().destination(&at.parse().unwrap()).await.unwrap();
        row.and_then(|row| row.settings.tz)
    }

    /// Sends all that is due by mail; to whom.
    async fn send_mails(&self) -> Vec<String> {
        self.send_by(Channel::Email).await
    }

    async fn send_by(&self, channel: Channel) -> Vec<String> {
        let mut to = Vec::new();
        loop {
            let claims = self.turn(channel, 100, Vec::new()).await.claims;
            if claims.is_empty() {
                return to;
            }
            for claim in claims {
                self.sent(&claim).await;
                to.push(claim.address.to_string());
            }
        }
    }

    async fn sweep_for(&self, time: Duration) {
        self.pass(time);
        for _ in 0..4 {
            while self.store().sweep(KEEP, self.now()).await.unwrap() {}
        }
        self.sums();
    }
}

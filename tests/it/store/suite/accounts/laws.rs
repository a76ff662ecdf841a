//! Laws that hold after any sequence of linking, unlinking, erasing, being let in and put out, between watches, sightings and
//! messages.

use super::*;
use proptest::prelude::*;

const CHATS: [&str; 4] = ["telegram:1", "telegram:2", "discord:@3", "discord:@4"];
const MAILS: [&str; 2] = ["email:a@example.org", "email:b@example.org"];
const VIDEOS: [&str; 2] = [VIDEO, OTHER];
const CHANNELS: [Channel; 3] = [Channel::Telegram, Channel::Discord, Channel::Email];

#[derive(Debug, Clone)]
enum Step {
    Code(u8),
    Type(u8, u8),
    Ask(u8, u8),
    Confirm(u8),
    Unlink(u8, bool, bool),
    Erase(u8),
    LetIn(u8),
    Expel(u8),
    BecomeOperator(u8),
    BringIn(u8),
    Watch(u8, u8),
    WatchGroup(u8),
    OfFile(u8, u8),
    Unwatch(u8, u8),
    Card(u8, u8),
    Zone(u8, bool),
    Refuse(u8),
    Off(u8),
    See(u8),
    Claim(u8),
    Finish(u8, u8),
    Sweep,
    Pass(u32),
}

fn step() -> impl Strategy<Value = Step> {
    let (chat, mail, address, which) = (0u8..4, 0u8..2, 0u8..6, 0u8..255);
    prop_oneof![
        6 => chat.clone().prop_map(Step::Code),
        8 => (which.clone(), chat.clone()).prop_map(|(n, c)| Step::Type(n, c)),
        3 => (chat.clone(), mail.clone()).prop_map(|(c, m)| Step::Ask(c, m)),
        4 => which.clone().prop_map(Step::Confirm),
        5 => (address.clone(), any::<bool>(), any::<bool>()).prop_map(|(a, i, o)| Step::Unlink(a, i, o)),
        2 => address.clone().prop_map(Step::Erase),
        3 => chat.clone().prop_map(Step::LetIn),
        1 => address.clone().prop_map(Step::Expel),
        1 => chat.clone().prop_map(Step::BecomeOperator),
        1 => chat.clone().prop_map(Step::BringIn),
        6 => (address.clone(), mail.clone()).prop_map(|(a, v)| Step::Watch(a, v)),
        1 => chat.clone().prop_map(Step::WatchGroup),
        1 => (mail.clone(), mail.clone()).prop_map(|(m, v)| Step::OfFile(m, v)),
        1 => (address.clone(), mail.clone()).prop_map(|(a, v)| Step::Unwatch(a, v)),
        1 => (address.clone(), mail.clone()).prop_map(|(a, v)| Step::Card(a, v)),
        2 => (address.clone(), any::<bool>()).prop_map(|(a, z)| Step::Zone(a, z)),
        1 => mail.clone().prop_map(Step::Refuse),
        1 => address.prop_map(Step::Off),
        6 => mail.prop_map(Step::See),
        5 => (0u8..3).prop_map(Step::Claim),
        5 => (which.clone(), 0u8..6).prop_map(|(n, r)| Step::Finish(n, r)),
        1 => Just(Step::Sweep),
        2 => prop_oneof![Just(60), Just(3_600), Just(86_400), Just(10 * 86_400)].prop_map(Step::Pass),
    ]
}

fn chat(n: u8) -> &'static str {
    CHATS[usize::from(n)]
}

/// One of all that can be an address of somebody's.
fn address_of(n: u8) -> &'static str {
    let n = usize::from(n);
    CHATS.get(n).copied().unwrap_or_else(|| MAILS[n - CHATS.len()])
}

struct Story {
    bench: Bench,
    codes: Vec<String>,
    taken: Vec<Claim>,
}

impl Story {
    /// A code of those that were made.
    fn code(&self, which: u8) -> String {
        let newest = self.codes.len().saturating_sub(1 + usize::from(which % 4));
        self.codes.get(newest).cloned().unwrap_or_default()
    }

    fn new_code(&mut self) -> String {
        self.bench.pass(SECOND);
        let code = format!("code {}", self.codes.len());
        self.codes.push(code.clone());
        code
    }

    async fn act(&mut self, step: Step) {
        match step {
            Step::Code(c) => {
                let code = self.new_code();
                self.bench.make_code(chat(c), &code).await;
            }
            Step::Type(which, c) => {
                let (code, told) = (self.code(which), Some(bodies::plain("linked")));
                self.bench.edit(Edit::Link { code, at: Some(at(chat(c))), told }).await;
            }
            Step::Ask(c, m) => {
                let code = self.new_code();
                self.bench.ask(chat(c), MAILS[usize::from(m)], &code).await;
            }
            Step::Confirm(which) => {
                self.bench.confirm(&self.code(which)).await;
            }
            Step::Unlink(a, is_in, others_are_in) => {
                self.bench
                    .edit(Edit::Unlink { address: at(address_of(a)), is_in, others_are_in })
                    .await;
            }
            Step::Erase(a) => {
                self.bench.erase(address_of(a)).await;
            }
            Step::LetIn(c) => {
                let (code, expires_at) = (self.new_code(), self.bench.now().plus(DAY));
                let made_by = owner(chat((c + 1) % 4));
                let invite =
                    Edit::Invite { code: code.clone(), made_by, expires_at, per_day: None };
                self.bench.edit(invite).await;
                self.bench.edit(Edit::Admit { person: at(chat(c)), code }).await;
            }
            Step::Expel(a) => {
                // Whoever runs this is not put out.
                let operator = self.bench.store().operator().await.unwrap();
                let addresses = self.bench.addresses(address_of(a)).await;
                if operator.is_none_or(|operator| !addresses.contains(&operator.to_string())) {
                    self.bench.edit(Edit::Expel { person: at(address_of(a)) }).await;
                }
            }
            Step::BecomeOperator(c) => {
                let (code, expires_at) = (self.new_code(), self.bench.now().plus(DAY));
                let made_by = Owner::Operator;
                let invite =
                    Edit::Invite { code: code.clone(), made_by, expires_at, per_day: None };
                self.bench.edit(invite).await;
                self.bench.edit(Edit::BecomeOperator { person: at(chat(c)), code }).await;
            }
            Step::BringIn(c) => {
                self.bench.brought_in(GROUP, chat(c), 2).await;
            }
            Step::Watch(a, v) => {
                // Nobody watches at a mailbox that is not theirs.
                if self.bench.addresses(address_of(a)).await.len() > 1
                    || usize::from(a) < CHATS.len()
                {
                    self.bench.watch_of_theirs(address_of(a), VIDEOS[usize::from(v)], [5, 5]).await;
                }
            }
            Step::WatchGroup(c) => {
                if self.bench.is_in(GROUP).await {
                    self.bench.watch_of_theirs(GROUP, VIDEOS[usize::from(c % 2)], [5, 5]).await;
                }
            }
            Step::OfFile(m, v) => {
                self.bench.of_file(MAILS[usize::from(m)], VIDEOS[usize::from(v)]).await;
            }
            Step::Unwatch(a, v) => {
                let subject = of(&format!("video:{}", VIDEOS[usize::from(v)]));
                self.bench.edit(Edit::Unwatch { destination: at(address_of(a)), subject }).await;
            }
            Step::Card(a, v) => {
                if usize::from(a) < CHATS.len() {
                    self.bench.card_at(address_of(a), VIDEOS[usize::from(v)], 5).await;
                }
            }
            Step::Zone(a, is_set) => {
                self.bench.set_zone(address_of(a), is_set.then_some("Europe/Madrid")).await;
            }
            Step::Refuse(m) => {
                self.bench.edit(Edit::Refuse { destination: at(MAILS[usize::from(m)]) }).await;
            }
            Step::Off(a) => {
                let (destination, reason) = (at(address_of(a)), "blocked".to_owned());
                self.bench.edit(Edit::Disable { destination, reason }).await;
            }
            Step::See(v) => {
                let views = self.bench.now().0 % 1_000;
                self.bench.see_video(VIDEOS[usize::from(v)], views).await;
            }
            Step::Claim(c) => {
                let channel = CHANNELS[usize::from(c)];
                self.taken.extend(self.bench.turn(channel, 3, Vec::new()).await.claims);
            }
            Step::Finish(which, how) => self.finish(which, how).await,
            Step::Sweep => {
                self.bench.store().sweep(KEEP, self.bench.now()).await.unwrap();
            }
            Step::Pass(seconds) => self.bench.pass(SECOND * seconds),
        }
    }

    async fn finish(&mut self, which: u8, how: u8) {
        if self.taken.is_empty() {
            return;
        }
        let claim = self.taken.swap_remove(usize::from(which) % self.taken.len());
        let at = self.bench.now().plus(MINUTE);
        let result = match how {
            0..=2 => FinishedAs::Sent("1".into()),
            3 => FinishedAs::Retry { at, counts: true, error: "502".into() },
            4 => FinishedAs::Dead("400".into()),
            _ => FinishedAs::Gone("403".into()),
        };
        self.bench.finish(&claim, result).await;
    }

    async fn check(&self) {
        assert_eq!(self.bench.engine.broken(Laws::SumsButLanes), None);
        assert_eq!(self.bench.engine.broken(Laws::People), None);
        for address in CHATS.iter().chain(&MAILS) {
            let theirs = self.bench.addresses(address).await;
            assert!(theirs.len() <= ADDRESSES_MAX && theirs.contains(&(*address).to_owned()));
            let zone = self.bench.zone(address).await;
            for other in &theirs {
                assert_eq!(self.bench.addresses(other).await, theirs, "one person each");
                let is_in = (self.bench.is_in(address).await, self.bench.is_in(other).await);
                assert_eq!(is_in.0, is_in.1, "{address} and {other}");
                let is_there = self.bench.store().destination(&at(other)).await.unwrap();
                if theirs.len() > 1 && is_there.is_some() && zone.is_some() {
                    assert_eq!(self.bench.zone(other).await, zone, "{address} and {other}");
                }
            }
        }
    }

    /// Once nobody is there any more, nobody is known.
    async fn end(mut self) {
        for claim in std::mem::take(&mut self.taken) {
            self.bench.sent(&claim).await;
        }
        for address in CHATS.iter().chain(&MAILS) {
            self.bench.erase(address).await;
        }
        self.bench.edit(Edit::Expel { person: at(GROUP) }).await;
        let all = self.bench.store().watches(WatchFilter::All, 0, 999).await.unwrap();
        for watch in all {
            let (destination, subject) = (watch.destination.address, watch.subject);
            self.bench.edit(Edit::Unwatch { destination, subject }).await;
        }
        for channel in CHANNELS {
            self.bench.send_by(channel).await;
        }
        for _ in 0..3 {
            self.bench.sweep_for(40 * DAY).await;
        }
        let waiting = (self.bench.count("waiting"), self.bench.count("in flight"));
        assert_eq!(waiting, (0, 0));
        for (noun, left) in
            [("identity", 0), ("link", 0), ("invite", 0), ("card", 0), ("person", 1)]
        {
            assert_eq!(self.bench.engine.rows(noun), left, "{noun}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn an_address_has_one_person_what_is_behind_it_is_theirs_and_nobody_stays_for_ever(
        steps in proptest::collection::vec(step(), 1..80)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let mut story = Story { bench: Bench::new(), codes: Vec::new(), taken: Vec::new() };
            for step in steps {
                story.act(step).await;
                story.check().await;
            }
            story.end().await;
        });
    }
}

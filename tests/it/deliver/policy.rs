//! A mail server that refuses by policy: all that we send, or what one recipient would get.

use tubebell::model::{Body, MailMessage};
use tubebell::notify::email::{Email, EmailOptions, Mailbox};
use tubebell_sim::Simulation;
use tubebell_sim::smtp::{self, Enhanced, Fault, MailSandbox, Options, Reply, Scope, Stage};

use super::*;

const BLOCKED: Fault =
    Fault::Reply(Reply::new(554, Enhanced(5, 7, 1), "Client host blocked using zen.spamhaus.org"));

fn mailbox(number: usize) -> String {
    format!("reader-{number}@example.org")
}

/// A loop whose mails go to a server.
struct Mails {
    it: Loop,
    server: MailSandbox,
    _simulation: Simulation,
}

impl Mails {
    async fn start() -> Mails {
        let begun = Instant::now();
        let clock: tubebell::model::Clock = Arc::new(move || START.plus(begun.elapsed()));
        let simulation = crate::outside::simulation(Arc::clone(&clock));
        let server = smtp::serve(&simulation, Options::default()).await.unwrap();
        let options = EmailOptions {
            server: server.url().parse().unwrap(),
            from: Mailbox::default(),
            rate_per_min: 0.0,
            contact: None,
            dkim: None,
        };
        let email = Arc::new(Email::new(&options, None, clock).unwrap());
        let recorder = Arc::new(Recorder::standing_in_for(Channel::Email, 1));
        let give_up = Duration::from_secs(86_400);
        let it = Loop::with(email, recorder, Rates::default(), give_up);
        Mails { it, server, _simulation: simulation }
    }

    async fn queue(&self, to: &str) {
        let mail = MailMessage { subject: "10,000 views".to_owned(), ..MailMessage::default() };
        let to = format!("email:{to}").parse().unwrap();
        self.it.store.notice(None, vec![(to, Body::Mail(mail))], self.it.now()).await.unwrap();
        self.it.wake.notify_one();
    }

    /// Lets the loop work until that is so, a second at a time.
    async fn until(&self, what: &str, is_so: impl Fn(&Mails) -> bool) {
        for _ in 0..10_000 {
            self.it.settle().await;
            if is_so(self) {
                return;
            }
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        panic!("{what}: {:#?}", self.server.commands());
    }

    /// How many recipients the server was asked about.
    fn asked(&self) -> usize {
        let commands = self.server.commands();
        commands.iter().filter(|command| command.line.starts_with("RCPT")).count()
    }

    fn dead(&self) -> i64 {
        self.it.sql("SELECT count(*) FROM notification WHERE state = 'dead'")
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_refuses_one_recipient_after_the_other_holds_up_mails_and_loses_no_more() {
    for stage in [Stage::Recipient, Stage::Message] {
        let mails = Mails::start().await;
        mails.server.plan(Scope::at(stage), BLOCKED, None);
        for number in 0..9 {
            mails.queue(&mailbox(number)).await;
            // One after the other: how many are under way at once is another matter.
            mails.until("it was asked", |mails| mails.asked() > number.min(2)).await;
        }
        mails.until("it is probed", |mails| mails.asked() >= 9).await;
        assert!(!mails.it.health.is_working());
        assert_eq!(mails.dead(), 2, "the first ones could have been about themselves");
        assert_eq!(mails.it.sql::<i64>("SELECT sum(attempts) FROM notification"), 2);
        mails.server.heal();
        mails.until("they leave", |mails| mails.server.counters().taken == 7).await;
        mails.until("it works", |mails| mails.it.health.is_working()).await;
        for number in 2..9 {
            assert_eq!(mails.server.messages_for(&mailbox(number)).len(), 1, "{number}");
        }
        assert_eq!(mails.dead(), 2);
        mails.it.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_probe_asks_another_recipient_each_time_so_three_of_many_hold_up_nobody_for_long() {
    let mails = Mails::start().await;
    for number in 0..4 {
        mails.server.plan(Scope::at(Stage::Recipient).to(&mailbox(number)), BLOCKED, None);
    }
    for number in 0..3 {
        mails.queue(&mailbox(number)).await;
        mails.until("it was asked", |mails| mails.asked() > number).await;
    }
    mails.until("it rests", |mails| !mails.it.health.is_working()).await;
    for number in 3..20 {
        mails.queue(&mailbox(number)).await;
    }
    mails.until("all others leave", |mails| mails.server.counters().taken == 16).await;
    assert!(mails.it.begun.elapsed() < Duration::from_secs(60), "{:?}", mails.it.begun.elapsed());
    mails.it.end().await;
}

#[tokio::test(start_paused = true)]
async fn one_recipient_whose_server_refuses_is_no_matter_of_others() {
    let mails = Mails::start().await;
    mails.server.plan(Scope::at(Stage::Recipient).to(&mailbox(0)), BLOCKED, None);
    for dead in 1..=5 {
        mails.queue(&mailbox(0)).await;
        mails.until("it is a dead letter", |mails| mails.dead() == dead).await;
        assert!(mails.it.health.is_working());
    }
    mails.queue(&mailbox(1)).await;
    mails.until("it leaves", |mails| mails.server.counters().taken == 1).await;
    assert_eq!(mails.asked(), 6);
    mails.it.end().await;
}

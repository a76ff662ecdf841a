//! Kills amid mails: alerts and digests come to their mailboxes, in their order, and a second copy is the same mail.

use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rusqlite::Connection;
use tubebell_sim::smtp::{Fault, Scope, Stage};

use super::ahead::RETRIES;
use super::judge::judge;
use super::letters::{ALERTED, MAILBOXES, WATCHED, address};
use super::post::Post;
use super::{FAN_OUT, RUN, has_worked, knob, seed};
use crate::process::Program;
use crate::wait::until;

/// Connections to the mail server at a time, and so mails that wait for an answer.
const CONNECTIONS: usize = 2;

/// At what a kill is aimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aim {
    /// The database is opened, and what was in flight is released.
    Start,
    /// Any instant of its work.
    Work,
    /// The mail server has stalled here.
    Stalled(Stage, Fault),
    /// A mail has been answered, and its receipt is not written.
    Receipt,
}

const AIMS: [Aim; 8] = [
    Aim::Stalled(Stage::Message, Fault::HangAfterTaking),
    Aim::Receipt,
    Aim::Stalled(Stage::Letter, Fault::Hang),
    Aim::Start,
    Aim::Stalled(Stage::Auth, Fault::Hang),
    Aim::Stalled(Stage::Message, Fault::Hang),
    Aim::Work,
    Aim::Stalled(Stage::Data, Fault::Hang),
];

impl Post {
    fn run(&self) -> Program {
        Program::start(self.at.folder.path(), "run", &RUN)
    }

    /// Runs the gateway until the instant at which it is to be killed, and kills it.
    async fn run_and_kill(&mut self, aim: Aim, start: Duration, rng: &mut SmallRng) {
        if let Aim::Stalled(stage, fault) = aim {
            if self.is_told() {
                self.turn();
            }
            let untold: Vec<u32> =
                (0..MAILBOXES).filter(|mailbox| !self.are_told([*mailbox].into_iter())).collect();
            // Nobody has a recipient when they sign in.
            let scope = if stage == Stage::Auth {
                Scope::at(stage)
            } else {
                Scope::at(stage).to(&address(untold[rng.random_range(0..untold.len())]))
            };
            self.mail.plan(scope, fault, 1);
        }
        let mut program = self.run();
        let mut locked = None;
        match aim {
            Aim::Start | Aim::Work => {
                let instant = match aim {
                    Aim::Start => start.mul_f64(rng.random()),
                    _ => start + FAN_OUT.mul_f64(2.0 * rng.random::<f64>()),
                };
                has_worked(&mut program, instant, || self.go_on()).await;
            }
            Aim::Stalled(..) => {
                until("that the server stalls", async || {
                    self.go_on();
                    self.mail.counters().hanging > 0
                })
                .await;
            }
            Aim::Receipt => {
                until("an answer without a receipt", async || {
                    self.go_on();
                    locked = self.between_answer_and_receipt().await;
                    locked.is_some()
                })
                .await;
            }
        }
        self.kill(program).await;
        drop(locked);
    }

    /// Lets a gateway tell all that is under way, and one round more; ends it.
    async fn finish(&mut self) {
        let program = self.run();
        for is_more in [false, true] {
            if is_more {
                self.turn();
            }
            until("that all is told", async || {
                self.come();
                self.is_told()
            })
            .await;
        }
        self.at.finish(program).await;
        self.at.simulation.stop().await;
    }

    /// Judges what came, and the database: nothing is lost, each mailbox got its own in their order, each period has one
    /// digest, and what came twice was in flight at a kill and is the same mail.
    fn judge(&self, kills: u64) {
        let copies = self.copies();
        // A mailbox has one mail under way at a time: the sums after each kill say so.
        let in_flight_max = usize::try_from(MAILBOXES).unwrap();
        let tally = judge(&copies, &self.unrecorded, in_flight_max);
        let tally = tally.unwrap_or_else(|wrong| panic!("{wrong}"));
        assert!(tally.most_unanswered <= CONNECTIONS, "{tally:?}");
        assert!(self.mail.counters().connections_at_most <= CONNECTIONS);
        self.judge_order();
        let alerts = self.round * MAILBOXES * WATCHED;
        let sent = "SELECT count(*), count(*) FILTER (WHERE outcome = 'sent') FROM alert";
        let sent = self.at.database().query_row(sent, [], |row| Ok((row.get(0)?, row.get(1)?)));
        assert_eq!(sent, Ok((alerts, alerts)));
        println!(
            "{} rounds: {alerts} alerts in {} mails; at most {} second copies after one kill, {} without an answer to the first",
            self.round, tally.messages, tally.most_after_one_kill, tally.most_unanswered
        );
        self.at.judge(kills, copies.len() - tally.messages, in_flight_max);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_amid_mails_it_tells_each_mailbox_all_in_order_and_repeats_only_what_was_in_flight()
{
    let kills = knob("CRASH_KILLS").unwrap_or(AIMS.len() as u64);
    let mut rng = SmallRng::seed_from_u64(seed());
    let mut post = Post::new().await;
    let start = post.begin().await;
    for kill in 0..kills {
        let aim = AIMS[usize::try_from(kill).unwrap() % AIMS.len()];
        post.run_and_kill(aim, start, &mut rng).await;
    }
    post.finish().await;
    post.judge(kills);
}

/// A mail that was put off: its row, and what the outside knows it by.
fn put_off(db: &Connection) -> Option<(i64, i64)> {
    let put_off =
        "SELECT id, public_id FROM notification WHERE state = 'pending' AND next_at IS NOT NULL
         AND attempts = 1 AND error LIKE '%450 4.7.1%'";
    db.query_row(put_off, [], |row| Ok((row.get(0)?, row.get(1)?))).ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_is_greylisted_gets_the_same_mail_after_kills() {
    let rounds = knob("CRASH_KILLS").unwrap_or(1).div_ceil(8);
    let mut rng = SmallRng::seed_from_u64(seed());
    let mut post = Post::new().await;
    let start = post.begin().await;
    for round in 1..=rounds {
        // In turn one that gets alerts, and one that gets digests.
        let of = if round % 2 == 1 { 0..ALERTED } else { ALERTED..MAILBOXES };
        let grey = rng.random_range(of);
        let others = || (0..MAILBOXES).filter(|mailbox| *mailbox != grey);
        // The first attempt is answered with 450 4.7.1, and no other one.
        post.mail.greylist(&address(grey), Duration::ZERO);
        let program = post.run();
        until("that one is put off and the others are told", async || {
            post.come();
            put_off(&post.at.database()).is_some() && post.are_told(others())
        })
        .await;
        let mail = put_off(&post.at.database()).unwrap();
        post.kill(program).await;

        // It waits over a start.
        let mut program = post.run();
        has_worked(&mut program, start.mul_f64(2.0 * rng.random::<f64>()), || ()).await;
        post.kill(program).await;
        assert_eq!(put_off(&post.at.database()), Some(mail));

        // When it is due again it is taken, and nobody hears of it.
        post.at.bring_forward(&RETRIES);
        let taken = Scope::at(Stage::Message).to(&address(grey));
        post.mail.plan(taken, Fault::HangAfterTaking, 1);
        let program = post.run();
        until("that it is taken", async || post.mail.counters().hanging > 0).await;
        post.kill(program).await;

        let program = post.run();
        until("that all is told", async || post.is_told()).await;
        post.at.finish(program).await;
        let receipt = "SELECT receipt FROM notification WHERE (id, public_id) = (?1, ?2)";
        let receipt = post.at.database().query_row(receipt, mail, |row| row.get(0));
        let receipt: String = receipt.unwrap();
        let came = post.mail.messages_for(&address(grey)).into_iter();
        let came = came.filter(|mail| mail.letter().unwrap().message_id.as_ref() == Some(&receipt));
        assert!(came.count() > 0, "{receipt}");
        if round < rounds {
            post.turn();
        }
    }
    post.at.simulation.stop().await;
    post.judge(3 * rounds);
}

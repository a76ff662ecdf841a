//! A gateway that sends alerts and digests to mailboxes, and what the simulated mail server took of it.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use tubebell::app::system_clock;
use tubebell_sim::smtp::{Account, Auth, Command, MailSandbox, Options, serve};

use super::ahead::DIGESTS;
use super::installation::Installation;
use super::judge::{Copy, Message, Moment, Unrecorded};
use super::letters::{
    ALERTED, MAILBOXES, OF_ALERTS, VIDEOS, WATCHED, address, body, mailbox, message, own, read,
    tells,
};
use super::receiver::BASE_VIEWS;
use super::videos::{self, video};
use super::{as_left, check_sound};
use crate::process::Program;
use crate::wait::until;

const HALF_A_DAY_MS: i64 = 12 * 3_600_000;

pub(super) struct Post {
    pub(super) at: Installation,
    pub(super) mail: MailSandbox,
    pub(super) round: u32,
    /// The time of the digests of this round has come, and all else moves.
    have_come: bool,
    /// Letters that were looked at, and the last round of which a mailbox was told, by mailbox and video.
    read: usize,
    told: BTreeMap<(u32, u32), u32>,
    /// The number of the last connection of each process that was killed.
    lives: Vec<u64>,
    /// The final dots that were answered while their process lived.
    answered: HashSet<u64>,
    pub(super) unrecorded: Unrecorded,
}

impl Post {
    pub(super) async fn new() -> Post {
        let at = Installation::without_channels(|world| videos::add(world, VIDEOS)).await;
        let options = Options {
            auth: Auth::Required(Account::new("bell", "secret")),
            auth_in_clear: true,
            kept_messages: usize::MAX,
            kept_bytes: usize::MAX,
            kept_commands: usize::MAX,
            ..Options::default()
        };
        let mail = serve(&at.simulation, options).await.unwrap();
        at.configure(&format!(
            "[email]\nsmtp_url = \"smtp://bell:secret@{}\"\nfrom = \"tubebell <bell@tubebell.example>\"\nrate_per_min = 0\n",
            mail.address()
        ));
        // By the clock on the wall no digest comes while this runs.
        let hour = (system_clock()().0 + HALF_A_DAY_MS) / 3_600_000 % 24;
        let mut watches = "video,rules,to,digest\n".to_owned();
        for mailbox in 0..MAILBOXES {
            let digest =
                if mailbox < ALERTED { String::new() } else { format!("daily {hour:02}:00") };
            for number in own(mailbox) {
                let (video, to) = (video(number), address(mailbox));
                watches.push_str(&format!("{video},views any,email:{to},{digest}\n"));
            }
        }
        std::fs::write(at.folder.path().join("w.csv"), watches).unwrap();
        let (told, unrecorded) = (BTreeMap::new(), Unrecorded::new());
        Post {
            at,
            mail,
            round: 0,
            have_come: false,
            read: 0,
            told,
            answered: HashSet::new(),
            lives: Vec::new(),
            unrecorded,
        }
    }

    /// Starts the gateway once, so that everything is seen, silently. Returns how much work a start is.
    pub(super) async fn begin(&mut self) -> Duration {
        let start = self.at.begin(VIDEOS).await;
        self.turn();
        start
    }

    /// A new round: what digests tell of moves.
    pub(super) fn turn(&mut self) {
        self.round += 1;
        self.have_come = false;
        videos::turn(&self.at.simulation, OF_ALERTS..VIDEOS, self.round);
    }

    /// Goes on with a round, and to the next one once everybody has been told of it.
    pub(super) fn go_on(&mut self) {
        if self.is_told() {
            self.turn();
        }
        self.come();
    }

    /// Brings on the digests of a round, once all of it that they tell is collected. Then all else moves: alerts make a gateway
    /// look at once, and both kinds of mails are under way together.
    pub(super) fn come(&mut self) {
        let collected = "SELECT count(*) FROM alert a JOIN unit u ON u.id = a.unit
             WHERE a.current = ?1 AND a.outcome IS NULL AND a.notification IS NULL AND u.collected_in IS NOT NULL";
        let wanted = (MAILBOXES - ALERTED) * WATCHED;
        let views = BASE_VIEWS + self.round;
        if !self.have_come
            && self.at.database().query_row(collected, [views], |row| row.get(0)) == Ok(wanted)
        {
            self.at.bring_forward(&DIGESTS);
            self.have_come = true;
            videos::turn(&self.at.simulation, 0..OF_ALERTS, self.round);
        }
    }

    /// Whether everybody has been told of this round.
    pub(super) fn is_told(&mut self) -> bool {
        self.are_told(0..MAILBOXES)
    }

    /// The same of some mailboxes.
    pub(super) fn are_told(&mut self, mut mailboxes: impl Iterator<Item = u32>) -> bool {
        if self.mail.counters().taken > self.read as u64 {
            for mail in self.mail.messages().split_off(self.read) {
                let (to, told) = tells(&mail);
                for (video, round) in told {
                    let last = self.told.entry((to, video)).or_default();
                    *last = round.max(*last);
                }
                self.read += 1;
            }
        }
        let is_told = |to: u32, video: u32| self.told.get(&(to, video)) == Some(&self.round);
        mailboxes.all(|to| own(to).iter().all(|video| is_told(to, *video)))
    }

    /// Kills the gateway; notes what it had not recorded as sent.
    pub(super) async fn kill(&mut self, mut program: Program) {
        let folder = self.at.folder.path();
        program.signal("KILL");
        assert_eq!(program.end().await.code(), None, "{}", program.err(folder));
        let before = self.last_killed();
        let mut dots = self.dots();
        dots.retain(|dot| dot.connection > before && dot.reply != 0);
        self.answered.extend(dots.iter().map(|dot| dot.number));
        self.mail.heal();
        until("the end of its connections", async || {
            // Of what stalled, letters are taken that had come as a whole.
            self.mail.release();
            self.mail.counters().connections_now == 0
        })
        .await;
        let db = as_left(folder);
        check_sound(&db);
        self.unrecorded.insert(self.life(), under_way(&db));
        self.lives.push(self.mail.counters().connections);
    }

    /// Waits for an instant at which a mail has been answered whose receipt is not written. `None`: nothing is under way. Nobody
    /// can write to the database while somebody has what is returned.
    pub(super) async fn between_answer_and_receipt(&self) -> Option<Connection> {
        if self.mail.counters().connections_now == 0 {
            return None;
        }
        let db = self.at.database();
        if !is_in_flight(&db) {
            return None;
        }
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
        db.execute_batch("BEGIN IMMEDIATE").unwrap();
        if !is_in_flight(&db) {
            return None;
        }
        let under_way = under_way(&db);
        let before = self.last_killed();
        until("an answer", async || {
            let copies = self.copies_after(before);
            let mut answered = copies.iter().filter(|copy| copy.answered.is_some());
            answered.any(|copy| under_way.contains(&copy.message))
        })
        .await;
        Some(db)
    }

    /// Which process runs now, or is the next: counted from 1.
    fn life(&self) -> u32 {
        u32::try_from(self.lives.len()).unwrap() + 1
    }

    /// The last connection of all processes that were killed.
    fn last_killed(&self) -> u64 {
        self.lives.last().copied().unwrap_or_default()
    }

    /// Each mailbox was told of all rounds of its videos, in their order: what came again stands where it came first.
    pub(super) fn judge_order(&self) {
        let mut known = HashSet::new();
        let mut told: BTreeMap<(u32, u32), Vec<u32>> = BTreeMap::new();
        for mail in self.mail.messages() {
            if known.insert(read(&mail)) {
                let (to, rounds) = tells(&mail);
                for (video, round) in rounds {
                    told.entry((to, video)).or_default().push(round);
                }
            }
        }
        let all: Vec<u32> = (1..=self.round).collect();
        for mailbox in 0..MAILBOXES {
            for video in own(mailbox) {
                assert_eq!(told.get(&(mailbox, video)), Some(&all), "of {video} to {mailbox}");
            }
        }
    }

    /// The ends of all letters that were not refused.
    fn dots(&self) -> Vec<Command> {
        let mut dots = self.mail.commands();
        dots.retain(|command| command.line == "." && command.reply < 400);
        dots
    }

    /// All letters, as the judge reads them.
    pub(super) fn copies(&self) -> Vec<Copy> {
        self.copies_after(0)
    }

    /// Those that came over connections behind this one.
    fn copies_after(&self, connection: u64) -> Vec<Copy> {
        let began = self.mail.messages().first().map(|mail| mail.at);
        let killed = self.last_killed();
        let is_answered = |dot: &Command| {
            let is_heard = dot.connection > killed || self.answered.contains(&dot.number);
            dot.reply != 0 && is_heard
        };
        // Of each connection, in the order of its letters.
        let mut answers: HashMap<u64, VecDeque<bool>> = HashMap::new();
        for dot in self.dots() {
            answers.entry(dot.connection).or_default().push_back(is_answered(&dot));
        }
        let mails = self.mail.messages().into_iter().filter(|mail| mail.connection > connection);
        let copies = mails.map(|mail| {
            let earlier = self.lives.partition_point(|last| *last < mail.connection);
            let at = began.and_then(|began| mail.at.duration_since(began).try_into().ok());
            let order = usize::try_from(mail.number).unwrap();
            let came = Moment { order, at: at.unwrap_or_default() };
            let is_answered = answers.get_mut(&mail.connection).and_then(VecDeque::pop_front);
            Copy {
                message: read(&mail),
                id: mail.letter().unwrap().message_id,
                body: body(&mail),
                life: u32::try_from(earlier).unwrap() + 1,
                came,
                answered: is_answered.unwrap().then_some(came),
            }
        });
        copies.collect()
    }
}

/// Whether a mail was handed over to be sent, and how that ended is not recorded.
fn is_in_flight(db: &Connection) -> bool {
    let in_flight =
        "SELECT EXISTS (SELECT 1 FROM notification WHERE state = 'pending' AND next_at IS NULL)";
    db.query_row(in_flight, [], |row| row.get(0)).unwrap()
}

/// What is in the database as a mail that is neither sent nor ended.
fn under_way(db: &Connection) -> HashSet<Message> {
    let pending =
        "SELECT d.address, v.ref, a.current FROM notification n JOIN alert a ON a.id = n.newest
         JOIN video v ON v.id = a.video JOIN destination d ON d.id = n.destination WHERE n.state = 'pending'";
    let mut pending = db.prepare(pending).unwrap();
    let rows = pending.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    let messages = rows.map(|row| {
        let (address, id, views): (String, String, u32) = row.unwrap();
        let to = mailbox(address.strip_prefix("email:").unwrap());
        let video = (0..VIDEOS).find(|number| video(*number) == id).unwrap();
        message(to, video, views - BASE_VIEWS)
    });
    messages.collect()
}

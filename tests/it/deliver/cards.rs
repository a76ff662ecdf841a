//! Messages that are edited as numbers move: how often, and what becomes of them when something goes wrong.

use tubebell::deliver::Cards;
use tubebell::draw::Painter;
use tubebell::model::Owner;
use tubebell::notify::recorder::Recorded;
use tubebell::store::{CardEdit, Edit};

use super::*;

const DAY: Duration = Duration::from_secs(86_400);
const HALF_A_MINUTE: Duration = Duration::from_secs(30);

impl Loop {
    /// A loop of messages with one of cards beside it, of which these chats have one each.
    async fn with_cards(chats: &[i64]) -> Loop {
        let it = Loop::start(Channel::Telegram, DAY);
        for chat in chats {
            it.card(*chat).await;
        }
        it.show_cards();
        it
    }

    fn show_cards(&self) {
        let begun = self.begun;
        let cards = Cards {
            store: Arc::clone(&self.store) as _,
            notifier: Arc::clone(&self.recorder) as _,
            limiter: Arc::clone(&self.limiter),
            renderer: Arc::new(Renderer::new(&[]).unwrap()),
            painter: Painter::new(self.drawing.clone()),
            defaults: defaults(),
            policy: RetryPolicy { give_up: DAY },
            wake: Arc::new(Notify::new()),
            wakers: Wakers::default(),
            clock: Arc::new(move || START.plus(begun.elapsed())),
            health: Arc::clone(&self.health),
        };
        self.tracker.spawn(cards.run(self.stop.clone()));
    }

    /// Somebody asks for a card. Its video is looked at all the time.
    async fn card(&self, chat: i64) {
        let destination = Address::Telegram { chat, thread: None };
        let card = CardEdit {
            owner: Owner::of(&destination),
            destination,
            video: "dQw4w9WgXcQ".parse().unwrap(),
            beginning: None,
            per_chat: 5,
            videos_limit: None,
        };
        let edits = vec![Edit::Card(Box::new(card))];
        self.store.edit(None, edits, self.now()).await.unwrap();
    }

    /// The router has seen so many views.
    fn see(&self, views: i64) {
        let now = self.now().0;
        let db = self.database();
        db.execute(
            "INSERT OR REPLACE INTO seen VALUES (1, ?1, ?1, ?2, 10, 1, ?2, 10, 1, 'A title', 'public', 'none')",
            [now, views],
        )
        .unwrap();
        db.execute("INSERT OR REPLACE INTO history VALUES (1, ?1, ?2, 10, 1)", [now, views])
            .unwrap();
    }

    /// Lets time pass, a second at a time.
    async fn pass(&self, time: Duration) {
        for _ in 0..time.as_secs() {
            self.settle().await;
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        self.settle().await;
    }

    /// What stands in the chats.
    fn shown(&self) -> Vec<Recorded> {
        self.recorder.sent()
    }

    /// The only card, as its reader sees it.
    fn only(&self) -> Recorded {
        let mut shown = self.shown();
        assert_eq!(shown.len(), 1, "{shown:#?}");
        shown.remove(0)
    }
}

fn says(recorded: &Recorded, part: &str) -> bool {
    bodies::text(&recorded.outgoing.body).contains(part)
}

#[tokio::test(start_paused = true)]
async fn a_card_that_moves_all_the_time_is_edited_every_half_minute_and_one_that_rests_not_at_all()
{
    let it = Loop::with_cards(&[1]).await;
    it.see(1_000);
    it.pass(Duration::from_secs(2)).await;
    assert!(says(&it.only(), "<b>1,000</b> views") && it.only().outgoing.silent);
    for second in 0..300 {
        it.see(1_001 + second);
        it.pass(Duration::from_secs(1)).await;
    }
    let edits = it.only().edits;
    assert!((8..=10).contains(&edits), "{edits} edits in five minutes");
    it.pass(2 * HALF_A_MINUTE).await;
    let resting = it.only().edits;
    assert!(says(&it.only(), "<b>1,300</b> views (+300)"), "{:?}", it.only());
    let attempts = it.recorder.attempts();
    it.pass(20 * HALF_A_MINUTE).await;
    assert_eq!((it.only().edits, it.recorder.attempts()), (resting, attempts));
    it.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_card_waits_a_moment_for_its_first_numbers_and_is_sent_without_them_where_there_are_none()
{
    let it = Loop::with_cards(&[1]).await;
    it.pass(Duration::from_secs(4)).await;
    assert!(it.shown().is_empty());
    it.pass(Duration::from_secs(3)).await;
    assert!(says(&it.only(), "No numbers yet"));
    it.see(5);
    it.pass(HALF_A_MINUTE).await;
    assert!(says(&it.only(), "<b>5</b> views"));
    it.end().await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_lost_makes_one_copy_at_most_and_of_edits_none() {
    let it = Loop::with_cards(&[1]).await;
    it.recorder.fail_next(SendError::Ambiguous("no answer".into()));
    it.see(1_000);
    // The recorder knows a message by its id and makes no copy; a chat service would.
    it.pass(2 * HALF_A_MINUTE).await;
    assert_eq!(it.recorder.attempts(), 2);
    it.recorder.fail_next(SendError::Ambiguous("no answer".into()));
    it.see(2_000);
    it.pass(3 * HALF_A_MINUTE).await;
    assert!(says(&it.only(), "<b>2,000</b> views"));
    assert_eq!((it.only().edits, it.recorder.attempts()), (1, 4));
    it.end().await;
}

#[tokio::test(start_paused = true)]
async fn while_the_service_is_away_each_card_is_tried_now_and_then_and_none_is_lost() {
    let it = Loop::with_cards(&[1]).await;
    it.see(1_000);
    it.pass(Duration::from_secs(2)).await;
    for _ in 0..20 {
        it.recorder.fail_next(SendError::Unreachable("dns".into()));
    }
    it.see(2_000);
    it.pass(10 * HALF_A_MINUTE).await;
    let tried = it.recorder.attempts();
    assert!((6..=11).contains(&tried), "tried {tried} times in five minutes");
    it.pass(30 * HALF_A_MINUTE).await;
    assert!(says(&it.only(), "<b>2,000</b> views"), "{:?}", it.only());
    assert_eq!(it.sql::<i64>("SELECT failing FROM card"), 0);
    it.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_one_chat_asks_for_holds_up_no_other_card() {
    let it = Loop::with_cards(&[1, 2]).await;
    it.see(1_000);
    it.pass(Duration::from_secs(2)).await;
    it.recorder.fail_next(SendError::Wait { after: Some(Duration::from_secs(600)) });
    it.see(2_000);
    it.pass(2 * HALF_A_MINUTE).await;
    let told = |views: &str| it.shown().iter().filter(|kept| says(kept, views)).count();
    assert_eq!(told("<b>2,000</b> views"), 1, "{:#?}", it.shown());
    // An alert of the chat that has to wait waits as well.
    let waiting = "SELECT count(*) FROM lane WHERE free_at > 0";
    assert_eq!(it.sql::<i64>(waiting), 1);
    let attempts = it.recorder.attempts();
    it.pass(15 * HALF_A_MINUTE).await;
    assert_eq!(it.recorder.attempts(), attempts, "the wait was cut short");
    it.pass(10 * HALF_A_MINUTE).await;
    assert_eq!(told("<b>2,000</b> views"), 2);
    it.end().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_deleted_ends_with_one_word() {
    let it = Loop::with_cards(&[1]).await;
    it.see(1_000);
    it.pass(Duration::from_secs(2)).await;
    it.recorder.delete(&it.only().receipt);
    it.see(2_000);
    // The other loop looks at least every half a minute: nobody wakes it here.
    it.pass(4 * HALF_A_MINUTE).await;
    assert!(says(&it.only(), "has ended: its message was deleted"), "{:?}", it.only());
    assert_eq!(it.sql::<i64>("SELECT count(*) FROM card"), 0);
    it.end().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_and_can_t_be_recorded_is_not_sent_again_and_again() {
    for is_of_the_whole in [false, true] {
        let it = Loop::with_cards(&[1]).await;
        let forbid = if is_of_the_whole {
            "CREATE TABLE kept AS SELECT * FROM card; DROP TABLE card; CREATE VIEW card AS SELECT * FROM kept"
        } else {
            "CREATE TRIGGER no_card BEFORE UPDATE ON card BEGIN SELECT RAISE(ABORT, 'no'); END"
        };
        it.see(1_000);
        it.database().execute_batch(forbid).unwrap();
        it.pass(4 * HALF_A_MINUTE).await;
        assert_eq!(it.recorder.attempts(), 1, "of the whole: {is_of_the_whole}");
        it.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_sends_nothing_more_and_the_next_start_goes_on_with_the_same_message() {
    let it = Loop::with_cards(&[1]).await;
    it.see(1_000);
    it.pass(Duration::from_secs(2)).await;
    it.see(2_000);
    it.stopped().await;
    let again = Loop { stop: CancellationToken::new(), tracker: TaskTracker::new(), ..it };
    again.show_cards();
    again.pass(2 * HALF_A_MINUTE).await;
    assert!(says(&again.only(), "<b>2,000</b> views"));
    again.end().await;
}

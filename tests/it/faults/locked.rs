//! A chat that takes nothing for a while, and says nothing when it does again.

use tubebell::model::Address;
use tubebell_sim::telegram::Trouble;

use super::clock::Wall;
use crate::story::{ANA, Story};
use crate::wait::until;

const GROUP: i64 = -100_123;

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_is_locked_for_an_hour_hears_afterwards_what_it_has_missed() {
    let (story, wall) = (Story::quick().await, Wall::default());
    story.telegram.group(GROUP, "Our group", &[ANA], &[]);
    let gateway = story.start_at(wall.clock()).await;
    let watch = "/watch@tubebell_bot dQw4w9WgXcQ views any";
    story.ask_as(ANA, GROUP, None, watch, "Watching").await;
    story.telegram.trouble(GROUP, Trouble::NoRights);
    story.set_counts(1005, None);
    let group = Address::Telegram { chat: GROUP, thread: None };
    until("that the group takes nothing", async || {
        let row = gateway.store().destination(&group).await.unwrap().unwrap();
        assert_eq!(row.disabled, None);
        row.barred.is_some()
    })
    .await;
    story.set_counts(1010, None);
    // Telegram tells nobody that there are rights again.
    story.telegram.trouble(GROUP, None);
    wall.jump(1);
    story.set_counts(1015, None);
    story.told(GROUP, 0, "990 → 1,005", "once it is open again").await;
    story.told(GROUP, 0, "→ 1,015", "what came meanwhile").await;
    gateway.stop().await;
    story.end().await;
}

//! Kills amid digests in parts: what was collected is told once, and each time has one digest.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::units::{IN_FLIGHT_MAX, Units};
use super::{RUN, ahead, kill_again_and_again, knob, seed};
use crate::process::Program;
use crate::wait::until;

/// What is new was found for everybody, and nothing of it waits for a look: all of it is collected, or told.
const IS_COLLECTED: &str = "SELECT (SELECT count(*) FROM alert a JOIN rule r ON r.id = a.rule WHERE r.text = 'upload') = ?1
     AND NOT EXISTS (SELECT 1 FROM unit WHERE id >= 0 AND due_at IS NOT NULL AND collected_in IS NULL)";

impl Units {
    fn is_collected(&self) -> bool {
        self.at.database().query_row(IS_COLLECTED, [self.wanted()], |row| row.get(0)).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_amid_digests_it_tells_what_was_collected_once_and_to_everybody() {
    let kills = knob("CRASH_KILLS").unwrap_or(4);
    let mut rng = SmallRng::seed_from_u64(seed());
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let mut units = Units::new(&tasks, &stop, "[defaults]\ndigest = \"hourly\"\n").await;
    let folder = units.at.folder.path().to_owned();
    let start = units.begin().await;

    let mut comes = SmallRng::seed_from_u64(rng.random());
    kill_again_and_again(&folder, kills, start, &mut rng, || {
        units.go_on();
        if comes.random_bool(0.05) {
            units.at.bring_forward(&ahead::DIGESTS);
        }
    })
    .await;
    // Twice: what the kills left, and one round more.
    for is_more in [false, true] {
        if is_more {
            units.turn();
        }
        let mut program = Program::start(&folder, "run", &RUN);
        // All may have been collected before it hears of a stop.
        until("a start", async || program.err(&folder).contains(" runs")).await;
        until("that all is collected", async || units.is_collected()).await;
        program.signal("TERM");
        assert_eq!(program.end().await.code(), Some(0), "{}", program.err(&folder));
        units.at.bring_forward(&ahead::DIGESTS);
        let program = Program::start(&folder, "run", &RUN);
        until("a digest", async || units.is_told()).await;
        units.at.finish(program).await;
    }
    stop.cancel();
    units.at.simulation.stop().await;

    units.at.judge(kills, units.judge_names(), IN_FLIGHT_MAX);
}

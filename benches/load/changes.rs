//! How many changes per second pass detection and routing, and what one video with a million watchers does to others.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use tokio_util::sync::CancellationToken;

use crate::figures::Figures;
use crate::probe::{Router, longest_wait_ms, look, per_second, runtime};
use crate::process::OneCore;
use crate::seed::{NEVER, Seed};

const WATCHES: u64 = 1_000_000;

/// Three looks at 100,000 videos with ten watches each; no watch rings.
pub(crate) fn idle(figures: &mut Figures) -> anyhow::Result<()> {
    let seed = Seed {
        rules: ["views every 1000", "views +1%", "views every 500", "views +5%"],
        ..Seed::mixed(WATCHES)
    };
    let folder = tempfile::tempdir()?;
    let database = seed.database(folder.path())?;
    runtime()?.block_on(async {
        let router = Router::open(&database)?;
        let looks = (1..=3).flat_map(|nth| (1..=seed.videos).map(move |video| look(video, nth, 1)));
        let changes = router.log(looks).await?;
        let took = router.drain().await?;
        let waiting = router.store.figures(tubebell::app::system_clock()()).await?.alerts_waiting;
        ensure!(waiting == 0, "{waiting} alerts although nothing rings");
        println!(
            "   {WATCHES} watches of {} videos: half `every`, half `%`; three looks at\n   \
             each video, {changes} snapshots in the log: views move each time, likes every second, comments every\n   \
             tenth. Each is compared, recorded and looked up; nothing rings.",
            seed.videos
        );
        figures.add("changes_idle", per_second(changes, took), "changes/s");
        Ok(())
    })
}

/// One look at 30,000 of the videos; each of their ten watches rings.
pub(crate) fn firing(figures: &mut Figures) -> anyhow::Result<()> {
    const VIDEOS: u64 = 30_000;
    let seed = Seed::mixed(WATCHES);
    let folder = tempfile::tempdir()?;
    let database = seed.database(folder.path())?;
    runtime()?.block_on(async {
        let router = Router::open(&database)?;
        router.log((1..=VIDEOS).map(|video| look(video, 1, 20_000))).await?;
        let took = router.drain().await?;
        let alerts = router.store.figures(tubebell::app::system_clock()()).await?.alerts_waiting;
        ensure!(alerts == VIDEOS * 10, "{alerts} alerts instead of {}", VIDEOS * 10);
        println!(
            "   {WATCHES} watches of {} videos: half `every`, a quarter `%`, a quarter `any`; {VIDEOS} of the videos\n   \
             move, and each of their ten watches rings: {alerts} alerts and next triggers are written.",
            seed.videos
        );
        figures.add("changes_firing", per_second(alerts, took), "alerts/s");
        Ok(())
    })
}

/// One video with a million watchers moves, and every tenth of a second another one with a watcher of its own.
pub(crate) fn hot_video(figures: &mut Figures) -> anyhow::Result<()> {
    run_hot_video(figures, "hot_video")
}

/// The same where everything shares one core.
pub(crate) fn hot_video_one_core(figures: &mut Figures) -> anyhow::Result<()> {
    let _one = OneCore::new()?;
    run_hot_video(figures, "hot_video_one_core")
}

fn run_hot_video(figures: &mut Figures, name: &str) -> anyhow::Result<()> {
    const OTHERS: u64 = 1_000;
    let seed = Seed {
        watches: WATCHES,
        videos: 1,
        destinations: WATCHES,
        rules: ["views any"; 4],
        address: "telegram:{}".to_owned(),
        next_poll: NEVER,
        others: OTHERS,
    };
    let folder = tempfile::tempdir()?;
    let database = seed.database(folder.path())?;
    runtime()?.block_on(async {
        let router = Router::open(&database)?;
        router.log(std::iter::once(look(1, 1, 1))).await?;
        let stop = CancellationToken::new();
        let (took, longest_ms, others) = tokio::join!(
            async {
                let took = router.drain().await;
                stop.cancel();
                took
            },
            longest_wait_ms(Arc::clone(&router.store), stop.clone()),
            others(&router, stop.clone(), OTHERS),
        );
        let (took, (moved, slowest)) = (took?, others?);
        // The last of the others may have come after the loop had ended.
        router.drain().await?;
        let alerts = router.store.figures(tubebell::app::system_clock()()).await?.alerts_waiting;
        ensure!(alerts == WATCHES + moved, "{alerts} alerts instead of {}", WATCHES + moved);
        println!(
            "   One video with {WATCHES} watchers on `any` moves; {moved} others with a watcher each move meanwhile.\n   \
             Somebody else writes a row every millisecond, and feels how long a transaction lasts."
        );
        figures.add(name, per_second(WATCHES, took), "alerts/s");
        figures.add(&format!("{name}_longest_wait_ms"), longest_ms, "ms");
        figures.add(&format!("{name}_others_ms"), slowest.as_secs_f64() * 1e3, "ms");
        Ok(())
    })
}

/// Moves one video after the other; how many, and how long an alert of theirs took at most.
async fn others(
    router: &Router,
    stop: CancellationToken,
    most: u64,
) -> anyhow::Result<(u64, Duration)> {
    let mut slowest = Duration::ZERO;
    for other in 1..=most {
        let video = 1 + other;
        let begun = Instant::now();
        router.log(std::iter::once(look(video, 1, 1))).await?;
        loop {
            let known = router.store.why(crate::seed::video_id(video), None).await?;
            if known.iter().any(|why| !why.alerts.is_empty()) {
                break;
            }
            if stop.is_cancelled() {
                return Ok((other, slowest));
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        slowest = slowest.max(begun.elapsed());
        tokio::time::sleep(Duration::from_millis(100)).await;
        if stop.is_cancelled() {
            return Ok((other, slowest));
        }
    }
    Ok((most, slowest))
}

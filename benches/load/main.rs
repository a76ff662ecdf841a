//! What tubebell does under load, measured: `make bench`, or one of them with `make bench ARGS=deliver_webhook`.
//!
//! Each bench says what it does, prints its figures with units, and fails when the receiver did not get exactly what
//! was put in. The gateway is the real program (`tubebell run`) wherever a figure is about all of it; receivers are a
//! process of their own, so that processor time is told apart. Figures go to `target/bench.jsonl` too.

mod apply;
mod changes;
mod deliver;
mod digests;
mod figures;
#[cfg(feature = "kafka")]
mod kafka;
mod latency;
mod listing;
mod mail;
mod memory;
mod picture;
mod probe;
mod process;
mod rate;
mod sandbox;
mod seed;
mod sink;
mod telling;
#[cfg(feature = "kafka")]
mod topic;
mod upgrade;

use std::process::ExitCode;
use std::time::Instant;

use figures::Figures;

/// A bench: the figures that it measures, by any of which it is run alone, and how.
type Bench = (&'static [&'static str], fn(&mut Figures) -> anyhow::Result<()>);

const BENCHES: &[Bench] = &[
    (&["deliver_webhook", "deliver_cpu_us"], deliver::webhook),
    (&["deliver_telegram"], deliver::telegram),
    (&["deliver_email"], mail::deliver),
    (&["deliver_discord"], deliver::discord),
    (&["changes_idle"], changes::idle),
    (&["changes_firing"], changes::firing),
    (&["hot_video", "hot_video_longest_wait_ms"], changes::hot_video),
    (&["hot_video_one_core", "hot_video_one_core_longest_wait_ms"], changes::hot_video_one_core),
    (&["listing_longest_tx_ms", "listing_rows"], listing::listing),
    (&["listing_rss_mb", "listing_stop_s"], listing::gateway),
    (&["migrate_1m_s", "migrate_rss_mb"], upgrade::upgrade),
    (&["folded_night_ms"], telling::folded_night),
    (&["replay_100k_s"], telling::replay),
    (&["digest_50k_s"], digests::put_together),
    (&["digest_holdup_ms", "digest_pictures_holdup_ms"], digests::holdup),
    (&["deliver_failing_lane", "deliver_healthy_lane"], telling::failing_lane),
    (&["rss_1m_mb", "cold_start_1m_ms"], memory::memory),
    (&["idle_both_mb"], memory::idle),
    (&["apply_1m_s", "apply_1m_again_s", "apply_1m_rss_mb"], apply::apply),
    (&["apply_holdup_ms"], apply::holdup),
    (&["picture_ms"], picture::picture),
    (&["telegram_rate", "telegram_429"], rate::telegram_rate),
    (&["discord_429", "discord_rate"], rate::discord_rate),
    (&["change_to_send_p99_ms"], latency::change_to_send),
    (&["others_p99_ms"], latency::others),
    (&["others_hanging_p99_ms"], latency::others_hanging),
    #[cfg(feature = "kafka")]
    (&["kafka_produce", "kafka_bare_consumer", "kafka_intake"], kafka::stream),
    #[cfg(feature = "kafka")]
    (&["kafka_route", "kafka_route_builtin"], kafka::route),
    #[cfg(feature = "kafka")]
    (&["kafka_rss_mb", "kafka_cpu_us"], kafka::memory),
    #[cfg(feature = "kafka")]
    (&["kafka_poll_to_alert_p99_ms"], latency::kafka),
];

fn main() -> ExitCode {
    // Cargo adds `--bench` of its own.
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if arguments.first().is_some_and(|first| first == sink::ARGUMENT) {
        return sink::main(&arguments[1..]);
    }
    let known: Vec<&str> = BENCHES.iter().flat_map(|(names, _)| *names).copied().collect();
    if let Some(unknown) = arguments.iter().find(|name| !known.contains(&name.as_str())) {
        eprintln!("no bench is called `{unknown}`; there are {}", known.join(", "));
        return ExitCode::from(2);
    }
    let mut failed = 0;
    let mut figures = Figures::new();
    for (names, run) in BENCHES {
        let is_wanted = arguments.iter().any(|wanted| names.contains(&wanted.as_str()));
        if !arguments.is_empty() && !is_wanted {
            continue;
        }
        let name = names[0];
        println!("\n== {name}");
        let begun = Instant::now();
        if let Err(error) = run(&mut figures) {
            eprintln!("{name} FAILED: {error:#}");
            failed += 1;
        }
        println!("   took {:.0} s in all", begun.elapsed().as_secs_f64());
    }
    if let Err(error) = figures.write() {
        eprintln!("target/bench.jsonl can't be written: {error}");
        failed += 1;
    }
    println!("\n{figures}");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

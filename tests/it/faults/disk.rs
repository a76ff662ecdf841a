//! A disk that is full or can't be written.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use tubebell::app::{Gateway, system_clock};

use super::{ready, with_web};
use crate::skipped;
use crate::story::{ANA, Story, watch_as_ana};
use crate::wait::until;

/// A small disk of its own in the folder of a story, while it lives.
struct Disk(PathBuf);

impl Disk {
    /// `None`, and a line, where mounting is not possible: it takes the rights of root on Linux.
    fn small(story: &Story) -> Option<Disk> {
        let path = story.folder.path().to_owned();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=4m", "tubebell"]).arg(&path);
        match mount.output() {
            Ok(output) if output.status.success() => Some(Disk(path)),
            _ => {
                skipped("faults::disk needs the right to mount a tmpfs");
                None
            }
        }
    }

    fn remount(&self, how: &str) -> bool {
        let mut mount = Command::new("mount");
        mount.args(["-o", &format!("remount,{how}")]).arg(&self.0);
        mount.status().unwrap().success()
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }

    /// Leaves no room at all.
    fn fill(&self) {
        let mut filler = std::fs::File::create(self.filler()).unwrap();
        let mut piece = vec![b'x'; 1 << 16];
        while !piece.is_empty() {
            if filler.write_all(&piece).is_err() {
                piece.truncate(piece.len() / 2);
            }
        }
    }

    fn make_room(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a test that fails still has files open.
        let unmounted = Command::new("umount").arg("--lazy").arg(&self.0).status();
        assert!(unmounted.is_ok_and(|status| status.success()) || std::thread::panicking());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_red_and_clear_and_once_there_is_room_nothing_is_lost() {
    let story = with_web().await;
    let Some(disk) = Disk::small(&story) else { return };
    let gateway = story.start().await;
    watch_as_ana(&gateway, "views any").await;
    story.ask("/list", "You watch 1").await;
    assert!(ready(&gateway).await.0);
    disk.fill();
    story.set_counts(1005, None);
    until("a red light", async || {
        let (is_ready, page) = ready(&gateway).await;
        !is_ready && page.contains("store FAILED") && page.contains("the disk is full")
    })
    .await;
    let said = story.telegram.say(ANA, ANA, "/watch dQw4w9WgXcQ views any; likes any").unwrap();
    story.told(ANA, said, "I try again by myself", "while the disk is full").await;
    assert_eq!(story.telegram.waiting_updates(), 1, "what had no effect is not confirmed");
    disk.make_room();
    story.told(ANA, said, "likes any", "once there is room").await;
    story.hears("990 → 1,005").await;
    until("a green light", async || ready(&gateway).await.0).await;
    gateway.stop().await;
    story.end().await;
}

/// How often something could not be recorded.
async fn failures(gateway: &Gateway) -> u64 {
    let pulse = gateway.store().pulse(system_clock()()).await.unwrap();
    pulse.errors.into_iter().filter(|(class, _)| *class == "no_room").map(|(_, count)| count).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn while_nothing_can_be_recorded_youtube_is_not_asked_again_and_again() {
    let story = with_web().await;
    let Some(disk) = Disk::small(&story) else { return };
    let gateway = story.start().await;
    watch_as_ana(&gateway, "views any").await;
    disk.fill();
    let red = async || !ready(&gateway).await.0;
    until("a red light", red).await;
    let before = (failures(&gateway).await, story.youtube.requests().len());
    let again = async || failures(&gateway).await > before.0;
    until("another attempt to record", again).await;
    assert_eq!(story.youtube.requests().len(), before.1, "units were spent for nothing");
    disk.make_room();
    story.set_counts(1005, None);
    story.hears("990 → 1,005").await;
    gateway.stop().await;
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_read_only_at_the_start_is_one_clear_line() {
    let story = with_web().await;
    let Some(disk) = Disk::small(&story) else { return };
    story.start().await.stop().await;
    assert!(disk.remount("ro"));
    let refused = Gateway::start(&story.config(), system_clock()).await.map(|_| ()).unwrap_err();
    let line = refused.to_string();
    assert!(line.contains("read-only") && !line.contains('\n'), "{line}");
    assert!(disk.remount("rw"));
    story.start().await.stop().await;
    story.end().await;
}

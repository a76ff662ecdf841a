//! A recording as a file: opened with care, bounded, and named in whatever is said of it.

use std::io::{self, Read};
use std::path::Path;

use anyhow::Context as _;
use tubebell_sim::replay::{self, Recording};

use crate::files;

/// Largest file that is read: far above a year of the public recordings, far below what would fill the memory.
const FILE_MAX_BYTES: u64 = 256 * 1024 * 1024;

/// Reads a recording from a file.
///
/// # Errors
///
/// One line that names the file, when there is nothing to play; a damaged row is no error.
pub(super) fn read(path: &Path) -> anyhow::Result<Recording> {
    let name = path.display();
    let mut bytes = Vec::new();
    // One more than allowed, so that a file that is too large is told from one that just fits.
    let size = (files::open(path).map_err(io::Error::from))
        .and_then(|file| file.take(FILE_MAX_BYTES + 1).read_to_end(&mut bytes))
        .with_context(|| format!("cannot read {name}"))?;
    if u64::try_from(size).is_ok_and(|size| size > FILE_MAX_BYTES) {
        anyhow::bail!("{name} is larger than {} MB", FILE_MAX_BYTES / 1_048_576);
    }
    replay::parse(&bytes).map_err(|error| anyhow::anyhow!("{name} {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_played_is_said_in_one_line_with_its_name() {
        let line = |path: &Path| format!("{:#}", read(path).unwrap_err());
        let missing = line(Path::new("/nowhere/days.csv"));
        assert!(missing.starts_with("cannot read /nowhere/days.csv: No such file"), "{missing}");
        assert_eq!(missing.matches("No such file").count(), 1, "{missing}");
        assert_eq!(line(Path::new("/")), "cannot read /: is no regular file");
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("days.csv");
        std::fs::write(&empty, "").unwrap();
        assert_eq!(
            line(&empty),
            format!(
                "{} is empty: it needs a header line with video_id, title, views, likes, comment_total, date",
                empty.display()
            )
        );
    }
}

//! Files of the operator, read as what they are; and files of ours, which are their owner's alone.
//!
//! What is read may come from somebody else. A pipe into which nobody writes must not hang the start, a device without
//! end must not fill the memory, and a link must not show a file that lies elsewhere. What is made holds chats, addresses
//! and keys: nobody else may read it, whatever the umask says, and it is never made behind a link.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Why a file can't be used. Follows the path: `config.toml: is no regular file`.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The system says no.
    #[error("can't be read: {0}")]
    Io(io::Error),
    /// A folder, a pipe, a device, a socket.
    #[error("is no regular file")]
    NotRegular,
    /// More bytes than its kind can have.
    #[error("is longer than {}", size(*.0))]
    TooLong(u64),
    /// Not a text.
    #[error("is not valid UTF-8")]
    NotText,
    /// A link to somewhere else.
    #[error("leads out of the folder {}: put the file itself there", .0.display())]
    Outside(PathBuf),
}

impl From<FileError> for io::Error {
    fn from(error: FileError) -> io::Error {
        match error {
            FileError::Io(error) => error,
            other => io::Error::other(other),
        }
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        bytes if bytes % (1 << 20) == 0 => format!("{} MiB", bytes >> 20),
        bytes => format!("{} KiB", bytes >> 10),
    }
}

/// Opens a regular file, also behind a link, for reading. Waits for nobody.
///
/// # Errors
///
/// [`FileError::Io`] and [`FileError::NotRegular`].
pub(crate) fn open(path: &Path) -> Result<File, FileError> {
    let mut options = OpenOptions::new();
    // Without the first flag, a pipe would be waited for; without the second, a terminal would become ours.
    options.read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    let opened = options.open(path);
    // Asked of what was opened: the path may mean something else by now.
    match opened {
        Ok(file) if is_regular(&file)? => Ok(file),
        Ok(_) => Err(FileError::NotRegular),
        // A socket.
        Err(error) if error.raw_os_error() == Some(libc::ENXIO) => Err(FileError::NotRegular),
        Err(error) => Err(FileError::Io(error)),
    }
}

fn is_regular(file: &File) -> Result<bool, FileError> {
    Ok(file.metadata().map_err(FileError::Io)?.is_file())
}

/// Reads a regular file, also behind a link, of at most `most_bytes`.
///
/// # Errors
///
/// See [`FileError`].
pub(crate) fn read_text(path: &Path, most_bytes: u64) -> Result<String, FileError> {
    let mut bytes = Vec::new();
    let read = open(path)?.take(most_bytes.saturating_add(1)).read_to_end(&mut bytes);
    let length = read.map_err(FileError::Io)?;
    if u64::try_from(length).is_ok_and(|length| length > most_bytes) {
        return Err(FileError::TooLong(most_bytes));
    }
    String::from_utf8(bytes).map_err(|_| FileError::NotText)
}

/// Where `path` leads to, if that lies in `folder`. Links within it are followed: Kubernetes mounts all files as such.
///
/// It is asked of the files as they stand: whoever can exchange them meanwhile is not kept out.
///
/// # Errors
///
/// [`FileError::Io`] and [`FileError::Outside`].
pub(crate) fn within(folder: &Path, path: &Path) -> Result<PathBuf, FileError> {
    let real = path.canonicalize().map_err(FileError::Io)?;
    if real.starts_with(folder.canonicalize().map_err(FileError::Io)?) {
        Ok(real)
    } else {
        Err(FileError::Outside(folder.to_owned()))
    }
}

/// The mode of a file (as in `0o644`) that others than its owner may read or change. `None` also where that can't be
/// known.
#[must_use]
pub(crate) fn mode_for_others(path: &Path) -> Option<u32> {
    let mode = path.metadata().ok()?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

/// Makes a file that its owner alone may read and write, whatever the umask.
///
/// # Errors
///
/// [`io::ErrorKind::AlreadyExists`] where anything has this name, be it a link that leads nowhere.
pub(crate) fn make(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    // What the umask has taken from its owner. A file system that knows no permissions refuses, and none can be had there.
    drop(file.set_permissions(Permissions::from_mode(0o600)));
    Ok(file)
}

/// Opens a file of ours for writing, and makes it as [`make`] does where there is none. Follows no link.
///
/// # Errors
///
/// [`FileError::Io`], and [`FileError::NotRegular`] for a link, too.
pub(crate) fn make_or_open(path: &Path) -> Result<File, FileError> {
    match make(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => return made.map_err(FileError::Io),
    }
    let mut options = OpenOptions::new();
    options.write(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_NOFOLLOW);
    match options.open(path) {
        Ok(file) if is_regular(&file)? => Ok(file),
        Ok(_) => Err(FileError::NotRegular),
        Err(error) => match error.raw_os_error() {
            // A link; a pipe that nobody reads, or a socket.
            Some(libc::ELOOP | libc::ENXIO) => Err(FileError::NotRegular),
            _ => Err(FileError::Io(error)),
        },
    }
}

/// Makes a new folder for its owner alone.
///
/// # Errors
///
/// What the system says, also where anything has this name.
pub(crate) fn make_new_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// Makes a folder, and those around it that are missing, for their owner alone.
///
/// # Errors
///
/// What the system says. A folder that is there already is none.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(path: &Path, expected: &str) {
        let error = read_text(path, 4).expect_err("refused").to_string();
        assert!(error.starts_with(expected), "{}: {error}", path.display());
    }

    #[test]
    fn a_file_is_read_up_to_its_bound_also_behind_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("file"), folder.path().join("link"));
        std::os::unix::fs::symlink("file", &link).unwrap();
        for text in ["", "four"] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(read_text(&path, 4).unwrap(), text);
            assert_eq!(read_text(&link, 4).unwrap(), text);
        }
        std::fs::write(&path, "fives").unwrap();
        refused(&path, "is longer than 0 KiB");
        std::fs::write(&path, b"\xff").unwrap();
        refused(&path, "is not valid UTF-8");
    }

    #[test]
    fn what_is_no_regular_file_is_neither_read_nor_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        for path in [&pipe, &socket, Path::new("/dev/zero"), folder.path()] {
            refused(path, "is no regular file");
        }
        for path in [&pipe, &socket] {
            let error = make_or_open(path).expect_err("refused").to_string();
            assert_eq!(error, "is no regular file", "{}", path.display());
        }
    }

    #[test]
    fn a_file_of_ours_is_never_made_behind_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        std::os::unix::fs::symlink("target", &link).unwrap();
        assert_eq!(make(&link).expect_err("refused").kind(), io::ErrorKind::AlreadyExists);
        assert!(make_or_open(&link).is_err());
        assert!(!target.exists());
        std::fs::write(&target, "").unwrap();
        assert!(make_or_open(&link).is_err());
        assert!(make_or_open(&target).is_ok());
    }
}

//! Everything that fuzzing was begun with or has found (`fuzz/corpus`), asked of this version.

use std::path::Path;

use crate::laws;

/// Runs every file of one folder of the corpus through its law.
fn holds(target: &str, law: impl Fn(&[u8]) + std::panic::RefUnwindSafe) {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    if !fuzz.join("Cargo.toml").exists() {
        crate::skipped("the fuzz targets are in the repository only");
        return;
    }
    let folder = fuzz.join("corpus").join(target);
    let mut files = 0;
    for entry in std::fs::read_dir(&folder).expect("the corpus is part of the repository") {
        let path = entry.expect("a folder that can be listed").path();
        let data = std::fs::read(&path).expect("a file that can be read");
        if std::panic::catch_unwind(|| law(&data)).is_err() {
            panic!("{} breaks the law of {target}: see above", path.display());
        }
        files += 1;
    }
    assert!(files >= 10, "{} has {files} files", folder.display());
}

#[test]
fn rules_print_as_they_are_read_and_are_refused_at_a_place() {
    holds("rule", laws::rule::check);
}

#[test]
fn references_name_what_their_address_names() {
    holds("reference", laws::reference::check);
}

#[test]
fn youtubes_answers_tell_every_id_once_and_nothing_without_end() {
    holds("youtube", laws::youtube::check);
}

#[test]
fn updates_are_read_as_they_are_or_as_other() {
    holds("update", laws::update::check);
}

#[test]
fn watch_files_are_read_as_exported_or_refused_by_line() {
    holds("watch_file", laws::watch_file::check);
}

#[test]
fn messages_keep_their_limits_and_let_no_markup_through() {
    holds("message", laws::message::check);
}

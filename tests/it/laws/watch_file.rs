//! Watch files, in both forms.

use std::sync::LazyLock;

use tubebell::cli::watch_file::{Checker, Form, Printer, Terms, Watch, rows};
use tubebell::model::{DestinationId, PersonKey, SubscriptionId, UnixMillis};
use tubebell::store::{DestinationRow, WatchRow};

/// 2026-11-20T20:00:00Z
const NOW: UnixMillis = UnixMillis(1_795_204_800_000);

static TERMS: LazyLock<Terms> = LazyLock::new(|| {
    let environment = [("TUBEBELL_TELEGRAM__TOKEN", "1:a"), ("TUBEBELL_WEBHOOK__SECRET", SECRET)]
        .map(|(key, value)| (key.into(), value.into()));
    let config = tubebell::config::load(None, environment).expect("a configuration");
    Terms::new(&config, NOW)
});

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A file is watches that `export` writes and `apply` reads back the same, or mistakes that each name a line of it.
pub(crate) fn check(data: &[u8]) {
    for form in [Form::Toml, Form::Csv] {
        if let Some(watches) = read(form, data) {
            let exported = printed(&watches);
            let again = read(Form::Toml, &exported);
            let again = again.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&exported)));
            assert_eq!(pairs(&again), pairs(&watches));
        }
    }
}

fn read(form: Form, data: &[u8]) -> Option<Vec<Watch>> {
    let lines = 1 + u64::try_from(data.iter().filter(|byte| **byte == b'\n').count()).ok()?;
    let mut checker = Checker::new(&TERMS);
    let mut watches = Vec::new();
    for row in rows(form, data) {
        let row = row.expect("memory can be read");
        checker.look(&row);
        watches.extend(Watch::read(&row, &TERMS));
    }
    while checker.goes_on() {
        for row in rows(form, data) {
            checker.look(&row.expect("memory can be read"));
        }
    }
    match checker.finish() {
        Ok(count) => {
            assert_eq!(count, watches.iter().map(|watch| watch.to.len()).sum::<usize>());
            assert!(watches.iter().all(|watch| (1..=lines).contains(&watch.line)));
            assert!(watches.iter().all(|watch| !watch.rules.is_empty() && !watch.to.is_empty()));
            Some(watches)
        }
        Err(mistakes) => {
            assert!(mistakes.count >= mistakes.shown.len() && !mistakes.shown.is_empty());
            for mistake in mistakes.shown {
                super::assert_one_line(&mistake.message);
                assert!((1..=lines).contains(&mistake.line), "{lines} lines: {mistake:?}");
                assert!(mistake.message.chars().count() < 600, "{mistake:?}");
            }
            None
        }
    }
}

fn printed(watches: &[Watch]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut printer = Printer::new(&mut out, NOW, "UTC").expect("memory can be written");
    for (watch, id) in watches.iter().zip(1..) {
        for address in &watch.to {
            let destination = DestinationRow {
                id: DestinationId(id),
                address: address.clone(),
                person: PersonKey::OPERATOR,
                settings: tubebell::model::Settings::default(),
                muted_until: None,
                disabled: Some("gone\n[[watch]]\u{2028}\"".to_owned()),
                off_since: Some(NOW),
                is_refused: false,
                barred: None,
            };
            let row = WatchRow {
                id: SubscriptionId(id),
                destination,
                subject: watch.subject.clone(),
                title: Some("a \"title\"\nof two lines\u{2028}".to_owned()),
                members: None,
                gone_since: None,
                rules: watch.rules.iter().map(ToString::to_string).collect(),
                settings: watch.settings.clone(),
                muted_until: None,
                origin: "file".to_owned(),
            };
            printer.add(row).expect("memory can be written");
        }
    }
    printer.finish().expect("memory can be written");
    out
}

/// What a file means, a line each.
fn pairs(watches: &[Watch]) -> Vec<String> {
    let pair = |watch: &Watch, to: &tubebell::model::Address| {
        format!("{} {to} {:?} {:?}", watch.subject, watch.rules, watch.settings)
    };
    watches.iter().flat_map(|watch| watch.to.iter().map(move |to| pair(watch, to))).collect()
}

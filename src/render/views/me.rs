//! The fields of `templates/me/`: the answers to `/me`.

use serde::Serialize;

use super::addresses::AddressLine;
use crate::model::TextFile;
use crate::render::numbers::{Grouped, Moment};
use crate::render::sample::{HOSTILE, moment};
use crate::render::view::View;

/// An answer to `/me`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Me {
    /// What is stored, in short; `None`: it has just been erased.
    pub stored: Option<StoredView>,
    /// Whether all of it is to be erased is asked; the command that does it.
    pub erase: Option<String>,
    /// How many watches ended when all was erased, or would end.
    pub watches: Option<Grouped>,
    /// All of it goes along as a file.
    pub is_exported: bool,
    /// Only the newest of what rang is in that file.
    pub is_cut: bool,
    /// The file.
    #[serde(skip)]
    pub file: Option<TextFile>,
}

/// What is stored about somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct StoredView {
    /// By what they are known.
    pub addresses: Vec<AddressLine>,
    /// In since then; `None`: by the configuration, or because everybody is.
    pub since: Option<Moment>,
    /// Somebody has invited them.
    pub was_invited: bool,
    /// How many watches they may have; `None`: any number.
    pub max: Option<Grouped>,
    /// Groups that they brought in; `None`: none.
    pub groups: Option<Grouped>,
    /// Invitations of theirs that nobody has used yet; `None`: none.
    pub invitations: Option<Grouped>,
    /// The name of their time zone.
    pub tz: String,
    /// They run this installation.
    pub is_operator: bool,
}

impl View for Me {
    const NAME: &'static str = "me";

    fn file(&self) -> Option<TextFile> {
        self.file.clone()
    }

    fn samples() -> Vec<Self> {
        let stored = StoredView {
            addresses: AddressLine::samples(),
            since: Some(moment(60 * 24 * 30)),
            was_invited: true,
            max: Some(Grouped(50)),
            groups: Some(Grouped(2)),
            invitations: Some(Grouped(1)),
            tz: "Europe/Madrid".to_owned(),
            is_operator: false,
        };
        let none = Me {
            stored: None,
            erase: None,
            watches: None,
            is_exported: false,
            is_cut: false,
            file: None,
        };
        let hostile = StoredView { addresses: AddressLine::hostile_samples(), ..stored.clone() };
        let bare = StoredView {
            addresses: Vec::new(),
            since: None,
            was_invited: false,
            max: None,
            groups: None,
            invitations: None,
            tz: HOSTILE.to_owned(),
            is_operator: true,
        };
        let (watches, erase) = (Some(Grouped(12)), Some("/me delete everything".to_owned()));
        vec![
            Me { stored: Some(stored.clone()), watches, ..none.clone() },
            Me { stored: Some(hostile), watches, erase: erase.clone(), ..none.clone() },
            Me { stored: Some(bare.clone()), erase, ..none.clone() },
            Me { stored: Some(stored), is_exported: true, is_cut: true, ..none.clone() },
            Me { stored: Some(bare), is_exported: true, ..none.clone() },
            Me { watches, ..none.clone() },
            none,
        ]
    }
}

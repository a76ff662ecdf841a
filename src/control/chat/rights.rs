//! Who may decide for a chat.

use crate::control::seams::NotSaid;
use crate::model::Deciders;

use super::answer::Stop;
use super::incoming::Author;
use super::turn::Turn;

impl Turn<'_> {
    /// Said to whoever may not decide for a chat.
    fn not_yours(&self) -> &'static str {
        match self.here().channel().traits().deciders {
            Deciders::Administrators => {
                "Only administrators of this chat can change what rings here."
            }
            Deciders::ServerManagers => {
                "Only whoever has the permission “Manage Server” can change what rings here."
            }
        }
    }

    /// Refuses whoever was told several times within a minute that they may not decide here: it takes nothing from the
    /// share of those who may.
    pub(super) fn may_decide(&self) -> Result<(), Stop> {
        if !self.control.shares.vain_orders.is_used_up(&self.speaker(), self.now) {
            return Ok(());
        }
        self.count_answer()?;
        Err(self.refuse(self.not_yours()))
    }

    /// Refuses whoever may not decide for this chat. The refusal is one of the answers that everybody there shares.
    pub(super) async fn needs_administrator(&self) -> Result<(), Stop> {
        let refusal = match self.is_administrator().await {
            Ok(true) => return Ok(()),
            Ok(false) => {
                self.control.shares.vain_orders.take(&self.speaker(), self.now);
                self.not_yours()
            }
            Err(NotSaid) => {
                "I can't find out just now whether you are an administrator here. Try again in a minute; it helps to make me one too."
            }
        };
        self.count_answer()?;
        Err(self.refuse(refusal))
    }

    /// Whether whoever wrote may decide for this chat.
    pub(super) async fn is_administrator(&self) -> Result<bool, NotSaid> {
        if self.private {
            return Ok(true);
        }
        if let Some(may) = self.along.may_decide {
            return Ok(may);
        }
        match &self.author {
            Author::Chat => Ok(true),
            Author::Person(person) => {
                self.control.administrators.is_administrator(&self.destination, person).await
            }
            Author::OtherChat(_) | Author::Unnamed => Ok(false),
        }
    }
}

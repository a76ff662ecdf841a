//! The fields of `templates/cards/`: what is said of cards beside the cards themselves.

use serde::Serialize;

use crate::model::VideoId;
use crate::render::List;
use crate::render::link::Link;
use crate::render::numbers::Grouped;
use crate::render::sample::{hostile_link, video, video_id};
use crate::render::view::View;

/// One of: a card was made, cards were ended, one has ended by itself, or those that there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cards {
    /// The card that was made.
    pub made: Option<CardMade>,
    /// The cards that were ended.
    pub ended: Option<CardsEnded>,
    /// The card that has ended by itself.
    pub lost: Option<CardLost>,
    /// Those that there are.
    pub cards: List<CardLine>,
    /// How many a chat may have.
    pub max: Grouped,
}

/// A card that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CardMade {
    /// The video.
    pub subject: Link,
    /// There was one before, whose message stays behind.
    pub is_again: bool,
    /// The command that ends it.
    pub off: String,
}

/// Cards that were ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CardsEnded {
    /// The video; `None`: all.
    pub subject: Option<Link>,
}

/// A card that has ended because its message can't be edited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CardLost {
    /// The video.
    pub subject: Link,
    /// The command that makes another.
    pub again: String,
}

/// A card in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CardLine {
    /// The video.
    pub subject: Link,
    /// The command that ends it.
    pub off: String,
}

impl Cards {
    /// Says nothing yet but how many a chat may have.
    #[must_use]
    pub fn none(max: usize) -> Cards {
        let max = Grouped::count(max);
        Cards { made: None, ended: None, lost: None, cards: List::default(), max }
    }

    /// The command that ends the card of a video.
    #[must_use]
    pub fn off(video: &VideoId) -> String {
        format!("/card off {video}")
    }

    /// A card of this video has ended because its message can't be edited.
    #[must_use]
    pub fn lost(video: &VideoId, title: &str) -> Cards {
        let lost = CardLost { subject: Link::video(video, title), again: format!("/card {video}") };
        Cards { lost: Some(lost), ..Cards::none(0) }
    }
}

impl View for Cards {
    const NAME: &'static str = "cards";

    fn samples() -> Vec<Self> {
        let none = || Cards::none(5);
        let made = |is_again| CardMade { subject: video(), is_again, off: Cards::off(&video_id()) };
        let line = |subject: Link| CardLine { subject, off: Cards::off(&video_id()) };
        vec![
            Cards { made: Some(made(false)), ..none() },
            Cards { made: Some(made(true)), ..none() },
            Cards { ended: Some(CardsEnded { subject: Some(hostile_link()) }), ..none() },
            Cards { ended: Some(CardsEnded { subject: None }), ..none() },
            Cards {
                lost: Some(CardLost {
                    subject: hostile_link(),
                    again: format!("/card {}", video_id()),
                }),
                ..none()
            },
            none(),
            Cards { cards: List::new(vec![line(video()), line(hostile_link())]), ..none() },
        ]
    }
}

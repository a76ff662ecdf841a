//! `/card`: messages that show the numbers of a video and change as they move.

use crate::control::actions::{self, CARDS_PER_CHAT, NoCard, NoSuchCard};
use crate::model::VideoId;
use crate::render::List;
use crate::render::numbers::Grouped;
use crate::render::views::{CardLine, CardMade, Cards, CardsEnded, Link};
use crate::store::CardRow;

use super::answer::{Answer, Stop, wrong};
use super::turn::Turn;
use super::words::{FAILED, first_word};
use super::{ask, youtube};

const EXAMPLE: &str = "/card dQw4w9WgXcQ";

/// `/card [video]`, `/card off [video]`
pub(super) async fn command(turn: &mut Turn<'_>, rest: &str) -> Result<Answer, Stop> {
    let Some((word, behind)) = first_word(rest) else { return list(turn).await };
    turn.needs_administrator().await?;
    if word.eq_ignore_ascii_case("off") {
        return end(turn, behind).await;
    }
    let id = ask::video(turn, rest, "/card").await?;
    make(turn, id).await
}

async fn make(turn: &mut Turn<'_>, id: VideoId) -> Result<Answer, Stop> {
    let by = turn.asking();
    match turn.actions().card(turn, &by, id).await? {
        Ok(card) => {
            let made = CardMade {
                subject: Link::video(&id, card.title.as_deref().unwrap_or_default()),
                is_again: card.is_again,
                off: Cards::off(&id),
            };
            Ok(Answer::of(&Cards { made: Some(made), ..Cards::none(CARDS_PER_CHAT) }))
        }
        Err(refusal) => Err(refused(turn, &refusal)),
    }
}

async fn end(turn: &mut Turn<'_>, what: &str) -> Result<Answer, Stop> {
    let video = match what {
        "" => None,
        what => Some(ask::video(turn, what, "/card off").await?),
    };
    let chat = turn.destination.clone();
    let cards = turn.actions().cards(&chat).await?;
    if let Err(NoSuchCard) = actions::end_cards(turn, &chat, video).await? {
        return Err(match (video, cards.first()) {
            (None, _) | (_, None) => wrong("There are no cards here.", EXAMPLE),
            (Some(_), Some(card)) => wrong(
                "This video has no card here: `/card` shows those that there are.",
                &Cards::off(&card.video),
            ),
        });
    }
    let of = |row: &CardRow| Link::video(&row.video, row.title.as_deref().unwrap_or_default());
    let subject = video.map(|id| {
        cards.iter().find(|row| row.video == id).map_or_else(|| Link::video(&id, ""), of)
    });
    let ended = Some(CardsEnded { subject });
    Ok(Answer::of(&Cards { ended, ..Cards::none(CARDS_PER_CHAT) }))
}

async fn list(turn: &Turn<'_>) -> Result<Answer, Stop> {
    let line = |row: CardRow| CardLine {
        subject: Link::video(&row.video, row.title.as_deref().unwrap_or_default()),
        off: Cards::off(&row.video),
    };
    let cards = turn.actions().cards(&turn.destination).await?;
    let cards = List::new(cards.into_iter().map(line).collect());
    Ok(Answer::of(&Cards { cards, ..Cards::none(CARDS_PER_CHAT) }))
}

/// A refusal in words.
fn refused(turn: &Turn<'_>, refusal: &NoCard) -> Stop {
    match refusal {
        NoCard::CantEdit => {
            turn.refuse("Messages can't be changed once they are sent here, so there are no cards.")
        }
        NoCard::TooMany { max } => wrong(
            &format!(
                "This chat has {max} cards, as many as it may. End one that you need no more: `/card` shows them."
            ),
            "/card off dQw4w9WgXcQ",
        ),
        NoCard::TooManyVideos { max } => {
            let max = Grouped::count(*max);
            wrong(
                &format!(
                    "A card counts as a video, and this chat{} has {max}, as many as it may. End a watch that you need no more: `/list` shows them.",
                    turn.together()
                ),
                "/unwatch 1",
            )
        }
        NoCard::NotThere(not_there) => youtube::not_there(not_there),
        NoCard::Unasked(error) => turn.no_lookup(error),
        NoCard::Failed => turn.refuse(FAILED),
    }
}

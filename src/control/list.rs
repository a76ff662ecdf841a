//! `/list` and `/unwatch`.

use crate::model::{Status, SubjectRef, SubscriptionId};
use crate::render::List;
use crate::render::numbers::Grouped;
use crate::render::views::{Link, Members, Page, Unwatch, WatchLine, Watches};
use crate::store::{Edit, Edited, StoreError, WatchRow};

use super::command::list_number;
use super::turn::{Answer, Stop, Turn, quoted};

/// Watches in one message: with long titles more would not fit.
const PER_PAGE: usize = 20;

pub(super) fn number(count: usize) -> Grouped {
    Grouped(i64::try_from(count).unwrap_or(i64::MAX))
}

/// `/list [page]`
pub(super) async fn command(turn: &mut Turn<'_>, rest: &str) -> Result<Answer, Stop> {
    let page = match rest {
        "" => 1,
        text => list_number(text).ok_or_else(|| {
            turn.wrong(&format!("{} is no part of the list.", quoted(text)), "/list 2")
        })?,
    };
    Ok(Answer::of(&view(turn, page).await?))
}

/// One part of the list, from 1; the last where there are not that many.
pub(super) async fn view(turn: &Turn<'_>, page: usize) -> Result<Watches, StoreError> {
    let mut rows: Vec<(usize, WatchRow)> = Vec::new();
    let mut total = 0;
    let first = page.saturating_sub(1).saturating_mul(PER_PAGE);
    turn.each_watch(|place, row| {
        total = place;
        // Up to the wished part, the rows of the part under way are kept: it may be the last.
        if place <= first.saturating_add(PER_PAGE) {
            if (place - 1).is_multiple_of(PER_PAGE) {
                rows.clear();
            }
            rows.push((place, row));
        }
        true
    })
    .await?;
    let pages = total.div_ceil(PER_PAGE).max(1);
    let mut lines = Vec::with_capacity(rows.len());
    for (place, row) in &rows {
        lines.push(line(turn, *place, row).await?);
    }
    Ok(Watches {
        watches: List::new(lines),
        total: number(total),
        max: turn.watches_max_here(total).await?.map(number),
        page: (pages > 1)
            .then(|| Page { number: number(page.clamp(1, pages)), count: number(pages) }),
        video: rows
            .iter()
            .find(|(_, row)| matches!(row.subject, SubjectRef::Video(_)))
            .map(|(place, _)| place.to_string()),
        muted_until: turn.silent_until(),
        back: turn.back(),
    })
}

async fn line(turn: &Turn<'_>, place: usize, row: &WatchRow) -> Result<WatchLine, StoreError> {
    let is_unavailable = match &row.subject {
        SubjectRef::Video(id) => {
            let history = turn.control.store.history(*id, turn.now, 0).await?;
            let known = history.and_then(|history| history.known);
            known.is_some_and(|known| known.status == Status::Unavailable)
        }
        SubjectRef::Channel(_) | SubjectRef::Handle(_) | SubjectRef::Playlist(_) => false,
    };
    Ok(WatchLine {
        number: number(place),
        subject: Link::subject(&row.subject, row.title.as_deref()),
        members: members(turn, row),
        rules: row.rules.clone(),
        muted_until: row
            .muted_until
            .filter(|until| *until > turn.now)
            .map(|until| turn.moment(until)),
        until: turn.effective(&row.settings).until.map(|until| turn.moment(until)),
        is_unavailable,
        is_gone: row.gone_since.is_some(),
    })
}

/// How many videos a watch of a channel or playlist holds, once it has been listed.
pub(super) fn members(turn: &Turn<'_>, row: &WatchRow) -> Option<Members> {
    let (taken, total) = row.members.filter(|(taken, _)| *taken > 0)?;
    let max = turn.control.options.members_per_subject;
    Some(Members {
        taken: number(taken),
        total: Grouped(i64::try_from(total).unwrap_or(i64::MAX)),
        is_cut: taken >= max && u64::try_from(taken).is_ok_and(|taken| taken < total),
    })
}

/// `/unwatch <video or number>|all`
pub(super) async fn unwatch(turn: &mut Turn<'_>, rest: &str) -> Result<Answer, Stop> {
    const EXAMPLE: &str = "/unwatch 1";
    turn.needs_administrator().await?;
    if rest.is_empty() {
        return Err(
            turn.wrong("Say what to stop, by its number in `/list`, its link or id.", EXAMPLE)
        );
    }
    if rest.eq_ignore_ascii_case("all") {
        return unwatch_all(turn).await;
    }
    let watch = turn.watched(rest, EXAMPLE).await?;
    let edit = Edit::Unwatch { destination: turn.chat.clone(), subject: watch.subject.clone() };
    let done = turn.commit(vec![edit]).await?;
    if done.first() == Some(&Edited::NotFound) {
        return Err(turn.refuse("This watch has ended already."));
    }
    let left = turn.count_watches().await?;
    Ok(Answer::of(&Unwatch {
        subject: Some(Link::subject(&watch.subject, watch.title.as_deref())),
        cancelled: None,
        left: (left > 0).then(|| number(left)),
    }))
}

async fn unwatch_all(turn: &mut Turn<'_>) -> Result<Answer, Stop> {
    let mut edits = Vec::new();
    let chat = turn.chat;
    turn.each_watch(|_, row| {
        edits.push(Edit::Unwatch { destination: chat.clone(), subject: row.subject });
        true
    })
    .await?;
    if edits.is_empty() {
        return Err(turn.wrong("Nothing is watched here.", "/watch dQw4w9WgXcQ"));
    }
    turn.commit(edits).await?;
    Ok(Answer::of(&Unwatch { subject: None, cancelled: None, left: None }))
}

/// A watch by its row, if it runs and belongs to the chat in which it is named.
pub(super) async fn own(
    turn: &Turn<'_>,
    id: SubscriptionId,
) -> Result<Option<WatchRow>, StoreError> {
    let filter = crate::store::WatchFilter::One(id);
    let rows = turn.control.store.watches(filter, 0, 1).await?;
    Ok(rows.into_iter().next().filter(|row| row.destination.address.lane() == turn.chat.lane()))
}

//! `/list` and `/unwatch`.

use crate::control::actions::{self, ListPage, ListedWatch, NotWatched, Unwatch};
use crate::model::{Settings, SubjectRef};
use crate::render::List;
use crate::render::numbers::Grouped;
use crate::render::views::{self, Link, Members, Page, WatchLine, Watches};
use crate::store::WatchRow;

use super::answer::{Answer, Stop, wrong};
use super::target::ENDED;
use super::turn::Turn;
use super::words::{list_number, quoted};

/// `/list [page]`
pub(super) async fn command(turn: &mut Turn<'_>, rest: &str) -> Result<Answer, Stop> {
    let page = match rest {
        "" => 1,
        text => list_number(text).ok_or_else(|| {
            wrong(&format!("{} is no part of the list.", quoted(text)), "/list 2")
        })?,
    };
    Ok(Answer::of(&view(turn, page).await?))
}

/// One part of the list, from 1; the last where there are not that many.
pub(super) async fn view(turn: &Turn<'_>, page: usize) -> Result<Watches, Stop> {
    let actions = turn.actions();
    let ListPage { watches, total, number, count } = actions.list(&turn.destination, page).await?;
    Ok(Watches {
        watches: List::new(watches.iter().map(|watch| line(turn, watch)).collect()),
        total: Grouped::count(total),
        max: actions.watches_max_here(&turn.owner, total).await?.map(Grouped::count),
        page: (count > 1)
            .then(|| Page { number: Grouped::count(number), count: Grouped::count(count) }),
        video: watches
            .iter()
            .find(|watch| matches!(watch.row.subject, SubjectRef::Video(_)))
            .map(|watch| watch.number.to_string()),
        digest: turn.effective(&Settings::default()).digest.map(|schedule| schedule.to_string()),
        reads_texts: turn.reads_texts(),
        muted_until: turn.silent_until(),
        back: turn.back(),
    })
}

fn line(turn: &Turn<'_>, ListedWatch { number, row, is_unavailable }: &ListedWatch) -> WatchLine {
    WatchLine {
        number: Grouped::count(*number),
        subject: Link::subject(&row.subject, row.title.as_deref()),
        members: members(turn, row),
        rules: row.rules.clone(),
        digest: row.settings.digest.map(|digest| digest.to_string()),
        rings_at: (row.destination.address.lane() != turn.here().lane() && turn.private)
            .then(|| row.destination.address.to_string()),
        muted_until: row
            .muted_until
            .filter(|until| *until > turn.now)
            .map(|until| turn.moment(until)),
        until: turn.effective(&row.settings).until.map(|until| turn.moment(until)),
        is_unavailable: *is_unavailable,
        is_gone: row.gone_since.is_some(),
    }
}

/// How many videos a watch of a channel or playlist holds, once it has been listed.
pub(super) fn members(turn: &Turn<'_>, row: &WatchRow) -> Option<Members> {
    let (taken, total) = row.members.filter(|(taken, _)| *taken > 0)?;
    let max = turn.options().members_per_subject;
    Some(Members {
        taken: Grouped::count(taken),
        total: Grouped(i64::try_from(total).unwrap_or(i64::MAX)),
        is_cut: taken >= max && u64::try_from(taken).is_ok_and(|taken| taken < total),
    })
}

/// `/unwatch <video or number>|all`
pub(super) async fn unwatch(turn: &mut Turn<'_>, rest: &str) -> Result<Answer, Stop> {
    const EXAMPLE: &str = "/unwatch 1";
    turn.needs_administrator().await?;
    if rest.is_empty() {
        return Err(wrong("Say what to stop, by its number in `/list`, its link or id.", EXAMPLE));
    }
    if rest.eq_ignore_ascii_case("all") {
        return unwatch_all(turn).await;
    }
    let watch = turn.watched(rest, EXAMPLE).await?;
    let request = Unwatch { destination: turn.destination.clone(), subject: watch.subject.clone() };
    if let Err(NotWatched) = actions::unwatch(turn, request).await? {
        return Err(turn.refuse(ENDED));
    }
    let left = turn.actions().count_watches(&turn.destination).await?;
    Ok(Answer::of(&views::Unwatch {
        subject: Some(Link::subject(&watch.subject, watch.title.as_deref())),
        cancelled: None,
        left: (left > 0).then(|| Grouped::count(left)),
    }))
}

async fn unwatch_all(turn: &mut Turn<'_>) -> Result<Answer, Stop> {
    let (actions, destination) = (turn.actions(), turn.destination.clone());
    if actions::unwatch_all(actions, turn, &destination).await? == 0 {
        return Err(wrong("Nothing is watched here.", "/watch dQw4w9WgXcQ"));
    }
    Ok(Answer::of(&views::Unwatch { subject: None, cancelled: None, left: None }))
}

//! Commands: what is watched and how it is told, changed in one transaction with the mark of who asked.
//!
//! A command decides for what waits, too: alerts up to the newest of now are cancelled (`cancelled_to`), and what the
//! units hold is looked at again. A mute leaves alone what a digest has collected.

use rusqlite::{Connection, params};

use super::{
    address, card, chat, digest, erase, invitations, link, mark, notices, operator, people, places,
    rows, server, unit, unlink, watch,
};
use crate::model::{Address, DestinationId, Settings, SubjectRef, SubscriptionId, UnixMillis};
use crate::store::{Edit, Edited, Result, UpdateMark};

pub(super) fn edit(
    tx: &Connection,
    mark: Option<&UpdateMark>,
    edits: &[Edit],
    now: UnixMillis,
) -> Result<Option<Vec<Edited>>> {
    if let Some(mark) = mark
        && !mark::note(tx, mark, now)?
    {
        return Ok(None);
    }
    for edit in edits {
        if let Edit::IsIn { person } = edit
            && !people::is_in(tx, person)?
        {
            return Ok(None);
        }
    }
    edits.iter().map(|edit| one(tx, edit, now)).collect::<Result<_>>().map(Some)
}

pub(super) fn one(tx: &Connection, edit: &Edit, now: UnixMillis) -> Result<Edited> {
    match edit {
        Edit::Watch(watch) => watch::watch(tx, watch, now),
        Edit::Unwatch { destination, subject } => watch::unwatch(tx, destination, subject, now),
        Edit::Card(card) => card::make(tx, card, now),
        Edit::EndCards { destination, video } => card::end(tx, destination, video.as_ref(), now),
        Edit::Mute { destination, subject, until } => {
            mute(tx, destination, subject.as_ref(), *until, now)
        }
        Edit::Set { destination, subject, settings } => {
            set(tx, destination, subject.as_ref(), settings, now)
        }
        Edit::DigestNow { destination } => match address::find(tx, destination)? {
            Some((id, _)) => digest::tell_now(tx, id, now).map(Edited::Done),
            None => Ok(Edited::NotFound),
        },
        Edit::Enable { destination, owner } => {
            chat::enable(tx, destination, owner, now).map(Edited::Done)
        }
        Edit::Alive { destination } => chat::alive(tx, destination, now).map(Edited::Done),
        Edit::Disable { destination, reason } => {
            chat::disable(tx, destination, reason, now).map(Edited::Done)
        }
        Edit::Refuse { destination } => chat::refuse(tx, destination, now),
        Edit::Allow { destination } => chat::allow(tx, destination),
        Edit::Gone { server, reason } => server::gone(tx, server, reason, now).map(Edited::Done),
        Edit::Move { from, to } => chat::move_chat(tx, from, to, now).map(Edited::Done),
        Edit::Admit { person, code } => people::admit(tx, person, code, now),
        Edit::BringIn { group, by, owner, limit } => {
            people::bring_in(tx, group, by, owner, *limit, now)
        }
        Edit::AddTopic { topic, part_of: None, owner, limit } => {
            chat::add_topic(tx, topic, owner, *limit, now)
        }
        Edit::AddTopic { topic, part_of: Some(server), owner, limit } => {
            server::add_place(tx, (topic, server), owner, *limit, now)
        }
        Edit::Feed { server, place } => server::set_feed(tx, server, place.as_ref()),
        Edit::Back { server, reason } => server::back(tx, server, reason, now).map(Edited::Done),
        Edit::IsIn { .. } => Ok(Edited::Done(0)),
        Edit::Expel { person } => people::expel(tx, person, now),
        Edit::Revoke { code } => invitations::revoke(tx, code, now),
        Edit::BecomeOperator { person, code } => operator::become_operator(tx, person, code, now),
        Edit::Invite { code, made_by, expires_at, per_day } => {
            invitations::invite(tx, code, made_by, *expires_at, *per_day, now)
        }
        Edit::MakeLinkCode { by, code, expires_at } => {
            link::make_code(tx, by, code, *expires_at, now)
        }
        Edit::AskReader(asked) => link::ask_reader(tx, asked, now),
        Edit::Link { code, at, told } => link::link(tx, code, at.as_ref(), told.as_ref(), now),
        Edit::Unlink { address, is_in, others_are_in } => {
            unlink::unlink(tx, address, (*is_in, *others_are_in), now)
        }
        Edit::Tell { to, body } => match address::find(tx, to)? {
            Some(_) => notices::notice(tx, None, &[(to.clone(), body.clone())], now)
                .map(|told| Edited::Done(usize::from(told))),
            None => Ok(Edited::NotFound),
        },
        Edit::Erase { person } => erase::erase(tx, person, now),
    }
}

/// What an edit is about: a destination, or one of its running watches.
fn target(
    tx: &Connection,
    destination: &Address,
    subject: Option<&SubjectRef>,
) -> Result<Option<(DestinationId, Option<i64>)>> {
    let Some((id, _)) = address::find(tx, destination)? else { return Ok(None) };
    match subject {
        None => Ok(Some((id, None))),
        Some(subject) => Ok(watch::running(tx, id, subject)?.map(|(watch, _)| (id, Some(watch)))),
    }
}

fn set(
    tx: &Connection,
    destination: &Address,
    subject: Option<&SubjectRef>,
    settings: &Settings,
    now: UnixMillis,
) -> Result<Edited> {
    let Some((id, watch)) = target(tx, destination, subject)? else {
        return Ok(Edited::NotFound);
    };
    let text = rows::json(settings)?;
    if watch.is_none() {
        places::zone_changed(tx, destination, settings.tz.as_deref(), now)?;
    }
    match watch {
        None => tx
            .prepare_cached("UPDATE destination SET settings = ?2 WHERE id = ?1")?
            .execute(params![id.0, text])?,
        Some(watch) => tx
            .prepare_cached("UPDATE subscription SET settings = ?2, until = ?3 WHERE id = ?1")?
            .execute(params![watch, text, settings.until.map(|until| until.0)])?,
    };
    unit::wake(tx, id, watch.map(SubscriptionId), now)?;
    Ok(Edited::Done(1))
}

fn mute(
    tx: &Connection,
    destination: &Address,
    subject: Option<&SubjectRef>,
    until: Option<UnixMillis>,
    now: UnixMillis,
) -> Result<Edited> {
    let Some((id, watch)) = target(tx, destination, subject)? else {
        return Ok(Edited::NotFound);
    };
    // What waits is cancelled by a mute; lifting one brings nothing back and cancels nothing.
    let cancel = until.map(|_| watch::last_alert(tx)).transpose()?;
    let (sql, row) = match watch {
        None => (
            "UPDATE destination SET muted_until = ?2,
             cancelled_reason = CASE WHEN ?3 IS NULL THEN cancelled_reason ELSE 'muted' END,
             cancelled_to = coalesce(?3, cancelled_to) WHERE id = ?1",
            id.0,
        ),
        Some(watch) => (
            "UPDATE subscription SET muted_until = ?2,
             cancelled_reason = CASE WHEN ?3 IS NULL THEN cancelled_reason ELSE 'muted' END,
             cancelled_to = coalesce(?3, cancelled_to) WHERE id = ?1",
            watch,
        ),
    };
    tx.prepare_cached(sql)?.execute(params![row, until.map(|until| until.0), cancel])?;
    match cancel {
        Some(newest) => unit::mute(tx, id, watch.map(SubscriptionId), newest, now)?,
        // What was collected before the mute has waited for its end.
        None => unit::wake_held(tx, id, watch.map(SubscriptionId), now)?,
    }
    if until.is_none() && watch.is_none() {
        // Whoever wants to hear the chat again wants to hear its watches.
        let watches = tx
            .prepare_cached(
                "UPDATE subscription SET muted_until = NULL
                 WHERE destination = ?1 AND ended_at IS NULL AND muted_until > ?2",
            )?
            .execute([id.0, now.0])?;
        return Ok(Edited::Unmuted { watches });
    }
    Ok(Edited::Done(1))
}

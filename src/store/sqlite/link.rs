//! One person with several addresses: codes, each of which adds one.
//!
//! The addresses of a person are rows of `identity`; the destinations behind them belong to that person, so that they have
//! one set of limits, and share one time zone.

use rusqlite::{Connection, OptionalExtension, params};

use super::{address, chat, notices, person, places, rows};
use crate::model::{Address, Body, Owner, PersonKey, UnixMillis};
use crate::store::{
    ADDRESSES_MAX, AskLimits, AskedEnough, DestinationRow, Edited, LinkCode, ReaderEdit, Result,
};

/// Makes a code to be typed at another address.
pub(super) fn make_code(
    tx: &Connection,
    by: &Address,
    code: &str,
    expires_at: UnixMillis,
    now: UnixMillis,
) -> Result<Edited> {
    if by.is_group() {
        return Ok(Edited::NotForGroups);
    }
    let person = person::known(tx, by)?;
    tx.prepare_cached(
        "DELETE FROM link WHERE person = ?1 AND address IS NULL AND used_at IS NULL",
    )?
    .execute([person.0])?;
    insert(tx, code, person, (by, None), expires_at, now)
}

fn insert(
    tx: &Connection,
    code: &str,
    person: PersonKey,
    (by, asked): (&Address, Option<&ReaderEdit>),
    expires_at: UnixMillis,
    now: UnixMillis,
) -> Result<Edited> {
    let address = asked.map(|asked| asked.address.to_string());
    let mailbox = asked.map(|asked| asked.mailbox.as_str());
    tx.prepare_cached(
        "INSERT INTO link (code, person, made_in, address, mailbox, made_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (code) DO NOTHING",
    )?
    .execute(params![code, person.0, by.lane(), address, mailbox, now.0, expires_at.0])?;
    Ok(Edited::Done(1))
}

pub(super) const ASKED_MAILBOX: &str =
    "SELECT count(*) FROM link WHERE mailbox = ?1 AND made_at > ?2";
pub(super) const ASKED_BY: &str =
    "SELECT count(*) FROM link WHERE person = ?1 AND made_at > ?2 AND mailbox IS NOT NULL";
pub(super) const ASKED: &str =
    "SELECT count(*) FROM link WHERE made_at > ?1 AND mailbox IS NOT NULL";

/// Which limit another mail would break.
fn asked_enough(
    tx: &Connection,
    person: PersonKey,
    asked: &ReaderEdit,
    now: UnixMillis,
) -> Result<Option<AskedEnough>> {
    let since = now.minus(AskLimits::WITHIN).0;
    let limits = asked.limits;
    let of_mailbox: usize = tx
        .prepare_cached(ASKED_MAILBOX)?
        .query_row(params![asked.mailbox, since], |row| row.get(0))?;
    if of_mailbox >= limits.per_mailbox {
        return Ok(Some(AskedEnough::Mailbox));
    }
    let by: usize = tx.prepare_cached(ASKED_BY)?.query_row([person.0, since], |row| row.get(0))?;
    if by >= limits.per_person {
        return Ok(Some(AskedEnough::Person));
    }
    let all: usize = tx.prepare_cached(ASKED)?.query_row([since], |row| row.get(0))?;
    Ok((all >= limits.in_all).then_some(AskedEnough::All))
}

const REFUSED: &str = "SELECT address FROM destination WHERE is_refused = 1";

/// Whether the reader of a mailbox has ended mails to it, under any address that leads there.
fn is_refused(db: &Connection, mailbox: &str) -> Result<bool> {
    let mut statement = db.prepare_cached(REFUSED)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let address = rows::or_skipped(rows::parsed::<Address>(&rows::text(row, 0), "address"))?;
        if address.is_some_and(|address| address.counted_by() == mailbox) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Asks the reader of a mailbox. Nothing else is sent there before they say yes: the mailbox belongs to nobody until then.
pub(super) fn ask_reader(tx: &Connection, asked: &ReaderEdit, now: UnixMillis) -> Result<Edited> {
    if asked.by.is_group() || asked.address.is_group() {
        return Ok(Edited::NotForGroups);
    }
    let person = person::known(tx, &asked.by)?;
    if person::find(tx, &asked.address.lane())? == Some(person) {
        return Ok(Edited::Done(0));
    }
    let row = rows::destination(tx, &asked.address)?;
    let refused = |row: &DestinationRow| row.is_refused;
    if row.as_ref().is_some_and(refused) || is_refused(tx, &asked.mailbox)? {
        return Ok(Edited::Refused);
    }
    if let Some(enough) = asked_enough(tx, person, asked, now)? {
        return Ok(Edited::AskedEnough(enough));
    }
    // What was off because a server knew no such mailbox may be there by now: this mail finds out.
    if row.is_some_and(|row| row.disabled.is_some()) {
        chat::enable(tx, &asked.address, &Owner::Operator, now)?;
    }
    insert(tx, &asked.code, person, (&asked.by, Some(asked)), asked.expires_at, now)?;
    notices::notice(tx, None, &[(asked.address.clone(), asked.mail.clone())], now)?;
    Ok(Edited::Done(1))
}

struct Usable {
    person: PersonKey,
    code: LinkCode,
}

fn usable(db: &Connection, code: &str, now: UnixMillis) -> Result<Option<Usable>> {
    let found: Option<(i64, String, Option<String>)> = db
        .prepare_cached(
            "SELECT person, made_in, address FROM link
             WHERE code = ?1 AND used_at IS NULL AND expires_at > ?2",
        )?
        .query_row(params![code, now.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((person, made_in, address)) = found else { return Ok(None) };
    let parsed = |text: &str| rows::or_skipped(rows::parsed::<Address>(text, "address"));
    let Some(made_in) = parsed(&made_in)? else { return Ok(None) };
    let address = match address {
        Some(text) => match parsed(&text)? {
            Some(address) => Some(address),
            None => return Ok(None),
        },
        None => None,
    };
    Ok(Some(Usable { person: PersonKey(person), code: LinkCode { made_in, address } }))
}

/// A code that can be used.
pub(super) fn code(db: &Connection, code: &str, now: UnixMillis) -> Result<Option<LinkCode>> {
    Ok(usable(db, code, now)?.map(|usable| usable.code))
}

/// Uses a code.
pub(super) fn link(
    tx: &Connection,
    code: &str,
    at: Option<&Address>,
    told: Option<&Body>,
    now: UnixMillis,
) -> Result<Edited> {
    let Some(Usable { person, code: LinkCode { made_in, address } }) = usable(tx, code, now)?
    else {
        return Ok(Edited::BadCode);
    };
    // The code of a mail is its reader's alone, and one that is typed is in no mail.
    let at = match (address, at) {
        (Some(asked), None) => asked,
        (None, Some(typed)) => typed.whole(),
        (Some(_), Some(_)) | (None, None) => return Ok(Edited::BadCode),
    };
    if at.is_group() {
        return Ok(Edited::NotForGroups);
    }
    let there = person::find(tx, &at.lane())?;
    if there == Some(person) {
        return Ok(Edited::Linked { address: at, was_theirs: true });
    }
    let comes_whole = comes_whole(tx, &at, there)?;
    let more = match there.filter(|_| comes_whole) {
        Some(there) => count(tx, there)?,
        None => 1,
    };
    if count(tx, person)? + more > ADDRESSES_MAX {
        return Ok(Edited::AddressesReached { limit: ADDRESSES_MAX });
    }
    tx.prepare_cached("UPDATE link SET used_at = ?2 WHERE code = ?1")?
        .execute(params![code, now.0])?;
    note_standing(tx, person)?;
    let person = if there.is_some() && !comes_whole {
        tx.prepare_cached(
            "UPDATE identity SET person = ?2, in_since = NULL, rank = 0 WHERE address = ?1",
        )?
        .execute(params![at.lane(), person.0])?;
        person
    } else {
        let there = person::known(tx, &at)?;
        note_standing(tx, there)?;
        become_one(tx, there, person)?
    };
    address::destination(tx, &at, &Owner::of(&at))?;
    // Nobody may have watched anything there: what is told there must find it theirs.
    address::destination(tx, &made_in, &Owner::of(&made_in))?;
    // Its reader has just said that they want to hear.
    chat::allow(tx, &at)?;
    chat::enable(tx, &at, &Owner::Operator, now)?;
    places::own(tx, person)?;
    let zone = |address: &Address| -> Result<Option<String>> {
        Ok(rows::destination(tx, address)?.and_then(|row| row.settings.tz))
    };
    let tz = zone(&made_in)?.or(zone(&at)?);
    if tz.is_some() {
        places::share_zone(tx, person, tz.as_deref(), now)?;
    }
    if let Some(told) = told {
        notices::notice(tx, None, &[(made_in, told.clone())], now)?;
    }
    Ok(Edited::Linked { address: at, was_theirs: false })
}

fn count(db: &Connection, person: PersonKey) -> Result<usize> {
    Ok(db
        .prepare_cached("SELECT count(*) FROM identity WHERE person = ?1")?
        .query_row([person.0], |row| row.get(0))?)
}

/// Whether all that is known of whoever has an address comes along with it. Whoever writes in a chat is that person; whoever
/// reads a mailbox may have got it from somebody else, whose other addresses stay theirs.
fn comes_whole(db: &Connection, at: &Address, there: Option<PersonKey>) -> Result<bool> {
    let Some(there) = there else { return Ok(false) };
    Ok(at.channel().traits().is_chat || count(db, there)? == 1)
}

/// Writes down of somebody's only address how it stands by itself: soon it will be one of several.
fn note_standing(tx: &Connection, person: PersonKey) -> Result<()> {
    if count(tx, person)? != 1 {
        return Ok(());
    }
    // Of a mailbox it says nothing whose its row is: whatever is sent there unasked makes it the operator's.
    let only = person::first_address(tx, person)?;
    let is_chat = only.is_some_and(|address| address.channel().traits().is_chat);
    tx.prepare_cached(
        "UPDATE identity SET in_since = p.since,
             rank = CASE WHEN p.kind = 'operator' THEN 2 WHEN ?2 AND EXISTS (SELECT 1 FROM destination d
                         WHERE d.address = identity.address AND d.person = ?3) THEN 1 ELSE 0 END
         FROM person p WHERE p.id = ?1 AND identity.person = ?1",
    )?
    .execute(params![person.0, is_chat, PersonKey::OPERATOR.0])?;
    tx.prepare_cached(
        "UPDATE person SET brought_from = (SELECT address FROM identity WHERE person = ?1)
         WHERE brought_by = ?1 AND brought_from IS NULL",
    )?
    .execute([person.0])?;
    Ok(())
}

/// Makes two persons one; returns which of them is left. Whoever runs this installation does so under all their addresses.
fn become_one(tx: &Connection, one: PersonKey, other: PersonKey) -> Result<PersonKey> {
    let is_operator = tx
        .prepare_cached("SELECT 1 FROM person WHERE id = ?1 AND kind = 'operator'")?
        .exists([one.0])?;
    let (gone, kept) = if is_operator { (other, one) } else { (one, other) };
    tx.prepare_cached(
        "UPDATE person SET since = coalesce(since, (SELECT since FROM person WHERE id = ?1)),
         invited_by = coalesce(invited_by, (SELECT invited_by FROM person WHERE id = ?1)) WHERE id = ?2",
    )?
    .execute([gone.0, kept.0])?;
    person::unite(tx, gone, kept)?;
    Ok(kept)
}

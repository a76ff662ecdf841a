//! To schema 6: who was known by an address alone gets a row, and destinations and invitations belong to it.

use rusqlite::{Connection, Row, params};

use crate::model::{Address, PersonKey};
use crate::store::Result;
use crate::store::sqlite::{person, rows};

/// Rows that a piece brings along.
const ROWS: usize = 2_000;

/// The word that stood for the operator where others had an address; also where the address of whoever opened the first
/// invitation was kept.
const OPERATOR: &str = "operator";

/// About how many pieces there are.
pub(super) fn pieces(tx: &Connection) -> Result<u64> {
    let rows: u64 = tx.query_row(
        "SELECT (SELECT count(*) FROM person_by_address) + (SELECT count(*) FROM invite_by_address)
              + (SELECT count(*) FROM destination WHERE owner < ?1)
              + (SELECT count(*) FROM destination WHERE owner > ?1)",
        [OPERATOR],
        |row| row.get(0),
    )?;
    Ok(rows.div_ceil(ROWS as u64))
}

/// Gives whoever opened the first invitation their row.
pub(super) fn begin(tx: &Connection) -> Result<()> {
    if let Some(address) = rows::load(tx, OPERATOR)? {
        let person = known(tx, &address)?;
        tx.execute("UPDATE person SET kind = 'operator' WHERE id = ?1", [person.0])?;
        tx.execute("DELETE FROM meta WHERE key = ?1", [OPERATOR])?;
    }
    Ok(())
}

/// Does the next piece. False: there was none.
pub(super) fn piece(tx: &Connection) -> Result<bool> {
    Ok(people(tx)? || invitations(tx)? || destinations(tx)?)
}

/// Whoever was known by an address; by rubbish, somebody of whom nothing else is known.
fn known(tx: &Connection, address: &str) -> Result<PersonKey> {
    let is_group = address.parse::<Address>().is_ok_and(|address| address.is_group());
    person::known_as(tx, address, is_group)
}

/// The row of what was the operator's word, or an address.
fn owner(tx: &Connection, word: &str) -> Result<PersonKey> {
    if word == OPERATOR { Ok(PersonKey::OPERATOR) } else { known(tx, word) }
}

/// What can't be read stands for nobody; the row goes with the others of its piece.
fn people(tx: &Connection) -> Result<bool> {
    let stretch: Vec<[Option<String>; 3]> = tx
        .prepare_cached(
            "SELECT address, invited_by, brought_by FROM person_by_address ORDER BY address LIMIT ?1",
        )?
        .query_map([ROWS], |row| Ok([word(row, 0), word(row, 1), word(row, 2)]))?
        .collect::<rusqlite::Result<_>>()?;
    for [address, invited_by, brought_by] in &stretch {
        let Some(address) = address else { continue };
        let person = known(tx, address)?;
        let invited_by = invited_by.as_ref().map(|by| owner(tx, by)).transpose()?;
        // Rubbish there is nobody: the group counts for itself.
        let brought_by = brought_by.as_ref().and_then(|by| by.parse::<Address>().ok());
        let brought_by = brought_by.map(|by| person::known(tx, &by)).transpose()?;
        tx.prepare_cached(
            "UPDATE person SET invited_by = ?3, brought_by = ?4, since =
             (SELECT CASE typeof(since) WHEN 'integer' THEN since ELSE 0 END FROM person_by_address WHERE address = ?2)
             WHERE id = ?1",
        )?
        .execute(params![
            person.0,
            address,
            invited_by.map(|by| by.0),
            brought_by.map(|by| by.0)
        ])?;
    }
    tx.prepare_cached(
        "DELETE FROM person_by_address
         WHERE address IN (SELECT address FROM person_by_address ORDER BY address LIMIT ?1)",
    )?
    .execute([ROWS])?;
    Ok(!stretch.is_empty())
}

/// As with people: an invitation that nobody can write goes.
fn invitations(tx: &Connection) -> Result<bool> {
    let stretch: Vec<[Option<String>; 3]> = tx
        .prepare_cached(
            "SELECT code, made_by, used_by FROM invite_by_address ORDER BY code LIMIT ?1",
        )?
        .query_map([ROWS], |row| Ok([word(row, 0), word(row, 1), word(row, 2)]))?
        .collect::<rusqlite::Result<_>>()?;
    for [code, made_by, used_by] in &stretch {
        let Some(code) = code else { continue };
        let made_by = owner(tx, made_by.as_deref().unwrap_or_default())?;
        let used_by = used_by.as_ref().map(|by| known(tx, by)).transpose()?;
        tx.prepare_cached(
            "INSERT INTO invite (code, made_by, made_at, expires_at, used_by)
             SELECT code, ?2, made_at, expires_at, ?3 FROM invite_by_address WHERE code = ?1",
        )?
        .execute(params![code, made_by.0, used_by.map(|by| by.0)])?;
    }
    tx.prepare_cached(
        "DELETE FROM invite_by_address
         WHERE code IN (SELECT code FROM invite_by_address ORDER BY code LIMIT ?1)",
    )?
    .execute([ROWS])?;
    Ok(!stretch.is_empty())
}

/// A text; `None`: nothing, or what can't be read.
fn word(row: &Row<'_>, column: usize) -> Option<String> {
    row.get_ref(column).ok()?.as_str().ok().map(str::to_owned)
}

/// The operator's belong to them already, and are not read: there may be a million of them.
const OTHERS: &str = "SELECT id, owner FROM destination WHERE owner < ?1
     UNION ALL SELECT id, owner FROM destination WHERE owner > ?1 LIMIT ?2";

fn destinations(tx: &Connection) -> Result<bool> {
    let stretch: Vec<(i64, String)> = tx
        .prepare_cached(OTHERS)?
        .query_map(params![OPERATOR, ROWS], |row| Ok((row.get(0)?, rows::text(row, 1))))?
        .collect::<rusqlite::Result<_>>()?;
    for (id, address) in &stretch {
        // What is done is no other any more.
        tx.prepare_cached("UPDATE destination SET person = ?2, owner = ?3 WHERE id = ?1")?
            .execute(params![id, known(tx, address)?.0, OPERATOR])?;
    }
    Ok(!stretch.is_empty())
}

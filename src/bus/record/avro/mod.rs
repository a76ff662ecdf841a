//! Records in Avro's binary form, in Confluent's frame.
//!
//! The schema of a writer is read by `apache-avro` and becomes a [`Plan`] once: which field goes into which column, and how
//! the others are stepped over. `apache-avro`'s own ways to a record do less for more: by its tree of values, one that was cut
//! off is read as one whose last columns are null, what a schema or a length claims is allocated, and it takes five times as
//! long; by its way straight to serde, no field has another type or is missing.
//!
//! Sources: <https://avro.apache.org/docs/1.12.0/specification/#binary-encoding>, "Schema Resolution" there;
//! <https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format>
//! (read 2026-11).

mod input;
mod plan;
mod shape;

use super::columns::{Cell, Record};
use super::unreadable::Unreadable;

pub(super) use plan::Plan;
pub(super) use shape::Shape;

/// Begins every framed value.
const MAGIC: u8 = 0;

/// The id of the writer's schema, and what is behind the frame.
pub(super) fn unframed(value: &[u8]) -> Result<(u32, &[u8]), Unreadable> {
    match value {
        [MAGIC, a, b, c, d, body @ ..] => Ok((u32::from_be_bytes([*a, *b, *c, *d]), body)),
        [b'{', ..] => Err(Unreadable::of("the value", "is in no frame, and looks like JSON")),
        _ => Err(Unreadable::of("the value", "is in no frame of a schema registry")),
    }
}

/// Writes a record in its own schema, registered under `id`.
pub(super) fn framed<R: Record>(id: u32, record: &R) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    out.push(MAGIC);
    out.extend(id.to_be_bytes());
    for (at, cell) in record.cells().as_ref().iter().enumerate() {
        match cell {
            // The first type of a nullable column; of a required one, which is never null, nothing.
            Cell::Null => out.push(0),
            _ if at < R::REQUIRED => put(&mut out, *cell),
            _ => {
                put_long(&mut out, 1);
                put(&mut out, *cell);
            }
        }
    }
    out
}

fn put(out: &mut Vec<u8>, cell: Cell<'_>) {
    match cell {
        Cell::Null => {}
        Cell::Long(value) => put_long(out, value),
        Cell::Text(text) => {
            put_long(out, i64::try_from(text.len()).expect("no text is that long"));
            out.extend(text.as_bytes());
        }
    }
}

/// Zigzag, then seven bits at a time, the lowest first; of each byte the highest bit says whether another one follows.
fn put_long(out: &mut Vec<u8>, value: i64) {
    let mut rest = ((value << 1) ^ (value >> 63)).cast_unsigned();
    loop {
        let [low, ..] = rest.to_le_bytes();
        rest >>= 7;
        if rest == 0 {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}

//! Records as plain JSON: an object of the columns' names. What is absent is null.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::columns::{Cell, Record, Slot};
use super::unreadable::Unreadable;

/// Reads a record.
///
/// # Errors
///
/// When it is none.
pub(super) fn read<R: Record>(value: &[u8]) -> Result<R, Unreadable> {
    if value.first() == Some(&0) {
        return Err(Unreadable::of("the value", "is in the frame of a schema registry, not JSON"));
    }
    serde_json::from_slice(value).map(|Wire(record)| record).map_err(|error| {
        let kind = if error.is_data() { "is JSON of another kind" } else { "is no JSON" };
        Unreadable::because("the value", format!("{kind}, at column {}", error.column()))
    })
}

/// Writes a record.
pub(super) fn write<R: Record>(record: &R) -> Vec<u8> {
    serde_json::to_vec(&Told(record)).expect("keys are texts, values texts and integers")
}

struct Wire<R>(R);

struct Told<'a, R>(&'a R);

impl<R: Record> Serialize for Told<'_, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, cell) in R::NAMES.iter().zip(self.0.cells().as_ref()) {
            match cell {
                Cell::Null => {}
                Cell::Long(value) => map.serialize_entry(name, value)?,
                Cell::Text(text) => map.serialize_entry(name, text)?,
            }
        }
        map.end()
    }
}

impl<'de, R: Record> Deserialize<'de> for Wire<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Columns(PhantomData)).map(Wire)
    }
}

struct Columns<R>(PhantomData<R>);

impl<'de, R: Record> Visitor<'de> for Columns<R> {
    type Value = R;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<R, M::Error> {
        let mut record = R::default();
        {
            let mut slots = record.slots();
            let slots = slots.as_mut();
            let mut next = 0;
            while let Some(key) = map.next_key_seed(Key)? {
                // Writers keep an order, mostly ours: the name is looked for behind the last one.
                let order = (next..R::NAMES.len()).chain(0..next);
                let at = order.into_iter().find(|at| R::NAMES[*at] == key);
                let Some(at) = at else {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                };
                next = at + 1;
                if !slots[at].is_empty() {
                    return Err(de::Error::custom("a column twice"));
                }
                match &mut slots[at] {
                    Slot::Long(slot) => **slot = map.next_value()?,
                    Slot::Text(slot) => **slot = map.next_value()?,
                }
            }
        }
        Ok(record)
    }
}

/// The name of a column, borrowed where it holds no escape.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

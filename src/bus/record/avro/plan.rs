//! How records of one writer become records of ours.

use super::input::Input;
use super::shape::Shape;
use crate::bus::record::columns::{Cell, Record, Slot};
use crate::bus::record::unreadable::Unreadable;

/// How many items of arrays and maps are stepped over in one record: an item may have no bytes.
const ITEMS_MAX: u32 = 1_000;

/// Reads records of one writer.
#[derive(Debug, Clone)]
pub(in crate::bus::record) struct Plan(Vec<Step>);

/// A field of the writer's.
#[derive(Debug, Clone)]
struct Step {
    /// The column that it goes into, if it is one of ours.
    column: Option<usize>,
    shape: Shape,
}

impl Plan {
    /// How records of this shape become records of kind `R`: fields are matched by their names, in any order, and columns
    /// that the writer does not know are null. The name of the record says nothing.
    ///
    /// # Errors
    ///
    /// Why they can't.
    pub(in crate::bus::record) fn of<R: Record>(shape: &Shape) -> Result<Plan, String> {
        let Shape::Record(fields) = shape else { return Err("is of no record".to_owned()) };
        let mut ours = R::default();
        let mut slots = ours.slots();
        let slots = slots.as_mut();
        let mut found = vec![false; slots.len()];
        let mut steps = Vec::new();
        for (name, shape) in fields {
            let column = R::NAMES.iter().position(|ours| ours == name);
            if let Some(at) = column {
                let fits = match &slots[at] {
                    Slot::Long(_) => all_of(shape, &Shape::Long),
                    Slot::Text(_) => all_of(shape, &Shape::String),
                };
                if !fits {
                    return Err(format!("has another type for {}", R::NAMES[at]));
                }
                found[at] = true;
            }
            steps.push(Step { column, shape: shape.clone() });
        }
        match found.iter().take(R::REQUIRED).position(|found| !found) {
            Some(at) => Err(format!("has no {}", R::NAMES[at])),
            None => Ok(Plan(steps)),
        }
    }

    /// Reads a record.
    ///
    /// # Errors
    ///
    /// When the bytes are none of this writer's, or not exactly one.
    pub(in crate::bus::record) fn read<R: Record>(&self, body: &[u8]) -> Result<R, Unreadable> {
        let mut record = R::default();
        let mut input = Input(body);
        {
            let mut items = ITEMS_MAX;
            let mut slots = record.slots();
            let slots = slots.as_mut();
            for step in &self.0 {
                match step.column {
                    None => skip(&mut input, &step.shape, &mut items)?,
                    Some(at) => match (&mut slots[at], cell(&mut input, &step.shape)?) {
                        (Slot::Long(slot), Cell::Long(value)) => **slot = Some(value),
                        (Slot::Text(slot), Cell::Text(text)) => **slot = Some(text.to_owned()),
                        // Of what is not null, the type was looked at with the schema.
                        (Slot::Long(_), Cell::Text(_) | Cell::Null)
                        | (Slot::Text(_), Cell::Long(_) | Cell::Null) => {}
                    },
                }
            }
        }
        if input.0.is_empty() {
            Ok(record)
        } else {
            Err(Unreadable::of("the record", "goes on behind its end"))
        }
    }
}

/// Whether all values of `shape` are null or of this one.
fn all_of(shape: &Shape, wanted: &Shape) -> bool {
    match shape {
        Shape::Null => true,
        Shape::Union(shapes) => shapes.iter().all(|shape| all_of(shape, wanted)),
        shape => shape == wanted,
    }
}

fn cell<'a>(input: &mut Input<'a>, shape: &Shape) -> Result<Cell<'a>, Unreadable> {
    match shape {
        Shape::Long => Ok(Cell::Long(input.long()?)),
        Shape::String => Ok(Cell::Text(input.text()?)),
        Shape::Union(shapes) => {
            let shape = input.choice(shapes)?;
            cell(input, shape)
        }
        Shape::Null
        | Shape::Boolean
        | Shape::OtherLong
        | Shape::Bytes
        | Shape::Fixed(_)
        | Shape::Enum(_)
        | Shape::Array(_)
        | Shape::Map(_)
        | Shape::Record(_) => Ok(Cell::Null),
    }
}

/// Steps over a value that no column of ours takes.
fn skip(input: &mut Input<'_>, shape: &Shape, items: &mut u32) -> Result<(), Unreadable> {
    match shape {
        Shape::Null => {}
        Shape::Boolean => drop(input.take(1)?),
        Shape::Long | Shape::OtherLong | Shape::Enum(_) => drop(input.long()?),
        Shape::String | Shape::Bytes => drop(input.bytes()?),
        Shape::Fixed(width) => drop(input.take(*width)?),
        Shape::Union(shapes) => {
            let shape = input.choice(shapes)?;
            skip(input, shape, items)?;
        }
        Shape::Record(fields) => {
            for (_, shape) in fields {
                skip(input, shape, items)?;
            }
        }
        Shape::Array(item) => skip_blocks(input, items, |input, items| skip(input, item, items))?,
        Shape::Map(value) => skip_blocks(input, items, |input, items| {
            input.bytes()?;
            skip(input, value, items)
        })?,
    }
    Ok(())
}

/// Steps over blocks of items. A negative count says that the size of the block in bytes follows.
fn skip_blocks(
    input: &mut Input<'_>,
    items: &mut u32,
    mut skip: impl FnMut(&mut Input<'_>, &mut u32) -> Result<(), Unreadable>,
) -> Result<(), Unreadable> {
    loop {
        let count = input.long()?;
        if count == 0 {
            return Ok(());
        }
        if count < 0 {
            input.bytes()?;
            continue;
        }
        for _ in 0..count {
            let left = items.checked_sub(1);
            *items = left.ok_or(Unreadable::of("the record", "has too many items"))?;
            skip(input, items)?;
        }
    }
}

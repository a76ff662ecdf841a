//! The schema of a writer, as far as it says how bytes are read.

use apache_avro::Schema;
use apache_avro::schema::{InnerDecimalSchema, NamespaceRef, ResolvedSchema, UuidSchema};

/// How deep a schema may be nested. Ours has two levels.
const DEPTH_MAX: usize = 16;

/// How many parts a schema may have: where names stand for what was said before, a small text can mean very much.
const PARTS_MAX: usize = 2_000;

/// How a value is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::bus::record) enum Shape {
    Null,
    Boolean,
    Long,
    /// A long of another unit than milliseconds, or any other meaning that no column of ours has.
    OtherLong,
    String,
    Bytes,
    Fixed(u64),
    /// So many symbols.
    Enum(usize),
    Array(Box<Shape>),
    Map(Box<Shape>),
    Union(Vec<Shape>),
    Record(Vec<(String, Shape)>),
}

impl Shape {
    /// Reads the text of a schema.
    ///
    /// # Errors
    ///
    /// Why it is none that records can be read by; nothing of it is repeated.
    pub(in crate::bus::record) fn parse(text: &str) -> Result<Shape, &'static str> {
        let schema = Schema::parse_str(text).map_err(|_| "is no Avro schema")?;
        let names = ResolvedSchema::new(&schema).map_err(|_| "names what it does not say")?;
        let mut parts = PARTS_MAX;
        Reader { names: &names }.shape(&schema, None, DEPTH_MAX, &mut parts)
    }
}

struct Reader<'s> {
    names: &'s ResolvedSchema<'s>,
}

impl Reader<'_> {
    fn shape(
        &self,
        schema: &Schema,
        space: NamespaceRef<'_>,
        depth: usize,
        parts: &mut usize,
    ) -> Result<Shape, &'static str> {
        let depth = depth.checked_sub(1).ok_or("is nested too deep")?;
        *parts = parts.checked_sub(1).ok_or("has too many parts")?;
        Ok(match schema {
            Schema::Null => Shape::Null,
            Schema::Boolean => Shape::Boolean,
            Schema::Int | Schema::Long | Schema::TimestampMillis => Shape::Long,
            Schema::Date
            | Schema::TimeMillis
            | Schema::TimeMicros
            | Schema::TimestampMicros
            | Schema::TimestampNanos
            | Schema::LocalTimestampMillis
            | Schema::LocalTimestampMicros
            | Schema::LocalTimestampNanos => Shape::OtherLong,
            Schema::Float => Shape::Fixed(4),
            Schema::Double => Shape::Fixed(8),
            Schema::String | Schema::Uuid(UuidSchema::String) => Shape::String,
            Schema::Bytes | Schema::BigDecimal | Schema::Uuid(UuidSchema::Bytes) => Shape::Bytes,
            Schema::Fixed(fixed)
            | Schema::Duration(fixed)
            | Schema::Uuid(UuidSchema::Fixed(fixed)) => Shape::Fixed(width(fixed.size)),
            Schema::Decimal(decimal) => match &decimal.inner {
                InnerDecimalSchema::Bytes => Shape::Bytes,
                InnerDecimalSchema::Fixed(fixed) => Shape::Fixed(width(fixed.size)),
            },
            Schema::Enum(symbols) => Shape::Enum(symbols.symbols.len()),
            Schema::Array(array) => {
                Shape::Array(Box::new(self.shape(&array.items, space, depth, parts)?))
            }
            Schema::Map(map) => Shape::Map(Box::new(self.shape(&map.types, space, depth, parts)?)),
            Schema::Union(union) => {
                let mut shapes = Vec::new();
                for variant in union.variants() {
                    shapes.push(self.shape(variant, space, depth, parts)?);
                }
                Shape::Union(shapes)
            }
            Schema::Record(record) => {
                let name = record.name.fully_qualified_name(space);
                let mut fields = Vec::new();
                for field in &record.fields {
                    let shape = self.shape(&field.schema, name.namespace(), depth, parts)?;
                    fields.push((field.name.clone(), shape));
                }
                Shape::Record(fields)
            }
            Schema::Ref { name } => {
                let name = name.fully_qualified_name(space);
                let said = self.names.get_names().get(name.as_ref());
                let said = said.ok_or("names what it does not say")?;
                // What a name stands for is no deeper than the name.
                self.shape(said, name.namespace(), depth + 1, parts)?
            }
        })
    }
}

fn width(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}

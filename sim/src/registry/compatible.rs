//! Whether one Avro schema reads what another one wrote: for records of simple fields, as far as a test needs it.

use serde_json::Value;

const PRIMITIVES: [&str; 8] =
    ["null", "boolean", "int", "long", "float", "double", "bytes", "string"];

/// What is wrong with a text that should be an Avro schema.
pub(super) fn fault(text: &str) -> Option<String> {
    match serde_json::from_str::<Value>(text) {
        Err(error) => Some(error.to_string()),
        Ok(schema) => type_fault(&schema),
    }
}

fn type_fault(schema: &Value) -> Option<String> {
    match schema {
        Value::String(name) if PRIMITIVES.contains(&name.as_str()) => None,
        Value::String(name) => Some(format!("Undefined name: \"{name}\"")),
        Value::Array(variants) => variants.iter().find_map(type_fault),
        Value::Object(object) if object.get("type") == Some(&Value::from("record")) => {
            let fields = object.get("fields").and_then(Value::as_array);
            let Some(fields) = fields.filter(|_| object.contains_key("name")) else {
                return Some("Record has no fields or no name".to_owned());
            };
            fields.iter().find_map(|field| match field.get("name") {
                None => Some("No field name".to_owned()),
                Some(_) => type_fault(field.get("type").unwrap_or(&Value::Null)),
            })
        }
        Value::Object(object) => match object.get("type") {
            Some(Value::String(kind))
                if ["enum", "array", "map", "fixed"].contains(&kind.as_str()) =>
            {
                None
            }
            Some(kind) => type_fault(kind),
            None => Some("No type".to_owned()),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => Some(format!("No type: {schema}")),
    }
}

/// Why `reader` can't read what `writer` wrote: a kind of fault and a description.
pub(super) fn refusal(reader: &str, writer: &str) -> Option<(&'static str, String)> {
    let [reader, writer] =
        [reader, writer].map(|text| serde_json::from_str(text).unwrap_or(Value::Null));
    differs(&reader, &writer)
}

/// The name of a type, without attributes that say nothing of how it is read.
fn kind(schema: &Value) -> &Value {
    match schema.get("type") {
        Some(inner) if schema.get("fields").is_none() => inner,
        _ => schema,
    }
}

fn full_name(record: &Value) -> String {
    let part = |key| record.get(key).and_then(Value::as_str).unwrap_or_default();
    format!("{}.{}", part("namespace"), part("name"))
}

fn differs(reader: &Value, writer: &Value) -> Option<(&'static str, String)> {
    let (reader, writer) = (kind(reader), kind(writer));
    if let Value::Array(variants) = writer {
        return variants.iter().find_map(|variant| differs(reader, variant));
    }
    if let Value::Array(variants) = reader {
        let is_read = variants.iter().any(|variant| differs(variant, writer).is_none());
        let why = || format!("reader union lacking writer type: {writer}");
        return (!is_read).then(|| ("MISSING_UNION_BRANCH", why()));
    }
    let fields = |schema: &Value| schema.get("fields").and_then(Value::as_array).cloned();
    if let (Some(ours), Some(theirs)) = (fields(reader), fields(writer)) {
        if full_name(reader) != full_name(writer) {
            let why = format!("expected: {}", full_name(writer));
            return Some(("NAME_MISMATCH", why));
        }
        return ours.iter().find_map(|field| {
            match theirs.iter().find(|other| other.get("name") == field.get("name")) {
                Some(other) => differs(&field["type"], &other["type"]),
                None if field.get("default").is_some() => None,
                None => {
                    let why = format!("The field {} has no default", field["name"]);
                    Some(("READER_FIELD_MISSING_DEFAULT_VALUE", why))
                }
            }
        });
    }
    let promoted = match writer.as_str() {
        Some("int") => &["long", "float", "double"][..],
        Some("long") => &["float", "double"],
        Some("float") => &["double"],
        Some("string") => &["bytes"],
        Some("bytes") => &["string"],
        _ => &[],
    };
    let is_read = reader == writer || reader.as_str().is_some_and(|name| promoted.contains(&name));
    let why = || format!("reader type: {reader} not compatible with writer type: {writer}");
    (!is_read).then(|| ("TYPE_MISMATCH", why()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(fields: &str) -> String {
        format!(r#"{{"type":"record","name":"R","namespace":"n","fields":[{fields}]}}"#)
    }

    #[test]
    fn a_schema_reads_an_older_one_where_every_field_has_a_value() {
        let id = r#"{"name":"id","type":"string"}"#;
        let old = record(id);
        for (new, kind) in [
            (old.clone(), None),
            (
                record(&format!(r#"{id},{{"name":"x","type":["null","long"],"default":null}}"#)),
                None,
            ),
            (record(r#"{"name":"id","type":["null","string"]}"#), None),
            (record(r#"{"name":"id","type":{"type":"string","avro.java.string":"String"}}"#), None),
            (record(""), None),
            (
                record(&format!(r#"{id},{{"name":"x","type":"long"}}"#)),
                Some("READER_FIELD_MISSING_DEFAULT_VALUE"),
            ),
            (record(r#"{"name":"id","type":"long"}"#), Some("TYPE_MISMATCH")),
            (record(r#"{"name":"id","type":["null","long"]}"#), Some("MISSING_UNION_BRANCH")),
            (old.replace("\"R\"", "\"S\""), Some("NAME_MISMATCH")),
        ] {
            assert_eq!(fault(&new), None, "{new}");
            assert_eq!(refusal(&new, &old).map(|why| why.0), kind, "{new}");
        }
        let int = record(r#"{"name":"id","type":"int"}"#);
        let long = record(r#"{"name":"id","type":"long"}"#);
        assert!(refusal(&long, &int).is_none() && refusal(&int, &long).is_some());
    }

    #[test]
    fn what_is_no_schema_has_a_fault() {
        for text in ["", "nonsense", "7", r#""No""#, "{}", r#"{"type":"record","name":"R"}"#] {
            assert!(fault(text).is_some(), "{text}");
        }
    }
}

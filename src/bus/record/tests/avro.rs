//! Avro, judged by the library that others read it with.

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;

use super::super::avro::{Plan, Shape, framed, unframed};
use super::super::columns::{Cell, Record};
use super::*;

fn plan<R: Record>(schema: &str) -> Plan {
    Plan::of::<R>(&Shape::parse(schema).unwrap()).unwrap()
}

fn refusal<R: Record>(schema: &str) -> String {
    match Shape::parse(schema) {
        Ok(shape) => Plan::of::<R>(&shape).unwrap_err(),
        Err(why) => why.to_owned(),
    }
}

/// Our schema with a part exchanged.
fn edited(schema: &str, from: &str, to: &str) -> String {
    let edited = schema.replace(from, to);
    assert_ne!(edited, schema, "{from}");
    edited
}

/// A record as the library has it, in its own schema.
fn value<R: Record>(record: &R) -> Value {
    let cells = record.cells();
    let field = |(at, cell): (usize, &Cell<'_>)| {
        let (index, value) = match *cell {
            Cell::Null => (0, Value::Null),
            Cell::Long(value) => (1, Value::Long(value)),
            Cell::Text(text) => (1, Value::String(text.to_owned())),
        };
        let is_required = at < R::REQUIRED;
        let value = if is_required { value } else { Value::Union(index, Box::new(value)) };
        (R::NAMES[at].to_owned(), value)
    };
    Value::Record(cells.as_ref().iter().enumerate().map(field).collect())
}

#[track_caller]
fn agrees<R: Record + PartialEq + std::fmt::Debug>(record: &R, schema: &str) {
    let parsed = Schema::parse_str(schema).unwrap();
    let bytes = framed(7, record);
    let (id, body) = unframed(&bytes).unwrap();
    assert_eq!(id, 7);
    let writer = GenericDatumWriter::builder(&parsed).build().unwrap();
    assert_eq!(writer.write_value_to_vec(value(record)).unwrap(), body);
    let reader = GenericDatumReader::builder(&parsed).build().unwrap();
    assert_eq!(reader.read_value(&mut &*body).unwrap(), value(record));
    assert_eq!(plan::<R>(schema).read::<R>(body).unwrap(), *record);
}

#[test]
fn the_schemas_have_the_columns_of_the_records() {
    fn check<R: Record>(schema: &str, name: &str) {
        let Schema::Record(record) = Schema::parse_str(schema).unwrap() else { panic!("{schema}") };
        assert_eq!(record.name.fullname(None), name);
        let names: Vec<&str> = record.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, R::NAMES);
        for (at, field) in record.fields.iter().enumerate() {
            let is_required = at < R::REQUIRED;
            assert_eq!(field.is_nullable(), !is_required, "{}", field.name);
            let default = (!is_required).then_some(serde_json::Value::Null);
            assert_eq!(field.default, default, "{}", field.name);
        }
        drop(plan::<R>(schema));
    }
    check::<VideoRecord>(VIDEO_SCHEMA, "tubebell.Video");
    check::<WatchedRecord>(WATCHED_SCHEMA, "tubebell.Watched");
    let of_ksqldb = "io.confluent.ksql.avro_schemas.KsqlDataSourceSchema";
    check::<ChangeRecord>(CHANGE_SCHEMA, of_ksqldb);
    let change: serde_json::Value = serde_json::from_str(CHANGE_SCHEMA).unwrap();
    assert_eq!(change["connect.name"], of_ksqldb);
    let pairs = VideoRecord::NAMES[1..].iter().flat_map(|name| {
        ["PREVIOUS", "CURRENT"].map(|side| format!("{}_{side}", name.to_uppercase()))
    });
    assert!(std::iter::once("ID".to_owned()).chain(pairs).eq(ChangeRecord::NAMES.iter().copied()));
}

#[test]
fn a_frame_names_the_schema_in_four_bytes() {
    assert_eq!(unframed(b"\0\0\0\x01\0rest").unwrap(), (256, &b"rest"[..]));
    assert_eq!(unframed(b"\0\xff\xff\xff\xff").unwrap(), (u32::MAX, &b""[..]));
    for (value, line) in [
        (&b""[..], "the value is in no frame of a schema registry"),
        (b"\0\0\0\0", "the value is in no frame of a schema registry"),
        (b"\x01\0\0\0\0", "the value is in no frame of a schema registry"),
        (b"{\"id\":\"x\"}", "the value is in no frame, and looks like JSON"),
    ] {
        assert_eq!(unframed(value).unwrap_err().to_string(), line);
    }
}

#[test]
fn columns_are_found_by_their_names_in_a_record_of_any_name() {
    let before = r#"{"name": "views", "type": ["null", "long"], "default": null"#;
    let record = VideoRecord::from(&seen());
    for (schema, expected) in [
        (edited(VIDEO_SCHEMA, "\"Video\"", "\"Another\""), record.clone()),
        // Not null, the other way round, as INTEGER or TIMESTAMP of SQL.
        (edited(VIDEO_SCHEMA, before, r#"{"name": "views", "type": "long""#), record.clone()),
        (
            edited(VIDEO_SCHEMA, before, r#"{"name": "views", "type": ["long", "null"]"#),
            record.clone(),
        ),
        (
            edited(VIDEO_SCHEMA, before, r#"{"name": "views", "type": ["null", "int"]"#),
            record.clone(),
        ),
        (
            edited(
                VIDEO_SCHEMA,
                before,
                r#"{"name": "views", "type": ["null", {"type": "long", "logicalType": "timestamp-millis"}]"#,
            ),
            record.clone(),
        ),
        // Unknown to the writer, or always null.
        (
            edited(VIDEO_SCHEMA, before, r#"{"name": "other", "type": ["null", "long"]"#),
            VideoRecord { columns: Columns { views: None, ..columns() }, ..record.clone() },
        ),
    ] {
        let parsed = Schema::parse_str(&schema).unwrap();
        let Value::Record(mut fields) = value(&record) else { unreachable!() };
        for (name, value) in &mut fields {
            let is_views = name == "views";
            let Value::Union(_, inner) = value.clone() else { continue };
            let Value::Long(views) = *inner else { continue };
            if is_views && schema.contains("\"views\", \"type\": \"long\"") {
                *value = Value::Long(views);
            } else if is_views && schema.contains("[\"long\"") {
                *value = Value::Union(0, inner);
            } else if is_views && schema.contains("\"int\"") {
                *value = Value::Union(1, Box::new(Value::Int(views.try_into().unwrap())));
            } else if is_views && schema.contains("timestamp-millis") {
                *value = Value::Union(1, Box::new(Value::TimestampMillis(views)));
            } else if is_views && schema.contains("\"other\"") {
                *name = "other".to_owned();
            }
        }
        let writer = GenericDatumWriter::builder(&parsed).build().unwrap();
        let body = writer.write_value_to_vec(Value::Record(fields)).unwrap();
        assert_eq!(plan::<VideoRecord>(&schema).read::<VideoRecord>(&body).unwrap(), expected);
    }
}

#[test]
fn fields_of_any_type_are_stepped_over() {
    let further = r#"
        {"name": "a", "type": {"type": "array", "items": {"type": "map", "values": "bytes"}}},
        {"name": "b", "type": {"type": "record", "name": "B", "fields": [
            {"name": "x", "type": "double"}, {"name": "y", "type": ["null", "B"], "default": null}
        ]}},
        {"name": "c", "type": {"type": "enum", "name": "C", "symbols": ["P", "Q"]}},
        {"name": "d", "type": {"type": "fixed", "name": "D", "size": 3}},
        {"name": "e", "type": "boolean"},
        {"name": "f", "type": "float"},
        {"name": "id", "type": "string""#;
    // A type that stands in itself has no end, so it is refused; without it the rest is read.
    let endless = edited(VIDEO_SCHEMA, r#"{"name": "id", "type": "string""#, further);
    assert_eq!(refusal::<VideoRecord>(&endless), "is nested too deep");
    let schema = edited(&endless, r#"["null", "B"]"#, r#"["null", "long"]"#);
    let parsed = Schema::parse_str(&schema).unwrap();
    let Value::Record(fields) = value(&VideoRecord::from(&seen())) else { unreachable!() };
    let map = std::collections::HashMap::from([("k".to_owned(), Value::Bytes(vec![0; 300]))]);
    let mut further: Vec<(String, Value)> = vec![
        ("a".into(), Value::Array(vec![Value::Map(map), Value::Map([].into())])),
        (
            "b".into(),
            Value::Record(vec![
                ("x".into(), Value::Double(1.5)),
                ("y".into(), Value::Union(1, Box::new(Value::Long(7)))),
            ]),
        ),
        ("c".into(), Value::Enum(1, "Q".into())),
        ("d".into(), Value::Fixed(3, vec![1, 2, 3])),
        ("e".into(), Value::Boolean(true)),
        ("f".into(), Value::Float(2.5)),
    ];
    further.extend(fields);
    let writer = GenericDatumWriter::builder(&parsed).build().unwrap();
    let body = writer.write_value_to_vec(Value::Record(further)).unwrap();
    let read = plan::<VideoRecord>(&schema).read::<VideoRecord>(&body).unwrap();
    assert_eq!(read, VideoRecord::from(&seen()));
    // The same in a block that tells its size, as other writers make them: minus two items, and their bytes.
    let [4, items @ ..] = body.as_slice() else { panic!("{body:?}") };
    let sized = [&[3, 0xe6, 0x04], items].concat();
    assert_eq!(plan::<VideoRecord>(&schema).read::<VideoRecord>(&sized).unwrap(), read);
}

#[test]
fn a_schema_that_is_no_writer_of_ours_is_refused_for_a_reason() {
    let field = r#"{"name": "observed_at", "type": "long""#;
    for (schema, why) in [
        ("".to_owned(), "is no Avro schema"),
        ("{}".to_owned(), "is no Avro schema"),
        (
            r#"{"type":"record","name":"R","fields":[{"name":"x","type":"No"}]}"#.to_owned(),
            "is no Avro schema",
        ),
        (r#""string""#.to_owned(), "is of no record"),
        (
            edited(VIDEO_SCHEMA, field, r#"{"name": "observed_on", "type": "long""#),
            "has no observed_at",
        ),
        (
            edited(VIDEO_SCHEMA, field, r#"{"name": "observed_at", "type": "double""#),
            "has another type for observed_at",
        ),
        (
            edited(
                VIDEO_SCHEMA,
                field,
                r#"{"name": "observed_at", "type": {"type": "long", "logicalType": "timestamp-micros"}"#,
            ),
            "has another type for observed_at",
        ),
        (
            edited(VIDEO_SCHEMA, r#"["null", "string"]"#, r#"["null", "bytes"]"#),
            "has another type for title",
        ),
        (
            format!("{}\"int\"{}", r#"{"type":"array","items":"#.repeat(30), "}".repeat(30)),
            "is nested too deep",
        ),
        (doubling(14), "has too many parts"),
    ] {
        assert_eq!(refusal::<VideoRecord>(&schema), why, "{schema}");
    }
    assert_eq!(refusal::<WatchedRecord>(VIDEO_SCHEMA), "has no since");
}

/// A short schema whose names stand for 2^n parts.
fn doubling(n: usize) -> String {
    (0..n).fold(r#""int""#.to_owned(), |inner, at| {
        let again = if at == 0 { "\"int\"".to_owned() } else { format!("\"R{}\"", at - 1) };
        format!(
            r#"{{"type":"record","name":"R{at}","fields":[{{"name":"a","type":{inner}}},{{"name":"b","type":{again}}}]}}"#
        )
    })
}

#[test]
fn what_bytes_claim_costs_nothing() {
    let items = r#"{"name": "a", "type": {"type": "array", "items": "null"}}, {"name": "id", "type": "string""#;
    let schema = edited(VIDEO_SCHEMA, r#"{"name": "id", "type": "string""#, items);
    let fixed = edited(
        VIDEO_SCHEMA,
        r#"{"name": "id", "type": "string""#,
        r#"{"name": "a", "type": {"type": "fixed", "name": "F", "size": 4611686018427387904}}, {"name": "id", "type": "string""#,
    );
    // A number as others write it.
    let writer = GenericDatumWriter::builder(&Schema::Long).build().unwrap();
    let long = |value: i64| writer.write_value_to_vec(value).unwrap();
    for (schema, body, line) in [
        (VIDEO_SCHEMA, long(3 << 30), "the record ends too early"),
        (VIDEO_SCHEMA, long(i64::MAX), "the record ends too early"),
        (VIDEO_SCHEMA, long(-1), "the record ends too early"),
        (VIDEO_SCHEMA, vec![0xff; 11], "a number of the record is too large"),
        (VIDEO_SCHEMA, vec![2, 0xff], "a text is no UTF-8"),
        (VIDEO_SCHEMA, vec![], "the record ends too early"),
        (&schema, long(1 << 60), "the record has too many items"),
        (&schema, [long(i64::MIN), long(i64::MAX)].concat(), "the record ends too early"),
        (&schema, [long(-5), long(1 << 60)].concat(), "the record ends too early"),
        (&fixed, vec![0; 64], "the record ends too early"),
    ] {
        let read = plan::<VideoRecord>(schema).read::<VideoRecord>(&body);
        assert_eq!(read.unwrap_err().to_string(), line, "{body:?}");
    }
}

#[test]
fn a_record_that_is_cut_off_or_goes_on_is_none() {
    let bytes = framed(7, &VideoRecord::from(&seen()));
    let (_, body) = unframed(&bytes).unwrap();
    let plan = plan::<VideoRecord>(VIDEO_SCHEMA);
    for end in 0..body.len() {
        assert!(plan.read::<VideoRecord>(&body[..end]).is_err(), "{end}");
    }
    let further = [body, b"\0"].concat();
    let line = plan.read::<VideoRecord>(&further).unwrap_err().to_string();
    assert_eq!(line, "the record goes on behind its end");
}

proptest! {
    #[test]
    fn others_read_what_is_written_and_so_do_we(before in option::of(snapshot()), now in snapshot()) {
        let video = VideoRecord::from(&now);
        agrees(&video, VIDEO_SCHEMA);
        prop_assert_eq!(video.snapshot(KEY).unwrap(), told(&now));
        let change = ChangeRecord::of(before.as_ref(), &now);
        agrees(&change, CHANGE_SCHEMA);
        let expected = (before.as_ref().map(told), told(&now));
        prop_assert_eq!(change.snapshots(KEY).unwrap(), expected);
        agrees(&WatchedRecord::of(id(), now.observed_at), WATCHED_SCHEMA);
    }

    #[test]
    fn no_bytes_make_it_panic(body: Vec<u8>, cuts in proptest::collection::vec(any::<(u16, u8)>(), 1..8)) {
        let plans = (plan::<VideoRecord>(VIDEO_SCHEMA), plan::<ChangeRecord>(CHANGE_SCHEMA));
        drop(unframed(&body));
        drop(plans.0.read::<VideoRecord>(&body));
        drop(plans.1.read::<ChangeRecord>(&body));
        let mut near = framed(7, &VideoRecord::from(&seen())).split_off(5);
        for (at, byte) in cuts {
            let at = usize::from(at) % near.len();
            near[at] = byte;
        }
        if let Ok(record) = plans.0.read::<VideoRecord>(&near) {
            drop(record.snapshot(KEY));
        }
    }

    #[test]
    fn no_schema_makes_it_panic(text in "\\PC*", cuts in proptest::collection::vec((0..2_000_usize, any::<char>()), 1..6)) {
        drop(Shape::parse(&text));
        let mut near: Vec<char> = VIDEO_SCHEMA.chars().collect();
        for (at, c) in cuts {
            let at = at % near.len();
            near[at] = c;
        }
        let near: String = near.into_iter().collect();
        if let Ok(shape) = Shape::parse(&near) {
            drop(Plan::of::<VideoRecord>(&shape));
        }
    }
}

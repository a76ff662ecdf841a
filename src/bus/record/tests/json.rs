//! Plain JSON.

use super::*;

fn read(value: &str) -> Result<Snapshot, String> {
    Codec::json().decode_video(KEY, value.as_bytes()).map_err(|error| error.to_string())
}

#[test]
fn a_record_is_an_object_of_its_columns() {
    let value = Codec::json().encode_video(&seen()).unwrap();
    let expected = r#"{"id":"dQw4w9WgXcQ","observed_at":1795348800000,"numbers_at":1795348800000,"details_at":1795348200000,"views":1790123456,"likes":18901234,"title":"Rick Astley - Never Gonna Give You Up (Official Video) (4K Remaster)","channel_id":"UCuAXFkgsw1L7xaCfnd5JJOw","channel_title":"Rick Astley","status":"public","live":"none","published_at":1256453853000,"duration":213}"#;
    assert_eq!(std::str::from_utf8(&value).unwrap(), expected);
    let value = Codec::json().encode_change(&ChangeRecord::of(None, &seen())).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&value).unwrap();
    assert_eq!(value["ID"], "dQw4w9WgXcQ");
    assert_eq!(value["VIEWS_CURRENT"], 1_790_123_456);
    assert_eq!(value.get("VIEWS_PREVIOUS"), None);
}

#[test]
fn order_nulls_and_further_columns_do_not_matter() {
    let text = String::from_utf8(Codec::json().encode_video(&seen()).unwrap()).unwrap();
    let further = text.replace('{', r#"{"comments":null,"further":{"a":[1,"x",null]},"#);
    assert_eq!(read(&further), Ok(seen()));
    let value: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
    let turned: Vec<String> = value.iter().rev().map(|(k, v)| format!("\"{k}\":{v}")).collect();
    assert_eq!(read(&format!(" {{{}}}\n", turned.join(", "))), Ok(seen()));
}

#[test]
fn what_is_no_record_is_named_and_never_quoted() {
    for (value, line) in [
        ("", "the value is no JSON, at column 0"),
        ("{", "the value is no JSON, at column 1"),
        ("s3cret", "the value is no JSON, at column 1"),
        (r#""s3cret""#, "the value is JSON of another kind, at column 8"),
        ("[1]", "the value is JSON of another kind, at column 0"),
        (r#"{"views":"s3cret"}"#, "the value is JSON of another kind, at column 17"),
        (r#"{"views":1.5}"#, "the value is JSON of another kind, at column 12"),
        (r#"{"views":9223372036854775808}"#, "the value is JSON of another kind, at column 28"),
        (r#"{"title":7}"#, "the value is JSON of another kind, at column 10"),
        (r#"{"views":1,"views":2}"#, "the value is JSON of another kind, at column 18"),
        (r#"{"id":"dQw4w9WgXcQ"}"#, "observed_at is missing"),
        ("{}", "the id is missing"),
        ("\0\0\0\0\x07", "the value is in the frame of a schema registry, not JSON"),
    ] {
        let error = read(value).unwrap_err();
        assert!(!error.contains("s3cret"), "{error}");
        assert_eq!(error, line, "{value:?}");
    }
    let deep = format!(r#"{{"further":{}"#, "[".repeat(100_000));
    assert!(read(&deep).unwrap_err().starts_with("the value is no JSON"));
    let long = format!(r#"{{"title":"{}"}}"#, "s3cret".repeat(50_000));
    assert_eq!(read(&long).unwrap_err(), "the value is too long");
}

proptest! {
    #[test]
    fn what_is_written_is_read(before in option::of(snapshot()), now in snapshot()) {
        let codec = Codec::json();
        let value = codec.encode_video(&now).unwrap();
        prop_assert!(!value.contains(&b'\n'));
        prop_assert_eq!(codec.decode_video(KEY, &value).unwrap(), told(&now));
        let value = codec.encode_change(&ChangeRecord::of(before.as_ref(), &now)).unwrap();
        let expected = (before.as_ref().map(told), told(&now));
        prop_assert_eq!(codec.decode_change(KEY, &value).unwrap(), expected);
        let value = codec.encode_watched(&WatchedRecord::of(id(), now.observed_at)).unwrap();
        prop_assert_eq!(codec.decode_watched(KEY, &value).unwrap(), (id(), now.observed_at));
    }

    #[test]
    fn no_bytes_make_it_panic(key: Vec<u8>, value: Vec<u8>, text in "\\PC*") {
        let codec = Codec::json();
        for value in [value.as_slice(), text.as_bytes()] {
            drop(codec.decode_video(&key, value));
            drop(codec.decode_change(&key, value));
            drop(codec.decode_watched(&key, value));
        }
    }
}

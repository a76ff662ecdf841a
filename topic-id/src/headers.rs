//! One header of a record, by its name.

use std::ffi::{CStr, c_void};
use std::ptr;

use rdkafka::message::BorrowedHeaders;
use rdkafka::types::RDKafkaRespErr;
use rdkafka_sys as sys;

/// The value of the last header of this name; `None` where there is none, or none with a value.
///
/// Names of other headers are not looked at: rdkafka's own reader goes through all of them, and panics on one that is no
/// UTF-8, which anybody may write who may write records at all.
#[must_use]
pub fn last_header<'a>(headers: &'a BorrowedHeaders, name: &CStr) -> Option<&'a [u8]> {
    let native: *const sys::rd_kafka_headers_t = ptr::from_ref(headers).cast();
    let (mut value, mut size): (*const c_void, usize) = (ptr::null(), 0);
    // SAFETY: a `BorrowedHeaders` is at the address of librdkafka's headers, which is how rdkafka itself makes and uses it;
    // the name ends with a zero, and both places to write to are ours.
    let code =
        unsafe { sys::rd_kafka_header_get_last(native, name.as_ptr(), &mut value, &mut size) };
    let is_there = code == RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR && !value.is_null();
    // SAFETY: librdkafka says that so many bytes are there, as long as the headers are, which are borrowed.
    is_there.then(|| unsafe { std::slice::from_raw_parts(value.cast(), size) })
}

#[cfg(test)]
mod tests {
    use rdkafka::message::{BorrowedHeaders, Header, OwnedHeaders};
    use rdkafka_sys as sys;

    use super::last_header;

    #[test]
    fn a_header_is_found_by_its_name_and_the_last_one_counts() {
        let mut headers = OwnedHeaders::new();
        for (key, value) in [("a", Some("1")), ("b", Some("")), ("a", Some("2")), ("c", None)] {
            headers = headers.insert(Header { key, value });
        }
        for (name, value) in [
            (c"a", Some(&b"2"[..])),
            (c"b", Some(&b""[..])),
            (c"c", None),
            (c"d", None),
            (c"", None),
        ] {
            assert_eq!(last_header(headers.as_borrowed(), name), value, "{name:?}");
        }
    }

    #[test]
    fn a_name_that_is_no_text_hides_no_other_and_breaks_nothing() {
        let name = c"\xff\xfe";
        // SAFETY: the headers are made here, hold copies of what they are given, and are destroyed below.
        let native = unsafe {
            let native = sys::rd_kafka_headers_new(1);
            sys::rd_kafka_header_add(native, name.as_ptr(), -1, name.as_ptr().cast(), 2);
            native
        };
        // SAFETY: as rdkafka makes it of a record's headers.
        let strange: &BorrowedHeaders = unsafe { &*native.cast() };
        let headers = strange.detach().insert(Header { key: "a", value: Some("1") });
        // SAFETY: nobody uses it any more.
        unsafe { sys::rd_kafka_headers_destroy(native) };
        assert_eq!(last_header(headers.as_borrowed(), c"a"), Some(&b"1"[..]));
        assert_eq!(last_header(headers.as_borrowed(), name), Some(&b"\xff\xfe"[..]));
    }
}

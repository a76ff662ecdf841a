//! The call itself. Whatever librdkafka hands over is in an [`Owned`], which gives it back on every path.

use std::ffi::{CStr, CString, c_char};
use std::ptr::NonNull;
use std::time::Duration;

use rdkafka::client::{Client, ClientContext};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka_sys as sys;

/// The longest time-out that librdkafka takes.
const TIMEOUT_MAX: Duration = Duration::from_secs(3600);

/// What a broker says about a topic.
pub(crate) enum Answer {
    /// The halves of its id, the higher one first; zeros from a broker that has none.
    Id([i64; 2]),
    /// The name of its error. A name, because a broker may send codes that the enum of librdkafka's binding does not have.
    Error(String),
}

/// Something of librdkafka's that has to be given back.
struct Owned<T> {
    pointer: NonNull<T>,
    destroy: unsafe extern "C" fn(*mut T),
}

impl<T> Owned<T> {
    /// Takes over what librdkafka hands out; `None` for a null pointer.
    ///
    /// # Safety
    ///
    /// `pointer` is null or valid, nobody else destroys it, and `destroy` is the function for that.
    unsafe fn new(pointer: *mut T, destroy: unsafe extern "C" fn(*mut T)) -> Option<Owned<T>> {
        NonNull::new(pointer).map(|pointer| Owned { pointer, destroy })
    }

    fn as_ptr(&self) -> *mut T {
        self.pointer.as_ptr()
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: `new` was promised that the pointer is valid and ours, and that this is how it is destroyed.
        unsafe { (self.destroy)(self.pointer.as_ptr()) }
    }
}

/// Asks any broker about a topic, and waits for its answer.
pub(crate) fn describe<C: ClientContext>(
    client: &Client<C>,
    topic: &str,
    timeout: Duration,
) -> Result<Answer, RDKafkaErrorCode> {
    let topic = CString::new(topic).map_err(|_| RDKafkaErrorCode::InvalidTopic)?;
    let timeout_ms =
        i32::try_from(timeout.min(TIMEOUT_MAX).as_millis()).expect("an hour of milliseconds fits");

    // The client is borrowed, so that it outlives everything below.
    let client = client.native_ptr();
    // SAFETY: the client is alive; the queue is new, and ours.
    let queue = unsafe { Owned::new(sys::rd_kafka_queue_new(client), sys::rd_kafka_queue_destroy) };
    let queue = queue.ok_or(RDKafkaErrorCode::Fail)?;
    let options = options(client, timeout_ms)?;
    let mut names = [topic.as_ptr()];
    // SAFETY: one name, which ends in a NUL and which librdkafka copies; the collection is new, and ours.
    let topics = unsafe {
        let topics = sys::rd_kafka_TopicCollection_of_topic_names(names.as_mut_ptr(), names.len());
        Owned::new(topics, sys::rd_kafka_TopicCollection_destroy)
    };
    let topics = topics.ok_or(RDKafkaErrorCode::Fail)?;

    // SAFETY: all four are alive. librdkafka copies names and options, and counts itself among the queue's owners until it has
    // answered, also when that is after the end of this function.
    unsafe {
        sys::rd_kafka_DescribeTopics(client, topics.as_ptr(), options.as_ptr(), queue.as_ptr());
    }
    // SAFETY: the queue is alive; the event is new, and ours. Nothing else is sent to this queue.
    let event = unsafe {
        let event = sys::rd_kafka_queue_poll(queue.as_ptr(), timeout_ms);
        Owned::new(event, sys::rd_kafka_event_destroy)
    };
    answer(&event.ok_or(RDKafkaErrorCode::OperationTimedOut)?)
}

/// The options of one call.
fn options(
    client: *mut sys::rd_kafka_t,
    timeout_ms: i32,
) -> Result<Owned<sys::rd_kafka_AdminOptions_t>, RDKafkaErrorCode> {
    let operation = sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS;
    // SAFETY: the caller's client is alive; the options are new, and ours.
    let options = unsafe {
        let options = sys::rd_kafka_AdminOptions_new(client, operation);
        Owned::new(options, sys::rd_kafka_AdminOptions_destroy)
    };
    let options = options.ok_or(RDKafkaErrorCode::InvalidArgument)?;
    let mut reason: [c_char; 128] = [0; 128];
    // SAFETY: the options are alive; the reason of a refusal is written within the length that is told.
    let set = unsafe {
        sys::rd_kafka_AdminOptions_set_request_timeout(
            options.as_ptr(),
            timeout_ms,
            reason.as_mut_ptr(),
            reason.len(),
        )
    };
    match RDKafkaErrorCode::from(set) {
        RDKafkaErrorCode::NoError => Ok(options),
        code => Err(code),
    }
}

/// Reads the answer about the one topic that was asked for.
fn answer(event: &Owned<sys::rd_kafka_event_t>) -> Result<Answer, RDKafkaErrorCode> {
    // SAFETY: the event is alive. Its code is of librdkafka's own making, so the enum has it.
    let code = unsafe { sys::rd_kafka_event_error(event.as_ptr()) };
    match RDKafkaErrorCode::from(code) {
        RDKafkaErrorCode::NoError => {}
        code => return Err(code),
    }
    // SAFETY: the event is alive; for one of another kind this is null.
    let result = unsafe { sys::rd_kafka_event_DescribeTopics_result(event.as_ptr()) };
    if result.is_null() {
        return Err(RDKafkaErrorCode::BadMessage);
    }
    let mut count = 0;
    // SAFETY: the result is not null, and lives as long as the event, as do all that it points to.
    let topics = unsafe { sys::rd_kafka_DescribeTopics_result_topics(result, &raw mut count) };
    if topics.is_null() || count != 1 {
        return Err(RDKafkaErrorCode::BadMessage);
    }
    // SAFETY: the array is not null and holds one pointer.
    let topic = unsafe { *topics };
    if topic.is_null() {
        return Err(RDKafkaErrorCode::BadMessage);
    }
    // SAFETY: the topic is not null, and lives as long as the event.
    let error = unsafe { sys::rd_kafka_TopicDescription_error(topic) };
    // SAFETY: null is allowed: no error, whose name is empty. It ends in a NUL, and is copied before the next call.
    let error = unsafe { CStr::from_ptr(sys::rd_kafka_error_name(error)) };
    if !error.is_empty() && error != c"NO_ERROR" {
        return Ok(Answer::Error(error.to_string_lossy().into_owned()));
    }
    // SAFETY: as above.
    let id = unsafe { sys::rd_kafka_TopicDescription_topic_id(topic) };
    if id.is_null() {
        return Err(RDKafkaErrorCode::BadMessage);
    }
    // SAFETY: the id is not null, and lives as long as the event.
    let high = unsafe { sys::rd_kafka_Uuid_most_significant_bits(id) };
    // SAFETY: as above.
    let low = unsafe { sys::rd_kafka_Uuid_least_significant_bits(id) };
    Ok(Answer::Id([high, low]))
}

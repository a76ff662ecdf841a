//! A walk through a topic, from its beginning to where it ended when the walk began.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::Message as _;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::OwnedMessage;

use super::client::{is_gone, line};
use super::reader::Reader;
use crate::bus::BusError;

/// How long the next record is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// The records of a topic, those of a partition in their order.
pub(super) struct Walk<'a> {
    reader: &'a Reader,
    /// The offset at which each partition begins that has records.
    firsts: BTreeMap<i32, i64>,
    /// Behind the last record of each partition that is not walked through yet.
    ends: BTreeMap<i32, i64>,
}

impl<'a> Walk<'a> {
    /// Looks where the topic begins and ends. The reader is one that tells ends. `None`: there is no such topic.
    pub(super) async fn begin(reader: &'a Reader) -> Result<Option<Walk<'a>>, BusError> {
        let Some(found) = reader.find(true).await? else { return Ok(None) };
        let (mut firsts, mut ends) = (BTreeMap::new(), BTreeMap::new());
        for (number, (first, end)) in (0..).zip(found.bounds) {
            if first < end {
                firsts.insert(number, first);
                ends.insert(number, end);
            }
        }
        reader.assign(firsts.iter().map(|(number, first)| (*number, *first)))?;
        Ok(Some(Walk { reader, firsts, ends }))
    }

    /// Where it began, in each partition that had records.
    pub(super) const fn firsts(&self) -> &BTreeMap<i32, i64> {
        &self.firsts
    }

    /// The next record; `None` behind the last. It is lost if the future is dropped behind it.
    ///
    /// # Errors
    ///
    /// When none comes, or we may not read them.
    pub(super) async fn next(&mut self) -> Result<Option<OwnedMessage>, BusError> {
        let mut trouble = KafkaError::MessageConsumption(RDKafkaErrorCode::OperationTimedOut);
        while !self.ends.is_empty() {
            match tokio::time::timeout(PATIENCE, self.reader.next()).await {
                Ok(Ok(message)) => {
                    let (number, offset) = (message.partition(), message.offset());
                    let Some(end) = self.ends.get(&number).copied() else { continue };
                    // Offsets have gaps, so the last one may not come.
                    if offset + 1 >= end {
                        self.ends.remove(&number);
                    }
                    if offset < end {
                        return Ok(Some(message.detach()));
                    }
                }
                Ok(Err(KafkaError::PartitionEOF(number))) => {
                    self.ends.remove(&number);
                }
                // One broker of several may be away: another one goes on.
                Ok(Err(error)) if passes(&error) => trouble = error,
                Ok(Err(error)) => return Err(self.failed(&error)),
                Err(_) => return Err(self.failed(&trouble)),
            }
        }
        Ok(None)
    }

    fn failed(&self, error: &KafkaError) -> BusError {
        BusError(format!("topic {}: {}", self.reader.topic(), line(error)))
    }
}

/// Whether waiting may help.
fn passes(error: &KafkaError) -> bool {
    error.rdkafka_error_code().is_some_and(|code| {
        !is_gone(code)
            && !matches!(
                code,
                RDKafkaErrorCode::TopicAuthorizationFailed
                    | RDKafkaErrorCode::GroupAuthorizationFailed
                    | RDKafkaErrorCode::Fatal
            )
    })
}

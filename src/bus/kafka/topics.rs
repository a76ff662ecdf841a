//! The topics: which there are, how they should be, and that they stand.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};

use super::client::{Context, line, words};
use crate::bus::{BusError, KafkaOptions};

/// How long the cluster may take for a question about topics. A stop waits for two of them, one behind the other.
const TIMEOUT: Duration = Duration::from_secs(4);

const DAY_MS: u64 = 86_400_000;

/// What becomes of old records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cleanup {
    /// They go after so many days.
    Days(u64),
    /// The last one of each key stays.
    Compact,
}

/// A topic as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Topic {
    pub(super) name: String,
    pub(super) cleanup: Cleanup,
}

impl Topic {
    /// Properties with their values.
    fn properties(&self) -> Vec<(&'static str, String)> {
        match self.cleanup {
            Cleanup::Days(days) => vec![
                ("cleanup.policy", "delete".to_owned()),
                ("retention.ms", (days * DAY_MS).to_string()),
            ],
            Cleanup::Compact => vec![("cleanup.policy", "compact".to_owned())],
        }
    }
}

/// A topic as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) name: String,
    /// How many partitions it has; `None`: there is no such topic.
    pub(super) partitions: Option<i32>,
}

/// Makes topics that lack, and looks at the others.
pub(super) struct Topics {
    admin: AdminClient<Context>,
    wanted: Vec<Topic>,
    partitions: i32,
    /// Whether the cluster lets topics be made.
    can_make: bool,
    stand: tokio::sync::Mutex<Stand>,
    /// How often the cluster was asked.
    asked: AtomicU64,
}

/// Whether all of them stand, as far as anybody has noticed.
enum Stand {
    Unknown,
    /// The last question had no answer.
    Failed(BusError),
    All,
}

impl Topics {
    pub(super) fn new(
        admin: AdminClient<Context>,
        wanted: Vec<Topic>,
        options: &KafkaOptions,
    ) -> Topics {
        let partitions = i32::try_from(options.partitions).unwrap_or(i32::MAX);
        let can_make = options.has_admin;
        let stand = tokio::sync::Mutex::new(Stand::Unknown);
        Topics { admin, wanted, partitions, can_make, stand, asked: AtomicU64::new(0) }
    }

    /// Makes the topics that lack, and says what differs in the others. Asks once, until somebody finds that one is gone.
    ///
    /// # Errors
    ///
    /// When the cluster does not answer, or does not let us make one that lacks. Whoever has waited for the question of somebody
    /// else gets its answer: a cluster that is away is waited for once, and not by one behind the other.
    pub(super) async fn stand(&self) -> Result<(), BusError> {
        let asked = self.asked.load(Ordering::Relaxed);
        let mut stand = self.stand.lock().await;
        match &*stand {
            Stand::Failed(error) if self.asked.load(Ordering::Relaxed) != asked => {
                return Err(error.clone());
            }
            Stand::Unknown | Stand::Failed(_) if self.can_make => {}
            Stand::Unknown | Stand::Failed(_) | Stand::All => return Ok(()),
        }
        // Whoever comes from now on waits for this question.
        let outcome = self.ensure().await;
        self.asked.fetch_add(1, Ordering::Relaxed);
        *stand = match &outcome {
            Ok(_) => Stand::All,
            Err(error) => Stand::Failed(error.clone()),
        };
        for line in outcome? {
            tracing::warn!("{line}");
        }
        Ok(())
    }

    /// How many brokers there are, and which of our topics. Makes nothing, and blocks the thread.
    ///
    /// # Errors
    ///
    /// When no broker answers.
    pub(super) fn found(&self) -> Result<(usize, Vec<Standing>), BusError> {
        let client = self.admin.inner();
        let (mut brokers, mut found) = (0, Vec::new());
        for topic in &self.wanted {
            let metadata = client.fetch_metadata(Some(&topic.name), TIMEOUT);
            let metadata = metadata.map_err(|error| BusError(line(&error)))?;
            brokers = metadata.brokers().len();
            let mut topics = metadata.topics().iter();
            let there = topics.find(|there| there.name() == topic.name && there.error().is_none());
            let partitions = there.map(|there| there.partitions().len()).filter(|count| *count > 0);
            let partitions = partitions.map(|count| i32::try_from(count).unwrap_or(i32::MAX));
            found.push(Standing { name: topic.name.clone(), partitions });
        }
        Ok((brokers, found))
    }

    /// Deletes the records of a topic that stand before these offsets, by partition.
    ///
    /// # Errors
    ///
    /// Not all of them were deleted.
    pub(super) async fn delete_before(
        &self,
        topic: &str,
        offsets: &BTreeMap<i32, i64>,
    ) -> Result<(), BusError> {
        let failed =
            |why: String| BusError(format!("topic {topic}: records can't be deleted: {why}"));
        let mut list = TopicPartitionList::new();
        for (partition, offset) in offsets {
            let added = list.add_partition_offset(topic, *partition, Offset::Offset(*offset));
            added.map_err(|error| failed(line(&error)))?;
        }
        let options = AdminOptions::new().request_timeout(Some(TIMEOUT));
        let deleted = self.admin.delete_records(&list, &options).await;
        let deleted = deleted.map_err(|error| failed(line(&error)))?;
        for partition in deleted.elements() {
            partition.error().map_err(|error| failed(line(&error)))?;
        }
        Ok(())
    }

    /// One of them is gone.
    pub(super) async fn one_is_gone(&self) {
        *self.stand.lock().await = Stand::Unknown;
    }

    /// Returns a line for each property that differs in a topic that was there, with what would be right.
    async fn ensure(&self) -> Result<Vec<String>, BusError> {
        let properties: Vec<_> = self.wanted.iter().map(Topic::properties).collect();
        let new = self.wanted.iter().zip(&properties).map(|(topic, properties)| {
            // The broker's own default of replicas, which only the operator knows. Source: KIP-464.
            let new = NewTopic::new(&topic.name, self.partitions, TopicReplication::Fixed(-1));
            properties.iter().fold(new, |new, (name, value)| new.set(name, value))
        });
        let new: Vec<NewTopic<'_>> = new.collect();
        let options = AdminOptions::new().request_timeout(Some(TIMEOUT));
        let made = self.admin.create_topics(&new, &options).await;
        let made =
            made.map_err(|error| BusError(format!("topics of Kafka's: {}", line(&error))))?;
        let mut standing = Vec::new();
        for result in made {
            match result {
                Ok(name) => tracing::info!("topic {name} was made"),
                Err((name, RDKafkaErrorCode::TopicAlreadyExists)) => standing.push(name),
                // Whoever may not make topics may use those that are there.
                Err((
                    name,
                    RDKafkaErrorCode::TopicAuthorizationFailed
                    | RDKafkaErrorCode::ClusterAuthorizationFailed,
                )) => standing.push(name),
                Err((name, code)) => {
                    return Err(BusError(format!("topic {name} can't be made: {}", words(code))));
                }
            }
        }
        self.compare(&standing).await
    }

    /// What differs in topics that are there, a line for each property, with what would be right.
    pub(super) async fn compare(&self, standing: &[String]) -> Result<Vec<String>, BusError> {
        // Nothing is no question.
        if standing.is_empty() || !self.can_make {
            return Ok(Vec::new());
        }
        let specifiers: Vec<_> =
            standing.iter().map(|name| ResourceSpecifier::Topic(name)).collect();
        let options = AdminOptions::new().request_timeout(Some(TIMEOUT));
        let found = self.admin.describe_configs(&specifiers, &options).await;
        let found =
            found.map_err(|error| BusError(format!("topics of Kafka's: {}", line(&error))))?;
        let mut lines = Vec::new();
        for (name, found) in standing.iter().zip(found) {
            let wanted = self.wanted.iter().find(|topic| topic.name == *name);
            // Whoever may not look at it learns of no difference.
            let (Some(wanted), Ok(found)) = (wanted, found) else { continue };
            for (property, right) in wanted.properties() {
                let is = found.get(property).and_then(|entry| entry.value.as_deref());
                if let Some(is) = is.filter(|is| *is != right) {
                    lines.push(format!(
                        "topic {name} has {property}={is}, where {right} would be right: kafka-configs --alter --topic \
                         {name} --add-config {property}={right}"
                    ));
                }
            }
        }
        Ok(lines)
    }
}

//! What records are written and read with: schemas are registered once, before the first record is written.

use std::sync::Arc;

use tokio::sync::OnceCell;

use super::Names;
use super::client::Health;
use crate::bus::record::{Codec, LearnError, RecordKind};
use crate::bus::schema::{Registry, RegistryOptions};
use crate::bus::{BusError, Format};

/// The codec, and the subjects that its schemas stand under.
pub(super) struct Schemas {
    codec: Codec,
    subjects: Vec<(RecordKind, String)>,
    are_registered: OnceCell<()>,
    health: Arc<Health>,
}

impl Schemas {
    /// Nothing is asked yet.
    ///
    /// # Errors
    ///
    /// What is wrong with the configuration.
    pub(super) fn new(
        format: &Format,
        names: &Names,
        is_builtin: bool,
        health: &Arc<Health>,
    ) -> Result<Schemas, BusError> {
        let codec = registry(format)?.map_or_else(Codec::json, Codec::avro);
        let mut subjects = vec![
            (RecordKind::Video, subject(&names.videos)),
            (RecordKind::Watched, subject(&names.watched)),
        ];
        // ksqlDB registers what it writes itself.
        if is_builtin {
            subjects.push((RecordKind::Change, subject(&names.changes)));
        }
        let (are_registered, health) = (OnceCell::new(), Arc::clone(health));
        Ok(Schemas { codec, subjects, are_registered, health })
    }

    /// What is registered, or is to be: kinds of records, and their subjects.
    pub(super) fn subjects(&self) -> &[(RecordKind, String)] {
        &self.subjects
    }

    /// For reading, for which nothing needs to be registered.
    pub(super) const fn reading(&self) -> &Codec {
        &self.codec
    }

    /// For writing, once all schemas are registered.
    ///
    /// # Errors
    ///
    /// When the registry is away or refuses one: nothing may be written.
    pub(super) async fn writing(&self) -> Result<&Codec, BusError> {
        let register = || async {
            for (kind, subject) in &self.subjects {
                let registered = self.codec.register(*kind, subject).await;
                registered.map_err(|error| BusError(error.to_string()))?;
            }
            Ok(())
        };
        if !self.are_registered.initialized() {
            let registered = self.are_registered.get_or_try_init(register).await;
            self.health.has_schemas(registered.is_ok());
            registered?;
        }
        Ok(&self.codec)
    }

    /// Learns the schema of a writer.
    ///
    /// # Errors
    ///
    /// See [`Codec::learn`].
    pub(super) async fn learn(&self, id: u32) -> Result<(), LearnError> {
        let learned = self.codec.learn(id).await;
        self.health.has_schemas(!matches!(learned, Err(LearnError::Unasked(_))));
        learned
    }
}

/// The registry, where records have schemas in one. Nothing is asked.
///
/// # Errors
///
/// What is wrong with the configuration.
pub(super) fn registry(format: &Format) -> Result<Option<Registry>, BusError> {
    let Format::Avro(service) = format else { return Ok(None) };
    let url = service.url.parse();
    let url = url.map_err(|error| BusError(format!("kafka.schema_registry_url: {error}")))?;
    let options =
        RegistryOptions { url, user: service.user.clone(), password: service.password.clone() };
    Registry::new(options).map(Some).map_err(|error| BusError(error.to_string()))
}

/// Where the schema of a topic's values stands. Source: Confluent's `TopicNameStrategy`, which is ksqlDB's too.
fn subject(topic: &str) -> String {
    format!("{topic}-value")
}

//! A client of a Schema Registry: Confluent's, or any that speaks its API.
//!
//! In: subjects, schemas, and ids as they stand in records. Out: what the registry says, or a [`RegistryError`] that tells
//! who has to act. No call is repeated here; what is learned is kept by `record`.
//!
//! Source: <https://docs.confluent.io/platform/current/schema-registry/develop/api.html> (read 2026-11); what Apicurio
//! Registry 2.6 answers below `/apis/ccompat/v7` was tried.

mod answer;
mod client;
mod error;
mod options;

pub use client::{Found, Registry};
pub use error::RegistryError;
pub use options::{RegistryOptions, RegistryUrl, UrlError};

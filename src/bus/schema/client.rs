//! The calls.

use std::time::Duration;

use data_encoding::BASE64;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::answer::{Answer, sort, told};
use super::error::RegistryError;
use super::options::RegistryOptions;
use crate::http::{
    Client, Failure, FailureKind, Line, RequestBuilder, USER_AGENT, clean, is_this_machine,
};

/// How long a connection may take, and a whole answer with it. A registry waits up to 30 s for its own store, and says
/// then that it is out of order; until then records wait.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(35);

/// The largest answer that is read. Ours hold a schema of 3 KiB twice, at most.
const ANSWER_MAX_BYTES: usize = 256 << 10;

/// The form of requests and answers.
const MEDIA_TYPE: &str = "application/vnd.schemaregistry.v1+json";

/// What the registry says, in a line of ours: Confluent's repeats whole schemas behind the first words.
const SAID: Line = Line { max_chars: 300, gap: Some(' '), rest: Some('…') };

/// Levels under which the next schema can read the records of the last one.
const BACKWARD: &str = "BACKWARD";
const AS_GOOD: [&str; 4] = [BACKWARD, "BACKWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"];

/// What stands under an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The text of an Avro schema.
    Schema(String),
    /// Nothing.
    Nothing,
    /// Something that is no Avro schema, or too large to be one of ours.
    Other,
}

/// A registry. Cheap to clone; no call is repeated.
#[derive(Debug, Clone)]
pub struct Registry {
    http: Client,
    options: RegistryOptions,
    secrets: Vec<SecretString>,
    authorization: Option<HeaderValue>,
}

/// What is done with a path.
enum Call<'a> {
    Get,
    Put(&'a Value),
    Post(&'a Value),
}

/// An answer, and what it says in words.
struct Reply {
    status: u16,
    answer: Answer,
    said: String,
}

/// What a call is about, for the error that it may end in.
#[derive(Clone, Copy)]
struct About<'a> {
    subject: &'a str,
    /// What is to be written; `None`: it only asks.
    writes: Option<&'static str>,
}

impl Registry {
    /// A registry; nothing is asked yet.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Away`] when the system lacks what a client needs, such as certificates.
    pub fn new(options: RegistryOptions) -> Result<Registry, RegistryError> {
        let password = options.password.as_ref().map_or("", ExposeSecret::expose_secret);
        let pair = |user: &String| BASE64.encode(format!("{user}:{password}").as_bytes());
        let pair = options.user.as_ref().map(pair);
        let authorization = pair.as_ref().map(|pair| {
            let value = HeaderValue::from_str(&format!("Basic {pair}"));
            let mut value = value.expect("base 64 is ASCII");
            value.set_sensitive(true);
            value
        });
        let mut secrets: Vec<SecretString> = options.password.iter().cloned().collect();
        secrets.extend(pair.map(SecretString::from));
        let mut builder = Client::builder(CONNECT_TIMEOUT, TIMEOUT).user_agent(USER_AGENT);
        if is_this_machine(options.url.url()) {
            builder = builder.no_proxy();
        }
        let http = Client::new(builder, secrets.clone());
        let http = http.map_err(|failure| away(&options, &failure))?;
        Ok(Registry { http, options, secrets, authorization })
    }

    /// Where it is.
    #[must_use]
    pub fn host(&self) -> String {
        self.options.url.host()
    }

    /// Makes sure that `schema` is registered under `subject`, and that whatever follows it there reads its records.
    /// Returns the schema's id.
    ///
    /// Where the registry takes nothing from us, it is enough that the schema is registered already.
    ///
    /// # Errors
    ///
    /// See [`RegistryError`]; then no record of this schema may be written.
    pub async fn prepare(&self, subject: &str, schema: &str) -> Result<u32, RegistryError> {
        let registered = self.registered(subject, schema).await?;
        match (self.keep_backward(subject).await, registered) {
            (Ok(()), Some(id)) => Ok(id),
            (Ok(()), None) => self.register(subject, schema).await,
            (Err(RegistryError::ReadOnly { .. } | RegistryError::Refused { .. }), Some(id)) => {
                tracing::info!(subject, "the schema registry lets us set no compatibility");
                Ok(id)
            }
            (Err(RegistryError::ReadOnly { host, subject, .. }), None) => {
                Err(RegistryError::ReadOnly { host, subject, needs: OUR_SCHEMA })
            }
            (Err(error), _) => Err(error),
        }
    }

    /// The id of `schema` under `subject`, where it is registered.
    ///
    /// # Errors
    ///
    /// See [`RegistryError`].
    pub async fn registered(
        &self,
        subject: &str,
        schema: &str,
    ) -> Result<Option<u32>, RegistryError> {
        let body = json!({ "schema": schema });
        let reply = self.ask(&["subjects", subject], Call::Post(&body)).await?;
        match reply.answer {
            Answer::Done(value) => self.id(&value).map(Some),
            Answer::Absent => Ok(None),
            _ => Err(self.failed(reply, About { subject, writes: None })),
        }
    }

    /// Registers `schema` as the next version of `subject`, or finds it there.
    ///
    /// # Errors
    ///
    /// See [`RegistryError`].
    pub async fn register(&self, subject: &str, schema: &str) -> Result<u32, RegistryError> {
        let body = json!({ "schema": schema });
        let reply = self.ask(&["subjects", subject, "versions"], Call::Post(&body)).await?;
        match reply.answer {
            Answer::Done(value) => self.id(&value),
            _ => Err(self.failed(reply, About { subject, writes: Some(OUR_SCHEMA) })),
        }
    }

    /// What stands under an id.
    ///
    /// # Errors
    ///
    /// See [`RegistryError`].
    pub async fn schema(&self, id: u32) -> Result<Found, RegistryError> {
        let reply = self.ask(&["schemas", "ids", &id.to_string()], Call::Get).await?;
        match reply.answer {
            Answer::Done(value) => {
                let is_avro = value.get("schemaType").is_none_or(|kind| kind == "AVRO");
                match value.get("schema").and_then(Value::as_str) {
                    Some(text) if is_avro => Ok(Found::Schema(text.to_owned())),
                    Some(_) => Ok(Found::Other),
                    None => Err(self.strange("a schema without its text")),
                }
            }
            Answer::Absent => Ok(Found::Nothing),
            Answer::TooLong => Ok(Found::Other),
            _ => Err(self.failed(reply, About { subject: "of an id", writes: None })),
        }
    }

    /// Sets the level of compatibility, unless it is a stricter one already, and reads it back.
    async fn keep_backward(&self, subject: &str) -> Result<(), RegistryError> {
        let level = self.level(subject).await?;
        if level.is_some_and(|level| AS_GOOD.contains(&level.as_str())) {
            return Ok(());
        }
        let body = json!({ "compatibility": BACKWARD });
        let reply = self.ask(&["config", subject], Call::Put(&body)).await?;
        if !matches!(reply.answer, Answer::Done(_)) {
            let writes = Some("BACKWARD compatibility");
            return Err(self.failed(reply, About { subject, writes }));
        }
        match self.level(subject).await? {
            Some(level) if level == BACKWARD => Ok(()),
            level => {
                let level = level.unwrap_or_else(|| "unset".to_owned());
                Err(RegistryError::Level { subject: self.line(subject), level: self.line(&level) })
            }
        }
    }

    /// The level of compatibility of a subject, where it has one of its own.
    ///
    /// # Errors
    ///
    /// See [`RegistryError`].
    pub async fn level(&self, subject: &str) -> Result<Option<String>, RegistryError> {
        let reply = self.ask(&["config", subject], Call::Get).await?;
        match reply.answer {
            Answer::Done(value) => match value.get("compatibilityLevel").and_then(Value::as_str) {
                Some(level) => Ok(Some(level.to_owned())),
                None => Err(self.strange("no level of compatibility")),
            },
            Answer::Absent => Ok(None),
            _ => Err(self.failed(reply, About { subject, writes: None })),
        }
    }

    /// Asks, and sorts the answer.
    async fn ask(&self, path: &[&str], call: Call<'_>) -> Result<Reply, RegistryError> {
        let url = self.options.url.below(path);
        let sent = self.http.send(|http| {
            let (request, body) = match call {
                Call::Get => (http.get(url), None),
                Call::Put(body) => (http.put(url), Some(body)),
                Call::Post(body) => (http.post(url), Some(body)),
            };
            let request = self.signed(request.header(ACCEPT, MEDIA_TYPE));
            match body {
                Some(body) => request.header(CONTENT_TYPE, MEDIA_TYPE).body(body.to_string()),
                None => request,
            }
        });
        let response = sent.await.map_err(|failure| away(&self.options, &failure))?;
        let status = response.status().as_u16();
        let body = match self.http.read(response, ANSWER_MAX_BYTES).await {
            Ok(body) => body,
            Err(failure) if failure.kind == FailureKind::TooMuch => {
                let said = failure.words().to_owned();
                return Ok(Reply { status, answer: Answer::TooLong, said });
            }
            Err(failure) => return Err(away(&self.options, &failure)),
        };
        let said = told(&body).message;
        let said = if said.is_empty() { format!("status {status}") } else { self.line(&said) };
        Ok(Reply { status, answer: sort(status, &body), said })
    }

    fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.authorization {
            Some(value) => request.header(AUTHORIZATION, value.clone()),
            None => request,
        }
    }

    /// Reads an id out of an answer.
    fn id(&self, value: &Value) -> Result<u32, RegistryError> {
        let id = value.get("id").and_then(Value::as_u64).and_then(|id| u32::try_from(id).ok());
        id.ok_or_else(|| self.strange("no id"))
    }

    /// What an answer means that was not hoped for.
    fn failed(&self, reply: Reply, about: About<'_>) -> RegistryError {
        let Reply { status, answer, said } = reply;
        let (host, subject) = (self.host(), self.line(about.subject));
        match (answer, about.writes) {
            (Answer::Incompatible, _) => RegistryError::Incompatible { subject, said },
            (Answer::Invalid, _) => RegistryError::Invalid { subject, said },
            (Answer::ReadOnly, needs) => {
                let needs = needs.unwrap_or("to be read");
                RegistryError::ReadOnly { host, subject, needs }
            }
            (Answer::Refused, Some(needs)) if status == 403 => {
                RegistryError::ReadOnly { host, subject, needs }
            }
            (Answer::Refused, _) => RegistryError::Refused { host, status },
            (Answer::Away, _) => RegistryError::Away { host, cause: said },
            (Answer::NoRegistry, _) => {
                RegistryError::WrongAddress { url: self.options.url.to_string() }
            }
            (Answer::Done(_) | Answer::Absent | Answer::TooLong | Answer::Strange, _) => {
                self.strange(&said)
            }
        }
    }

    fn strange(&self, said: &str) -> RegistryError {
        RegistryError::Strange { host: self.host(), said: said.to_owned() }
    }

    fn line(&self, text: &str) -> String {
        clean(text, SAID, &self.secrets)
    }
}

/// What a subject needs, in the words of an error.
const OUR_SCHEMA: &str = "our schema";

fn away(options: &RegistryOptions, failure: &Failure) -> RegistryError {
    RegistryError::Away { host: options.url.host(), cause: failure.words().to_owned() }
}

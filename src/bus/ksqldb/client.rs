//! The client of ksqlDB's REST API: statements, how they ended, pull queries, health. No retries.
//!
//! Source: <https://docs.confluent.io/platform/current/ksqldb/developer-guide/ksqldb-rest-api/overview.html>, and what a
//! server of 7.4 has answered.

use std::fmt::Write as _;
use std::time::Duration;

use data_encoding::BASE64;
use reqwest::Url;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::answer::{self, CommandStatus, Entity, Health, Info, InfoAnswer, Query, Shown};
use super::error::{KsqlError, Refused};
use super::options::{Variables, Waits};
use crate::bus::ServiceOptions;
use crate::http::{self, Failure, FailureKind, Line, RequestBuilder, USER_AGENT};

/// The largest answer that is read: a list of a thousand queries, each with its text of 4 KiB.
const ANSWER_MAX_BYTES: usize = 4 << 20;

const MEDIA_TYPE: &str = "application/vnd.ksql.v1+json";

/// What a query is answered in; that endpoint refuses whoever wants the other one.
const LINES: &str = "application/vnd.ksqlapi.delimited.v1";

/// The endpoint of queries.
const QUERY: &str = "/query-stream";

/// The words of the server, as a line of ours.
const WORDS: Line = Line { max_chars: 300, gap: Some(' '), rest: Some('…') };

/// A client. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ksql {
    http: http::Client,
    base_url: String,
    /// Name and port, for errors.
    host: String,
    user: Option<(String, SecretString)>,
    secrets: Vec<SecretString>,
    pub(super) waits: Waits,
}

/// The streams, tables and queries that there are.
#[derive(Debug, Clone, Default)]
pub(super) struct Objects {
    pub(super) streams: Vec<Shown>,
    pub(super) tables: Vec<Shown>,
    pub(super) queries: Vec<Query>,
}

impl Ksql {
    /// Makes a client; sends nothing.
    ///
    /// # Errors
    ///
    /// [`KsqlError::Options`].
    pub fn new(options: &ServiceOptions, waits: Waits) -> Result<Ksql, KsqlError> {
        let wrong = |why: &str| KsqlError::Options(format!("ksqldb.url {why}"));
        let url = Url::parse(&options.url).map_err(|_| wrong("is no address"))?;
        let host = url.host_str().unwrap_or_default();
        if !matches!(url.scheme(), "http" | "https") || host.is_empty() || url.query().is_some() {
            return Err(wrong("must be an http(s) address without query"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("holds a user or password: write ksqldb.user and ksqldb.password"));
        }
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let user = match (&options.user, &options.password) {
            (Some(user), password) => {
                Some((user.clone(), password.clone().unwrap_or_else(|| String::new().into())))
            }
            (None, None) => None,
            (None, Some(_)) => {
                let line = "ksqldb.password needs ksqldb.user".to_owned();
                return Err(KsqlError::Options(line));
            }
        };
        let secrets: Vec<SecretString> = user
            .iter()
            .flat_map(|(user, password)| {
                let pair = format!("{user}:{}", password.expose_secret());
                [password.clone(), BASE64.encode(pair.as_bytes()).into()]
            })
            .collect();
        let mut builder =
            http::Client::builder(waits.connect, waits.request).user_agent(USER_AGENT);
        if http::is_this_machine(&url) {
            builder = builder.no_proxy();
        }
        let http = http::Client::new(builder, secrets.clone()).map_err(|failure| {
            KsqlError::Options(format!("no HTTP client: {}", failure.outermost()))
        })?;
        Ok(Ksql {
            http,
            base_url: options.url.trim_end_matches('/').to_owned(),
            host: format!("{host}{port}"),
            user,
            secrets,
            waits,
        })
    }

    /// The same server, waited for so long until it takes requests.
    #[must_use]
    pub fn waited_for(&self, ready: Duration) -> Ksql {
        Ksql { waits: Waits { ready, ..self.waits }, ..self.clone() }
    }

    /// The server's words as one bounded line, without our password.
    pub(in crate::bus) fn words(&self, text: &str) -> String {
        http::clean(text, WORDS, &self.secrets)
    }

    /// Sends a request, with a body or to read, and reads a good answer.
    async fn ask(&self, path: &str, body: Option<&Value>) -> Result<Vec<u8>, KsqlError> {
        let url = format!("{}{path}", self.base_url);
        let sent = self.http.send(|http| {
            let request: RequestBuilder = match body {
                Some(body) => {
                    http.post(url).header(CONTENT_TYPE, MEDIA_TYPE).body(body.to_string())
                }
                None => http.get(url),
            };
            let request = request.header(ACCEPT, if path == QUERY { LINES } else { MEDIA_TYPE });
            match &self.user {
                Some((user, password)) => request.basic_auth(user, Some(password.expose_secret())),
                None => request,
            }
        });
        let response = sent.await.map_err(|failure| self.sort(failure))?;
        let status = response.status().as_u16();
        let body = self.http.read(response, ANSWER_MAX_BYTES).await;
        if status == 200 {
            return body.map_err(|failure| self.sort(failure));
        }
        // A refusal whose body is lost is still one of its status.
        let body = self.http.without_secrets(&body.unwrap_or_default());
        let (why, message) = answer::refusal(status, &body);
        Err(KsqlError::Refused { why, message: self.words(&message) })
    }

    fn sort(&self, failure: Failure) -> KsqlError {
        let host = self.host.clone();
        match failure.kind {
            FailureKind::Denied | FailureKind::NotReached => {
                KsqlError::Unreachable { host, cause: failure }
            }
            FailureKind::TimedOut => KsqlError::TimedOut { host, waited: self.waits.request },
            FailureKind::BrokenOff => KsqlError::BrokenOff { host, cause: failure },
            FailureKind::TooMuch => KsqlError::BadAnswer { host, why: failure.to_string() },
        }
    }

    fn bad(&self, why: String) -> KsqlError {
        KsqlError::BadAnswer { host: self.host.clone(), why }
    }

    async fn get<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<T, KsqlError> {
        let body = self.ask(path, None).await?;
        answer::read(&body).map_err(|why| self.bad(why))
    }

    /// Waits until it takes requests.
    ///
    /// # Errors
    ///
    /// [`KsqlError::NotReady`] when it does not come to that, and what else no waiting mends.
    pub async fn ready(&self) -> Result<Info, KsqlError> {
        let begun = Instant::now();
        loop {
            let waits = match self.get::<InfoAnswer>("/info").await {
                Ok(InfoAnswer { info })
                    if info.server_status.as_deref().is_none_or(|status| status == "RUNNING") =>
                {
                    return Ok(info);
                }
                Ok(_)
                | Err(KsqlError::Refused {
                    why: Refused::NotReady | Refused::QueueTimeout, ..
                }) => None,
                // It may be starting: there is no port before it has found its broker.
                Err(error @ (KsqlError::Unreachable { .. } | KsqlError::TimedOut { .. })) => {
                    Some(error)
                }
                Err(error) => return Err(error),
            };
            if begun.elapsed() >= self.waits.ready {
                let host = self.host.clone();
                return Err(waits.unwrap_or(KsqlError::NotReady { host, waited: self.waits.ready }));
            }
            sleep(self.waits.poll_every).await;
        }
    }

    /// Waits until the command runner carries out what is next: a statement amid its pauses is refused, or half done.
    ///
    /// # Errors
    ///
    /// [`KsqlError::BrokerLost`], or [`KsqlError::Busy`].
    pub(super) async fn settled(&self, begun: Instant) -> Result<(), KsqlError> {
        loop {
            let details = match self.get::<Health>("/healthcheck").await {
                Ok(Health { details })
                    if details.command_runner.is_healthy && details.kafka.is_healthy =>
                {
                    return Ok(());
                }
                Ok(Health { details }) => Some(details),
                Err(KsqlError::Refused { why: Refused::NotReady, .. }) => None,
                Err(error) => return Err(error),
            };
            if begun.elapsed() >= self.waits.statement {
                let host = self.host.clone();
                if details.is_some_and(|details| !details.kafka.is_healthy) {
                    return Err(KsqlError::BrokerLost { host });
                }
                return Err(KsqlError::Busy { host, waited: self.waits.statement });
            }
            sleep(self.waits.poll_every).await;
        }
    }

    /// Carries out statements, all in one request: what they SET holds for this request alone. A command may still be under
    /// way when this returns, see [`Ksql::done`].
    ///
    /// # Errors
    ///
    /// See [`KsqlError`]. After [`KsqlError::Refused`] none of one statement was carried out.
    pub(super) async fn execute(
        &self,
        sql: &str,
        variables: Option<&Variables>,
    ) -> Result<Vec<Entity>, KsqlError> {
        let variables = variables.map(|variables| {
            json!({"prefix": variables.prefix, "value_format": variables.format.word()})
        });
        let body = json!({
            "ksql": sql,
            "streamsProperties": {},
            "sessionVariables": variables.unwrap_or_else(|| json!({})),
        });
        let body = match self.ask("/ksql", Some(&body)).await {
            // Without a broker a statement hangs for over a minute; the health knows why.
            Err(KsqlError::TimedOut { host, waited }) => {
                let health = self.get::<Health>("/healthcheck").await;
                return Err(match health {
                    Ok(Health { details }) if !details.kafka.is_healthy => {
                        KsqlError::BrokerLost { host }
                    }
                    _ => KsqlError::TimedOut { host, waited },
                });
            }
            other => other?,
        };
        answer::read(&body).map_err(|why| self.bad(why))
    }

    /// Waits until a command is done.
    ///
    /// # Errors
    ///
    /// [`KsqlError::Failed`] when it failed, [`KsqlError::Unfinished`] when it is not done in time.
    pub(super) async fn done(
        &self,
        command: &str,
        mut status: CommandStatus,
        begun: Instant,
    ) -> Result<(), KsqlError> {
        loop {
            match status.status.as_str() {
                "SUCCESS" => return Ok(()),
                "ERROR" | "TERMINATED" => {
                    let message = self.words(status.message.as_deref().unwrap_or_default());
                    return Err(KsqlError::Failed { message });
                }
                // QUEUED, PARSING, EXECUTING, RUNNING.
                _ => {}
            }
            if begun.elapsed() >= self.waits.statement {
                let (command, waited) = (self.words(command), self.waits.statement);
                return Err(KsqlError::Unfinished { command, waited });
            }
            sleep(self.waits.poll_every).await;
            let path = format!("/status/{}", encoded(command));
            status = self.get(&path).await?;
        }
    }

    /// Asks a table for rows by key.
    ///
    /// # Errors
    ///
    /// See [`KsqlError`].
    pub(super) async fn pull(&self, sql: &str) -> Result<Vec<Vec<Value>>, KsqlError> {
        let body = json!({"sql": sql, "properties": {}, "sessionVariables": {}});
        let body = self.ask(QUERY, Some(&body)).await?;
        answer::rows(&body).map_err(|why| self.bad(why))
    }

    /// The streams, tables and queries that there are.
    pub(super) async fn objects(&self) -> Result<Objects, KsqlError> {
        let mut objects = Objects::default();
        for entity in self.execute("SHOW STREAMS; SHOW TABLES; SHOW QUERIES;", None).await? {
            match entity {
                Entity::Streams { streams } => objects.streams = streams,
                Entity::Tables { tables } => objects.tables = tables,
                Entity::Queries { queries } => objects.queries = queries,
                Entity::Command { .. }
                | Entity::Warning { .. }
                | Entity::Description { .. }
                | Entity::Other => {}
            }
        }
        Ok(objects)
    }

    /// The columns of a stream or a table, with those of the key.
    pub(super) async fn columns(&self, name: &str) -> Result<Vec<String>, KsqlError> {
        let entities = self.execute(&format!("DESCRIBE {name};"), None).await?;
        let description = entities.into_iter().find_map(|entity| match entity {
            Entity::Description { source_description } => Some(source_description),
            _ => None,
        });
        let description = description.ok_or_else(|| self.bad("no description".to_owned()))?;
        Ok(description.fields.into_iter().map(|field| field.name).collect())
    }

    /// How long a holder of the lock may be silent: one request, and some looks.
    pub(super) fn lease(&self) -> Duration {
        self.waits.request * 2 + Duration::from_secs(30)
    }
}

/// A command's id in a path: its back quotes belong to no path, its slashes do.
fn encoded(command: &str) -> String {
    let mut path = String::with_capacity(command.len());
    for byte in command.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte) {
            path.push(char::from(byte));
        } else {
            // Writing to a String does not fail.
            write!(path, "%{byte:02X}").unwrap_or_default();
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(url: &str) -> ServiceOptions {
        ServiceOptions {
            url: url.to_owned(),
            user: Some("ana".into()),
            password: Some("s3cret".into()),
        }
    }

    #[test]
    fn back_quotes_of_a_command_are_encoded_and_slashes_are_not() {
        for (command, path) in [
            ("table/`YOUTUBE_LATEST`/create", "table/%60YOUTUBE_LATEST%60/create"),
            ("stream/S6/drop", "stream/S6/drop"),
            ("a b?c#d/../é", "a%20b%3Fc%23d/../%C3%A9"),
        ] {
            assert_eq!(encoded(command), path);
        }
    }

    #[test]
    fn an_address_with_a_password_or_without_sense_is_refused_and_not_repeated() {
        for url in ["", "ftp://h/", "http://h/?x=s3cret", "http://ana:s3cret@h:8088", "unix:/x"] {
            let error = Ksql::new(&options(url), Waits::default()).unwrap_err().to_string();
            assert!(error.starts_with("ksqldb.url ") && !error.contains("s3cret"), "{error}");
        }
        let nobody = ServiceOptions { user: None, ..options("http://localhost:8088") };
        let error = Ksql::new(&nobody, Waits::default()).unwrap_err().to_string();
        assert_eq!(error, "ksqldb.password needs ksqldb.user");
    }

    #[test]
    fn no_debug_text_shows_the_password() {
        let options = options("http://localhost:8088");
        let client = Ksql::new(&options, Waits::default()).unwrap();
        let texts = format!("{options:?} {client:?}");
        assert!(!texts.contains("s3cret") && !texts.contains("YW5h"), "{texts}");
        assert_eq!(client.words("ana:s3cret\nYW5hOnMzY3JldA=="), "ana:… …");
    }
}

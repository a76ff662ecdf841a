//! A stand-in for ksqlDB: what its REST API does with statements that make streams and tables, on loopback.
//!
//! It reads the part of the grammar that is used here, strictly; checks sources, columns and types; keeps objects, queries
//! and topics; and answers with the bodies of a real server of 7.4. It moves no records: only what is inserted by statements
//! can be asked for again, by the key. What it does not know it refuses.

mod catalog;
mod create;
mod cursor;
mod errors;
mod execute;
mod expression;
mod faults;
mod handle;
mod lexer;
mod parse;
mod pull;
mod state;
mod syntax;
#[cfg(test)]
mod tests;
mod types;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request as HttpRequest, State as Shares};
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use data_encoding::BASE64;
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub use faults::{Fault, Scope};
pub use handle::{KsqlDbSim, SourceInfo, check_syntax};
pub use syntax::SourceKind;

use crate::loopback::{Line, Lines, decode};
use crate::simulation::{Simulation, lock};
use errors::Refusal;
use state::{Reply, Request, State};

/// Largest request body.
const BODY_MAX_BYTES: usize = 1 << 20;

/// What the handlers share.
struct Shared {
    address: SocketAddr,
    simulation: Simulation,
    state: Mutex<State>,
}

/// Starts the server on a free port of 127.0.0.1.
///
/// # Errors
///
/// When no port can be bound.
pub async fn serve(simulation: &Simulation) -> io::Result<KsqlDbSim> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let shared = Arc::new(Shared {
        address: listener.local_addr()?,
        simulation: simulation.clone(),
        state: Mutex::new(State::new()),
    });
    let app = Router::new()
        .fallback(handle)
        .with_state(Arc::clone(&shared))
        .into_make_service_with_connect_info::<Line>();
    let stopping = simulation.stopping().clone().cancelled_owned();
    let server = axum::serve(Lines(listener), app).with_graceful_shutdown(stopping);
    simulation.run("ksqlDB", server);
    Ok(KsqlDbSim { shared })
}

/// What is answered.
enum Answer {
    Json(u16, Value),
    /// Without a content type.
    Lines(String),
    Html(u16),
    Huge(usize),
    Cut,
    Hang,
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Answer {
        Answer::Json(refusal.status, refusal.body())
    }
}

async fn handle(
    Shares(shared): Shares<Arc<Shared>>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: HttpRequest,
) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, BODY_MAX_BYTES).await.unwrap_or_default();
    let path = head.uri.path().to_owned();
    let answer = {
        let mut state = lock(&shared.state);
        state.record(format!("{} {path}", head.method));
        state.answer(&head.method, &path, &head.headers, &body)
    };
    let mut response = Response::new(Body::empty());
    let (status, content_type, body) = match answer {
        Answer::Json(status, body) => {
            (status, Some("application/json"), Body::from(body.to_string()))
        }
        Answer::Lines(lines) => (200, None, Body::from(lines)),
        Answer::Html(status) => (status, Some("text/html"), Body::from("<html>Bad Gateway</html>")),
        Answer::Huge(bytes) => {
            (200, Some("application/json"), Body::from(format!("[{}", " ".repeat(bytes))))
        }
        Answer::Cut => {
            line.cut();
            return response;
        }
        Answer::Hang => {
            line.hang(shared.simulation.stopping()).await;
            return response;
        }
    };
    *response.body_mut() = body;
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Some(content_type) = content_type {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    response
}

impl State {
    fn answer(&mut self, method: &Method, path: &str, headers: &HeaderMap, body: &Bytes) -> Answer {
        if self.dies_after == Some(0) {
            return Answer::Cut;
        }
        if !self.is_ready() {
            return Refusal::not_ready().into();
        }
        if !self.lets_in(headers) {
            return Refusal::unauthorized().into();
        }
        if !accepts(path, headers) {
            return Answer::Html(406);
        }
        let request = if path == "/ksql" { Request::of(body).ok() } else { None };
        let creates = request.as_ref().is_some_and(Request::creates);
        let fault = self.plan.draw(|scope| match scope {
            Scope::All => true,
            Scope::Statements => path == "/ksql",
            Scope::Creates => creates,
            Scope::Status => path.starts_with("/status/"),
            Scope::Queries => path == "/query-stream",
            Scope::Health => path == "/info" || path == "/healthcheck",
        });
        match fault {
            Some(Fault::Hang) => return Answer::Hang,
            Some(Fault::Cut) => return Answer::Cut,
            Some(Fault::Html(status)) => return Answer::Html(status),
            Some(Fault::Huge(bytes)) => return Answer::Huge(bytes),
            Some(Fault::QueueTimeout) => {
                let message = "Timed out while waiting for a previous command to execute.";
                let body =
                    json!({"@type": "generic_error", "error_code": 50_301, "message": message});
                return Answer::Json(503, body);
            }
            Some(Fault::NotWritten) | None => {}
        }
        let found = match (method, path) {
            (&Method::GET, "/info") => Ok(Answer::Json(200, info())),
            (&Method::GET, "/healthcheck") => Ok(Answer::Json(200, self.health())),
            // Whatever it asks of Kafka, it waits.
            (&Method::POST, "/ksql") if !self.has_broker => Ok(Answer::Hang),
            (&Method::POST, "/ksql") => Request::of(body).and_then(|request| {
                self.run(request, fault).map(|reply| match reply {
                    Reply::Json(body) => Answer::Json(200, body),
                    Reply::Cut => Answer::Cut,
                })
            }),
            (&Method::POST, "/query-stream") => {
                let body: Value = serde_json::from_slice(body).unwrap_or_default();
                self.pull(body["sql"].as_str().unwrap_or_default()).map(Answer::Lines)
            }
            (&Method::GET, path) => match path.strip_prefix("/status/") {
                // Back quotes belong to the id, and to no path.
                Some(id) if !id.contains('`') => {
                    self.status(&decode(id, false)).map(|body| Answer::Json(200, body))
                }
                _ => Err(Refusal::not_found("Not Found")),
            },
            _ => Err(Refusal::not_found("Not Found")),
        };
        found.unwrap_or_else(Answer::from)
    }

    fn lets_in(&self, headers: &HeaderMap) -> bool {
        let Some((user, password)) = &self.credentials else { return true };
        let wanted = format!("Basic {}", BASE64.encode(format!("{user}:{password}").as_bytes()));
        headers.get(AUTHORIZATION).is_some_and(|given| given.as_bytes() == wanted.as_bytes())
    }
}

/// Whether the client wants what the endpoint has.
fn accepts(path: &str, headers: &HeaderMap) -> bool {
    let own = match path {
        "/query-stream" => "application/vnd.ksqlapi.delimited.v1",
        _ => "application/vnd.ksql.v1+json",
    };
    let wanted = headers.get(ACCEPT).map(HeaderValue::as_bytes).unwrap_or(b"*/*");
    [own.as_bytes(), b"application/json", b"*/*"].contains(&wanted)
}

fn info() -> Value {
    json!({"KsqlServerInfo": {
        "version": "7.4.15",
        "kafkaClusterId": "MkU3OEVBNTcwNTJENDM2Qg",
        "ksqlServiceId": "tubebell_",
        "serverStatus": "RUNNING",
    }})
}

//! The API over HTTP: path, user agent, token, limits, faults, answer.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{ConnectInfo, Request as HttpRequest, State as Shares};
use axum::http::header::{AUTHORIZATION, USER_AGENT};
use axum::http::{HeaderMap, Method as Verb};
use axum::response::Response;
use serde_json::Value;
use tokio::time::Instant;

use super::Shared;
use super::answer::{self, Answer, Refusal, Reply};
use super::args::Args;
use super::body::Body;
use super::faults::Fault;
use super::known::Known;
use super::limits::{Bucket, LimitScope, Standing};
use super::record::Request;
use super::routes::{self, Access, Found, ROUTES, Route};
use crate::loopback::Line;

/// Largest request. Source: <https://discord.com/developers/docs/resources/message#create-message> (read 2026-11).
const BODY_MAX_BYTES: usize = 25 << 20;

/// Takes every request that is for the API.
pub(super) async fn handle(
    Shares(shared): Shares<Arc<Shared>>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: HttpRequest,
) -> Response {
    let (head, body) = request.into_parts();
    if let Some(left) = shared.look(|state, _| state.pace.banned(Instant::now())) {
        shared.change(|state, _| state.counters.banned += 1);
        return answer::respond_banned(left);
    }
    let path = head.uri.path();
    let query = head.uri.query().unwrap_or_default().to_owned();
    let begun = Call::begin(&shared, &head.method, path, query, &head.headers);
    let mut call = match begun {
        Ok(call) => call,
        Err(refusal) => return answer::respond(&Err(refusal)),
    };
    match to_bytes(body, BODY_MAX_BYTES).await {
        Ok(bytes) => match Body::read(&head.headers, &bytes) {
            Ok(body) => {
                let most = shared.look(|state, _| state.options.file_max_bytes);
                if body.files.values().any(|file| file.bytes.len() > most) {
                    call.refusal = call.refusal.or(Some(Known::TooLarge.into()));
                }
                call.args.body = body;
            }
            Err(refusal) => call.refusal = call.refusal.or(Some(refusal)),
        },
        Err(_) => call.refusal = call.refusal.or(Some(Known::TooLarge.into())),
    }
    call.answer(&line).await
}

/// What of a path stands below the version. Webhooks are also found without one.
fn below_version(path: &str) -> Result<&str, Known> {
    let rest = path.strip_prefix("/api").ok_or(Known::NotFound)?;
    if let Some(below) = rest.strip_prefix("/v10") {
        return Ok(below);
    }
    if rest.starts_with("/webhooks/") {
        return Ok(rest);
    }
    let version = rest.trim_start_matches('/').split('/').next().unwrap_or_default();
    let is_version = version.strip_prefix('v').is_some_and(|number| number.parse::<u32>().is_ok());
    Err(if is_version || ROUTES.iter().any(|route| route.path == rest) {
        Known::InvalidVersion
    } else {
        Known::NotFound
    })
}

/// `DiscordBot (url, version)`, and whatever follows.
/// Source: <https://discord.com/developers/docs/reference#user-agent> (read 2026-11).
fn is_user_agent(headers: &HeaderMap) -> bool {
    let text = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let inner = text.strip_prefix("DiscordBot (").and_then(|rest| rest.split_once(')'));
    let Some((url, version)) = inner.and_then(|(inner, _)| inner.split_once(", ")) else {
        return false;
    };
    url.starts_with("http") && version.starts_with(|c: char| c.is_ascii_digit())
}

/// One request under way.
struct Call<'a> {
    shared: &'a Shared,
    number: u64,
    route: &'static Route,
    args: Args,
    has_token: bool,
    fault: Option<Fault>,
    /// Why nothing comes of it, whatever it asks.
    refusal: Option<Refusal>,
}

impl Call<'_> {
    fn begin<'a>(
        shared: &'a Shared,
        verb: &Verb,
        path: &str,
        query: String,
        headers: &HeaderMap,
    ) -> Result<Call<'a>, Refusal> {
        let refuse = |known: Known| {
            let refusal = Refusal::from(known);
            shared.change(|state, _| {
                state.counters.requests += 1;
                state.count(&refusal, Instant::now());
            });
            Err(refusal)
        };
        if !is_user_agent(headers) {
            return refuse(Known::Blocked);
        }
        let below = match below_version(path) {
            Ok(below) => below,
            Err(known) => return refuse(known),
        };
        let (route, parts) = match routes::find(verb, below) {
            Found::Route(route, parts) => (route, parts),
            Found::WrongVerb => return refuse(Known::WrongMethod),
            Found::Nothing => return refuse(Known::NotFound),
        };
        let written = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let is_bot = shared.look(|state, _| {
            let token = written.and_then(|written| written.strip_prefix("Bot "));
            !state.is_revoked && token == Some(state.options.token.as_str())
        });
        if route.access == Access::Bot && !is_bot {
            // Nothing of a stranger is recorded.
            return refuse(Known::Unauthorized);
        }
        let args = Args { path: parts, query, body: Body::default() };
        let (number, fault) = shared.change(|state, world| {
            let (at, id) = (world.now(), args.first_id());
            state.counters.requests += 1;
            state.record(Request {
                number: state.counters.requests,
                at,
                operation: route.operation.to_owned(),
                id,
                query: args.query.clone(),
                body: Value::Null,
                files: Vec::new(),
                unknown: Vec::new(),
                status: 0,
                code: None,
                error: None,
            });
            (state.counters.requests, state.plan.draw(|scope| scope.meets(route.operation, id)))
        });
        Ok(Call { shared, number, route, args, has_token: is_bot, fault, refusal: None })
    }

    /// What is counted together: the bucket with the channel, guild, webhook or application of the path.
    fn key(&self) -> (Bucket, String) {
        let mut parts = self.args.path.iter();
        let mut major = parts.next().map(|(_, part)| part.clone()).unwrap_or_default();
        if self.route.bucket == Bucket::Webhook {
            let token = parts.next().map_or("", |(_, part)| part.as_str());
            major = format!("{major}/{token}");
        }
        (self.route.bucket, major)
    }

    async fn answer(self, line: &Line) -> Response {
        self.note_body();
        let stop = self.shared.simulation.stopping();
        match self.fault {
            Some(Fault::ServerHtml(status)) => {
                self.note(&Err(Refusal::server(status)));
                return answer::respond_html(status);
            }
            Some(Fault::Hang) => line.hang(stop).await,
            Some(Fault::Slow(by)) => {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(by) => {}
                }
            }
            _ => {}
        }
        let (answer, standing, now_s) = self.run();
        self.note(&answer);
        match self.fault {
            Some(Fault::AnswerLost) => line.cut(),
            Some(Fault::HangAfterStoring) => line.hang(stop).await,
            Some(Fault::Truncated) => return answer::respond_truncated(&answer),
            _ => {}
        }
        let mut response = answer::respond(&answer);
        if let Some(standing) = standing {
            answer::add_bucket(&mut response, &standing, now_s);
        }
        response
    }

    /// The answer, how its bucket stands then, and the time in seconds.
    fn run(&self) -> (Answer, Option<Standing>, f64) {
        let (key, now) = (self.key(), Instant::now());
        self.shared.change(|state, world| {
            if state.pace.is_impatient(&key, now) {
                state.counters.impatient += 1;
            }
            let limits = state.options.limits;
            let taken = state.pace.take(limits, &key, self.has_token, now);
            let answer = match (taken, self.fault, &self.refusal) {
                (Err((wait, scope)), ..) => Err(Refusal::too_many(wait, scope)),
                (_, Some(Fault::Server(status)), _) => Err(Refusal::server(status)),
                (_, Some(Fault::Refused(status, code, message)), _) => {
                    Err(Refusal::new(status, code, message))
                }
                (_, Some(Fault::TooMany(wait, scope)), _) => {
                    match scope {
                        LimitScope::Global => state.pace.tell_all(now + wait),
                        LimitScope::User | LimitScope::Shared => {
                            state.pace.tell(key.clone(), now + wait);
                        }
                    }
                    Err(Refusal::too_many(wait, scope))
                }
                (_, Some(Fault::Result(json)), _) => {
                    Ok(Reply::Json(serde_json::from_str(json).unwrap_or_default()))
                }
                (_, _, Some(refusal)) => Err(refusal.clone()),
                _ => (self.route.run)(state, world, &self.args),
            };
            #[expect(clippy::cast_precision_loss, reason = "milliseconds of our age fit")]
            let now_s = world.now().as_millisecond() as f64 / 1_000.0;
            (answer, state.pace.standing(limits, &key, now), now_s)
        })
    }

    /// Adds what the request carried to its record.
    fn note_body(&self) {
        let body = &self.args.body;
        let names = body.json.as_object().into_iter().flat_map(|object| object.keys());
        let is_unknown = |name: &&String| {
            !self.route.fields.is_empty() && !self.route.fields.contains(&name.as_str())
        };
        let unknown: Vec<String> = names.filter(is_unknown).cloned().collect();
        self.shared.change(|state, _| {
            state.counters.unknown_fields += unknown.len() as u64;
            if let Some(record) = state.requests.iter_mut().rev().find(|r| r.number == self.number)
            {
                record.body = body.json.clone();
                record.files = body.files.values().map(|file| file.name.clone()).collect();
                record.unknown = unknown;
            }
        });
    }

    /// Completes the record of this request.
    fn note(&self, answer: &Answer) {
        self.shared.change(|state, _| {
            let (status, code, error) = match answer {
                Ok(Reply::Json(_)) => (200, None, None),
                Ok(Reply::Empty) => (204, None, None),
                Err(refusal) => {
                    state.count(refusal, Instant::now());
                    let errors = refusal.errors.as_ref().map(|errors| format!(": {errors}"));
                    let error = format!("{}{}", refusal.message, errors.unwrap_or_default());
                    (refusal.status, Some(refusal.code), Some(error))
                }
            };
            if let Some(record) = state.requests.iter_mut().rev().find(|r| r.number == self.number)
            {
                (record.status, record.code, record.error) = (status, code, error);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bot_says_who_it_is() {
        for (agent, expected) in [
            ("DiscordBot (https://example.org/, 0.1.0)", true),
            ("DiscordBot (https://example.org/, 0.1.0) more", true),
            ("DiscordBot", false),
            ("DiscordBot (tubebell)", false),
            ("curl/8.0", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(USER_AGENT, agent.parse().unwrap());
            assert_eq!(is_user_agent(&headers), expected, "{agent}");
        }
        assert!(!is_user_agent(&HeaderMap::new()));
    }

    #[test]
    fn all_but_webhooks_stand_below_the_version() {
        assert_eq!(below_version("/api/v10/users/@me"), Ok("/users/@me"));
        assert_eq!(below_version("/api/webhooks/1/t"), Ok("/webhooks/1/t"));
        assert_eq!(below_version("/api/v9/users/@me"), Err(Known::InvalidVersion));
        assert_eq!(below_version("/api/users/@me"), Err(Known::InvalidVersion));
        assert_eq!(below_version("/users/@me"), Err(Known::NotFound));
    }
}

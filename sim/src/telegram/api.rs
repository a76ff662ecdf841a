//! The Bot API over HTTP: path, token, method, faults, answer.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{ConnectInfo, Request as HttpRequest, State as Shares};
use axum::http::Method as Verb;
use axum::response::Response;
use serde_json::json;
use tokio::time::{Duration, Instant};

use super::answer::{self, Answer, Refusal};
use super::chats;
use super::faults::Fault;
use super::params::Params;
use super::record::Request;
use super::state::State;
use super::{DOCUMENT_MAX_BYTES, Shared};
use crate::loopback::{Line, decode};
use crate::world::World;

/// Largest request body: a file, and its caption.
const BODY_MAX_BYTES: usize = DOCUMENT_MAX_BYTES + (1 << 20);

/// A method that the sandbox knows, with every parameter that it has in Bot API 10.1.
struct Method {
    name: &'static str,
    params: &'static [&'static str],
    run: Run,
}

type Step = fn(&mut State, &mut World, &Params) -> Answer;

/// How a method is carried out.
#[derive(Clone, Copy)]
enum Run {
    /// Waits for updates.
    Poll,
    /// At once.
    Step(Step),
    /// At once, and the chat's limits count.
    Write(Step),
}

const SEND: &[&str] = &[
    "business_connection_id",
    "chat_id",
    "message_thread_id",
    "direct_messages_topic_id",
    "text",
    "parse_mode",
    "entities",
    "link_preview_options",
    "disable_notification",
    "protect_content",
    "allow_paid_broadcast",
    "message_effect_id",
    "suggested_post_parameters",
    "reply_parameters",
    "reply_markup",
];
const SEND_PHOTO: &[&str] = &[
    "business_connection_id",
    "chat_id",
    "message_thread_id",
    "direct_messages_topic_id",
    "photo",
    "caption",
    "parse_mode",
    "caption_entities",
    "show_caption_above_media",
    "has_spoiler",
    "disable_notification",
    "protect_content",
    "allow_paid_broadcast",
    "message_effect_id",
    "suggested_post_parameters",
    "reply_parameters",
    "reply_markup",
];
const SEND_DOCUMENT: &[&str] = &[
    "business_connection_id",
    "chat_id",
    "message_thread_id",
    "direct_messages_topic_id",
    "document",
    "thumbnail",
    "caption",
    "parse_mode",
    "caption_entities",
    "disable_content_type_detection",
    "disable_notification",
    "protect_content",
    "allow_paid_broadcast",
    "message_effect_id",
    "suggested_post_parameters",
    "reply_parameters",
    "reply_markup",
];
const EDIT_TEXT: &[&str] = &[
    "business_connection_id",
    "chat_id",
    "message_id",
    "inline_message_id",
    "text",
    "parse_mode",
    "entities",
    "link_preview_options",
    "rich_message",
    "reply_markup",
];
const EDIT_CAPTION: &[&str] = &[
    "business_connection_id",
    "chat_id",
    "message_id",
    "inline_message_id",
    "caption",
    "parse_mode",
    "caption_entities",
    "show_caption_above_media",
    "reply_markup",
];
const EDIT_MEDIA: &[&str] = &[
    "business_connection_id",
    "chat_id",
    "message_id",
    "inline_message_id",
    "media",
    "reply_markup",
];
const EDIT_MARKUP: &[&str] =
    &["business_connection_id", "chat_id", "message_id", "inline_message_id", "reply_markup"];
const WEBHOOK: &[&str] = &[
    "url",
    "certificate",
    "ip_address",
    "max_connections",
    "allowed_updates",
    "drop_pending_updates",
    "secret_token",
];

const METHODS: &[Method] = &[
    Method { name: "getMe", params: &[], run: Run::Step(|state, _, _| Ok(state.get_me())) },
    Method {
        name: "getUpdates",
        params: &["offset", "limit", "timeout", "allowed_updates"],
        run: Run::Poll,
    },
    Method { name: "sendMessage", params: SEND, run: Run::Write(State::send_message) },
    Method { name: "sendPhoto", params: SEND_PHOTO, run: Run::Write(State::send_photo) },
    Method { name: "sendDocument", params: SEND_DOCUMENT, run: Run::Write(State::send_document) },
    Method {
        name: "editMessageText",
        params: EDIT_TEXT,
        run: Run::Write(State::edit_message_text),
    },
    Method {
        name: "editMessageCaption",
        params: EDIT_CAPTION,
        run: Run::Write(State::edit_message_caption),
    },
    Method {
        name: "editMessageMedia",
        params: EDIT_MEDIA,
        run: Run::Write(State::edit_message_media),
    },
    Method {
        name: "editMessageReplyMarkup",
        params: EDIT_MARKUP,
        run: Run::Write(State::edit_message_reply_markup),
    },
    Method {
        name: "answerCallbackQuery",
        params: &["callback_query_id", "text", "show_alert", "url", "cache_time"],
        run: Run::Step(|state, _, params| state.answer_callback_query(params)),
    },
    Method {
        name: "setMyCommands",
        params: &["commands", "scope", "language_code"],
        run: Run::Step(|state, _, params| state.set_my_commands(params)),
    },
    Method {
        name: "getMyCommands",
        params: &["scope", "language_code"],
        run: Run::Step(|state, _, params| state.get_my_commands(params)),
    },
    Method {
        name: "deleteMyCommands",
        params: &["scope", "language_code"],
        run: Run::Step(|state, _, params| state.delete_my_commands(params)),
    },
    Method {
        name: "setWebhook",
        params: WEBHOOK,
        run: Run::Step(|state, _, params| state.updates.set_webhook(params).map(|()| json!(true))),
    },
    Method {
        name: "deleteWebhook",
        params: &["drop_pending_updates"],
        run: Run::Step(|state, _, params| {
            state.updates.webhook = None;
            if params.flag("drop_pending_updates") {
                state.updates.forget();
            }
            Ok(json!(true))
        }),
    },
    Method {
        name: "getWebhookInfo",
        params: &[],
        run: Run::Step(|state, _, _| Ok(state.webhook_info())),
    },
    Method {
        name: "getChat",
        params: &["chat_id"],
        run: Run::Step(|_, world, params| chats::get_chat(world, &params.text("chat_id"))),
    },
    Method {
        name: "getChatMember",
        params: &["chat_id", "user_id"],
        run: Run::Step(|state, world, params| {
            let bot = state.bot_json();
            let user = params.integer("user_id").unwrap_or(0);
            chats::get_chat_member(world, &params.text("chat_id"), user, &bot)
        }),
    },
];

/// Takes every request that is not for the page.
pub(super) async fn handle(
    Shares(shared): Shares<Arc<Shared>>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: HttpRequest,
) -> Response {
    let (head, body) = request.into_parts();
    let Some((token, name)) = parse_path(head.uri.path()) else {
        return answer::respond(&Err(Refusal::no_path()));
    };
    if head.method != Verb::GET && head.method != Verb::POST {
        return answer::respond(&Err(Refusal::no_path()));
    }
    let Ok(body) = to_bytes(body, BODY_MAX_BYTES).await else {
        return answer::respond(&Err(Refusal::too_large()));
    };
    let is_known = shared.look(|state, _| state.options.token == token);
    if !is_known {
        // Nothing of a stranger is recorded; a token that could be one gets another answer than one that couldn't.
        let refusal =
            if is_token(&token) { Refusal::unauthorized() } else { Refusal::invalid_token() };
        return answer::respond(&Err(refusal));
    }
    let params = match Params::read(head.uri.query(), &head.headers, &body) {
        Ok(params) => params,
        Err(refusal) => return answer::respond(&Err(refusal)),
    };
    Call::begin(&shared, &name, params).answer(&line).await
}

/// `/bot<token>/<method>`.
fn parse_path(path: &str) -> Option<(String, String)> {
    let path = decode(path, false);
    let (token, method) = path.strip_prefix("/bot")?.split_once('/')?;
    Some((token.to_owned(), method.to_owned()))
}

fn is_token(token: &str) -> bool {
    let Some((id, secret)) = token.split_once(':') else { return false };
    token.len() <= 80
        && !id.starts_with('0')
        && id.parse::<u64>().is_ok()
        && !secret.is_empty()
        && secret.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// One request under way.
struct Call<'a> {
    shared: &'a Shared,
    number: u64,
    method: Option<&'static Method>,
    params: Params,
    fault: Option<Fault>,
}

impl Call<'_> {
    fn begin<'a>(shared: &'a Shared, name: &str, params: Params) -> Call<'a> {
        let method = METHODS.iter().find(|method| method.name.eq_ignore_ascii_case(name));
        let name = method.map_or(name, |method| method.name);
        let known = method.map_or(&[][..], |method| method.params);
        let unknown: Vec<String> =
            params.0.keys().filter(|key| !known.contains(&key.as_str())).cloned().collect();
        shared.change(|state, world| {
            state.counters.requests += 1;
            state.counters.unknown_parameters += unknown.len() as u64;
            let number = state.counters.requests;
            while state.requests.len() >= state.options.kept_requests.max(1) {
                state.requests.pop_front();
            }
            let at = world.now();
            state.requests.push_back(Request {
                number,
                at,
                method: name.to_owned(),
                params: params.written(),
                files: params.1.keys().cloned().collect(),
                unknown,
                status: 0,
                error: None,
            });
            let fault = state.plan.draw(|scope| scope.meets(name, params.integer("chat_id")));
            Call { shared, number, method, params, fault }
        })
    }

    async fn answer(self, line: &Line) -> Response {
        let stop = self.shared.simulation.stopping();
        match self.fault {
            Some(Fault::ServerHtml(code)) => {
                self.note(&Err(Refusal::server(code)));
                return answer::respond_html(code);
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
        let answer = self.run().await;
        self.note(&answer);
        match self.fault {
            Some(Fault::AnswerLost) => line.cut(),
            Some(Fault::HangAfterStoring) => line.hang(stop).await,
            Some(Fault::Truncated) => return answer::respond_truncated(&answer),
            _ => {}
        }
        answer::respond(&answer)
    }

    async fn run(&self) -> Answer {
        if self.shared.look(|state, _| state.is_revoked) {
            return Err(Refusal::unauthorized());
        }
        let Some(method) = self.method else { return Err(Refusal::no_method()) };
        let chat = self.params.integer("chat_id");
        if let (Run::Write(_), Some(chat)) = (method.run, chat) {
            self.shared.change(|state, _| {
                if state.pace.is_impatient(chat, Instant::now()) {
                    state.counters.impatient += 1;
                }
            });
        }
        match self.fault {
            Some(Fault::Server(code)) => return Err(Refusal::server(code)),
            Some(Fault::Refused(reason)) => return Err(Refusal::bad_request(reason)),
            Some(Fault::TooMany(seconds)) => {
                if let Some(chat) = chat {
                    let until = Instant::now() + Duration::from_secs(seconds);
                    self.shared.change(|state, _| state.pace.tell(chat, until));
                }
                return Err(Refusal::too_many(seconds));
            }
            Some(Fault::Result(json)) => {
                return Ok(serde_json::from_str(json).unwrap_or_default());
            }
            _ => {}
        }
        match method.run {
            Run::Step(step) | Run::Write(step) => {
                self.shared.change(|state, world| step(state, world, &self.params))
            }
            Run::Poll => self.poll().await,
        }
    }

    async fn poll(&self) -> Answer {
        let answer = self.wait_for_updates().await;
        if let Err(Refusal { code: 409, .. }) = answer {
            let delay = self.shared.change(|state, _| state.updates.conflict_delay(Instant::now()));
            tokio::select! {
                () = self.shared.simulation.stopping().cancelled() => {}
                () = tokio::time::sleep(delay) => {}
            }
        }
        answer
    }

    async fn wait_for_updates(&self) -> Answer {
        let mut changes = self.shared.changed.subscribe();
        let poll =
            self.shared.change(|state, _| state.updates.begin(&self.params, Instant::now()))?;
        loop {
            changes.mark_unchanged();
            let found = self.shared.look(|state, _| state.updates.fetch(poll, Instant::now()))?;
            if let Some(updates) = found {
                return Ok(updates);
            }
            tokio::select! {
                () = self.shared.simulation.stopping().cancelled() => return Ok(json!([])),
                () = tokio::time::sleep_until(poll.until) => {}
                changed = changes.changed() => {
                    if changed.is_err() {
                        return Ok(json!([]));
                    }
                }
            }
        }
    }

    /// Completes the record of this request.
    fn note(&self, answer: &Answer) {
        self.shared.change(|state, _| {
            let (status, error) = match answer {
                Ok(_) => (200, None),
                Err(refusal) => (refusal.code, Some(refusal.description.clone())),
            };
            match status {
                200 => {}
                429 => state.counters.too_many += 1,
                _ => state.counters.refused += 1,
            }
            let record = state.requests.iter_mut().rev().find(|r| r.number == self.number);
            if let Some(record) = record {
                record.status = status;
                record.error = error;
            }
        });
    }
}

/// Names and parameters of the methods that the sandbox has, for a comparison with the specification.
pub(super) fn known_methods() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    METHODS.iter().map(|method| (method.name, method.params))
}

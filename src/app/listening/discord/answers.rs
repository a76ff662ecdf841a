//! Answers to what people ask in Discord: each goes to the interaction that asked, by its token.
//!
//! Discord waits three seconds for a first answer and takes more of them for fifteen minutes. What is not answered after two
//! seconds is told to wait, whether it is at work or in a queue.
//! Source: <https://docs.discord.com/developers/interactions/receiving-and-responding> (2026-11).

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::plan::{Given, Step, plan};
use crate::app::listening::files::Files;
use crate::control::{MessageId, Proposed, Reply, ReplyError, Said};
use crate::draw::Painter;
use crate::model::{Address, Body, Owner};
use crate::notify::SendError;
use crate::notify::discord::{Asked, Discord, Pictured, Response};

/// After so long whoever asked is told to wait. Within three seconds the answer has to be there, and it needs its way.
const DEFERRED_AFTER: Duration = Duration::from_secs(2);

/// Interactions that are remembered after they were told.
const OF_LATE_MAX: usize = 4_096;

/// How long after a failed way an answer is tried once more.
const AGAIN_AFTER: Duration = Duration::from_millis(300);

/// Longest wait that Discord may ask for before an answer is tried once more.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// Answers interactions. Clones share what is open.
#[derive(Clone)]
pub(super) struct Answers {
    client: Discord,
    painter: Painter,
    files: Files,
    open: Arc<Mutex<Open>>,
}

/// What is being answered, and what was of late.
#[derive(Default)]
struct Open {
    questions: HashMap<String, Arc<Question>>,
    /// Discord may tell an interaction again when a session is gone on with.
    of_late: VecDeque<u64>,
}

/// Something that somebody asked.
struct Question {
    asked: Asked,
    is_button: bool,
    /// What was answered so far. Whoever answers holds it, so that nobody defers meanwhile.
    given: tokio::sync::Mutex<Given>,
}

/// Somebody asked something, who is answered until this is dropped.
pub(super) struct Opened {
    answers: Answers,
    id: String,
    closed: DropGuard,
}

impl Answers {
    pub(super) fn new(client: Discord, painter: Painter) -> Answers {
        Answers { client, painter, files: Files::new(), open: Arc::default() }
    }

    /// Somebody asks something; `None`: it was answered of late, or is being answered.
    pub(super) fn open(&self, asked: Asked, is_button: bool) -> Option<Opened> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.of_late.contains(&asked.id) {
            return None;
        }
        open.of_late.push_back(asked.id);
        if open.of_late.len() > OF_LATE_MAX {
            open.of_late.pop_front();
        }
        let id = asked.id.to_string();
        let given = tokio::sync::Mutex::new(Given::Nothing);
        open.questions.insert(id.clone(), Arc::new(Question { asked, is_button, given }));
        let closed = CancellationToken::new().drop_guard();
        Some(Opened { answers: self.clone(), id, closed })
    }

    /// Tells whoever asked to wait, unless they have an answer.
    async fn defer(&self, id: &str) {
        let Some(question) = self.question(id) else { return };
        let mut given = question.given.lock().await;
        if *given != Given::Nothing {
            return;
        }
        let wait = if question.is_button {
            Response::ReplacedLater
        } else {
            Response::AnsweredLater { is_for_asker: false }
        };
        match self.client.respond(&question.asked, &wait).await {
            // Where it may have arrived, it counts: whoever sees “thinking” is not to see it for a quarter of an hour.
            Ok(()) | Err(SendError::Ambiguous(_)) => *given = Given::Wait,
            Err(error) => tracing::debug!(%error, "somebody could not be told to wait"),
        }
    }

    /// Shows what may be meant by what somebody types. What comes too late is of no use.
    pub(super) async fn propose(&self, asked: &Asked, proposed: &[Proposed]) {
        let choices: Vec<(&str, &str)> =
            proposed.iter().map(|one| (one.name.as_str(), one.value.as_str())).collect();
        if let Err(error) = self.client.respond(asked, &Response::Choices(&choices)).await {
            tracing::debug!(%error, "proposals did not arrive");
        }
    }

    fn question(&self, id: &str) -> Option<Arc<Question>> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.questions.get(id).map(Arc::clone)
    }

    /// Does what a plan says, and notes what whoever asked has seen of it. A way that failed before anything went out is tried
    /// once more.
    async fn carry_out(
        &self,
        asked: &Asked,
        steps: &[Step],
        given: &mut Given,
    ) -> Result<(), SendError> {
        for step in steps {
            let mut taken = self.take(asked, step).await;
            if let Some(wait) = taken.as_ref().err().and_then(again_after) {
                tokio::time::sleep(wait).await;
                taken = self.take(asked, step).await;
            }
            match (step, taken) {
                // What could not be taken back stands there; the answer is worth more.
                (Step::TakeBack, _) => {}
                (Step::AnswerLater { .. } | Step::ReplaceLater, Ok(())) => *given = Given::Wait,
                (_, Ok(())) => *given = Given::Answer,
                (_, Err(error)) => return Err(error),
            }
        }
        // Also where nothing has to follow.
        *given = Given::Answer;
        Ok(())
    }

    async fn take(&self, asked: &Asked, step: &Step) -> Result<(), SendError> {
        let png = self.painter.drawn(step.message().and_then(|said| said.picture.as_ref())).await;
        let pictured = |message| Pictured { message, png: png.as_deref() };
        match step {
            Step::Respond { message, is_for_asker } => {
                let message = pictured(message);
                let response = Response::Message { message, is_for_asker: *is_for_asker };
                self.client.respond(asked, &response).await
            }
            Step::Replace(message) => {
                self.client.respond(asked, &Response::Replacement(pictured(message))).await
            }
            Step::ReplaceLater => self.client.respond(asked, &Response::ReplacedLater).await,
            Step::AnswerLater { is_for_asker } => {
                let response = Response::AnsweredLater { is_for_asker: *is_for_asker };
                self.client.respond(asked, &response).await
            }
            Step::Rewrite(message) => self.client.rewrite(asked, pictured(message)).await,
            Step::TakeBack => self.client.take_back(asked).await,
            Step::FollowUp { message, is_for_asker } => {
                self.client.follow_up(asked, pictured(message), *is_for_asker).await
            }
        }
    }
}

impl Opened {
    /// Tells whoever asked to wait, if they still do after a while. Ends when the question is closed.
    pub(super) fn deferring(&self) -> impl Future<Output = ()> + Send + use<> {
        let (answers, id) = (self.answers.clone(), self.id.clone());
        let closed = self.closed.token().clone();
        async move {
            tokio::select! {
                () = closed.cancelled() => {}
                () = tokio::time::sleep(DEFERRED_AFTER) => answers.defer(&id).await,
            }
        }
    }

    /// Ends the wait of whoever has no answer at all: they are told this.
    pub(super) async fn close(self, otherwise: &str) {
        let Some(question) = self.answers.question(&self.id) else { return };
        let is_answered = *question.given.lock().await == Given::Answer;
        if !is_answered {
            self.give_up(otherwise).await;
        }
    }

    /// Tells whoever asked the last word, whatever they were told before.
    pub(super) async fn give_up(self, words: &str) {
        let toast = Some(words.to_owned().into());
        let said = Said { toast, is_for_asker: true, ..Said::default() };
        if let Err(error) = self.answers.answer(&self.id, said).await {
            tracing::debug!(%error, "the last word on a question did not arrive");
        }
    }
}

/// After how long an attempt is worth another one: nothing of it went out. `None`: it is not.
fn again_after(error: &SendError) -> Option<Duration> {
    match error {
        SendError::NoConnection(_) | SendError::Unreachable(_) | SendError::Transient(_) => {
            Some(AGAIN_AFTER)
        }
        SendError::Wait { after: Some(wait) } | SendError::Held { after: wait } => {
            (*wait <= WAIT_MAX).then_some((*wait).max(AGAIN_AFTER))
        }
        SendError::Wait { after: None }
        | SendError::Deferred { .. }
        | SendError::Ambiguous(_)
        | SendError::Rejected(_)
        | SendError::Policy(_)
        | SendError::Unauthorized(_)
        | SendError::Gone(_)
        | SendError::Barred(_)
        | SendError::Moved(_) => None,
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        let mut open = self.answers.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.questions.remove(&self.id);
    }
}

#[async_trait]
impl Reply for Answers {
    async fn message(&self, _: &Address, _: &Owner, _: Body) -> Result<(), ReplyError> {
        Err(ReplyError("it answers no question that is open".to_owned()))
    }

    async fn toast(&self, callback: &str, _: &str) {
        tracing::error!(callback, "a button of Discord's is answered as one of another service");
    }

    async fn edit(&self, _: &Address, _: &Owner, _: &MessageId, _: Body) {
        tracing::error!("a message of Discord's is changed as one of another service");
    }

    async fn answer(&self, question: &str, mut said: Said) -> Result<(), ReplyError> {
        let Said { message, replacement, .. } = &mut said;
        let bodies = message.iter_mut().chain(replacement);
        let _rooms: Vec<_> = bodies.map(|body| self.files.take(body)).collect();
        let Some(question) = self.question(question) else {
            return Err(ReplyError("the question is not open any more".to_owned()));
        };
        let mut given = question.given.lock().await;
        let steps = plan(said, *given, question.is_button)
            .ok_or_else(|| ReplyError("it is no message for Discord".to_owned()))?;
        let done = self.carry_out(&question.asked, &steps, &mut given).await;
        done.map_err(|error| ReplyError(error.to_string()))
    }
}

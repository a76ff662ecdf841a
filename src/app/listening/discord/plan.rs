//! In which requests an answer leaves. Pure.
//!
//! The first answer to an interaction is one response; what follows is an edit of it or a further message. Whether others see
//! an answer is fixed with the response: one that was told to wait in public can't become an answer for whoever asked alone, so
//! it is taken back and follows as another message.

use crate::control::Said;
use crate::model::{Body, EmbedMessage};
use crate::render::escape_markdown;

/// Said where there is nothing to be said to a command: Discord has no silence.
const NOTHING: &str =
    "I said that a moment ago, or you ask for more than I answer at once. Try again in a minute.";

/// What was answered so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Given {
    /// Nothing.
    Nothing,
    /// That it takes a while.
    Wait,
    /// An answer.
    Answer,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// The response: a message.
    Respond { message: EmbedMessage, is_for_asker: bool },
    /// The response: what replaces the message whose button was pressed.
    Replace(EmbedMessage),
    /// The response to a command: that it takes a while. It says who sees the message that takes its place.
    AnswerLater { is_for_asker: bool },
    /// The response to a button: that nothing follows, or later.
    ReplaceLater,
    /// Another text in the place of the response, or of the message whose button was pressed.
    Rewrite(EmbedMessage),
    /// The response goes.
    TakeBack,
    /// A further message.
    FollowUp { message: EmbedMessage, is_for_asker: bool },
}

impl Step {
    /// What it says.
    pub(super) const fn message(&self) -> Option<&EmbedMessage> {
        match self {
            Step::Respond { message, .. }
            | Step::Replace(message)
            | Step::Rewrite(message)
            | Step::FollowUp { message, .. } => Some(message),
            Step::AnswerLater { .. } | Step::ReplaceLater | Step::TakeBack => None,
        }
    }
}

/// In which requests this leaves, in their order; `None`: it is nothing for Discord.
pub(super) fn plan(said: Said, given: Given, is_button: bool) -> Option<Vec<Step>> {
    let Said { message, replacement, toast, is_for_asker } = said;
    if let Some(replacement) = replacement {
        let message = embed(replacement)?;
        let replaced = match given {
            Given::Nothing if takes_a_while(&message) => {
                vec![Step::ReplaceLater, Step::Rewrite(message)]
            }
            Given::Nothing => vec![Step::Replace(message)],
            Given::Wait | Given::Answer => vec![Step::Rewrite(message)],
        };
        return Some(replaced);
    }
    let toast = toast.filter(|toast| !toast.is_empty());
    let (message, is_for_asker) = match (message, toast) {
        (Some(message), _) => (embed(message)?, is_for_asker),
        (None, Some(toast)) => (line(&toast), true),
        (None, None) if is_button => {
            let wait = (given == Given::Nothing).then_some(Step::ReplaceLater);
            return Some(wait.into_iter().collect());
        }
        (None, None) => (line(NOTHING), true),
    };
    let steps = match (given, is_button, is_for_asker) {
        (Given::Nothing, false, _) if takes_a_while(&message) => {
            vec![Step::AnswerLater { is_for_asker }, Step::Rewrite(message)]
        }
        (Given::Nothing, true, _) if takes_a_while(&message) => {
            vec![Step::ReplaceLater, Step::FollowUp { message, is_for_asker }]
        }
        (Given::Nothing, ..) => vec![Step::Respond { message, is_for_asker }],
        (Given::Wait, false, false) => vec![Step::Rewrite(message)],
        (Given::Wait, false, true) => {
            vec![Step::TakeBack, Step::FollowUp { message, is_for_asker }]
        }
        (Given::Wait, true, _) | (Given::Answer, ..) => {
            vec![Step::FollowUp { message, is_for_asker }]
        }
    };
    Some(steps)
}

/// Whether it may not be there in the time of a first answer: drawing a picture takes its time, and so does a file on its way.
fn takes_a_while(message: &EmbedMessage) -> bool {
    message.picture.is_some() || message.file.is_some()
}

fn embed(body: Body) -> Option<EmbedMessage> {
    match body {
        Body::Embed(message) => Some(message),
        Body::Chat(_) | Body::Mail(_) | Body::Json(_) | Body::Text(_) => None,
    }
}

/// A plain line as a message: nothing in it is markup.
fn line(text: &str) -> EmbedMessage {
    EmbedMessage { text: escape_markdown(text), ..EmbedMessage::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ChatMessage, Metric, Picture, TextFile};

    fn message(text: &str) -> EmbedMessage {
        EmbedMessage { text: text.to_owned(), ..EmbedMessage::default() }
    }

    fn steps(said: Said, given: Given, is_button: bool) -> Vec<Step> {
        plan(said, given, is_button).unwrap()
    }

    fn answer(is_for_asker: bool) -> Said {
        Said { message: Some(Body::Embed(message("hello"))), is_for_asker, ..Said::default() }
    }

    #[test]
    fn a_command_is_answered_at_once_or_where_it_was_told_to_wait() {
        let hello = || message("hello");
        for (is_for_asker, given, expected) in [
            (false, Given::Nothing, vec![Step::Respond { message: hello(), is_for_asker: false }]),
            (true, Given::Nothing, vec![Step::Respond { message: hello(), is_for_asker: true }]),
            (false, Given::Wait, vec![Step::Rewrite(hello())]),
            (
                true,
                Given::Wait,
                vec![Step::TakeBack, Step::FollowUp { message: hello(), is_for_asker: true }],
            ),
            (true, Given::Answer, vec![Step::FollowUp { message: hello(), is_for_asker: true }]),
        ] {
            assert_eq!(steps(answer(is_for_asker), given, false), expected);
        }
    }

    #[test]
    fn a_button_replaces_its_message_says_a_word_to_whoever_pressed_or_nothing() {
        let replacement = || Said {
            replacement: Some(Body::Embed(message("new"))),
            toast: Some("done".into()),
            ..Said::default()
        };
        assert_eq!(steps(replacement(), Given::Nothing, true), [Step::Replace(message("new"))]);
        assert_eq!(steps(replacement(), Given::Wait, true), [Step::Rewrite(message("new"))]);
        let toast = || Said { toast: Some("Silent *1 h*".into()), ..Said::default() };
        let line = message("Silent \\*1 h\\*");
        assert_eq!(
            steps(toast(), Given::Nothing, true),
            [Step::Respond { message: line.clone(), is_for_asker: true }]
        );
        assert_eq!(
            steps(toast(), Given::Wait, true),
            [Step::FollowUp { message: line, is_for_asker: true }]
        );
        assert_eq!(steps(Said::default(), Given::Nothing, true), [Step::ReplaceLater]);
        assert!(steps(Said::default(), Given::Wait, true).is_empty());
    }

    #[test]
    fn a_command_is_never_left_without_a_word() {
        let steps = steps(Said::default(), Given::Nothing, false);
        let [Step::Respond { message, is_for_asker: true }] = steps.as_slice() else {
            panic!("{steps:?}")
        };
        assert!(!message.text.is_empty());
    }

    #[test]
    fn whoever_gets_a_picture_or_a_file_is_told_to_wait_first_and_sees_it_alone_if_so_asked() {
        let picture = Picture {
            metric: Metric::Views,
            points: Vec::new(),
            marks: Vec::new(),
            tz: "UTC".to_owned(),
        };
        let file = TextFile { name: "a.json".to_owned(), text: "{}".to_owned() };
        for said in [
            EmbedMessage { picture: Some(picture), ..message("hello") },
            EmbedMessage { file: Some(file), ..message("hello") },
        ] {
            let body = || Some(Body::Embed(said.clone()));
            for is_for_asker in [false, true] {
                let answer = || Said { message: body(), is_for_asker, ..Said::default() };
                assert_eq!(
                    steps(answer(), Given::Nothing, false),
                    [Step::AnswerLater { is_for_asker }, Step::Rewrite(said.clone())]
                );
                let further = Step::FollowUp { message: said.clone(), is_for_asker };
                assert_eq!(steps(answer(), Given::Nothing, true), [Step::ReplaceLater, further]);
            }
            let replacement = Said { replacement: body(), ..Said::default() };
            assert_eq!(
                steps(replacement, Given::Nothing, true),
                [Step::ReplaceLater, Step::Rewrite(said)]
            );
        }
    }

    #[test]
    fn a_message_for_another_service_is_none_for_discord() {
        let said = Said { message: Some(Body::Chat(ChatMessage::default())), ..Said::default() };
        assert_eq!(plan(said, Given::Nothing, false), None);
    }
}

//! The second entrance: what people ask for, with one meaning on every chat service.
//!
//! Two rooms. *Actions* do it: a typed request, a typed result or refusal, no text and no chat; whoever lets people ask in
//! another way than by writing calls the same ones. *Chat* reads what was written or pressed, asks for rights, calls an
//! action, and fills a view with what came of it.

mod actions;
mod chat;
mod seams;
mod story;

pub use actions::{ActionOptions, INVITATION_LIFE, invitation};
pub use chat::{
    AccessMode, Along, Author, ChosenRole, Control, ControlOptions, HandleError, Incoming,
    IncomingKind,
};
pub(crate) use chat::{MESSAGE, Proposed, Typing};
pub use seams::{
    Administrators, Asker, Looked, LookedSubject, Lookup, LookupError, MessageId, NotSaid,
    PersonId, Reply, ReplyError, Said,
};
pub(crate) use story::RuleState;
pub use story::{Held, held, state};

//! Letting people in: invitations, and what strangers are told.

use crate::control::actions::{self, Invitation, TooManyInvitations, is_code};
use crate::model::Owner;
use crate::render::views::{Invite, NotAllowed, WelcomeInvited};
use crate::store::{Edit, Edited};

use super::access::{self, AccessMode};
use super::answer::{Answer, Stop};
use super::flood::Grant;
use super::turn::Turn;

const BAD_CODE: &str = "This invitation is unknown, used or too old. Ask whoever gave it to you for a new one: each works once.";

/// The operator's own invitation makes no group the operator; it is not used up either.
const FOR_A_PERSON: &str =
    "This invitation is for one person and stays unused here: open it in a private chat with me.";

/// Answers somebody who may not talk to the bot; `code` is what came with `/start`.
pub(super) async fn stranger(turn: &mut Turn<'_>, code: Option<&str>) -> Result<Answer, Stop> {
    let control = turn.control;
    let lane = turn.group().lane();
    let code = code.filter(|code| !code.is_empty());
    if let Some(code) = code
        && control.options.access == AccessMode::Invite
    {
        if control.shares.codes.take(&turn.speaker(), turn.now) != Grant::Granted {
            return Ok(Answer::default());
        }
        return use_code(turn, code).await.map(Answer::for_asker);
    }
    // Not for everything that a stranger sends: a flood would have us answer in a flood.
    Ok(match control.shares.refusals.take(&lane, turn.now) {
        Grant::Granted => {
            let has_links = turn.here().channel().traits().invitation_link.is_some();
            Answer::of(&NotAllowed { sender: lane, has_links }).for_asker()
        }
        Grant::FirstRefused | Grant::Refused => Answer::default(),
    })
}

/// What makes whoever opens the operator's own invitation the operator, where the configuration names none.
///
/// Only in a private chat: what needs a hand is nothing for a group to read. In a group the store leaves it unused.
fn become_operator(turn: &Turn<'_>, code: &str) -> Option<Edit> {
    let is_open = turn.control.options.operator.is_empty();
    (is_open && is_code(code))
        .then(|| Edit::BecomeOperator { person: turn.destination.whole(), code: code.to_owned() })
}

/// Answers somebody who is in already and opens a link; `None`: the link makes no difference.
pub(super) async fn claim(turn: &mut Turn<'_>, code: &str) -> Result<Option<Answer>, Stop> {
    let Some(edit) = become_operator(turn, code) else { return Ok(None) };
    let done = turn.commit_only(vec![edit]).await?;
    Ok(match done.as_slice() {
        [Edited::Done(1)] => Some(welcome(turn, true)),
        [Edited::NotForGroups] => Some(turn.line(FOR_A_PERSON)),
        _ => None,
    })
}

fn welcome(turn: &Turn<'_>, is_operator: bool) -> Answer {
    let options = turn.options();
    Answer::of(&WelcomeInvited {
        preset: options.preset.clone(),
        list_preset: options.list_preset.clone(),
        reads_texts: turn.reads_texts(),
        is_operator,
    })
}

async fn use_code(turn: &mut Turn<'_>, code: &str) -> Result<Answer, Stop> {
    turn.needs_administrator().await?;
    if turn.along.group.is_some() {
        return let_server_in(turn, code).await;
    }
    let mut done = Vec::new();
    if is_code(code) {
        let person = turn.destination.whole();
        let admit = Edit::Admit { person, code: code.to_owned() };
        let edits = [Some(admit), become_operator(turn, code)].into_iter().flatten().collect();
        done = turn.commit_only(edits).await?;
    }
    Ok(match done.first() {
        Some(Edited::Done(_)) => welcome(turn, matches!(done.get(1), Some(Edited::Done(1)))),
        Some(Edited::NotForGroups) => turn.line(FOR_A_PERSON),
        _ => turn.line(BAD_CODE),
    })
}

/// Lets in whoever opens an invitation in a server, and with them the server: it counts for them.
async fn let_server_in(turn: &mut Turn<'_>, code: &str) -> Result<Answer, Stop> {
    let control = turn.control;
    // Whoever runs this installation says so in private.
    if control.options.operator.is_empty() && control.store.operator().await?.is_none() {
        return Ok(turn.line(FOR_A_PERSON));
    }
    let Some(person) = access::personal(turn).filter(|_| is_code(code)) else {
        return Ok(turn.line(BAD_CODE));
    };
    let admit = Edit::Admit { person, code: code.to_owned() };
    if !matches!(turn.commit_only(vec![admit]).await?.as_slice(), [Edited::Done(_)]) {
        return Ok(turn.line(BAD_CODE));
    }
    turn.is_new_group = true;
    access::bring_in(turn).await?;
    Ok(welcome(turn, false))
}

/// `/invite`
pub(super) async fn command(turn: &mut Turn<'_>) -> Result<Answer, Stop> {
    let control = turn.control;
    if !turn.private {
        return Err(
            turn.refuse("Ask me for an invitation in a private chat: here, everyone could use it.")
        );
    }
    match control.options.access {
        AccessMode::Invite => {}
        AccessMode::Open => {
            return Err(turn.refuse("Nobody needs an invitation: this bot answers everyone."));
        }
        AccessMode::Allowlist => {
            return Err(turn.refuse(
                "There are no invitations: whoever runs this bot keeps a list of who may use it.",
            ));
        }
    }
    let (made_by, now) = (Owner::of(&turn.destination), turn.now);
    let Invitation { code, expires_at } = match actions::invite(turn, made_by, now).await? {
        Ok(invitation) => invitation,
        Err(TooManyInvitations) => {
            return Err(turn.refuse("That is enough for one day: I make new invitations tomorrow."));
        }
    };
    let link = turn.here().channel().traits().invitation_link;
    Ok(Answer::of(&Invite {
        url: link.map(|link| link.to(&control.options.bot, &code)),
        command: format!("/start {code}"),
        expires: Some(turn.moment(expires_at)),
        is_single_use: true,
    })
    .for_asker())
}

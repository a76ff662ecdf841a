//! `tubebell invite`: another invitation of the operator's, or one that is withdrawn.

use std::io::Write;

use super::context::{Context, block_on, stdout};
use super::fault::Fault;
use super::terminal::say;
use crate::config::Config;
use crate::control::{AccessMode, INVITATION_LIFE, invitation};
use crate::model::{Channel, InvitationLink, Owner, UnixMillis, commands};
use crate::notify::telegram::Telegram;
use crate::render::numbers::Moment;
use crate::store::{Access, Edit, Edited, Registry, Shared, Sqlite};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Withdraws an invitation that nobody has used: its link, or the code in it
    // A code may begin with a dash.
    #[arg(long, value_name = "CODE", allow_hyphen_values = true)]
    revoke: Option<String>,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Fault> {
    let config = context.config()?;
    if let Some(code) = &args.revoke {
        let store = context.store(&config, Access::Existing)?;
        return block_on(revoke(&store, code, context.now));
    }
    match config.access.mode {
        AccessMode::Invite => {}
        AccessMode::Open => {
            return Err(Fault::failed(
                "nobody needs an invitation: access.mode is \"open\", the bot answers everyone",
            ));
        }
        AccessMode::Allowlist => {
            return Err(Fault::failed(
                "invitations mean nothing: access.mode is \"allowlist\", add the chat to access.allow",
            ));
        }
    }
    let store = context.store(&config, Access::Existing)?;
    block_on(invite(&store, &config, context.now))
}

async fn invite(store: &Sqlite, config: &Config, now: UnixMillis) -> Result<(), Fault> {
    let bots = || Channel::ALL.into_iter().filter(|it| it.traits().is_chat && config.is_on(*it));
    if bots().next().is_none() {
        return Err(Fault::failed(
            "there is neither [telegram] nor a token in [discord]: no bot to be invited to",
        ));
    }
    let client = config.telegram.as_ref().map(Telegram::new).transpose();
    let client = client.map_err(|error| Fault::wrong(format!("telegram: {error}")))?;
    let (code, edit) = invitation(Owner::Operator, now);
    store.edit(None, vec![edit], now).await?;
    let is_nobody = config.operator.to.is_empty() && store.operator().await?.is_none();
    let operator =
        if is_nobody { "; whoever opens it first in a private chat is the operator" } else { "" };
    let until = Moment { at: now.plus(INVITATION_LIFE), tz: config.defaults.tz.clone() };
    let mut out = stdout();
    // What is to be written to each bot to which no link leads.
    let has_no_link = |bot: &Channel| bot.traits().invitation_link.is_none();
    let mut lines: Vec<String> =
        bots().filter(has_no_link).map(|bot| start(bot.traits().reads_texts, &code)).collect();
    if let Some(client) = client {
        match client.get_me().await {
            Ok(bot) => writeln!(out, "{}", InvitationLink::TELEGRAM.to(&bot.username, &code))?,
            Err(error) => {
                say(&format!(
                    "Telegram does not say what the bot is called ({error}): send it this line yourself"
                ));
                lines.push(start(true, &code));
            }
        }
    }
    for line in lines {
        writeln!(out, "{line}")?;
    }
    writeln!(out, "good for one person until {until}{operator}")?;
    Ok(out.flush()?)
}

/// What is to be written to a bot: where texts are not read, the code is a part of the command that has a name.
fn start(reads_texts: bool, code: &str) -> String {
    let line = format!("/start {code}");
    if reads_texts { line } else { commands::in_parts(&line).unwrap_or(line) }
}

async fn revoke(store: &Sqlite, code: &str, now: UnixMillis) -> Result<(), Fault> {
    let code = ["start=", "/start", "code:"].into_iter().fold(code, |code, before| {
        code.rsplit_once(before).map_or(code, |(_, behind)| behind).trim()
    });
    let edit = Edit::Revoke { code: code.to_owned() };
    let done = store.edit(None, vec![edit], now).await?.and_then(|mut done| done.pop());
    match done {
        Some(Edited::Done(_)) => {
            let mut out = stdout();
            writeln!(out, "the invitation is withdrawn: nobody gets in by it")?;
            Ok(out.flush()?)
        }
        Some(Edited::BadInvite) => Err(Fault::failed(
            "somebody came in by this invitation: `tubebell people list` shows who, `people remove` puts them out",
        )),
        _ => {
            Err(Fault::failed("there is no such invitation: it is mistyped, withdrawn or too old"))
        }
    }
}

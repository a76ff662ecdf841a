//! `/link` and `/unlink`: one person with several addresses.

use async_trait::async_trait;

use crate::control::actions::{
    self, AskCode, Commit, NotAsked, NotLinked, OnItsOwn, OnlyAddress, TypedCode,
};
use crate::model::{Address, Body, Channel};
use crate::render::numbers::{Grouped, Moment};
use crate::render::views::{AddressLine, Asked, ConfirmMail, LinkView, Linked, NewCode, Unlinked};
use crate::store::{AskedEnough, Edit, Edited};

use super::answer::{Answer, Stop, wrong};
use super::flood::Grant;
use super::turn::Turn;
use super::words::{FAILED, quoted};
use super::{access, elsewhere};

const EXAMPLE: &str = "/link K7QF-2MXD";
/// How somebody enters a mailbox; nothing where there are none.
fn mail_example() -> String {
    let example = Channel::of_mailboxes().map(|(_, mailbox)| mailbox.example);
    format!("/link {}", example.unwrap_or_default())
}

/// Said in groups: a group is nobody's address, and its members read along.
const PRIVATE: &str = "This is about you, not about this group: write it to me in a private chat.";

const BAD_CODE: &str = "This code is unknown, used or too old. Make a new one with `/link` at your other address: each works once, for 10 minutes.";

const ENOUGH_CODES: &str = "That were five wrong codes. I look at no more of yours for an hour.";

/// `/link [code|email:you@example.org]`
pub(super) async fn link(turn: &mut Turn<'_>, rest: &str) -> Result<Answer, Stop> {
    if !turn.private {
        return Err(turn.refuse(PRIVATE));
    }
    if rest.is_empty() {
        return new_code(turn).await;
    }
    if let Some(code) = TypedCode::read(rest) {
        return use_code(turn, code).await;
    }
    match Address::entered(rest) {
        Some(mailbox) if mailbox.channel().traits().mailbox.is_some() => {
            ask_reader(turn, &mailbox).await
        }
        Some(_) => Err(wrong(
            "At a chat you show yourself by a code: write `/link` here, and type the code there.",
            "/link",
        )),
        None if rest.contains('@') => {
            Err(wrong(&format!("{} is no mail address.", quoted(rest)), &mail_example()))
        }
        None => Err(wrong(&format!("{} is no code and no mail address.", quoted(rest)), EXAMPLE)),
    }
}

/// `/link` with a code of somebody who may not use the bot yet: whoever made it may.
pub(super) async fn link_stranger(turn: &mut Turn<'_>, rest: &str) -> Result<Option<Answer>, Stop> {
    let Some(code) = TypedCode::read(rest).filter(|_| turn.private) else { return Ok(None) };
    if turn.control.shares.wrong_codes.is_used_up(&turn.speaker(), turn.now) {
        // They were told so with the last: a flood of codes would have us answer in a flood.
        return Ok(Some(Answer::default()));
    }
    use_code(turn, code).await.map(Some)
}

/// The addresses of whoever writes, for an answer that stands here.
pub(super) async fn lines(turn: &Turn<'_>) -> Result<Vec<AddressLine>, Stop> {
    let here = turn.here().whole();
    let mut lines = Vec::new();
    for address in turn.actions().addresses(&here).await? {
        let watches = turn.actions().watches_at(&address).await?;
        let row = turn.control.store.destination(&address).await?;
        lines.push(AddressLine {
            is_here: address == here,
            is_off: row.is_some_and(|row| row.shut().is_some()),
            watches: (watches > 0).then(|| Grouped::count(watches)),
            address: address.to_string(),
        });
    }
    Ok(lines)
}

/// The same where there are several.
async fn several(turn: &Turn<'_>) -> Result<Vec<AddressLine>, Stop> {
    let lines = lines(turn).await?;
    Ok(if lines.len() > 1 { lines } else { Vec::new() })
}

async fn new_code(turn: &mut Turn<'_>) -> Result<Answer, Stop> {
    let here = turn.destination.whole();
    let (code, expires_at) = actions::link_code(turn, &here, turn.now).await?;
    let code = NewCode {
        command: format!("/link {}", code.shown()),
        expires: turn.moment(expires_at),
        mail_command: turn.control.options.links.is_some().then(mail_example),
    };
    let addresses = several(turn).await?;
    let view = LinkView { code: Some(code), asked: None, linked: None, addresses };
    Ok(Answer::of(&view).for_asker())
}

/// Applies what somebody asks for who may not use the bot yet: no row is made for them.
struct Bare<'t, 'a>(&'t mut Turn<'a>);

#[async_trait]
impl Commit for Bare<'_, '_> {
    type Stop = Stop;

    async fn commit(&mut self, edits: Vec<Edit>) -> Result<Vec<Edited>, Stop> {
        self.0.commit_only(edits).await
    }
}

async fn use_code(turn: &mut Turn<'_>, code: TypedCode) -> Result<Answer, Stop> {
    let wrong_codes = &turn.control.shares.wrong_codes;
    let who = turn.speaker();
    if wrong_codes.is_used_up(&who, turn.now) {
        return Err(turn.refuse(ENOUGH_CODES));
    }
    let Some(made_in) = turn.actions().made_in(&code, turn.now).await? else {
        // The fifth is told as such, so that nobody wonders why a right one is not taken then.
        let is_last = wrong_codes.take(&who, turn.now) == Grant::Granted
            && wrong_codes.is_used_up(&who, turn.now);
        return Err(turn.refuse(if is_last { ENOUGH_CODES } else { BAD_CODE }));
    };
    let here = turn.destination.whole();
    let told = told_there(turn, &here, &made_in);
    match actions::link(&mut Bare(turn), code, &here, told).await? {
        Ok(()) => {}
        Err(refusal) => return Err(not_linked(turn, refusal)),
    }
    let linked = Linked {
        address: made_in.to_string(),
        is_new_place: false,
        undo: format!("/unlink {made_in}"),
    };
    let addresses = lines(turn).await?;
    let view = LinkView { code: None, asked: None, linked: Some(linked), addresses };
    Ok(Answer::of(&view).for_asker())
}

/// What is told where the code was made.
fn told_there(turn: &Turn<'_>, here: &Address, made_in: &Address) -> Option<Body> {
    let linked =
        Linked { address: here.to_string(), is_new_place: true, undo: format!("/unlink {here}") };
    let view = LinkView { code: None, asked: None, linked: Some(linked), addresses: Vec::new() };
    let told = turn.control.renderer.answer(made_in.channel(), (&view).into());
    if let Err(error) = &told {
        tracing::error!(%error, "that a code was used could not be put into words");
    }
    told.ok()
}

fn not_linked(turn: &Turn<'_>, refusal: NotLinked) -> Stop {
    match refusal {
        NotLinked::BadCode => turn.refuse(BAD_CODE),
        NotLinked::Theirs => wrong(
            "This code was made for another address of yours: type it there. It is not used up.",
            "/link",
        ),
        NotLinked::TooMany { max } => wrong(
            &format!(
                "That would be more than {max} addresses, as many as one person may have. Take one out:"
            ),
            "/unlink",
        ),
        NotLinked::Group => turn.refuse(PRIVATE),
        NotLinked::Failed => turn.refuse(FAILED),
    }
}

async fn ask_reader(turn: &mut Turn<'_>, mailbox: &Address) -> Result<Answer, Stop> {
    let Some(links) = turn.control.options.links.clone() else {
        return Err(turn.refuse(
            "Here nobody can enter a mail address: whoever runs me has set no page on which its reader could confirm it.",
        ));
    };
    let code = AskCode::new(turn.now);
    let expires = turn.moment(code.expires_at);
    // On the clock of the installation: that of whoever asks would tell where they are.
    let clock = turn.options().defaults.tz.clone();
    let view = ConfirmMail {
        url: links.confirm(&code.code),
        expires: Moment { at: code.expires_at, tz: clock },
    };
    let mail = match turn.control.renderer.confirm_mail(mailbox.channel(), &view) {
        Ok(mail) => mail,
        Err(error) => {
            tracing::error!(%error, "the question to a reader could not be put into words");
            return Err(turn.refuse(FAILED));
        }
    };
    let here = turn.destination.whole();
    match actions::ask_reader(turn, &here, mailbox, code, mail).await? {
        Ok(()) => {}
        Err(refusal) => return Err(not_asked(turn, mailbox, refusal)),
    }
    let asked = Some(Asked { address: plain(mailbox), expires });
    let addresses = several(turn).await?;
    let view = LinkView { code: None, asked, linked: None, addresses };
    Ok(Answer::of(&view).for_asker())
}

fn not_asked(turn: &Turn<'_>, mailbox: &Address, refusal: NotAsked) -> Stop {
    match refusal {
        NotAsked::Theirs => wrong(
            &format!("{} is yours already.", quoted(&plain(mailbox))),
            &format!("/watch dQw4w9WgXcQ to {}", mailbox.channel()),
        ),
        NotAsked::Refused => turn.refuse(
            "The reader of this address has ended all mails from here. Only whoever runs me can allow them again.",
        ),
        NotAsked::Enough(AskedEnough::Mailbox) => turn.refuse(
            "I have asked the reader of this address three times within a day. Look among unwanted mails too; I ask again tomorrow.",
        ),
        NotAsked::Enough(AskedEnough::Person) => {
            turn.refuse("You have entered five addresses within a day. Try again tomorrow.")
        }
        NotAsked::Enough(AskedEnough::All) => turn.refuse(
            "So many addresses were entered today that I ask no more readers. Try again tomorrow.",
        ),
        NotAsked::Failed => turn.refuse(FAILED),
    }
}

/// A mailbox as people write it.
fn plain(mailbox: &Address) -> String {
    let text = mailbox.to_string();
    text.split_once(':').map(|(_, plain)| plain.to_owned()).unwrap_or(text)
}

/// `/unlink <address>`
pub(super) async fn unlink(turn: &mut Turn<'_>, rest: &str) -> Result<Answer, Stop> {
    if !turn.private {
        return Err(turn.refuse(PRIVATE));
    }
    let theirs = turn.actions().addresses(&turn.destination).await?;
    if theirs.len() < 2 {
        return Err(wrong("This is your only address. To add one:", "/link"));
    }
    let here = turn.destination.whole();
    let other = theirs.iter().find(|address| **address != here).unwrap_or(&here);
    let example = format!("/unlink {other}");
    if rest.is_empty() {
        let list: Vec<String> = theirs.iter().map(|address| format!("`{address}`")).collect();
        let line = format!("Say which address to take out: {}.", list.join(", "));
        return Err(wrong(&line, &example));
    }
    let name = if rest.eq_ignore_ascii_case("here") { here.to_string() } else { rest.to_owned() };
    let address = elsewhere::theirs(turn, &name, &example).await?.whole();
    let is_in = |address| access::is_in_by_itself(turn, address);
    let others_are_in = theirs.iter().any(|other| *other != address && is_in(other));
    let are_in = (is_in(&address), others_are_in);
    match actions::unlink(turn, &address, are_in).await? {
        Ok(OnItsOwn { is_in, watches, others_are_out }) => Ok(Answer::of(&Unlinked {
            address: address.to_string(),
            is_in,
            others_are_out,
            watches: (watches > 0).then(|| Grouped::count(watches)),
        })
        .for_asker()),
        Err(OnlyAddress) => Err(wrong("This is your only address. To add one:", "/link")),
    }
}

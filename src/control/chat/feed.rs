//! `/feed`: the place where all that a server watches rings, and whom it mentions there.

use crate::control::actions::{self, NoFeed, NotWatched, Set, Wish};
use crate::model::{Address, Mention, Settings};
use crate::render::views::{Feed, Link, MentionLine};
use crate::route::language;

use super::answer::{Answer, Stop, wrong};
use super::place::place;
use super::turn::Turn;
use super::words::{FAILED, first_word, quoted};

const EXAMPLE: &str = "/feed here";
const MENTION_EXAMPLE: &str = "/feed mention @role views milestones";

/// `/feed [here|off|mention [role] [rule[; rule]…]]`
pub(super) async fn command(turn: &mut Turn<'_>, rest: &str) -> Result<Answer, Stop> {
    if !turn.destination.channel().traits().has_servers {
        return Err(turn.refuse("Here a chat is its own feed: what is watched in it rings in it."));
    }
    let Some(server) = turn.along.group.clone() else {
        return Err(turn.refuse("What you watch here rings here: a feed is something of a server."));
    };
    let (word, rest) = first_word(rest).unwrap_or_default();
    match word {
        "" => Ok(Answer::of(&view(turn, &server).await?)),
        "here" => here(turn, &server).await,
        "off" => off(turn, &server).await,
        "mention" => mention(turn, &server, rest).await,
        _ => Err(wrong(
            &format!("I don't understand {}: write `here`, `off` or `mention`.", quoted(word)),
            EXAMPLE,
        )),
    }
}

async fn view(turn: &Turn<'_>, server: &Address) -> Result<Feed, Stop> {
    let feed = standing(turn, server).await?;
    let line = |Mention { name, rule, .. }: &Mention| MentionLine {
        role: name.clone(),
        rule: rule.clone(),
    };
    Ok(Feed {
        place: feed.as_ref().and_then(|(feed, _)| link(turn, server, feed)),
        before: None,
        is_new: false,
        has_ended: false,
        lacking: Vec::new(),
        mentions: feed.iter().flat_map(|(_, settings)| &settings.mentions).map(line).collect(),
        silent_role: None,
        muted_until: None,
    })
}

fn link(turn: &Turn<'_>, server: &Address, at: &Address) -> Option<Link> {
    let here = turn.here();
    let title = if at == here { "this channel" } else { "its feed" };
    place(server, at, title)
}

/// A place, and what is set there.
async fn settings_at(turn: &Turn<'_>, place: Address) -> Result<(Address, Settings), Stop> {
    let row = turn.control.store.destination(&place).await?;
    Ok((place, row.map(|row| row.settings).unwrap_or_default()))
}

/// The feed of the server, and what is set there.
async fn standing(turn: &Turn<'_>, server: &Address) -> Result<Option<(Address, Settings)>, Stop> {
    at(turn, turn.actions().feed(server).await?).await
}

async fn at(turn: &Turn<'_>, place: Option<Address>) -> Result<Option<(Address, Settings)>, Stop> {
    match place {
        Some(feed) => settings_at(turn, feed).await.map(Some),
        None => Ok(None),
    }
}

async fn here(turn: &mut Turn<'_>, server: &Address) -> Result<Answer, Stop> {
    turn.needs_administrator().await?;
    // Also of one that was deleted, whoever it mentions comes along.
    let before = at(turn, turn.actions().last_feed(server).await?).await?;
    let before = before.filter(|(before, _)| *before != turn.destination);
    let place = settings_at(turn, turn.destination.clone()).await?;
    if let Err(NoFeed) = actions::set_feed(turn, server, Some(place), before.clone()).await? {
        tracing::error!("the store knows no place in which somebody has just written");
        return Err(turn.refuse(FAILED));
    }
    Ok(Answer::of(&Feed {
        is_new: true,
        before: before.and_then(|(before, _)| link(turn, server, &before)),
        lacking: turn.lacking(),
        muted_until: turn.silent_until(),
        ..view(turn, server).await?
    }))
}

async fn off(turn: &mut Turn<'_>, server: &Address) -> Result<Answer, Stop> {
    turn.needs_administrator().await?;
    let before = standing(turn, server).await?;
    if let Err(NoFeed) = actions::set_feed(turn, server, None, before.clone()).await? {
        return Err(wrong("This server has no feed.", EXAMPLE));
    }
    Ok(Answer::of(&Feed {
        has_ended: true,
        before: before.and_then(|(before, _)| link(turn, server, &before)),
        ..view(turn, server).await?
    }))
}

/// `/feed mention [role] [rule[; rule]…]`: mentions a role on these rules. Without rules, the role on none any more; without a
/// role, nobody on them, because one that was deleted can't be chosen. Without both it shows who is mentioned.
async fn mention(turn: &mut Turn<'_>, server: &Address, rest: &str) -> Result<Answer, Stop> {
    turn.needs_administrator().await?;
    if rest.is_empty() {
        return Ok(Answer::of(&view(turn, server).await?));
    }
    let (first, behind) = first_word(rest).unwrap_or_default();
    let role = turn.along.roles.iter().find(|known| known.id.to_string() == first).cloned();
    let rules = if role.is_some() { behind } else { rest };
    if role.as_ref().is_some_and(|role| role.is_everyone) {
        return Err(wrong("Everyone can't be mentioned: choose a role.", MENTION_EXAMPLE));
    }
    let Some((feed, settings)) = standing(turn, server).await? else {
        return Err(wrong(
            "This server has no feed: make one where the role is to be mentioned.",
            EXAMPLE,
        ));
    };
    let rules = match rules {
        "" => Vec::new(),
        text => language::parse_set(text)
            .map_err(|error| wrong(&format!("{error}."), MENTION_EXAMPLE))?,
    };
    let rules: Vec<String> = rules.iter().map(ToString::to_string).collect();
    let mut mentions = settings.mentions.clone();
    match &role {
        Some(role) if rules.is_empty() => mentions.retain(|mention| mention.role != role.id),
        _ => mentions.retain(|mention| !rules.contains(&mention.rule)),
    }
    if let Some(role) = &role {
        let made =
            |rule: &String| Mention { role: role.id, name: role.name.clone(), rule: rule.clone() };
        mentions.extend(rules.iter().map(made));
    }
    if mentions.len() > Settings::MENTIONS_MAX {
        return Err(turn.refuse("A feed mentions roles on 20 rules at most."));
    }
    let wishes = vec![Wish::Mentions(mentions)];
    let request = Set { destination: feed, subject: None, settings, wishes };
    if let Err(NotWatched) = actions::set(turn, request).await? {
        return Err(turn.refuse(FAILED));
    }
    let unheard = role.filter(|role| !rules.is_empty() && !role.can_be_mentioned);
    Ok(Answer::of(&Feed {
        silent_role: unheard.map(|role| role.name),
        ..view(turn, server).await?
    }))
}

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

/// `/feed [here|off|mention <role> [rule[; rule]…]]`
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
    let feed = turn.actions().feed(server).await?;
    let mentions = match &feed {
        Some(feed) => mentions_at(turn, feed).await?,
        None => Vec::new(),
    };
    let line = |Mention { name, rule, .. }: Mention| MentionLine { role: name, rule };
    Ok(Feed {
        place: feed.as_ref().and_then(|feed| link(turn, server, feed)),
        before: None,
        is_new: false,
        has_ended: false,
        lacking: Vec::new(),
        mentions: mentions.into_iter().map(line).collect(),
        silent_role: None,
    })
}

fn link(turn: &Turn<'_>, server: &Address, at: &Address) -> Option<Link> {
    let title = if at == turn.destination { "this channel" } else { "its feed" };
    place(server, at, title)
}

async fn mentions_at(turn: &Turn<'_>, feed: &Address) -> Result<Vec<Mention>, Stop> {
    let row = turn.control.store.destination(feed).await?;
    Ok(row.map(|row| row.settings.mentions).unwrap_or_default())
}

async fn here(turn: &mut Turn<'_>, server: &Address) -> Result<Answer, Stop> {
    turn.needs_administrator().await?;
    let before = turn.actions().feed(server).await?;
    let place = turn.destination;
    if let Err(NoFeed) = actions::set_feed(turn, server, Some(place)).await? {
        tracing::error!("the store knows no place in which somebody has just written");
        return Err(turn.refuse(FAILED));
    }
    let before = before.filter(|before| before != place);
    let lacking = turn.along.lacking.iter().flatten().map(|right| (*right).to_owned());
    Ok(Answer::of(&Feed {
        is_new: true,
        before: before.and_then(|before| link(turn, server, &before)),
        lacking: lacking.collect(),
        ..view(turn, server).await?
    }))
}

async fn off(turn: &mut Turn<'_>, server: &Address) -> Result<Answer, Stop> {
    turn.needs_administrator().await?;
    let before = turn.actions().feed(server).await?;
    if let Err(NoFeed) = actions::set_feed(turn, server, None).await? {
        return Err(wrong("This server has no feed.", EXAMPLE));
    }
    Ok(Answer::of(&Feed {
        has_ended: true,
        before: before.and_then(|before| link(turn, server, &before)),
        ..view(turn, server).await?
    }))
}

/// `/feed mention <role> [rule[; rule]…]`: mentions a role on these rules; without rules, on none any more.
async fn mention(turn: &mut Turn<'_>, server: &Address, rest: &str) -> Result<Answer, Stop> {
    turn.needs_administrator().await?;
    let (role, rules) = first_word(rest).unwrap_or_default();
    let role = turn.along.roles.iter().find(|known| known.id.to_string() == role).cloned();
    let Some(role) = role else {
        return Err(wrong("Say which role.", MENTION_EXAMPLE));
    };
    let Some(feed) = turn.actions().feed(server).await? else {
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
    let row = turn.control.store.destination(&feed).await?;
    let settings = row.map(|row| row.settings).unwrap_or_default();
    let mut mentions = settings.mentions.clone();
    if rules.is_empty() {
        mentions.retain(|mention| mention.role != role.id);
    }
    for rule in &rules {
        let rule = rule.to_string();
        mentions.retain(|mention| mention.rule != rule);
        mentions.push(Mention { role: role.id, name: role.name.clone(), rule });
    }
    if mentions.len() > Settings::MENTIONS_MAX {
        return Err(turn.refuse("A feed mentions roles on 20 rules at most."));
    }
    let wishes = vec![Wish::Mentions(mentions)];
    let request = Set { destination: feed, subject: None, settings, wishes };
    if let Err(NotWatched) = actions::set(turn, request).await? {
        return Err(turn.refuse(FAILED));
    }
    let silent_role = (!rules.is_empty() && !role.can_be_mentioned).then_some(role.name);
    Ok(Answer::of(&Feed { silent_role, ..view(turn, server).await? }))
}

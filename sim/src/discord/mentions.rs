//! Whom a message rings: what its text mentions, as far as its author allows.
//!
//! Source: <https://discord.com/developers/docs/resources/message#allowed-mentions-object> (read 2026-11). What stands in
//! code is not left out here, as the real server does: who relies on that relies on a detail. Embeds ring nobody.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::form::{Form, within};
use crate::world::discord::{Discord, Pings, Rights};

/// Most people or roles of a list.
const LISTED_MAX: usize = 100;

/// Who of a kind may be rung.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Who {
    All,
    Only(BTreeSet<u64>),
}

impl Who {
    fn may(&self, id: u64) -> bool {
        match self {
            Who::All => true,
            Who::Only(ids) => ids.contains(&id),
        }
    }
}

/// What an author allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Allowed {
    users: Who,
    roles: Who,
    everyone: bool,
    /// Whether the author of the message that is answered is rung.
    pub(super) replied: bool,
}

impl Allowed {
    /// What holds of a bot's messages without a word: all that is mentioned.
    pub(super) fn all() -> Allowed {
        Allowed { users: Who::All, roles: Who::All, everyone: true, replied: true }
    }

    /// What holds of webhooks and interactions without a word.
    pub(super) fn users() -> Allowed {
        Allowed {
            users: Who::All,
            roles: Who::Only(BTreeSet::new()),
            everyone: false,
            replied: true,
        }
    }
}

/// The field `allowed_mentions`; `None` where there is none.
pub(super) fn read(form: &mut Form, body: &Map<String, Value>) -> Option<Allowed> {
    const PLACE: &str = "allowed_mentions";
    let object = form.object(body.get(PLACE).filter(|value| !value.is_null())?, PLACE)?;
    let (mut parses_users, mut parses_roles, mut everyone) = (false, false, false);
    let parse = form.list(object, PLACE, "parse", 0..=3).unwrap_or_default();
    for (index, kind) in parse.iter().enumerate() {
        match kind.as_str() {
            Some("users") => parses_users = true,
            Some("roles") => parses_roles = true,
            Some("everyone") => everyone = true,
            _ => form
                .choices(&within(&within(PLACE, "parse"), index), "'users', 'roles', 'everyone'"),
        }
    }
    let users = listed(form, object, "users", parses_users);
    let roles = listed(form, object, "roles", parses_roles);
    let replied = form.flag(object, PLACE, "replied_user");
    Some(Allowed { users, roles, everyone, replied })
}

/// Those of a kind: all when they are parsed, or those that are named, but not both.
fn listed(form: &mut Form, object: &Map<String, Value>, name: &str, is_parsed: bool) -> Who {
    const PLACE: &str = "allowed_mentions";
    let list = form.list(object, PLACE, name, 0..=LISTED_MAX).unwrap_or_default();
    if is_parsed && !list.is_empty() {
        let message = format!("parse:[\"{name}\"] and {name}: [ids...] are mutually exclusive.");
        form.wrong(PLACE, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message);
    }
    let place = within(PLACE, name);
    let mut ids = BTreeSet::new();
    for (index, id) in list.iter().take(LISTED_MAX).enumerate() {
        ids.extend(form.snowflake(id, &within(&place, index)));
    }
    if is_parsed { Who::All } else { Who::Only(ids) }
}

/// Whom this text rings in a guild, or in a conversation; `rights` are those of its author there.
pub(super) fn pings(
    content: &str,
    allowed: &Allowed,
    world: &Discord,
    guild: Option<u64>,
    rights: Rights,
) -> Pings {
    let may_ring_all = rights.have(Rights::MENTION_EVERYONE);
    let (mut users, mut roles) = (BTreeSet::new(), BTreeSet::new());
    let guild = guild.and_then(|guild| world.guilds.get(&guild));
    for piece in content.split('<').skip(1) {
        let Some((inner, _)) = piece.split_once('>') else { continue };
        if let Some(id) = inner.strip_prefix("@&") {
            let role = id.parse().ok().and_then(|id: u64| guild?.roles.get(&id));
            let may = |mentionable: bool| mentionable || may_ring_all;
            roles.extend(role.filter(|role| may(role.is_mentionable)).map(|role| role.id));
        } else if let Some(id) = inner.strip_prefix('@') {
            let id = id.strip_prefix('!').unwrap_or(id);
            users.extend(id.parse().ok().filter(|id: &u64| world.users.contains_key(id)));
        }
    }
    Pings {
        everyone: guild.is_some() && allowed.everyone && may_ring_all && names_all(content),
        roles: roles.into_iter().filter(|id| allowed.roles.may(*id)).collect(),
        users: users.into_iter().filter(|id| allowed.users.may(*id)).collect(),
    }
}

fn names_all(content: &str) -> bool {
    content.contains("@everyone") || content.contains("@here")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::world::discord::{Guild, Role, User};

    fn world() -> Discord {
        let mut world = Discord::default();
        for id in [7, 8] {
            let user = User { id, name: String::new(), is_bot: false, takes_dms: true };
            world.users.insert(id, user);
        }
        let role = |id, is_mentionable| {
            (id, Role { id, name: String::new(), rights: Rights::NONE, is_mentionable })
        };
        let guild = Guild {
            id: 1,
            name: String::new(),
            owner: 7,
            roles: BTreeMap::from([role(1, false), role(2, true), role(3, false)]),
            members: BTreeMap::new(),
            is_away: false,
        };
        world.guilds.insert(1, guild);
        world
    }

    fn allowed(value: &Value) -> Result<Option<Allowed>, Value> {
        let mut form = Form::default();
        let read = read(&mut form, json!({"allowed_mentions": value}).as_object().unwrap());
        form.check().map(|()| read).map_err(|refusal| refusal.errors.unwrap_or_default())
    }

    const TEXT: &str = "@everyone <@7> <@!8> <@9> <@&2> <@&3> <#5> <@";

    #[test]
    fn a_text_rings_whom_its_author_allows_and_may_ring() {
        let world = world();
        let pings = |allowed: &Allowed, rights| pings(TEXT, allowed, &world, Some(1), rights);
        let all = Pings { everyone: true, roles: vec![2, 3], users: vec![7, 8] };
        assert_eq!(pings(&Allowed::all(), Rights::MENTION_EVERYONE), all);
        let some = Pings { everyone: false, roles: vec![2], users: vec![7, 8] };
        assert_eq!(pings(&Allowed::all(), Rights::NONE), some);
        let users = Pings { users: vec![7, 8], ..Pings::default() };
        assert_eq!(pings(&Allowed::users(), Rights::MENTION_EVERYONE), users);
        let none = allowed(&json!({"parse": []})).unwrap().unwrap();
        assert!(pings(&none, Rights::ALL).is_none());
        let one = allowed(&json!({"users": ["8"]})).unwrap().unwrap();
        assert_eq!(pings(&one, Rights::ALL).users, [8]);
    }

    #[test]
    fn a_kind_is_parsed_or_listed_and_not_both() {
        let errors = allowed(&json!({"parse": ["users"], "users": ["7"]})).unwrap_err();
        assert_eq!(
            errors["allowed_mentions"]["_errors"][0]["code"],
            "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE"
        );
        assert!(allowed(&json!({"parse": ["users"], "roles": ["2"]})).is_ok());
        let errors = allowed(&json!({"parse": ["all"]})).unwrap_err();
        assert_eq!(
            errors["allowed_mentions"]["parse"]["0"]["_errors"][0]["code"],
            "BASE_TYPE_CHOICES"
        );
        let many: Vec<String> = (0..101).map(|n| n.to_string()).collect();
        assert!(allowed(&json!({"users": many})).is_err());
    }
}

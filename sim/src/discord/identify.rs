//! How a session of the gateway begins, and how a connection ends.

use serde_json::{Value, json};
use tokio::time::Instant;

use super::session::{GUILDS, Gateway};
use super::state::State;
use super::wire;
use crate::world::World;

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// With a code of Discord's, after which a session can or can't be gone on with.
    Close(u16),
    /// Without a word.
    Drop,
    /// By the client.
    Gone {
        /// Whether it said that it won't come back.
        is_final: bool,
    },
}

/// Codes after which a session can't be gone on with.
pub(super) fn ends_session(code: u16) -> bool {
    matches!(code, 1000 | 1001 | 4003 | 4004 | 4007 | 4009..=4014)
}

/// The token may carry the word that it has in REST.
pub(super) fn check_token(state: &State, data: &Value) -> Result<(), End> {
    let token = data["token"].as_str().unwrap_or_default();
    let token = token.strip_prefix("Bot ").unwrap_or(token);
    if state.is_revoked || token != state.options.token {
        return Err(End::Close(4004));
    }
    Ok(())
}

/// Begins a session, which is told who it is and of its guilds; `None`: too soon after the one before.
pub(super) fn begin(
    state: &mut State,
    world: &mut World,
    data: &Value,
    connection: u64,
) -> Result<Option<String>, End> {
    check_token(state, data)?;
    if let Some(code) = state.gateway.refusals.pop_front() {
        return Err(End::Close(code));
    }
    if !data["properties"].is_object() {
        return Err(End::Close(4002));
    }
    let intents = data["intents"].as_u64().ok_or(End::Close(4013))?;
    let may_privileged = state.options.privileged_intents;
    Gateway::check_intents(intents, may_privileged).map_err(End::Close)?;
    if let Some(shard) = data.get("shard").filter(|shard| !shard.is_null()) {
        let (number, of) = (shard[0].as_u64(), shard[1].as_u64());
        if number.is_none() || number >= of {
            return Err(End::Close(4010));
        }
    }
    let (every, now) = (state.options.limits.identify_every, Instant::now());
    if !state.gateway.may_identify(every, now) {
        return Ok(None);
    }
    if state.gateway.identifies_left == 0 {
        // Who begins too many sessions in a day loses the token.
        state.is_revoked = true;
        return Err(End::Close(4004));
    }
    state.gateway.identifies_left -= 1;
    state.counters.identified += 1;
    let bot = state.bot();
    let own: Vec<_> =
        (world.discord.guilds.values()).filter(|guild| guild.members.contains_key(&bot)).collect();
    let guilds: Vec<Value> =
        own.iter().map(|guild| json!({"id": wire::id(guild.id), "unavailable": true})).collect();
    let present: Vec<Value> = (own.iter().filter(|guild| !guild.is_away))
        .map(|guild| state.guild_create(world, guild))
        .collect();
    let mut user = wire::somebody(world, bot);
    user["verified"] = json!(true);
    user["mfa_enabled"] = json!(true);
    let url = state.gateway_url();
    let session = state.gateway.begin(intents, connection);
    let id = session.id.clone();
    let mut ready = json!({
        "v": 10,
        "user": user,
        "guilds": guilds,
        "session_id": id,
        "resume_gateway_url": url,
        "session_type": "normal",
        "application": {"id": wire::id(bot), "flags": 0},
        "private_channels": [],
        "relationships": [],
        "presences": [],
        "user_settings": {},
        "guild_join_requests": [],
        "geo_ordered_rtc_regions": [],
        "auth": {},
        "_trace": [],
    });
    if let Some(shard) = data.get("shard").filter(|shard| !shard.is_null()) {
        ready["shard"] = shard.clone();
    }
    session.push("READY", &ready);
    if intents & GUILDS != 0 {
        for guild in &present {
            session.push("GUILD_CREATE", guild);
        }
    }
    Ok(Some(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_outlives_what_is_not_its_clients_fault() {
        assert!(ends_session(4004) && ends_session(4014) && ends_session(1000));
        assert!(!ends_session(4000) && !ends_session(4008));
    }
}

//! What the sandbox answers, and what it knows of requests, against the specification of the API.
//!
//! The specification has blind spots, which are tested by hand: it allows texts of 4,000 characters, nonces of webhooks
//! and empty bodies, and its shape of a 429 needs a code that the documentation does not have.

use serde_json::{Value, json};
use tubebell_sim::discord::DiscordSandbox;

use super::{ANA, BEN, FORUM, GENERAL, GUILD, Sandbox, THREAD, sandbox};

const SPEC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/specs/discord-openapi.json");

/// The specification, and what was found wrong.
struct Spec(Value, Vec<String>);

impl Spec {
    fn read() -> Option<Spec> {
        let Ok(text) = std::fs::read_to_string(SPEC) else {
            crate::skipped("no specification of Discord's API at hand");
            return None;
        };
        Some(Spec(serde_json::from_str(&text).unwrap(), Vec::new()))
    }

    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(name) => self.resolve(self.0.pointer(name.trim_start_matches('#')).unwrap()),
            None => schema,
        }
    }

    /// What is wrong with a value; fields that the schema does not have are.
    fn fault(&self, schema: &Value, value: &Value, at: &str) -> Option<String> {
        let schema = self.resolve(schema);
        for choice in ["oneOf", "anyOf"] {
            let Some(branches) = schema[choice].as_array() else { continue };
            let faults: Vec<String> =
                branches.iter().map_while(|branch| self.fault(branch, value, at)).collect();
            if faults.len() == branches.len() {
                return Some(format!("{at} fits nothing: {}", faults.join("; ")));
            }
        }
        if schema.get("const").is_some_and(|only| only != value) {
            return Some(format!("{at} is {value}"));
        }
        if schema["enum"].as_array().is_some_and(|list| !list.contains(value)) {
            return Some(format!("{at} is {value}"));
        }
        let kinds = match &schema["type"] {
            Value::String(kind) => vec![kind.as_str()],
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            _ => return None,
        };
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_f64() => "number",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        // A whole number is a number, too.
        let is_taken = |kind: &str| kinds.contains(&kind);
        if !is_taken(kind) && (kind != "integer" || !is_taken("number")) {
            return Some(format!("{at} is no {kinds:?} but {value}"));
        }
        match value {
            Value::Array(items) => items.iter().enumerate().find_map(|(index, item)| {
                self.fault(&schema["items"], item, &format!("{at}.{index}"))
            }),
            Value::Object(fields) => self.fault_of_object(schema, fields, at),
            _ => None,
        }
    }

    fn fault_of_object(
        &self,
        schema: &Value,
        fields: &serde_json::Map<String, Value>,
        at: &str,
    ) -> Option<String> {
        let required = schema["required"].as_array().into_iter().flatten();
        let missing = required.filter_map(Value::as_str).find(|name| !fields.contains_key(*name));
        if let Some(missing) = missing {
            return Some(format!("{at} lacks {missing}"));
        }
        let Some(known) = schema["properties"].as_object() else {
            let inner = schema.get("additionalProperties").filter(|inner| inner.is_object())?;
            return fields
                .iter()
                .find_map(|(name, value)| self.fault(inner, value, &format!("{at}.{name}")));
        };
        fields.iter().find_map(|(name, value)| match known.get(name) {
            Some(schema) => self.fault(schema, value, &format!("{at}.{name}")),
            None => Some(format!("{at} has no {name}")),
        })
    }

    /// Holds an answer against what the operation of this path answers.
    fn check(&mut self, verb: &str, path: &str, value: &Value) {
        let operation = &self.0["paths"][path][verb];
        let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
        assert!(schema.is_object(), "{verb} {path}");
        let fault = self.fault(schema, value, path);
        self.1.extend(fault);
    }
}

#[test]
fn the_operations_have_the_specified_paths_and_fields() {
    let Some(spec) = Spec::read() else { return };
    for known in DiscordSandbox::known_operations() {
        let operation = &spec.0["paths"][known.path][&known.verb];
        assert_eq!(operation["operationId"], known.name, "{} {}", known.verb, known.path);
        if known.fields.is_empty() || known.name == "create_interaction_response" {
            continue;
        }
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        let mut branches = vec![spec.resolve(body)];
        branches
            .extend(body["anyOf"].as_array().into_iter().flatten().map(|one| spec.resolve(one)));
        let has = |field: &str| branches.iter().any(|one| one["properties"].get(field).is_some());
        for field in known.fields {
            assert!(has(field), "{} has no {field}", known.name);
        }
        for branch in &branches {
            for field in
                branch["properties"].as_object().into_iter().flat_map(|object| object.keys())
            {
                assert!(known.fields.contains(&field.as_str()), "{}: {field}", known.name);
            }
        }
    }
}

#[tokio::test]
async fn the_answers_have_the_specified_fields() {
    let Some(mut spec) = Spec::read() else { return };
    let s = sandbox().await;
    s.register().await;
    s.discord.role(GUILD, 500, "crew", tubebell_sim::discord::Rights::MANAGE_GUILD, true).unwrap();
    for (path, asked) in [
        ("/gateway", "/gateway".to_owned()),
        ("/gateway/bot", "/gateway/bot".to_owned()),
        ("/users/@me", "/users/@me".to_owned()),
        ("/applications/@me", "/applications/@me".to_owned()),
        ("/channels/{channel_id}", format!("/channels/{GENERAL}")),
        ("/channels/{channel_id}", format!("/channels/{THREAD}")),
        ("/channels/{channel_id}", format!("/channels/{FORUM}")),
        ("/guilds/{guild_id}", format!("/guilds/{GUILD}")),
        ("/guilds/{guild_id}/channels", format!("/guilds/{GUILD}/channels")),
        ("/guilds/{guild_id}/roles", format!("/guilds/{GUILD}/roles")),
        ("/guilds/{guild_id}/members/{user_id}", format!("/guilds/{GUILD}/members/{BEN}")),
        (
            "/applications/{application_id}/commands",
            format!("/applications/{}/commands", s.discord.bot()),
        ),
    ] {
        spec.check("get", path, &s.get(&asked).await.ok());
    }
    let dm = s.post("/users/@me/channels", json!({"recipient_id": BEN.to_string()})).await.ok();
    spec.check("post", "/users/@me/channels", &dm);
    let sent = s.write(GENERAL, everything()).await.ok();
    spec.check("post", "/channels/{channel_id}/messages", &sent);
    let path = format!("/channels/{GENERAL}/messages/{}", sent["id"].as_str().unwrap());
    let edited = s.patch(&path, json!({"content": "b"})).await.ok();
    spec.check("patch", "/channels/{channel_id}/messages/{message_id}", &edited);
    check_interactions(&mut spec, &s).await;
    assert_eq!(spec.1, [""; 0]);
}

/// A message with all that one can have.
fn everything() -> Value {
    let buttons = json!([
        {"type": 2, "style": 1, "label": "Mute", "custom_id": "m", "emoji": {"name": "🔕"}},
        {"type": 2, "style": 5, "label": "Open", "url": "https://e.org/", "disabled": true},
    ]);
    json!({
        "content": format!("<@{ANA}> <@&500>"),
        "nonce": "n",
        "enforce_nonce": true,
        "flags": 4096,
        "embeds": [{
            "title": "t", "description": "d", "url": "https://e.org/", "color": 255,
            "timestamp": "2026-11-22T10:00:00Z",
            "author": {"name": "a", "url": "https://e.org/a", "icon_url": "https://e.org/i.png"},
            "footer": {"text": "f"}, "image": {"url": "https://e.org/i.png"},
            "thumbnail": {"url": "https://e.org/t.png"},
            "fields": [{"name": "n", "value": "v", "inline": true}],
        }],
        "components": [{"type": 1, "components": buttons}],
    })
}

async fn check_interactions(spec: &mut Spec, s: &Sandbox) {
    let path = "/interactions/{interaction_id}/{interaction_token}/callback";
    let id = s.discord.command(BEN, GENERAL, "watch", &[("video", json!("a"))]).unwrap();
    let token = s.discord.interaction(id).unwrap().token;
    let url = s.url(&format!("/interactions/{id}/{token}/callback?with_response=true"));
    let body = json!({"type": 4, "data": {"content": "a", "flags": 64}});
    let answer = s.send(reqwest::Method::POST, &url, Some(body), false).await.ok();
    spec.check("post", path, &answer);
    let webhook = "/webhooks/{webhook_id}/{webhook_token}";
    let more = Some(json!({"content": "b"}));
    let further = s.send(reqwest::Method::POST, &s.follow(id, ""), more.clone(), false).await.ok();
    spec.check("post", webhook, &further);
    let sent =
        s.send(reqwest::Method::POST, &format!("{}?wait=true", s.hook), more, false).await.ok();
    spec.check("post", webhook, &sent);
    let shown = s.send(reqwest::Method::GET, &s.hook, None, false).await.ok();
    spec.check("get", webhook, &shown);
}

//! Answers to interactions: the first one, within 3 s, and what follows within a quarter of an hour.
//!
//! Source: <https://discord.com/developers/docs/interactions/receiving-and-responding> (read 2026-11).

use serde_json::{Map, Value, json};

use super::answer::{Answer, Refusal, Reply};
use super::args::Args;
use super::command::STRING;
use super::components;
use super::draft::{Draft, EPHEMERAL, LOADING};
use super::form::Form;
use super::interaction::{Answered, Interaction, InteractionKind};
use super::known::Known;
use super::mentions::{Allowed, pings};
use super::post::NewMessage;
use super::register::choices;
use super::state::State;
use super::wire;
use crate::world::World;
use crate::world::discord::{Author, Message, Origin, Pings};

/// A part of the path that stands for the first answer.
const ORIGINAL: &str = "@original";

impl State {
    /// `POST /interactions/{interaction_id}/{interaction_token}/callback`
    pub(super) fn respond(&mut self, world: &mut World, args: &Args) -> Answer {
        let id = args.id("interaction_id")?;
        let found = self.interactions.get(id);
        let found = found.filter(|found| found.token == args.text("interaction_token"));
        let interaction = found.ok_or(Known::UnknownInteraction)?.clone();
        if interaction.answered != Answered::Not {
            return Err(Known::AlreadyAcknowledged.into());
        }
        if interaction.is_late() {
            return Err(Known::UnknownInteraction.into());
        }
        let body = args.body.object()?;
        let kind = callback_kind(&body, &interaction)?;
        let data = match body.get("data").filter(|data| !data.is_null()) {
            None => Map::new(),
            Some(data) => {
                let mut form = Form::default();
                let data = form.object(data, "data").cloned();
                form.check()?;
                data.unwrap_or_default()
            }
        };
        let done = self.carry_out(world, args, &interaction, kind, &data)?;
        if let Some(kept) = self.interactions.get_mut(id) {
            kept.answered = done.answered;
            kept.response = done.response;
            kept.is_ephemeral = done.is_ephemeral;
            kept.choices = done.choices;
            kept.modal = done.modal;
        }
        self.counters.answered += 1;
        self.screen += 1;
        if !args.is_true("with_response") {
            return Ok(Reply::Empty);
        }
        Ok(Reply::Json(self.callback(world, id, kind)))
    }

    /// Does what a callback asks for.
    fn carry_out(
        &mut self,
        world: &mut World,
        args: &Args,
        interaction: &Interaction,
        kind: u64,
        data: &Map<String, Value>,
    ) -> Result<Interaction, Refusal> {
        let mut done = interaction.clone();
        let mut form = Form::default();
        match kind {
            4 | 7 => {
                let draft = Draft::of(&mut form, data, &args.body);
                form.under("data").check()?;
                if kind == 4 {
                    draft.check_filled()?;
                    done.answered = Answered::Message;
                    done.is_ephemeral = draft.flags.unwrap_or(0) & EPHEMERAL != 0;
                    done.response = Some(self.write(world, &done, draft, 0));
                } else if let Some(message) = interaction.message {
                    self.change(world, interaction.channel, message, draft)?;
                    (done.answered, done.response) = (Answered::Update, Some(message));
                }
            }
            5 => {
                let flags = form.number(data, "data", "flags", 0..=u64::from(u32::MAX));
                form.check()?;
                done.answered = Answered::Deferred;
                done.is_ephemeral = flags.unwrap_or(0) & EPHEMERAL != 0;
                done.response = Some(self.write(world, &done, Draft::default(), LOADING));
            }
            6 => (done.answered, done.response) = (Answered::DeferredUpdate, interaction.message),
            8 => {
                if data.get("choices").is_none_or(Value::is_null) {
                    form.required("data.choices");
                }
                let focused = focused_kind(&interaction.payload["data"]["options"]);
                let suggested =
                    choices(&mut form, data, "data", focused.unwrap_or(STRING), "choices");
                form.check()?;
                (done.answered, done.choices) = (Answered::Choices, suggested);
            }
            _ => {
                let modal = components::modal(&mut form, data);
                form.check()?;
                (done.answered, done.modal) = (Answered::Modal, Some(modal));
            }
        }
        Ok(done)
    }

    /// Puts an answer into the channel of its interaction.
    fn write(
        &mut self,
        world: &mut World,
        interaction: &Interaction,
        draft: Draft,
        flags: u64,
    ) -> u64 {
        let mut message = NewMessage::new(interaction.channel, Author::Bot);
        message.pings = self.rung(world, interaction, &draft);
        message.flags = draft.own_flags() | flags;
        if interaction.is_ephemeral {
            message.flags |= EPHEMERAL;
            message.only_for = Some(interaction.user);
        }
        message.origin = Some(Origin {
            interaction: interaction.id,
            kind: interaction.kind as u8,
            user: interaction.user,
            command: interaction.command.clone(),
        });
        self.post(world, message, Draft { nonce: None, reply_to: None, ..draft })
    }

    /// Whom an answer rings: people alone, unless it says otherwise, and nobody when one alone sees it.
    fn rung(&self, world: &World, interaction: &Interaction, draft: &Draft) -> Pings {
        if interaction.is_ephemeral {
            return Pings::default();
        }
        let allowed = draft.allowed.clone().unwrap_or_else(Allowed::users);
        let content = draft.content.as_deref().unwrap_or_default();
        let rights = self.rights(&world.discord, interaction.channel);
        pings(content, &allowed, &world.discord, interaction.guild, rights)
    }

    /// What a callback answers when it is asked to.
    fn callback(&self, world: &World, id: u64, kind: u64) -> Value {
        let Some(interaction) = self.interactions.get(id) else { return Value::Null };
        let channel = world.discord.channels.get(&interaction.channel);
        let message = interaction.response.and_then(|id| channel?.message(id));
        let mut out = json!({
            "interaction": {
                "id": wire::id(id),
                "type": interaction.kind as u8,
                "channel_id": wire::id(interaction.channel),
            },
        });
        if let Some(guild) = interaction.guild {
            out["interaction"]["guild_id"] = wire::id(guild);
        }
        if let Some(message) = message {
            out["interaction"]["response_message_id"] = wire::id(message.id);
            out["interaction"]["response_message_loading"] = json!(message.is_loading());
            out["interaction"]["response_message_ephemeral"] = json!(message.only_for.is_some());
            if matches!(kind, 4 | 5 | 7) {
                out["resource"] = json!({"type": kind, "message": self.message(world, message)});
            }
        }
        out
    }

    /// The interaction of a path `/webhooks/{application}/{token}`, which has been answered and is not over.
    fn answered(&self, args: &Args) -> Result<Interaction, Refusal> {
        let found = self.interactions.of_token(args.text("webhook_token"));
        let interaction = found.ok_or(Known::InvalidWebhookToken)?;
        if interaction.is_over() {
            return Err(Known::InvalidWebhookToken.into());
        }
        if interaction.answered == Answered::Not {
            return Err(Known::UnknownWebhook.into());
        }
        Ok(interaction.clone())
    }

    /// A further message. Where one was announced, it is that one.
    pub(super) fn follow_up(&mut self, world: &mut World, args: &Args) -> Answer {
        let mut interaction = self.answered(args)?;
        let draft = Draft::read(&args.body)?;
        draft.check_filled()?;
        let channel = interaction.channel;
        let announced = interaction.response.filter(|id| is_loading(world, channel, *id));
        let id = match announced {
            Some(id) => {
                self.fill(world, &interaction, id, draft)?;
                id
            }
            None => {
                interaction.is_ephemeral = draft.flags.unwrap_or(0) & EPHEMERAL != 0;
                let id = self.write(world, &interaction, draft, 0);
                if let Some(kept) = self.interactions.get_mut(interaction.id) {
                    kept.followups.push(id);
                }
                id
            }
        };
        self.message_at(world, channel, id)
    }

    /// Changes an answer. One that was only announced rings now.
    fn fill(
        &mut self,
        world: &mut World,
        interaction: &Interaction,
        id: u64,
        draft: Draft,
    ) -> Result<(), Refusal> {
        let rung = self.rung(world, interaction, &draft);
        let was_loading = is_loading(world, interaction.channel, id);
        self.change(world, interaction.channel, id, draft)?;
        let channel = world.discord.channels.get_mut(&interaction.channel);
        if let Some(message) = channel.and_then(|channel| channel.message_mut(id))
            && was_loading
        {
            message.pings = rung;
        }
        Ok(())
    }

    /// The answer that a path names: the first one, or a further one.
    fn named(&self, args: &Args) -> Result<(Interaction, u64), Refusal> {
        let interaction = self.answered(args)?;
        let name = args.text("message_id");
        let id = if name.is_empty() || name == ORIGINAL {
            interaction.response
        } else {
            let id = args.id("message_id")?;
            let is_one = interaction.followups.contains(&id) || interaction.response == Some(id);
            is_one.then_some(id)
        };
        let id = id.ok_or(Known::UnknownMessage)?;
        Ok((interaction, id))
    }

    /// `GET …/messages/@original` and `…/messages/{message_id}`
    pub(super) fn get_answer(&mut self, world: &World, args: &Args) -> Answer {
        let (interaction, id) = self.named(args)?;
        self.message_at(world, interaction.channel, id)
    }

    /// `PATCH` of the same.
    pub(super) fn update_answer(&mut self, world: &mut World, args: &Args) -> Answer {
        let (interaction, id) = self.named(args)?;
        self.fill(world, &interaction, id, Draft::read(&args.body)?)?;
        self.message_at(world, interaction.channel, id)
    }

    /// `DELETE` of the same.
    pub(super) fn delete_answer(&mut self, world: &mut World, args: &Args) -> Answer {
        let (interaction, id) = self.named(args)?;
        self.remove(world, interaction.channel, id)?;
        Ok(Reply::Empty)
    }
}

fn is_loading(world: &World, channel: u64, id: u64) -> bool {
    let found = world.discord.channels.get(&channel).and_then(|channel| channel.message(id));
    found.is_some_and(Message::is_loading)
}

/// The kind of a callback, when this interaction takes it.
fn callback_kind(body: &Map<String, Value>, interaction: &Interaction) -> Result<u64, Refusal> {
    let mut form = Form::default();
    if body.get("type").is_none_or(Value::is_null) {
        form.required("type");
    }
    let kind = form.number(body, "", "type", 1..=12).unwrap_or(0);
    let has_message = interaction.message.is_some();
    let (fits, taken) = match interaction.kind {
        InteractionKind::Autocomplete => (kind == 8, "8"),
        InteractionKind::Command => (matches!(kind, 4 | 5 | 9), "4, 5, 9"),
        InteractionKind::Button => (matches!(kind, 4..=7 | 9), "4, 5, 6, 7, 9"),
        InteractionKind::Modal if has_message => (matches!(kind, 4..=7), "4, 5, 6, 7"),
        InteractionKind::Modal => (matches!(kind, 4 | 5), "4, 5"),
    };
    if !fits {
        form.choices("type", taken);
    }
    form.check()?;
    Ok(kind)
}

/// The kind of the option that somebody is typing.
fn focused_kind(options: &Value) -> Option<u64> {
    options.as_array()?.iter().find_map(|option| {
        if option["focused"] == json!(true) {
            return option["type"].as_u64();
        }
        focused_kind(&option["options"])
    })
}

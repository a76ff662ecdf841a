//! What the Bot API says of users and chats.

use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use crate::world::World;
use crate::world::chats::{Chat, Trouble, User};

impl User {
    pub(super) fn json(&self) -> Value {
        json!({"id": self.id, "is_bot": false, "first_name": self.name, "language_code": "en"})
    }
}

impl Chat {
    pub(super) fn json(&self) -> Value {
        if self.is_private() {
            return json!({"id": self.id, "type": "private", "first_name": self.title});
        }
        let mut chat = json!({"id": self.id, "type": self.kind(), "title": self.title});
        if !self.topics.is_empty() {
            chat["is_forum"] = json!(true);
        }
        chat
    }

    /// Whether the bot may write here, now.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        if let Some(to) = self.migrated_to {
            return Err(Refusal::migrated(to));
        }
        let kind = self.kind();
        Err(match self.trouble {
            None | Some(Trouble::NoPhotos) if self.is_started => return Ok(()),
            None | Some(Trouble::NoPhotos) => {
                Refusal::forbidden("bot can't initiate conversation with a user")
            }
            Some(Trouble::Blocked) => Refusal::forbidden("bot was blocked by the user"),
            Some(Trouble::Deactivated) => Refusal::forbidden("user is deactivated"),
            Some(Trouble::Kicked) => {
                Refusal::forbidden(&format!("bot was kicked from the {kind} chat"))
            }
            Some(Trouble::NotMember) => {
                Refusal::forbidden(&format!("bot is not a member of the {kind} chat"))
            }
            Some(Trouble::Deleted) => Refusal::forbidden("the group chat was deleted"),
            Some(Trouble::NotFound) => Refusal::bad_request("chat not found"),
            Some(Trouble::NoRights) => {
                Refusal::bad_request("not enough rights to send text messages to the chat")
            }
            Some(Trouble::NeedAdmin) => {
                Refusal::bad_request("need administrator rights in the channel chat")
            }
        })
    }

    /// Whether the bot may send photos here, now.
    pub(super) fn check_photos(&self) -> Result<(), Refusal> {
        match self.trouble {
            Some(Trouble::NoPhotos) => {
                Err(Refusal::bad_request("not enough rights to send photos to the chat"))
            }
            _ => self.check(),
        }
    }

    /// Whether the bot may look at it.
    pub(super) fn check_visible(&self) -> Result<(), Refusal> {
        match self.trouble {
            Some(Trouble::NotFound | Trouble::Kicked | Trouble::NotMember | Trouble::Deleted) => {
                self.check()
            }
            _ => Ok(()),
        }
    }

    /// `getChat`.
    pub(super) fn full_json(&self) -> Value {
        let mut chat = self.json();
        chat["accent_color_id"] = json!(0);
        chat["max_reaction_count"] = json!(11);
        chat["accepted_gift_types"] = json!({
            "unlimited_gifts": true, "limited_gifts": true, "unique_gifts": true,
            "premium_subscription": true, "gifts_from_channels": true,
        });
        chat
    }

    /// `getChatMember` for a person.
    pub(super) fn member_json(&self, user: &User) -> Value {
        let status = match self.admins.iter().position(|admin| *admin == user.id) {
            Some(0) => "creator",
            Some(_) => "administrator",
            None if self.members.contains(&user.id) || self.id == user.id => "member",
            None => "left",
        };
        member_json(status, &user.json())
    }
}

/// A `ChatMember`, with every field its status must have.
pub(super) fn member_json(status: &str, user: &Value) -> Value {
    let mut member = json!({"status": status, "user": user});
    match status {
        "creator" => member["is_anonymous"] = json!(false),
        "kicked" => member["until_date"] = json!(0),
        "administrator" => {
            for right in [
                "can_manage_chat",
                "can_delete_messages",
                "can_manage_video_chats",
                "can_restrict_members",
                "can_change_info",
                "can_invite_users",
                "can_post_stories",
                "can_edit_stories",
                "can_delete_stories",
                "can_pin_messages",
                "can_manage_topics",
            ] {
                member[right] = json!(true);
            }
            for right in ["can_be_edited", "is_anonymous", "can_promote_members"] {
                member[right] = json!(false);
            }
        }
        _ => {}
    }
    member
}

/// The chat that a request names: a number, or a name that nobody has.
pub(super) fn chat<'a>(world: &'a World, chat_id: &str) -> Result<&'a Chat, Refusal> {
    if chat_id.is_empty() {
        return Err(Refusal::bad_request("chat_id is empty"));
    }
    let id = chat_id.parse::<i64>().ok();
    id.and_then(|id| world.chats.get(&id)).ok_or_else(|| Refusal::bad_request("chat not found"))
}

pub(super) fn get_chat(world: &World, chat_id: &str) -> Answer {
    let chat = chat(world, chat_id)?;
    chat.check_visible()?;
    Ok(chat.full_json())
}

pub(super) fn get_chat_member(world: &World, chat_id: &str, user: i64, bot: &Value) -> Answer {
    let chat = chat(world, chat_id)?;
    chat.check_visible()?;
    if bot["id"].as_i64() == Some(user) {
        let status = if chat.admins.contains(&user) { "administrator" } else { "member" };
        return Ok(member_json(status, bot));
    }
    let user = world.users.get(&user).ok_or_else(|| Refusal::bad_request("user not found"))?;
    Ok(chat.member_json(user))
}

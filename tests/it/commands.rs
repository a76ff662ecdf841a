//! What people get when they write to the bot: the commands against the real store, with YouTube and the chat
//! service recorded.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod access;
mod accounts;
mod cards;
mod digests;
mod floods;
mod groups;
mod limits;
mod operator;
mod pasting;
mod people;
mod reaching;
mod servers;
mod settings;
mod watching;
mod world;

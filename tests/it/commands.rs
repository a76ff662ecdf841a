//! What people get when they write to the bot: the commands against the real store, with YouTube and the chat
//! service recorded.

mod access;
mod groups;
mod settings;
mod watching;
mod world;

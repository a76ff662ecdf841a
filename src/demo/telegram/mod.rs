//! A stand-in for Telegram.

pub mod autolink;
pub mod entity;
pub mod html;
pub mod link;
mod markup;

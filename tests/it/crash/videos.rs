//! Videos that move in every round, and what a text says of them.

use std::ops::Range;

use tubebell_sim::Simulation;
use tubebell_sim::world::{Video, World};

use super::receiver::BASE_VIEWS;
use crate::story::CHANNEL;

/// What all their ids begin with.
const NAME: &str = "roundvideo";

/// The id of one; there are ten at most.
pub(super) fn video(number: u32) -> String {
    format!("{NAME}{number}")
}

/// Adds so many to a world, before the first round.
pub(super) fn add(world: &mut World, count: u32) {
    for number in 0..count {
        let video = Video::new(&video(number), CHANNEL, "Never gonna", world.now());
        world.add_video(video.with_counts(u64::from(BASE_VIEWS), 1, 1));
    }
}

/// They move.
pub(super) fn turn(simulation: &Simulation, numbers: Range<u32>, round: u32) {
    simulation.edit(|world| {
        for number in numbers {
            world.set_counts(&video(number), u64::from(BASE_VIEWS + round), 1, 1).unwrap();
        }
    });
}

/// The videos that a text links to, each with the round that it tells of: the most views that stand behind the link.
pub(super) fn rounds(text: &str) -> Vec<(u32, u32)> {
    let told = text.split(NAME).skip(1).map(|piece| {
        let number = piece.chars().next().and_then(|digit| digit.to_digit(10));
        let views = piece.split(|c: char| !c.is_ascii_digit() && c != ',');
        let views = views.filter_map(|word| word.replace(',', "").parse::<u32>().ok()).max();
        let round = views.and_then(|views| views.checked_sub(BASE_VIEWS));
        number.zip(round).unwrap_or_else(|| panic!("not understood: {text}"))
    });
    told.collect()
}

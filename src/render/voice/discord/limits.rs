//! What an embed holds, and how a text is made to fit.
//!
//! Discord counts code points, of what is written and not of what is seen; UTF-16 units are a safe upper bound. Blanks at the
//! ends of a text, which it does not count, are counted here. Sources:
//! <https://docs.discord.com/developers/resources/message#embed-object-embed-limits>,
//! <https://github.com/discord/discord-api-docs/issues/1315> (read 2026-11).

use crate::model::{Embed, EmbedField, EmbedLink};
use crate::render::cut::Cut;

/// Most embeds of one message.
pub(super) const EMBEDS_MAX: usize = 10;

/// Longest texts of all embeds of a message together.
const SUM_MAX_UTF16: usize = 6000;

/// Longest title, and longest name of an author. The name of a field may have as many, its value 1,024 and a footer 2,048:
/// what stands there is bounded by how much of a text is shown.
pub(super) const NAME_MAX_UTF16: usize = 256;

/// Most fields of an embed.
pub(super) const FIELDS_MAX: usize = 25;

/// A text of strangers, cut until it is short enough as `write` writes it.
pub(super) fn fitted(text: &str, max: usize, write: impl Fn(&str) -> String) -> String {
    let mut room = max;
    loop {
        let written = write(&Cut { text: room, items: 0 }.text(text));
        let over = written.encode_utf16().count().saturating_sub(max);
        if over == 0 || room <= 1 {
            return written;
        }
        // An escape doubles a text at the most; so does what is closed behind it.
        room = room.saturating_sub(over.div_ceil(4)).max(1);
    }
}

/// Whether one message holds these embeds.
pub(super) fn fit(embeds: &[Embed]) -> bool {
    let units: usize = embeds.iter().map(units).sum();
    embeds.len() <= EMBEDS_MAX && units <= SUM_MAX_UTF16
}

fn units(embed: &Embed) -> usize {
    let Embed { author, title, text, fields, footer, colour: _, thumbnail: _, at: _ } = embed;
    let links = [author, title].into_iter().flatten().map(|EmbedLink { text, .. }| text);
    let fields = fields.iter().flat_map(|EmbedField { name, value, .. }| [name, value]);
    let texts = links.chain(fields).chain([text, footer]);
    texts.map(|text| text.encode_utf16().count()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::markdown;

    #[test]
    fn a_text_is_cut_until_it_fits_as_it_is_written() {
        for (text, expected) in [
            ("a*b".to_owned(), r"a\*b".to_owned()),
            ("*".repeat(5_000), format!("{}…", r"\*".repeat(127))),
            ("👩‍👩‍👧".repeat(100), format!("{}…", "👩‍👩‍👧".repeat(31))),
            ("\u{3164}".repeat(300), "…".to_owned()),
        ] {
            assert_eq!(fitted(&text, NAME_MAX_UTF16, markdown::escape), expected);
        }
        let turned = fitted(&format!("a{}", "\u{202e}".repeat(600)), 256, str::to_owned);
        assert!((1..=256).contains(&turned.encode_utf16().count()));
        assert_eq!(turned.matches('\u{202e}').count(), turned.matches('\u{202c}').count());
    }
}

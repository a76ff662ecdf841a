//! Commands whose parts came by their names.

use crate::model::commands;

use super::words::first_link;

/// The option under which a client hands in a message of somebody's, for the first link in it.
pub(crate) const MESSAGE: &str = "message";

/// What was chosen, with the link of a message as the thing that the command is about.
fn chosen(options: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    options.iter().map(|(name, value)| match name.as_str() {
        MESSAGE => ("video", first_link(value).unwrap_or_default()),
        name => (name, value.as_str()),
    })
}

/// What was chosen as the thing that the command is about.
pub(super) fn named(options: &[(String, String)]) -> Option<&str> {
    chosen(options).find(|(name, _)| *name == "video").map(|(_, value)| value)
}

/// The command as somebody would write it. What is no option of it is left out.
pub(super) fn written(word: &str, options: &[(String, String)]) -> String {
    commands::written(word, &chosen(options).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_message_its_first_link_is_meant() {
        let link = "https://youtu.be/dQw4w9WgXcQ";
        for (message, expected) in [
            (format!("Look: {link} !"), format!("/watch {link}")),
            ("no link".to_owned(), "/watch".to_owned()),
        ] {
            let options = [(MESSAGE.to_owned(), message)];
            assert_eq!(written("watch", &options), expected);
            assert_eq!(named(&options).unwrap(), expected.trim_start_matches("/watch").trim());
        }
    }
}

//! What somebody typed behind a command: whether its options fit, as Discord's clients see to.

use serde_json::{Value, json};

use super::SandboxError;
use super::command::{
    BOOLEAN, CHANNEL, Command, CommandOption, GROUP, INTEGER, NUMBER, ROLE, STRING, SUBCOMMAND,
    USER,
};

/// The options of a command as an interaction carries them; `words` are its subcommands, `focused` is the option that is
/// being typed, of which nothing has to fit yet.
pub(super) fn options(
    command: &Command,
    words: &[&str],
    given: &[(&str, Value)],
    focused: Option<&str>,
) -> Result<Value, SandboxError> {
    nested(&command.name, &command.options, words, given, focused)
}

fn wrong(name: &str, reason: &'static str) -> SandboxError {
    SandboxError::Option { name: name.to_owned(), reason }
}

fn nested(
    name: &str,
    known: &[CommandOption],
    words: &[&str],
    given: &[(&str, Value)],
    focused: Option<&str>,
) -> Result<Value, SandboxError> {
    let has_subcommands = known.iter().any(|option| matches!(option.kind, SUBCOMMAND | GROUP));
    match words.split_first() {
        Some((word, words)) => {
            let option =
                known.iter().find(|o| o.name == **word && matches!(o.kind, SUBCOMMAND | GROUP));
            let option = option.ok_or_else(|| wrong(word, "is no subcommand"))?;
            let inner = nested(&option.name, &option.options, words, given, focused)?;
            Ok(json!([{"name": option.name, "type": option.kind, "options": inner}]))
        }
        None if has_subcommands => Err(wrong(name, "needs a subcommand")),
        None => flat(known, given, focused),
    }
}

fn flat(
    known: &[CommandOption],
    given: &[(&str, Value)],
    focused: Option<&str>,
) -> Result<Value, SandboxError> {
    let mut options = Vec::new();
    for (name, value) in given {
        let option = known.iter().find(|option| option.name == *name);
        let option = option.ok_or_else(|| wrong(name, "is no option of the command"))?;
        if focused == Some(*name) {
            if !option.is_autocompleted {
                return Err(wrong(name, "has no suggestions"));
            }
            // Whatever it is to become, what is typed so far is a text.
            let so_far = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            options
                .push(json!({"name": name, "type": option.kind, "value": so_far, "focused": true}));
        } else {
            let value = checked(option, value)?;
            options.push(json!({"name": name, "type": option.kind, "value": value}));
        }
    }
    let is_given = |option: &CommandOption| given.iter().any(|(name, _)| option.name == *name);
    let missing = known.iter().find(|option| option.is_required && !is_given(option));
    match missing {
        Some(option) if focused.is_none() => Err(wrong(&option.name, "is required")),
        _ => Ok(Value::Array(options)),
    }
}

/// A value as the bot gets it, when it fits its option.
fn checked(option: &CommandOption, value: &Value) -> Result<Value, SandboxError> {
    let refuse = |reason| Err(wrong(&option.name, reason));
    let is_whole = value.is_i64() || value.is_u64();
    let fits = match option.kind {
        STRING => value.is_string(),
        INTEGER => is_whole,
        NUMBER => value.is_number(),
        BOOLEAN => value.is_boolean(),
        USER | CHANNEL | ROLE => value.is_u64() || value.as_str().is_some_and(is_id),
        _ => false,
    };
    if !fits {
        return refuse("is of another kind");
    }
    if matches!(option.kind, USER | CHANNEL | ROLE) {
        return Ok(value.as_u64().map_or_else(|| value.clone(), |id| json!(id.to_string())));
    }
    if !option.choices.is_empty() && !option.choices.iter().any(|choice| choice.value == *value) {
        return refuse("is none of the choices");
    }
    if let Some(text) = value.as_str() {
        let length = text.chars().count() as u64;
        if length == 0 || length < option.chars.0 || length > option.chars.1 {
            return refuse("is too short or too long");
        }
    }
    if let Some(number) = value.as_f64() {
        let (least, most) = option.numbers;
        if least.is_some_and(|least| number < least) || most.is_some_and(|most| number > most) {
            return refuse("is too small or too large");
        }
    }
    Ok(value.clone())
}

fn is_id(text: &str) -> bool {
    text.parse::<u64>().is_ok()
}

/// A command that was typed as a line: its words, and its options with their values.
#[derive(Debug, PartialEq)]
pub(super) struct Line {
    /// The name of the command with its subcommands.
    pub(super) name: String,
    /// Names with values, of the kinds that the options have where the text can be read so.
    pub(super) options: Vec<(String, Value)>,
}

/// The first word of a line, which names a command.
pub(super) fn first_word(line: &str) -> &str {
    line.trim().trim_start_matches('/').split_whitespace().next().unwrap_or_default()
}

/// Reads `/card add video:abc every:5`: a text in front of the first `name:` is for the first option.
pub(super) fn line(line: &str, command: &Command) -> Line {
    let mut rest = line.trim().trim_start_matches('/').trim_start();
    rest = rest.strip_prefix(command.name.as_str()).unwrap_or(rest).trim_start();
    let (mut name, mut known) = (command.name.clone(), command.options.as_slice());
    while let Some(option) = known.iter().find(|option| {
        let is_next = rest.split_whitespace().next() == Some(option.name.as_str());
        is_next && matches!(option.kind, SUBCOMMAND | GROUP)
    }) {
        name = format!("{name} {}", option.name);
        rest = rest.strip_prefix(option.name.as_str()).unwrap_or(rest).trim_start();
        known = &option.options;
    }
    let mut options: Vec<(&CommandOption, Vec<&str>)> = Vec::new();
    for word in rest.split_whitespace() {
        let named = known.iter().find_map(|option| {
            let value = word.strip_prefix(option.name.as_str())?.strip_prefix(':')?;
            Some((option, value))
        });
        match (named, options.last_mut()) {
            (Some((option, value)), _) => options.push((option, vec![value])),
            (None, Some((_, words))) => words.push(word),
            (None, None) => options.extend(known.first().map(|option| (option, vec![word]))),
        }
    }
    let read = |(option, words): (&CommandOption, Vec<&str>)| {
        (option.name.clone(), value(option.kind, words.join(" ").trim()))
    };
    Line { name, options: options.into_iter().map(read).collect() }
}

/// A text as a value of this kind; one that is none stays a text, which then does not fit.
fn value(kind: u64, text: &str) -> Value {
    let read = match kind {
        INTEGER => text.parse::<i64>().ok().map(|number| json!(number)),
        NUMBER => text.parse::<f64>().ok().map(|number| json!(number)),
        BOOLEAN => text.to_lowercase().parse::<bool>().ok().map(|flag| json!(flag)),
        USER | CHANNEL | ROLE => {
            let id = text.trim_matches(|c: char| !c.is_ascii_digit());
            Some(json!(id))
        }
        _ => None,
    };
    read.unwrap_or_else(|| json!(text))
}

#[cfg(test)]
mod tests {
    use super::super::form::Form;
    use super::super::register::read;
    use super::*;

    fn command() -> Command {
        let written = json!([{"name": "card", "description": "d", "options": [
            {"type": 1, "name": "add", "description": "d", "options": [
                {"type": 3, "name": "video", "description": "d", "required": true, "autocomplete": true},
                {"type": 4, "name": "every", "description": "d", "min_value": 1, "max_value": 60},
                {"type": 5, "name": "quiet", "description": "d"}]},
            {"type": 1, "name": "end", "description": "d"}]}]);
        read(&mut Form::default(), written.as_array().unwrap()).remove(0)
    }

    fn typed(text: &str) -> Result<Value, SandboxError> {
        let command = command();
        let line = line(text, &command);
        let words: Vec<&str> = line.name.split(' ').skip(1).collect();
        let given: Vec<(&str, Value)> =
            line.options.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        options(&command, &words, &given, None)
    }

    #[test]
    fn a_line_is_read_as_options_of_their_kinds() {
        assert_eq!(
            typed("/card add video:two words: x every:5 quiet:true").unwrap(),
            json!([{"name": "add", "type": 1, "options": [
                {"name": "video", "type": 3, "value": "two words: x"},
                {"name": "every", "type": 4, "value": 5},
                {"name": "quiet", "type": 5, "value": true}]}])
        );
        assert_eq!(typed("/card add abc").unwrap()[0]["options"][0]["value"], "abc");
        assert_eq!(typed("/card end").unwrap()[0]["options"], json!([]));
    }

    #[test]
    fn what_does_not_fit_is_not_sent() {
        let option = |name: &str, reason| SandboxError::Option { name: name.to_owned(), reason };
        for (text, expected) in [
            ("/card", option("card", "needs a subcommand")),
            ("/card add every:5", option("video", "is required")),
            ("/card add video:a every:99", option("every", "is too small or too large")),
            ("/card add video:a every:x", option("every", "is of another kind")),
            ("/card add video:", option("video", "is too short or too long")),
        ] {
            assert_eq!(typed(text).unwrap_err(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_being_typed_may_be_anything_that_has_suggestions() {
        let command = command();
        let focus = |name: &str| options(&command, &["add"], &[(name, json!("x"))], Some(name));
        assert_eq!(
            focus("video").unwrap()[0]["options"][0],
            json!({"name": "video", "type": 3, "value": "x", "focused": true})
        );
        assert!(focus("every").is_err());
    }
}

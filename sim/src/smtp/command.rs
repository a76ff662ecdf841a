//! Commands as typed, from a line.
//!
//! Source: RFC 5321, section 4.1.1; RFC 3207 for `STARTTLS`, RFC 4954 for `AUTH`.

use super::address::{is_domain, is_mailbox, path};
use super::reply::{Enhanced, Reply};

const SYNTAX: Reply = Reply::new(501, Enhanced(5, 5, 4), "syntax error in parameters");
const NOT_A_COMMAND: Reply = Reply::new(500, Enhanced(5, 5, 2), "syntax error");
const UNKNOWN: Reply = Reply::new(500, Enhanced(5, 5, 1), "command unrecognized");
const NOT_IMPLEMENTED: Reply = Reply::new(502, Enhanced(5, 5, 1), "command not implemented");
const BAD_SENDER: Reply = Reply::new(501, Enhanced(5, 1, 7), "bad sender address syntax");
const BAD_RECIPIENT: Reply = Reply::new(501, Enhanced(5, 1, 3), "bad recipient address syntax");

/// One command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    Hello { is_extended: bool },
    StartTls,
    Auth { mechanism: String, initial: Option<String> },
    Mail { sender: String, parameters: Vec<Parameter> },
    Recipient { address: String, parameters: Vec<Parameter> },
    Data,
    Reset,
    Nothing,
    Quit,
    Verify,
}

/// `NAME=value` or `NAME` behind an address; the name is in capitals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) value: Option<String>,
}

/// Reads a line, or says what to answer.
pub(super) fn parse(line: &[u8]) -> Result<Command, Reply> {
    let line = std::str::from_utf8(line).map_err(|_| NOT_A_COMMAND)?;
    if line.chars().any(char::is_control) {
        return Err(NOT_A_COMMAND);
    }
    // White space before the end is let pass: RFC 5321, section 4.1.1.
    let line = line.trim_end_matches(' ');
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    match verb.to_ascii_uppercase().as_str() {
        "EHLO" => hello(rest, true),
        "HELO" => hello(rest, false),
        "STARTTLS" => alone(Command::StartTls, rest),
        "AUTH" => auth(rest),
        "MAIL" => mail(rest),
        "RCPT" => recipient(rest),
        "DATA" => alone(Command::Data, rest),
        "RSET" => alone(Command::Reset, rest),
        "NOOP" => Ok(Command::Nothing),
        "QUIT" => alone(Command::Quit, rest),
        "VRFY" if rest.is_empty() => Err(SYNTAX),
        "VRFY" => Ok(Command::Verify),
        "EXPN" | "HELP" | "TURN" | "SEND" | "SOML" | "SAML" | "ETRN" | "BDAT" => {
            Err(NOT_IMPLEMENTED)
        }
        _ => Err(UNKNOWN),
    }
}

fn alone(command: Command, rest: &str) -> Result<Command, Reply> {
    if rest.is_empty() { Ok(command) } else { Err(SYNTAX) }
}

fn hello(name: &str, is_extended: bool) -> Result<Command, Reply> {
    if is_domain(name) { Ok(Command::Hello { is_extended }) } else { Err(SYNTAX) }
}

fn auth(rest: &str) -> Result<Command, Reply> {
    let (mechanism, initial) = match rest.split_once(' ') {
        Some((mechanism, initial)) => (mechanism, Some(initial.to_owned())),
        None => (rest, None),
    };
    if mechanism.is_empty() || initial.as_ref().is_some_and(|initial| initial.contains(' ')) {
        return Err(SYNTAX);
    }
    Ok(Command::Auth { mechanism: mechanism.to_ascii_uppercase(), initial })
}

fn mail(rest: &str) -> Result<Command, Reply> {
    let (sender, rest) = path(after(rest, "FROM:")?).ok_or(BAD_SENDER)?;
    if !sender.is_empty() && !is_mailbox(sender) {
        return Err(BAD_SENDER);
    }
    Ok(Command::Mail { sender: sender.to_owned(), parameters: parameters(rest)? })
}

fn recipient(rest: &str) -> Result<Command, Reply> {
    let (address, rest) = path(after(rest, "TO:")?).ok_or(BAD_RECIPIENT)?;
    if !address.eq_ignore_ascii_case("postmaster") && !is_mailbox(address) {
        return Err(BAD_RECIPIENT);
    }
    Ok(Command::Recipient { address: address.to_owned(), parameters: parameters(rest)? })
}

/// What stands behind a word in any case.
fn after<'a>(text: &'a str, word: &str) -> Result<&'a str, Reply> {
    let parts = text.split_at_checked(word.len());
    let (_, rest) = parts.filter(|(first, _)| first.eq_ignore_ascii_case(word)).ok_or(SYNTAX)?;
    Ok(rest)
}

fn parameters(rest: &str) -> Result<Vec<Parameter>, Reply> {
    if rest.is_empty() {
        return Ok(Vec::new());
    }
    rest.strip_prefix(' ').ok_or(SYNTAX)?.split(' ').map(parameter).collect()
}

fn parameter(text: &str) -> Result<Parameter, Reply> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    let is_name = name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if !is_name || value.is_some_and(|value| value.is_empty() || value.contains('=')) {
        return Err(SYNTAX);
    }
    Ok(Parameter { name: name.to_ascii_uppercase(), value: value.map(str::to_owned) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_in_any_case() {
        let parameter = |name: &str, value: Option<&str>| Parameter {
            name: name.to_owned(),
            value: value.map(str::to_owned),
        };
        let mail = Command::Mail {
            sender: "a@b".to_owned(),
            parameters: vec![parameter("SIZE", Some("12")), parameter("SMTPUTF8", None)],
        };
        assert_eq!(parse(b"mail From:<a@b> size=12 SMTPUTF8"), Ok(mail));
        let bounce = Command::Mail { sender: String::new(), parameters: Vec::new() };
        assert_eq!(parse(b"MAIL FROM:<>"), Ok(bounce));
        let to = Command::Recipient { address: "Postmaster".to_owned(), parameters: Vec::new() };
        assert_eq!(parse(b"RCPT TO:<Postmaster>"), Ok(to));
        let auth = Command::Auth { mechanism: "PLAIN".to_owned(), initial: Some("=".to_owned()) };
        assert_eq!(parse(b"auth plain ="), Ok(auth));
        assert_eq!(parse(b"NOOP whatever"), Ok(Command::Nothing));
        assert_eq!(parse(b"quit "), Ok(Command::Quit));
    }

    #[test]
    fn what_is_no_command_is_refused_with_the_reason() {
        for (line, code) in [
            (&b""[..], 500),
            (b"EHLOX mail", 500),
            (b"\xff", 500),
            (b"NOOP\0", 500),
            (b"EHLO", 501),
            (b"EHLO a b", 501),
            (b"EHLO a_b", 501),
            (b"MAIL", 501),
            (b"MAIL FROM: <a@b>", 501),
            (b"MAIL FROM:a@b", 501),
            (b"MAIL FROM:<a>", 501),
            (b"MAIL FROM:<a@b>SIZE=1", 501),
            (b"MAIL FROM:<a@b> SIZE=", 501),
            (b"MAIL FROM:<a@b>  SIZE=1", 501),
            (b"RCPT TO:<>", 501),
            (b"RCPT FROM:<a@b>", 501),
            (b"DATA now", 501),
            (b"AUTH", 501),
            (b"VRFY", 501),
            (b"EXPN list", 502),
            (b"BDAT 1", 502),
        ] {
            let refused = parse(line).unwrap_err();
            assert_eq!(refused.code, code, "{}: {refused}", String::from_utf8_lossy(line));
        }
    }
}

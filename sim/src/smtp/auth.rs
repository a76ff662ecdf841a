//! What clients send to sign in.
//!
//! Source: RFC 4616 for `PLAIN`; draft-murchison-sasl-login for `LOGIN`, which asks for name and password in turn.

use data_encoding::BASE64;

/// How a client signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mechanism {
    Plain,
    Login,
}

impl Mechanism {
    pub(super) fn from_word(word: &str) -> Option<Mechanism> {
        match word {
            "PLAIN" => Some(Mechanism::Plain),
            "LOGIN" => Some(Mechanism::Login),
            _ => None,
        }
    }
}

/// The bytes of an answer; `=` stands for none at all where it is behind the command.
pub(super) fn decode(answer: &str) -> Option<Vec<u8>> {
    if answer == "=" { Some(Vec::new()) } else { BASE64.decode(answer.as_bytes()).ok() }
}

/// Name and password of an answer of `PLAIN`: `on whose behalf NUL name NUL password`.
pub(super) fn plain(answer: &[u8]) -> Option<(String, String)> {
    let mut parts = answer.split(|byte| *byte == 0).map(|part| String::from_utf8(part.to_vec()));
    let behalf = parts.next()?.ok()?;
    let user = parts.next()?.ok()?;
    let password = parts.next()?.ok()?;
    // Nobody acts for another here.
    (parts.next().is_none() && (behalf.is_empty() || behalf == user)).then_some((user, password))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_has_three_parts() {
        let both = Some(("bell".to_owned(), "s\u{fc}\u{df}".to_owned()));
        assert_eq!(plain("\0bell\0süß".as_bytes()), both);
        assert_eq!(plain("bell\0bell\0süß".as_bytes()), both);
        for bad in [&b""[..], b"\0bell", b"other\0bell\0x", b"\0bell\0x\0", b"\0bell\0\xff"] {
            assert_eq!(plain(bad), None, "{bad:?}");
        }
        assert_eq!(decode("="), Some(Vec::new()));
        assert_eq!(decode("AGI="), Some(b"\0b".to_vec()));
        assert_eq!(decode("AGI"), None);
    }
}

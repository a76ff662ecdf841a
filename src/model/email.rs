//! An e-mail address, as far as it can be told without asking its server.

use std::fmt;
use std::str::FromStr;

/// Longest address, in bytes. Source: RFC 5321, section 4.5.3.1.3, without the brackets.
const ADDRESS_MAX_BYTES: usize = 254;

/// Longest name in front of the `@`, in bytes. Source: RFC 5321, section 4.5.3.1.1.
const NAME_MAX_BYTES: usize = 64;

/// Longest part of a domain between two dots, in bytes. Source: RFC 1035, section 2.3.4.
const LABEL_MAX_BYTES: usize = 63;

/// `name@domain`. The name is as typed, the domain in small letters. No quotes, no comments, no address in brackets: what
/// nobody has, and what reads otherwise in a header.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress {
    text: String,
    /// Where the `@` is.
    at: usize,
}

impl EmailAddress {
    /// All of it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands in front of the `@`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.text.get(..self.at).unwrap_or_default()
    }

    /// What stands behind the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.text.get(self.at + 1..).unwrap_or_default()
    }

    /// The address as others may see it: of the name, the first letter.
    #[must_use]
    pub fn masked(&self) -> String {
        let first = self.name().chars().next().unwrap_or('…');
        format!("{first}…@{}", self.domain())
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for EmailAddress {
    type Err = ();

    fn from_str(text: &str) -> Result<EmailAddress, ()> {
        let (name, domain) = text.rsplit_once('@').ok_or(())?;
        // Small letters may be other signs, and more of them: what is kept is what was checked.
        let domain = domain.to_lowercase();
        let text = format!("{name}@{domain}");
        if text.len() > ADDRESS_MAX_BYTES || !is_name(name) || !is_domain(&domain) {
            return Err(());
        }
        Ok(EmailAddress { text, at: name.len() })
    }
}

/// Source: `dot-atom-text` of RFC 5322, section 3.2.3, and letters of other scripts (RFC 6531).
fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    let is_atom = |atom: &str| !atom.is_empty() && atom.chars().all(fits);
    name.len() <= NAME_MAX_BYTES && name.split('.').all(is_atom)
}

fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        let fits = |c: char| c.is_alphanumeric() || c == '-';
        let is_framed = label.starts_with('-') || label.ends_with('-');
        (1..=LABEL_MAX_BYTES).contains(&label.len()) && !is_framed && label.chars().all(fits)
    };
    // A number at the end is an IP address, which stands in brackets in mails.
    let is_numeric = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    domain.split('.').all(is_label) && !domain.rsplit('.').next().is_some_and(is_numeric)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_as_typed_and_a_domain_in_small_letters() {
        for (text, read) in [
            ("ana@example.org", "ana@example.org"),
            ("Ana.B+yt@Example.ORG", "Ana.B+yt@example.org"),
            ("root@localhost", "root@localhost"),
            ("ана@пример.рф", "ана@пример.рф"),
            ("o'hara@a-b.example", "o'hara@a-b.example"),
        ] {
            assert_eq!(text.parse::<EmailAddress>().unwrap().as_str(), read);
        }
    }

    #[test]
    fn what_is_no_address_or_reads_otherwise_in_a_header_is_refused() {
        let long = format!("{}@example.org", "a".repeat(65));
        let longest = format!("a@{}.org", ["b".repeat(63).as_str(); 4].join("."));
        for text in [
            "",
            "@",
            "ana",
            "ana@",
            "@example.org",
            "ana@example..org",
            "ana@.example.org",
            "ana@example.org.",
            "ana@-a.org",
            "a..b@example.org",
            ".a@example.org",
            "a b@example.org",
            "ana@exa mple.org",
            "ana@example.org\r\nBcc: b@example.org",
            "ana,b@example.org",
            "ana@b@example.org",
            "<ana@example.org>",
            "Ana <ana@example.org>",
            "\"ana\"@example.org",
            "ana@[127.0.0.1]",
            "ana@127.0.0.1",
            "ana@example_org",
            "a\u{200b}b@example.org",
            "a\u{202e}b@example.org",
            "ana@example.org?subject=x",
            // Small, it is an i and a dot that stands on it.
            "ana@İx.org",
            &long,
            &longest,
        ] {
            assert!(text.parse::<EmailAddress>().is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_was_read_is_read_again(text in "\\PC{1,12}@\\PC{1,12}") {
            if let Ok(address) = text.parse::<EmailAddress>() {
                prop_assert_eq!(address.as_str().parse(), Ok(address.clone()));
            }
        }
    }

    #[test]
    fn of_the_name_the_first_letter_is_shown() {
        let address: EmailAddress = "ana@example.org".parse().unwrap();
        assert_eq!((address.name(), address.domain()), ("ana", "example.org"));
        assert_eq!(address.masked(), "a…@example.org");
    }
}

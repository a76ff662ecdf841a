//! An e-mail address, as far as it can be told without asking its server.

use std::fmt;
use std::str::FromStr;

use icu_normalizer::ComposingNormalizerBorrowed;
use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};

/// Longest address, in bytes. Source: RFC 5321, section 4.5.3.1.3, without the brackets.
const ADDRESS_MAX_BYTES: usize = 254;

/// Longest name in front of the `@`, in bytes. Source: RFC 5321, section 4.5.3.1.1.
const NAME_MAX_BYTES: usize = 64;

/// Longest text that is looked at, in bytes: nothing becomes an address that has more characters, of four bytes each.
const TEXT_MAX_BYTES: usize = 4 * ADDRESS_MAX_BYTES;

/// `name@domain`, in one form for all ways to write it: whoever ends `Ana@Пример.рф` has ended `ana@xn--e1afmkfd.xn--p1ai`.
///
/// The domain is in ASCII and small letters (UTS 46), so SMTPUTF8 is needed for a name beyond ASCII alone; everything shows it
/// like this, in which no domain looks like another. The name is in small letters, composed (NFC). RFC 5321, section 2.4,
/// lets the host of a mailbox tell capitals apart, and discourages it: no provider of size does.
///
/// No quotes, no comments, no address in brackets: what nobody has, and what reads otherwise in a header.
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

    /// What stands in front of the `@`: it may hold letters beyond ASCII.
    #[must_use]
    pub fn name(&self) -> &str {
        self.text.get(..self.at).unwrap_or_default()
    }

    /// What stands behind the `@`, in ASCII.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.text.get(self.at + 1..).unwrap_or_default()
    }

    /// All of it with the domain in its own letters, as somebody else may write it. Nothing of ours shows it: it may look like
    /// another.
    pub(crate) fn readable(&self) -> String {
        format!("{}@{}", self.name(), idna::domain_to_unicode(self.domain()).0)
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
        if text.len() > TEXT_MAX_BYTES {
            return Err(());
        }
        let (name, domain) = text.rsplit_once('@').ok_or(())?;
        // Small letters may be other signs, and more of them: what is kept is what is checked.
        let name = name.to_lowercase();
        let name = ComposingNormalizerBorrowed::new_nfc().normalize(&name);
        let domain = ascii(domain)?;
        let text = format!("{name}@{domain}");
        if text.len() > ADDRESS_MAX_BYTES || !is_name(&name) || is_number(&domain) {
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

/// A domain as name servers know it: letters, digits and hyphens, in labels of a length that RFC 1035, section 2.3.4, allows.
fn ascii(domain: &str) -> Result<String, ()> {
    let (denied, hyphens) = (AsciiDenyList::STD3, Hyphens::CheckFirstLast);
    let ascii = Uts46::new().to_ascii(domain.as_bytes(), denied, hyphens, DnsLength::Verify);
    ascii.map(Into::into).map_err(drop)
}

/// A number at the end is an IP address, which stands in brackets in mails.
fn is_number(domain: &str) -> bool {
    domain.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> String {
        text.parse::<EmailAddress>().unwrap_or_else(|()| panic!("{text:?}")).as_str().to_owned()
    }

    #[test]
    fn all_ways_to_write_an_address_are_one() {
        for (text, one) in [
            ("ana@example.org", "ana@example.org"),
            ("Ana.B+yt@Example.ORG", "ana.b+yt@example.org"),
            ("root@localhost", "root@localhost"),
            ("o'hara@a-b.example", "o'hara@a-b.example"),
            ("r@r3---sn.example", "r@r3---sn.example"),
            ("АНА@Пример.РФ", "ана@xn--e1afmkfd.xn--p1ai"),
            ("ана@XN--E1AFMKFD.xn--p1ai", "ана@xn--e1afmkfd.xn--p1ai"),
            ("jose@BÜCHER.example", "jose@xn--bcher-kva.example"),
            ("jose@bu\u{308}cher.example", "jose@xn--bcher-kva.example"),
            ("ana@straße.example", "ana@xn--strae-oqa.example"),
            ("ana@例え。テスト", "ana@xn--r8jz45g.xn--zckzah"),
            ("ana@ＥＸＡＭＰＬＥ．org", "ana@example.org"),
            // Pasted with what is not seen.
            ("ana@exam\u{ad}ple.org", "ana@example.org"),
            ("JOSÉ@example.org", "josé@example.org"),
            ("jose\u{301}@example.org", "josé@example.org"),
            // Small, it is an i and a dot that stands on it: another domain than `ix.org`.
            ("ana@İx.org", "ana@xn--ix-rub.org"),
        ] {
            assert_eq!(read(text), one, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_or_reads_otherwise_in_a_header_is_refused() {
        let long = format!("{}@example.org", "a".repeat(65));
        let longest = format!("a@{}.org", ["b".repeat(63).as_str(); 4].join("."));
        let huge = format!("ana@{}", "ü".repeat(1 << 20));
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
            "ana@１２７.0.0.1",
            "ana@example.org。",
            // Nothing is written so in Punycode.
            "ana@xn--a.org",
            "ana@xn--example.org",
            &long,
            &longest,
            &huge,
        ] {
            assert!(text.parse::<EmailAddress>().is_err(), "{text:?}");
        }
    }

    /// What is an address now and then, of letters that have several forms.
    fn texts() -> impl Strategy<Value = String> {
        const LETTERS: &str =
            "[aAxnN1.+\\-äÄßẞσςΣİıＡ。ﬁ한\u{1112}\u{1161}\u{11ab}\u{301}\u{ad}\u{5d0}]{1,8}";
        prop_oneof![
            "\\PC{1,12}@\\PC{1,12}",
            (LETTERS, LETTERS).prop_map(|(a, b)| format!("{a}@{b}"))
        ]
    }

    proptest! {
        #[test]
        fn what_was_read_is_read_again_in_every_way_to_write_it(text in texts()) {
            if let Ok(address) = text.parse::<EmailAddress>() {
                prop_assert!(address.domain().is_ascii());
                for text in [
                    address.to_string(),
                    address.as_str().to_ascii_uppercase(),
                    address.readable(),
                    text.to_ascii_uppercase(),
                    text.to_ascii_lowercase(),
                ] {
                    prop_assert_eq!(text.parse(), Ok(address.clone()), "{}", text);
                }
            }
        }
    }

    #[test]
    fn of_the_name_the_first_letter_is_shown() {
        let address: EmailAddress = "ana@example.org".parse().unwrap();
        assert_eq!((address.name(), address.domain()), ("ana", "example.org"));
        assert_eq!(address.masked(), "a…@example.org");
        let address: EmailAddress = "Ана@Пример.рф".parse().unwrap();
        assert_eq!(address.masked(), "а…@xn--e1afmkfd.xn--p1ai");
    }
}

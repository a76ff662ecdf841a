//! Links in mails: whoever has one may do what it is for, and nobody else.
//!
//! A link holds what it is about (an address, or a code), sealed with a key of this installation, so a link that nobody made is
//! told apart without asking anybody. The key stands in the database: links outlive a restart, and whoever reads the database
//! can make them.

use data_encoding::BASE64URL_NOPAD;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;

use crate::model::Address;

/// Bytes of the secret from which the keys are made.
pub const SECRET_BYTES: usize = 32;

/// Longest token that is read, in characters: more than the longest address takes.
const TOKEN_MAX: usize = 512;

/// What a link is for. One for one thing opens nothing else.
const UNSUBSCRIBE: &[u8] = b"unsubscribe";
const CONFIRM: &[u8] = b"confirm";

/// Makes links, and opens those that it made.
#[derive(Clone)]
pub struct Links {
    /// How people reach our pages, without `/` at the end.
    base: String,
    nonces: hmac::Key,
    seal: LessSafeKey,
}

impl std::fmt::Debug for Links {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Links").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Links {
    /// The links of an installation with this secret, whose pages are reached under `base` (without `/` at the end).
    ///
    /// # Panics
    ///
    /// Never: both keys have the length that they must have.
    #[must_use]
    pub fn new(base: &str, secret: &[u8; SECRET_BYTES]) -> Links {
        let root = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let derived = |label: &str| hmac::sign(&root, label.as_bytes());
        let seal = UnboundKey::new(&CHACHA20_POLY1305, derived("seal").as_ref());
        Links {
            base: base.to_owned(),
            nonces: hmac::Key::new(hmac::HMAC_SHA256, derived("nonces").as_ref()),
            seal: LessSafeKey::new(seal.expect("a SHA-256 is as long as a key of ChaCha20")),
        }
    }

    /// The path in front of all links, where they do not begin at the root of their host: `/bell`, or nothing.
    #[must_use]
    pub fn prefix(&self) -> &str {
        let host = self.base.split_once("://").map_or("", |(_, rest)| rest);
        host.find('/').and_then(|at| host.get(at..)).unwrap_or_default()
    }

    /// The page on which the reader of messages to this address ends them. The same each time.
    #[must_use]
    pub fn unsubscribe(&self, address: &Address) -> String {
        format!("{}/unsubscribe/{}", self.base, self.token(UNSUBSCRIBE, &address.to_string()))
    }

    /// The address of which somebody has the link; `None`: we made no such link.
    #[must_use]
    pub fn unsubscribed(&self, token: &str) -> Option<Address> {
        self.opened(UNSUBSCRIBE, token)?.parse().ok()
    }

    /// The page on which the reader of a mailbox says that it is theirs. `code`: the one that was made for that question, of at
    /// most some hundred bytes; how often and until when it can be used is the store's affair.
    #[must_use]
    pub fn confirm(&self, code: &str) -> String {
        format!("{}/confirm/{}", self.base, self.token(CONFIRM, code))
    }

    /// The code of which somebody has the link; `None`: we made no such link.
    #[must_use]
    pub fn confirmed(&self, token: &str) -> Option<String> {
        self.opened(CONFIRM, token)
    }

    /// The nonce is made of what is sealed: the same text has the same token, and no two texts share a nonce.
    fn token(&self, purpose: &[u8], text: &str) -> String {
        let mut context = hmac::Context::with_key(&self.nonces);
        context.update(purpose);
        context.update(&[0]);
        context.update(text.as_bytes());
        let tag = context.sign();
        let mut nonce = [0; NONCE_LEN];
        nonce.copy_from_slice(&tag.as_ref()[..NONCE_LEN]);
        let mut sealed = text.as_bytes().to_vec();
        let result = self.seal.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(purpose),
            &mut sealed,
        );
        result.expect("an address or a code is far shorter than what can be sealed");
        BASE64URL_NOPAD.encode(&[&nonce[..], &sealed].concat())
    }

    fn opened(&self, purpose: &[u8], token: &str) -> Option<String> {
        if token.len() > TOKEN_MAX {
            return None;
        }
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        let text = self.seal.open_in_place(nonce, Aad::from(purpose), &mut sealed).ok()?;
        String::from_utf8(text.to_vec()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(byte: u8) -> Links {
        Links::new("https://bell.example", &[byte; SECRET_BYTES])
    }

    fn address(text: &str) -> Address {
        text.parse().unwrap()
    }

    fn token(link: &str) -> &str {
        link.strip_prefix("https://bell.example/unsubscribe/").unwrap()
    }

    #[test]
    fn a_link_belongs_to_one_address_and_outlives_a_restart() {
        let ana = address("email:Ana@Example.org");
        let link = links(1).unsubscribe(&ana);
        assert_eq!(links(1).unsubscribe(&ana), link);
        assert_eq!(links(1).unsubscribed(token(&link)), Some(ana));
        assert!(!link.to_lowercase().contains("example.org"), "{link}");
        let other = links(1).unsubscribe(&address("email:eva@example.org"));
        assert_ne!(other, link);
    }

    #[test]
    fn a_link_for_one_thing_opens_nothing_else() {
        let links = links(1);
        // A code that reads like an address, and the other way round: what they are for tells them apart.
        let text = "email:ana@example.org";
        let ends = links.unsubscribe(&address(text));
        let confirms = links.confirm(text);
        let asked = confirms.strip_prefix("https://bell.example/confirm/").unwrap();
        assert_eq!(links.confirmed(asked).as_deref(), Some(text));
        assert_eq!(links.unsubscribed(asked), None);
        assert_eq!(links.confirmed(token(&ends)), None);
        assert_ne!(asked, token(&ends));
    }

    #[test]
    fn the_link_of_a_code_outlives_a_restart_and_shows_nothing_of_it() {
        let link = links(1).confirm("q1w2e3r4");
        assert_eq!(links(1).confirm("q1w2e3r4"), link);
        assert!(!link.contains("q1w2e3r4"), "{link}");
        let asked = link.rsplit('/').next().unwrap();
        assert_eq!(links(1).confirmed(asked).as_deref(), Some("q1w2e3r4"));
        assert_eq!(links(2).confirmed(asked), None, "of another installation");
        for text in ["", "q1w2e3r4", "é", asked.get(1..).unwrap(), &format!("{asked}A")] {
            assert_eq!(links(1).confirmed(text), None, "{text}");
        }
    }

    #[test]
    fn a_path_of_the_base_is_a_prefix() {
        for (base, prefix) in [
            ("https://a.example", ""),
            ("https://a.example/bell", "/bell"),
            ("http://[::1]:8/a/b", "/a/b"),
        ] {
            assert_eq!(Links::new(base, &[1; SECRET_BYTES]).prefix(), prefix);
        }
    }

    #[test]
    fn a_link_that_nobody_made_opens_nothing() {
        let link = links(1).unsubscribe(&address("email:ana@example.org"));
        let token = token(&link);
        assert_eq!(links(2).unsubscribed(token), None, "of another installation");
        for index in 0..token.len() {
            let mut bytes = token.as_bytes().to_vec();
            bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(bytes).unwrap();
            // The last character may hold bits that mean nothing: then it is no base64 at all.
            assert_eq!(links(1).unsubscribed(&forged), None, "{index}");
        }
        for text in [
            "",
            "A",
            "=",
            "é",
            token.get(..20).unwrap(),
            &format!("{token}A"),
            &"A".repeat(100_000),
        ] {
            assert_eq!(links(1).unsubscribed(text), None, "{text:.20}");
        }
    }
}

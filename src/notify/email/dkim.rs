//! Signs mails after DKIM (RFC 6376; RFC 8463 for Ed25519): pure but for the random numbers of RSA.
//!
//! The signer is our own, over the cryptography that TLS uses anyway: that of lettre reads the clock by itself, signs no field
//! against additions, and brings an implementation of RSA with a known weakness (RUSTSEC-2023-0071).

use std::fmt;

use data_encoding::BASE64;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use secrecy::ExposeSecret;

use super::DkimOptions;
use super::server::ascii_domain;
use crate::model::UnixMillis;

/// What is signed where it is there: all that a reader is shown, and what RFC 8058 asks for.
const SIGNED: [&str; 13] = [
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "auto-submitted",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "mime-version",
    "content-type",
];

/// What is named once more than it is there, so that nobody on the way adds another one (RFC 6376, section 8.15).
const ONCE: [&str; 3] = ["from", "to", "subject"];

/// Characters of base64 in one line of the signature.
const LINE_CHARS: usize = 70;

const EXPECTED: &str = "expected a private key: RSA of 2048 to 4096 bits in PEM (PKCS#1), as made by: openssl genrsa -traditional 2048; or the 32 bytes of an Ed25519 key in base64";

const PKCS8: &str =
    "this key is PKCS#8: convert one for RSA by: openssl rsa -traditional -in <key> -out <new key>";

const ENCRYPTED: &str = "this key is locked by a passphrase: remove it by: openssl rsa -traditional -in <key> -out <new key>";

/// What signs mails of one domain.
pub(super) struct Signer {
    domain: String,
    selector: String,
    key: Key,
    random: SystemRandom,
}

enum Key {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("domain", &self.domain)
            .field("selector", &self.selector)
            .finish_non_exhaustive()
    }
}

/// Reads a key; the error says what is expected, and repeats nothing.
pub(super) fn check_key(text: &str) -> Result<(), &'static str> {
    read_key(text).map(drop)
}

fn read_key(text: &str) -> Result<Key, &'static str> {
    let text = text.trim();
    if text.contains("ENCRYPTED") {
        return Err(ENCRYPTED);
    }
    if text.contains("BEGIN PRIVATE KEY") {
        return Err(PKCS8);
    }
    let bytes = |text: &str| {
        let dense: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        BASE64.decode(&dense).map_err(|_| EXPECTED)
    };
    let Some((_, pem)) = text.split_once("-----BEGIN RSA PRIVATE KEY-----") else {
        let pair = Ed25519KeyPair::from_seed_unchecked(&bytes(text)?);
        return pair.map(Key::Ed25519).map_err(|_| EXPECTED);
    };
    let (pem, _) = pem.split_once("-----END RSA PRIVATE KEY-----").ok_or(EXPECTED)?;
    RsaKeyPair::from_der(&bytes(pem)?).map(Key::Rsa).map_err(|_| EXPECTED)
}

impl Signer {
    pub(super) fn new(options: &DkimOptions) -> Result<Signer, &'static str> {
        Ok(Signer {
            domain: ascii_domain(&options.domain),
            selector: ascii_domain(&options.selector),
            key: read_key(options.key.expose_secret())?,
            random: SystemRandom::new(),
        })
    }

    /// The mail with its signature in front; as it is, should the machine have no random numbers.
    pub(super) fn sign(&self, mail: Vec<u8>, now: UnixMillis) -> Vec<u8> {
        let Some(field) = self.field(&mail, now) else {
            tracing::warn!("a mail could not be signed: it leaves without a signature");
            return mail;
        };
        [field.into_bytes(), mail].concat()
    }

    fn field(&self, mail: &[u8], now: UnixMillis) -> Option<String> {
        let (head, body) = split(mail)?;
        let fields = fields(std::str::from_utf8(head).ok()?);
        let mut names = Vec::new();
        let mut signed = String::new();
        for name in SIGNED {
            let values = fields.iter().filter(|(found, _)| found == name);
            for (name, value) in values {
                names.push(name.as_str());
                signed.push_str(&format!("{name}:{value}\r\n"));
            }
            names.extend(ONCE.contains(&name).then_some(name));
        }
        let algorithm = match &self.key {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        };
        let field = format!(
            "DKIM-Signature: v=1; a={algorithm}; c=relaxed/relaxed;\r\n d={};\r\n s={}; t={};\r\n h={};\r\n bh={};\r\n b=",
            self.domain,
            self.selector,
            now.0.div_euclid(1000).max(0),
            names.join(":\r\n "),
            BASE64.encode(digest(&SHA256, &relaxed_body(body)).as_ref()),
        );
        let (name, value) = fields_of(&field)?;
        signed.push_str(&format!("{name}:{value}"));
        let signature = BASE64.encode(&self.signature(signed.as_bytes())?);
        let lines: Vec<&str> = signature
            .as_bytes()
            .chunks(LINE_CHARS)
            .filter_map(|line| std::str::from_utf8(line).ok())
            .collect();
        Some(format!("{field}{}\r\n", lines.join("\r\n ")))
    }

    fn signature(&self, text: &[u8]) -> Option<Vec<u8>> {
        match &self.key {
            Key::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &self.random, text, &mut signature).ok()?;
                Some(signature)
            }
            // What is signed is the hash (RFC 8463, section 3).
            Key::Ed25519(pair) => Some(pair.sign(digest(&SHA256, text).as_ref()).as_ref().to_vec()),
        }
    }
}

fn split(mail: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = mail.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some((mail.get(..at + 2)?, mail.get(at + 4..)?))
}

/// Names in small letters, and values, of the fields of a head (RFC 6376, section 3.4.2).
fn fields(head: &str) -> Vec<(String, String)> {
    let mut fields: Vec<String> = Vec::new();
    for line in head.split_terminator("\r\n") {
        match fields.last_mut() {
            Some(field) if line.starts_with([' ', '\t']) => field.push_str(line),
            _ => fields.push(line.to_owned()),
        }
    }
    fields.iter().filter_map(|field| fields_of(field)).collect()
}

fn fields_of(field: &str) -> Option<(String, String)> {
    let (name, value) = field.split_once(':')?;
    let value: Vec<&str> =
        value.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty()).collect();
    Some((name.trim_end().to_ascii_lowercase(), value.join(" ")))
}

/// A body with single blanks, none at the end of a line, and no empty lines at its end (RFC 6376, section 3.4.4).
fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut relaxed = Vec::with_capacity(body.len());
    let mut empty = 0;
    for line in body.strip_suffix(b"\r\n").unwrap_or(body).split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let start = relaxed.len();
        let mut is_after_blank = false;
        for byte in line {
            match byte {
                b' ' | b'\t' => is_after_blank = true,
                byte => {
                    if relaxed.len() == start {
                        // Empty lines count only in front of another one.
                        relaxed.extend(b"\r\n".repeat(std::mem::take(&mut empty)));
                    }
                    if std::mem::take(&mut is_after_blank) {
                        relaxed.push(b' ');
                    }
                    relaxed.push(*byte);
                }
            }
        }
        if relaxed.len() == start {
            empty += 1;
        } else {
            relaxed.extend_from_slice(b"\r\n");
        }
    }
    relaxed
}

#[cfg(test)]
mod tests {
    use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
    use secrecy::SecretString;

    use super::*;

    const RSA: &str = include_str!("../../../tests/fixtures/dkim/rsa.pem");
    const RSA_RECORD: &str = include_str!("../../../tests/fixtures/dkim/rsa.txt");
    const ED25519: &str = include_str!("../../../tests/fixtures/dkim/ed25519.b64");

    const MAIL: &[u8] = b"From: a@b\r\nSubject: x\r\n  y \r\n\r\nhello  you \r\n\r\n\r\n";

    fn signer(key: &str) -> Signer {
        let (domain, selector) = ("example.org".to_owned(), "bell".to_owned());
        Signer::new(&DkimOptions { domain, selector, key: SecretString::from(key) }).unwrap()
    }

    #[test]
    fn each_kind_of_key_is_read_and_what_is_none_is_told_what_it_should_be() {
        for key in [RSA, ED25519, &RSA.replace('\n', "\r\n"), &format!("\n{RSA}\n")] {
            assert_eq!(check_key(key), Ok(()));
        }
        let pkcs8 = "-----BEGIN PRIVATE KEY-----\nMIIEvQ==\n-----END PRIVATE KEY-----";
        let locked = RSA.replacen('\n', "\nProc-Type: 4,ENCRYPTED\n", 1);
        let short = "-----BEGIN RSA PRIVATE KEY-----\nMIIEvQ==\n-----END RSA PRIVATE KEY-----";
        for (key, expected) in [
            (pkcs8, PKCS8),
            (locked.as_str(), ENCRYPTED),
            (short, EXPECTED),
            (RSA.strip_suffix("-----END RSA PRIVATE KEY-----\n").unwrap(), EXPECTED),
            ("", EXPECTED),
            ("s3cret", EXPECTED),
            ("c2hvcnQ=", EXPECTED),
            (&RSA.replace("RSA PRIVATE", "PUBLIC"), EXPECTED),
        ] {
            assert_eq!(check_key(key), Err(expected), "{key:.40}");
            assert!(!expected.contains('\n'));
        }
    }

    #[test]
    fn blanks_and_empty_lines_at_the_end_do_not_count() {
        // The example of RFC 6376, section 3.4.5.
        let (head, body) =
            split(b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n").unwrap();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(fields(std::str::from_utf8(head).unwrap()), [pair("a", "X"), pair("b", "Y Z")]);
        assert_eq!(relaxed_body(body), b" C\r\nD E\r\n");
        for (body, relaxed) in [
            ("", ""),
            ("\r\n \r\n", ""),
            ("\r\n\r\na", "\r\n\r\na\r\n"),
            ("a\r\n\t\r\nb\r\n", "a\r\n\r\nb\r\n"),
        ] {
            assert_eq!(relaxed_body(body.as_bytes()), relaxed.as_bytes(), "{body:?}");
        }
    }

    #[test]
    fn a_signature_says_what_it_is_over_and_is_the_same_at_the_same_time() {
        for key in [RSA, ED25519] {
            let signed = signer(key).sign(MAIL.to_vec(), UnixMillis(1_795_348_800_999));
            let text = String::from_utf8(signed.clone()).unwrap();
            assert!(text.ends_with(std::str::from_utf8(MAIL).unwrap()));
            assert!(text.starts_with("DKIM-Signature: v=1; a="), "{text}");
            for part in [
                " c=relaxed/relaxed;",
                " d=example.org;",
                " s=bell; t=1795348800;",
                " h=from:\r\n from:\r\n to:\r\n subject:\r\n subject;",
            ] {
                assert!(text.contains(part), "{part}: {text}");
            }
            assert!(text.lines().all(|line| line.len() <= 78), "{text}");
            assert_eq!(signer(key).sign(MAIL.to_vec(), UnixMillis(1_795_348_800_000)), signed);
        }
    }

    #[test]
    fn a_signature_fits_its_public_key() {
        let signer = signer(RSA);
        let record = RSA_RECORD.trim().rsplit_once("p=").unwrap().1;
        let frame = BASE64.decode(record.as_bytes()).unwrap();
        // Behind the 24 bytes that say it is RSA.
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &frame[24..]);
        assert!(key.verify(b"x", &signer.signature(b"x").unwrap()).is_ok());
        assert!(key.verify(b"y", &signer.signature(b"x").unwrap()).is_err());
    }
}

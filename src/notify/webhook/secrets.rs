//! Which secret signs for which endpoint.

use std::collections::HashMap;

use data_encoding::BASE64;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use standardwebhooks::Webhook as Signer;

use super::{SetupError, WebhookOptions};
use crate::http::check_url;

/// The length of a secret in bytes. Source: Standard Webhooks 1.0.0.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// The secrets, ready to sign. No `Debug`: the signer holds its key in the clear.
pub(super) struct Secrets {
    default: Signer,
    of_endpoint: HashMap<Url, Signer>,
}

impl Secrets {
    /// Reads the secrets of a configuration.
    pub(super) fn read(options: &WebhookOptions) -> Result<Self, SetupError> {
        let mut of_endpoint = HashMap::new();
        for (place, (url, secret)) in (1..).zip(&options.secrets) {
            let url = check_url(url, options.allow_private)
                .map_err(|why| SetupError::EndpointUrl(place, why))?;
            of_endpoint.insert(url, signer(secret).ok_or(SetupError::EndpointSecret(place))?);
        }
        let default = signer(&options.secret).ok_or(SetupError::Secret)?;
        Ok(Secrets { default, of_endpoint })
    }

    /// The secret for `url`: its own, else the default.
    pub(super) fn of(&self, url: &Url) -> &Signer {
        self.of_endpoint.get(url).unwrap_or(&self.default)
    }
}

/// Reads one secret. The prefix is asked for: many a password is base64 by chance, and would sign with a short key.
fn signer(secret: &SecretString) -> Option<Signer> {
    let text = secret.expose_secret().strip_prefix("whsec_")?;
    let key = BASE64.decode(text.as_bytes()).ok()?;
    if !SECRET_BYTES.contains(&key.len()) {
        return None;
    }
    Signer::from_bytes(key).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VECTOR: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

    fn read(text: &str) -> Option<Signer> {
        signer(&SecretString::from(text))
    }

    #[test]
    fn the_signature_is_that_of_the_standards_own_test() {
        let body = br#"{"email":"test@example.com","username":"test_user"}"#;
        let signature = read(VECTOR)
            .unwrap()
            .sign("msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1_649_367_553, body)
            .unwrap();
        assert_eq!(signature, "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
    }

    #[test]
    fn what_is_no_secret_signs_nothing() {
        let short = format!("whsec_{}", BASE64.encode(&[7; 23]));
        let long = format!("whsec_{}", BASE64.encode(&[7; 65]));
        for bad in [
            "",
            "whsec_",
            "password",
            "whsec_not base64!",
            VECTOR.trim_start_matches("whsec_"),
            &short,
            &long,
        ] {
            assert!(read(bad).is_none(), "{bad}");
        }
        for length in [24, 64] {
            assert!(read(&format!("whsec_{}", BASE64.encode(&vec![7; length]))).is_some());
        }
    }

    #[test]
    fn an_endpoint_has_its_own_secret_however_its_address_is_written() {
        let other = format!("whsec_{}", BASE64.encode(&[7; 32]));
        let options = WebhookOptions {
            secret: VECTOR.into(),
            secrets: [("https://EXAMPLE.com:443/hook".to_owned(), other.into())].into(),
            allow_private: false,
        };
        let secrets = Secrets::read(&options).unwrap();
        let sign = |url: &str| secrets.of(&url.parse().unwrap()).sign("msg_1", 1, b"{}").unwrap();
        assert_ne!(sign("https://example.com/hook"), sign("https://example.com/other"));
        assert_eq!(sign("https://example.com/hook/2"), sign("https://example.com/other"));
    }
}

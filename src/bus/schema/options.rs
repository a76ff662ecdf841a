//! Where the registry is, and who asks it.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;
use secrecy::SecretString;

/// Why a text is not the address of a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Not an address, or one of another scheme.
    #[error("not an address as in https://registry.example:8081")]
    NoAddress,
    /// With a name or a password, which would show in logs.
    #[error("an address without user and password: these have keys of their own")]
    Credentials,
    /// With a query or a fragment.
    #[error("an address without ? and #")]
    Query,
}

/// The address of a registry's API, without credentials, query and `/` at its end.
#[derive(Clone, PartialEq, Eq)]
pub struct RegistryUrl(Url);

impl RegistryUrl {
    /// The URL of a path below the address, each part escaped.
    pub(super) fn below(&self, parts: &[&str]) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(parts);
        }
        url
    }

    /// The host, with its port where that is not the usual one.
    #[must_use]
    pub fn host(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    pub(super) const fn url(&self) -> &Url {
        &self.0
    }
}

impl FromStr for RegistryUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<RegistryUrl, UrlError> {
        let url = Url::parse(text.trim()).map_err(|_| UrlError::NoAddress)?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(UrlError::NoAddress);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlError::Credentials);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(UrlError::Query);
        }
        Ok(RegistryUrl(url))
    }
}

impl fmt::Display for RegistryUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for RegistryUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Which registry is asked, and as whom. As a debug text, the password does not show.
#[derive(Debug, Clone)]
pub struct RegistryOptions {
    /// Where its API is.
    pub url: RegistryUrl,
    /// The name for basic authentication; without it nobody signs in.
    pub user: Option<String>,
    /// The password that goes with the name.
    pub password: Option<SecretString>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn below(url: &str, parts: &[&str]) -> String {
        url.parse::<RegistryUrl>().unwrap().below(parts).to_string()
    }

    #[test]
    fn a_subject_is_one_part_of_the_path_whatever_it_holds() {
        for (subject, part) in [
            ("youtube_videos-value", "youtube_videos-value"),
            ("a/b", "a%2Fb"),
            ("a?b#c", "a%3Fb%23c"),
            ("a b%20", "a%20b%2520"),
            ("ü", "%C3%BC"),
        ] {
            for url in ["http://r:8081", "http://r:8081/"] {
                let path = format!("http://r:8081/config/{part}");
                assert_eq!(below(url, &["config", subject]), path);
            }
            let path = format!("https://r/apis/ccompat/v7/config/{part}");
            assert_eq!(below("https://r/apis/ccompat/v7/", &["config", subject]), path);
        }
    }

    #[test]
    fn an_address_with_a_secret_in_it_is_refused() {
        for (text, error) in [
            ("", UrlError::NoAddress),
            ("registry:8081", UrlError::NoAddress),
            ("ftp://registry", UrlError::NoAddress),
            ("http://user@registry", UrlError::Credentials),
            ("http://:s3cret@registry", UrlError::Credentials),
            ("http://registry?key=s3cret", UrlError::Query),
            ("http://registry#s3cret", UrlError::Query),
        ] {
            assert_eq!(text.parse::<RegistryUrl>(), Err(error), "{text}");
            assert!(!format!("{error} {error:?}").contains("s3cret"));
        }
        let url: RegistryUrl = " https://r:8443/api/ ".parse().unwrap();
        assert_eq!(
            (url.to_string().as_str(), url.host().as_str()),
            ("https://r:8443/api", "r:8443")
        );
    }

    #[test]
    fn the_password_does_not_show() {
        let password = Some(SecretString::from("s3cret"));
        let url = "http://registry".parse().unwrap();
        let options = RegistryOptions { url, user: Some("me".to_owned()), password };
        assert!(!format!("{options:?}").contains("s3cret"));
    }
}

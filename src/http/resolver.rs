//! What a host name that a stranger chose stands for, filtered before the connection is made.
//!
//! The HTTP client connects to the addresses it is given here and to no others, so a name that means one thing when
//! it is checked and another when it is used (DNS rebinding) gains nothing. A literal address never gets here: see
//! `guard`.

use std::error::Error;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::ClientBuilder;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::guard::denial;

/// Asks for the addresses of a name.
#[async_trait]
pub trait HostLookup: Send + Sync {
    /// The addresses of `host`.
    ///
    /// # Errors
    ///
    /// When there is no answer, or none at all is known.
    async fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The system's resolver.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemLookup;

#[async_trait]
impl HostLookup for SystemLookup {
    async fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// A name that stands only for addresses that strangers may not have us call. Without the address: it would tell a
/// stranger what our network looks like.
#[derive(Debug, thiserror::Error)]
#[error(
    "the host's name stands for an address that is not allowed: {0} (see webhook.allow_private)"
)]
pub(super) struct Refusal(&'static str);

/// An error and all that stand behind it.
pub(super) fn chain<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// Lets the HTTP client see only addresses that strangers may have us call.
struct GuardedResolver {
    lookup: Arc<dyn HostLookup>,
    allow_private: bool,
}

/// Has a client reach, straight, only addresses that strangers may have us call, as `lookup` knows them; private ones
/// only with `allow_private`. A proxy would look names up by itself.
pub(crate) fn guarded(
    client: ClientBuilder,
    lookup: Arc<dyn HostLookup>,
    allow_private: bool,
) -> ClientBuilder {
    client.no_proxy().dns_resolver(Arc::new(GuardedResolver { lookup, allow_private }))
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let lookup = Arc::clone(&self.lookup);
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found = lookup.lookup(name.as_str()).await?;
            Ok(allowed(&found, allow_private)?)
        })
    }
}

/// The addresses of a name that a connection may be made to.
///
/// The others are left out rather than refusing the name: where DNS64 is at work, every name of an IPv4 server also
/// has an address of the translator.
fn allowed(found: &[IpAddr], allow_private: bool) -> Result<Addrs, Refusal> {
    let denied = |ip: &IpAddr| if allow_private { None } else { denial(*ip) };
    let kept: Vec<IpAddr> = found.iter().copied().filter(|ip| denied(ip).is_none()).collect();
    if kept.is_empty()
        && let Some(word) = found.iter().find_map(denied)
    {
        return Err(Refusal(word));
    }
    // Port 0: the client puts the URL's in its place.
    Ok(Box::new(kept.into_iter().map(|ip| SocketAddr::new(ip, 0))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;
    use std::sync::Mutex;

    /// Answers with the next list each time.
    struct Script(Mutex<VecDeque<Vec<&'static str>>>);

    #[async_trait]
    impl HostLookup for Script {
        async fn lookup(&self, _: &str) -> io::Result<Vec<IpAddr>> {
            let next = self.0.lock().unwrap().pop_front().ok_or(io::ErrorKind::NotFound)?;
            Ok(next.into_iter().map(|text| text.parse().unwrap()).collect())
        }
    }

    fn resolver(allow_private: bool, answers: &[&[&'static str]]) -> GuardedResolver {
        let answers = answers.iter().map(|answer| answer.to_vec()).collect();
        GuardedResolver { lookup: Arc::new(Script(Mutex::new(answers))), allow_private }
    }

    fn is_refusal(error: &(dyn Error + 'static)) -> bool {
        chain(error).any(<dyn Error>::is::<Refusal>)
    }

    async fn resolve(resolver: &GuardedResolver) -> Result<Vec<String>, String> {
        match resolver.resolve("example.com".parse().unwrap()).await {
            Ok(addresses) => Ok(addresses.map(|address| address.ip().to_string()).collect()),
            Err(error) => {
                assert_eq!(is_refusal(error.as_ref()), error.is::<Refusal>());
                Err(error.to_string())
            }
        }
    }

    #[tokio::test]
    async fn a_name_that_turns_private_is_refused_when_it_does() {
        let resolver = resolver(false, &[&["93.184.216.34"], &["169.254.169.254"]]);
        assert_eq!(resolve(&resolver).await.unwrap(), ["93.184.216.34"]);
        let line = resolve(&resolver).await.unwrap_err();
        assert!(line.contains("link-local") && !line.contains("169.254"), "{line}");
    }

    #[tokio::test]
    async fn a_private_address_among_public_ones_is_never_connected_to() {
        let resolver = resolver(false, &[&["::1", "93.184.216.34", "10.0.0.1"]]);
        assert_eq!(resolve(&resolver).await.unwrap(), ["93.184.216.34"]);
    }

    #[tokio::test]
    async fn allow_private_lets_all_pass() {
        let resolver = resolver(true, &[&["127.0.0.1", "93.184.216.34"]]);
        assert_eq!(resolve(&resolver).await.unwrap(), ["127.0.0.1", "93.184.216.34"]);
    }

    #[tokio::test]
    async fn an_unknown_name_is_a_failure_but_no_refusal() {
        let error =
            resolver(false, &[]).resolve("example.com".parse().unwrap()).await.err().unwrap();
        assert!(!is_refusal(error.as_ref()));
    }
}

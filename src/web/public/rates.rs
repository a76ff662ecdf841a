//! How much strangers may ask in a minute: each peer, each link, and all who have a link together.
//!
//! Whoever has no link of ours costs next to nothing, and uses up nothing of what is there for those who have one. So a flood of
//! nonsense keeps nobody from ending their mails.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The time in which requests are counted; then the count begins anew.
const WINDOW: Duration = Duration::from_secs(60);

/// Requests of one peer, whatever they ask. A person needs two; some programs that check links come from one address for many.
const PEER_MAX: u32 = 30;

/// Requests with one link.
const LINK_MAX: u32 = 30;

/// Requests with a link, of all strangers. Each asks the store, which answers hundreds a second.
const LINKS_MAX: u32 = 600;

/// Peers that are counted. Where there are more within a minute, the others are bounded by their links alone.
const PEERS_MAX: usize = 4096;

/// Counts requests.
#[derive(Debug)]
pub(super) struct Rates(Mutex<Window>);

#[derive(Debug)]
struct Window {
    since: Instant,
    peers: HashMap<IpAddr, u32>,
    /// At most [`LINKS_MAX`] in all.
    links: HashMap<String, u32>,
    all: u32,
}

impl Window {
    fn new(since: Instant) -> Window {
        Window { since, peers: HashMap::new(), links: HashMap::new(), all: 0 }
    }

    fn left(&self, now: Instant) -> Duration {
        WINDOW.saturating_sub(now.saturating_duration_since(self.since))
    }
}

impl Rates {
    /// Nobody has asked yet.
    pub(super) fn new(now: Instant) -> Rates {
        Rates(Mutex::new(Window::new(now)))
    }

    /// Counts a request of a peer.
    ///
    /// # Errors
    ///
    /// It has asked too much: how long it has to wait.
    pub(super) fn of_peer(&self, peer: IpAddr, now: Instant) -> Result<(), Duration> {
        let Some(peer) = counted(peer) else { return Ok(()) };
        let mut window = self.window(now);
        let left = window.left(now);
        if window.peers.len() >= PEERS_MAX && !window.peers.contains_key(&peer) {
            return Ok(());
        }
        let count = window.peers.entry(peer).or_default();
        *count = count.saturating_add(1);
        if *count > PEER_MAX { Err(left) } else { Ok(()) }
    }

    /// Counts a request with this token of ours.
    ///
    /// # Errors
    ///
    /// There were too many with it, or with any: how long to wait.
    pub(super) fn of_link(&self, token: &str, now: Instant) -> Result<(), Duration> {
        let mut window = self.window(now);
        let of_it = window.links.get(token).copied().unwrap_or(0);
        if of_it >= LINK_MAX || window.all >= LINKS_MAX {
            return Err(window.left(now));
        }
        window.links.insert(token.to_owned(), of_it + 1);
        window.all += 1;
        Ok(())
    }

    fn window(&self, now: Instant) -> MutexGuard<'_, Window> {
        // It is whole after every statement.
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if window.left(now).is_zero() {
            *window = Window::new(now);
        }
        window
    }
}

/// Who is counted as one: an IPv4 address, or the network of 64 bits that a household has of IPv6. `None`: it is a proxy of ours, behind
/// which everybody is. What such a proxy says of them is not asked, as anybody can say it.
fn counted(peer: IpAddr) -> Option<IpAddr> {
    match peer.to_canonical() {
        IpAddr::V4(peer) => {
            let is_near = peer.is_loopback() || peer.is_private() || peer.is_link_local();
            (!is_near).then_some(IpAddr::V4(peer))
        }
        IpAddr::V6(peer) => {
            let is_near =
                peer.is_loopback() || peer.is_unique_local() || peer.is_unicast_link_local();
            let network = Ipv6Addr::from_bits(peer.to_bits() & (u128::MAX << 64));
            (!is_near).then_some(IpAddr::V6(network))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn reader(number: u32) -> String {
        format!("link-{number}")
    }

    /// How often somebody is let through in a row, a second apart, and how long they have to wait then.
    fn passes(mut ask: impl FnMut() -> Result<(), Duration>) -> (u32, u64) {
        let mut passed = 0;
        loop {
            match ask() {
                Ok(()) => passed += 1,
                Err(wait) => return (passed, wait.as_secs()),
            }
            assert!(passed < 10_000, "nobody counts");
        }
    }

    #[test]
    fn a_peer_asks_thirty_times_a_minute_and_keeps_no_other_from_asking() {
        let start = Instant::now();
        let (rates, later) = (Rates::new(start), start + Duration::from_secs(20));
        assert_eq!(passes(|| rates.of_peer(ip("192.0.2.1"), later)), (PEER_MAX, 40));
        assert_eq!(rates.of_peer(ip("192.0.2.2"), later), Ok(()));
        assert_eq!(passes(|| rates.of_peer(ip("192.0.2.1"), start + WINDOW)), (PEER_MAX, 60));
    }

    #[test]
    fn a_household_is_one_peer_whatever_address_of_its_own_it_takes() {
        let now = Instant::now();
        for (one, other, are_one) in [
            ("2001:db8:0:1::1", "2001:db8:0:1:ffff::9", true),
            ("2001:db8:0:1::1", "2001:db8:0:2::1", false),
            ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
        ] {
            let rates = Rates::new(now);
            passes(|| rates.of_peer(ip(one), now));
            assert_eq!(rates.of_peer(ip(other), now).is_err(), are_one, "{one} {other}");
        }
    }

    #[test]
    fn a_proxy_of_ours_is_everybody_and_so_nobody() {
        let now = Instant::now();
        let rates = Rates::new(now);
        for near in [
            "127.0.0.1",
            "::1",
            "10.0.0.2",
            "172.17.0.1",
            "192.168.1.9",
            "fd00::2",
            "fe80::1",
            "::ffff:10.0.0.2",
        ] {
            assert!((0..1000).all(|_| rates.of_peer(ip(near), now).is_ok()), "{near}");
        }
    }

    #[test]
    fn a_link_is_asked_for_thirty_times_a_minute_and_all_of_them_six_hundred() {
        let now = Instant::now();
        let rates = Rates::new(now);
        assert_eq!(passes(|| rates.of_link(&reader(0), now)), (LINK_MAX, 60));
        let mut number = 0;
        let rest = passes(|| {
            number += 1;
            rates.of_link(&reader(number), now)
        });
        assert_eq!(rest, (LINKS_MAX - LINK_MAX, 60));
        let later = now + WINDOW;
        assert_eq!(rates.of_link(&reader(0), later), Ok(()));
    }

    #[test]
    fn however_many_come_only_so_many_are_remembered() {
        let now = Instant::now();
        let rates = Rates::new(now);
        for number in 0..20_000_u32 {
            let peer = Ipv6Addr::from_bits((0x2001_0db8 << 96) + (u128::from(number) << 64));
            assert_eq!(rates.of_peer(peer.into(), now), Ok(()));
            assert_eq!(rates.of_link(&reader(number), now).is_ok(), number < LINKS_MAX);
        }
        let window = rates.window(now);
        assert_eq!((window.peers.len(), window.links.len()), (PEERS_MAX, 600));
    }
}

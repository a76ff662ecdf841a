//! Which addresses strangers may have us call: a person in a chat must not be able to make us call our own network.
//!
//! Two halves: [`check_url`] looks at the URL, where a literal address skips every resolver; the resolver beside this
//! file looks at what a name stands for, each time a connection is made, and connects to just that. Both ask
//! [`denial`].

use std::net::IpAddr;
use std::sync::LazyLock;

use ipnet::{IpNet, Ipv6Net};
use reqwest::Url;

/// Longest address of an endpoint, in bytes.
const URL_MAX_BYTES: usize = 2048;

/// IPv4 networks that are not somebody else's public server.
/// Source: IANA IPv4 Special-Purpose Address Registry, <https://www.iana.org/assignments/iana-ipv4-special-registry>
/// (rows that are not globally reachable); multicast from RFC 5771; last row from
/// <https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16>.
const IPV4_DENIED: &[(&str, &str)] = &[
    ("0.0.0.0/8", "this network"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared by a carrier's customers"),
    ("127.0.0.0/8", "this machine"),
    ("169.254.0.0/16", "link-local"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "for protocols"),
    ("192.0.2.0/24", "for documentation"),
    ("192.88.99.0/24", "a relay of 6to4"),
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "for benchmarks"),
    ("198.51.100.0/24", "for documentation"),
    ("203.0.113.0/24", "for documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
    ("168.63.129.16/32", "a cloud's own service"),
];

/// The only IPv6 addresses that are given out for public servers.
/// Source: IANA IPv6 Global Unicast Address Assignments,
/// <https://www.iana.org/assignments/ipv6-unicast-address-assignments>.
const IPV6_PUBLIC: &str = "2000::/3";

/// IPv6 networks that are not somebody else's public server; first those outside of [`IPV6_PUBLIC`] that deserve
/// their own word, then those inside it. The ones that carry an IPv4 address are denied as a whole: what stands behind
/// a translator is nobody's public server, and a tunnel's far end can be any.
/// Source: IANA IPv6 Special-Purpose Address Registry, <https://www.iana.org/assignments/iana-ipv6-special-registry>;
/// multicast from RFC 4291.
const IPV6_DENIED: &[(&str, &str)] = &[
    ("::/128", "unspecified"),
    ("::1/128", "this machine"),
    ("::ffff:0:0/96", "an IPv4 address in IPv6"),
    ("64:ff9b::/96", "translated by NAT64"),
    ("64:ff9b:1::/48", "translated by NAT64"),
    ("100::/64", "discarded"),
    ("fc00::/7", "private"),
    ("fe80::/10", "link-local"),
    ("ff00::/8", "multicast"),
    ("2001::/23", "for protocols, Teredo among them"),
    ("2001:db8::/32", "for documentation"),
    ("2002::/16", "a tunnel of 6to4"),
    ("3fff::/20", "for documentation"),
];

static DENIED: LazyLock<Vec<(IpNet, &'static str)>> = LazyLock::new(|| {
    let net = |text: &str| text.parse::<IpNet>().expect("literals, tested below");
    IPV4_DENIED.iter().chain(IPV6_DENIED).map(|(text, word)| (net(text), *word)).collect()
});
static IPV6_GLOBAL: LazyLock<Ipv6Net> =
    LazyLock::new(|| IPV6_PUBLIC.parse().expect("a literal, tested below"));

/// Why a connection to `ip` is refused; `None` when it may be made.
pub(super) fn denial(ip: IpAddr) -> Option<&'static str> {
    let named = DENIED.iter().find(|(net, _)| net.contains(&ip)).map(|(_, word)| *word);
    named.or_else(|| match ip {
        IpAddr::V6(ip) if !IPV6_GLOBAL.contains(&ip) => Some("not a public address"),
        IpAddr::V4(_) | IpAddr::V6(_) => None,
    })
}

/// Reads `url` and says whether a webhook may go there, as far as the text tells; the answer for whoever makes a watch,
/// and before each attempt.
///
/// Without `allow_private`: https, port 443 or one of 1024 and above (below are the ports of other protocols), no
/// literal address and no name of this machine or a private network. With it: http too, and any host and port. User and
/// password are refused either way: they would be stored and shown.
///
/// # Errors
///
/// A line for the person who wrote the address; it does not quote it.
pub(crate) fn check_url(url: &str, allow_private: bool) -> Result<Url, String> {
    if url.len() > URL_MAX_BYTES {
        return Err(format!("the address is longer than {URL_MAX_BYTES} bytes"));
    }
    let url = Url::parse(url).map_err(|error| format!("the address can't be read: {error}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a user or password in the address is not allowed".to_owned());
    }
    match url.scheme() {
        "https" => {}
        "http" if allow_private => {}
        "http" => {
            return Err("the address must be https (http needs webhook.allow_private)".to_owned());
        }
        _ => return Err("the address must be https".to_owned()),
    }
    // The parser has brought every way to write an IPv4 address (0x7f.1, 2130706433, 0177.0.0.1, a dot at the end)
    // into its four decimal numbers; see the tests.
    let Some(host) = url.host_str() else {
        return Err("the address has no host".to_owned());
    };
    if allow_private {
        return Ok(url);
    }
    if let Ok(ip) = host.trim_matches(['[', ']']).parse::<IpAddr>()
        && let Some(word) = denial(ip)
    {
        return Err(format!("{ip} is not allowed: {word} (see webhook.allow_private)"));
    }
    if is_local_name(host) {
        return Err(
            "the host's name stands for this machine or a private network (see webhook.allow_private)"
                .to_owned(),
        );
    }
    match url.port_or_known_default() {
        Some(443 | 1024..) => Ok(url),
        _ => Err("the port must be 443, or 1024 and above (see webhook.allow_private)".to_owned()),
    }
}

/// Names that stand for private addresses everywhere. What others stand for, the resolver sees; saying it here lets
/// the person know at once.
/// Source: IANA Special-Use Domain Names; `internal` reserved by ICANN in 2024.
fn is_local_name(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    let last = host.rsplit('.').next().unwrap_or_default();
    matches!(last, "localhost" | "local" | "internal") || host.ends_with(".home.arpa")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::Ipv4Addr;

    fn check(url: &str, is_allowed: bool) {
        let found = check_url(url, false);
        assert_eq!(found.is_ok(), is_allowed, "{url}: {found:?}");
    }

    #[test]
    fn public_endpoints_pass() {
        for url in [
            "https://example.com/hook?token=x",
            "https://example.com:8443/hook",
            "https://example.com.:443/",
            "https://93.184.216.34/",
            "https://[2606:2800:220:1:248:1893:25c8:1946]/",
            "https://bücher.example/",
            "https://localhost.example.com/",
        ] {
            check(url, true);
        }
    }

    #[test]
    fn every_way_to_write_a_private_address_is_refused() {
        let hosts = "
            127.0.0.1 127.0.0.1. 127.1 2130706433 0x7f000001 0x7f.1 0177.0.0.1 017700000001
            %31%32%37.0.0.1 127。0。0。1 ①②⑦.0.0.1 0 0.0.0.0 10.1.2.3 100.64.0.1 100.127.255.255
            169.254.169.254 0xa9fea9fe 172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.1 192.88.99.1
            192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1
            239.255.255.255 240.0.0.1 255.255.255.255 168.63.129.16 [::] [::1]
            [::ffff:127.0.0.1] [::ffff:7f00:1] [::ffff:8.8.8.8] [::127.0.0.1] [64:ff9b::7f00:1]
            [64:ff9b::808:808] [64:ff9b:1::1] [100::1] [100:0:0:1::1] [2001::1] [2001:0:1:2::3]
            [2001:2::1] [2001:10::1] [2001:20::1] [2001:db8::1] [2002:7f00:1::] [3fff::1]
            [5f00::1] [fc00::1] [fd12:3456::1] [fe80::1] [fec0::1] [ff02::1] [4000::1]
            [fd00:ec2::254] localhost LOCALHOST localhost. a.localhost printer.local
            metadata.google.internal router.home.arpa";
        for host in hosts.split_whitespace() {
            check(&format!("https://{host}/"), false);
        }
    }

    #[test]
    fn the_parser_brings_every_spelling_of_an_address_into_one() {
        for host in ["127.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.0.0.1.", "①②⑦.0.0.1"]
        {
            let line = check_url(&format!("https://{host}/"), false).unwrap_err();
            assert!(line.starts_with("127.0.0.1 is not allowed: this machine"), "{host}: {line}");
        }
    }

    #[test]
    fn the_edges_of_the_denied_networks_are_exact() {
        let ips = "
            1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0
            169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.0.3.0
            192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255 2001:200::
            2003:: 2a00::1";
        for ip in ips.split_whitespace() {
            assert_eq!(denial(ip.parse().unwrap()), None, "{ip}");
        }
    }

    #[test]
    fn other_schemes_users_ports_and_lengths_are_refused() {
        for url in [
            "http://example.com/",
            "ftp://example.com/",
            "file:///etc/passwd",
            "gopher://example.com/",
            "https://user@example.com/",
            "https://user:pw@example.com/",
            "https://:pw@example.com/",
            "https://example.com:22/",
            "https://example.com:25/",
            "https://example.com:80/",
            "https://example.com:1023/",
            "https://",
            "//example.com/",
            "example.com",
            "",
            "https://a b/",
            "https://[fe80::1%25eth0]/",
            "https://256.256.256.256/",
        ] {
            check(url, false);
        }
        check(&format!("https://example.com/{}", "a".repeat(URL_MAX_BYTES)), false);
    }

    #[test]
    fn allow_private_lets_http_and_private_hosts_pass_but_no_user_and_no_other_scheme() {
        for url in [
            "http://127.0.0.1:9000/",
            "http://[::1]/",
            "http://nas.local:80/",
            "https://10.0.0.1:22/",
        ] {
            assert_eq!(check_url(url, true).map(drop), Ok(()), "{url}");
        }
        for url in ["http://user:pw@127.0.0.1/", "file:///etc/passwd", "unix:/run/x"] {
            assert!(check_url(url, true).is_err(), "{url}");
        }
    }

    #[test]
    fn the_refusal_does_not_repeat_the_address() {
        for url in [
            "https://user:s3cret@example.com/",
            "http://example.com/s3cret",
            "https://127.0.0.1/s3cret",
            "s3cret",
        ] {
            let line = check_url(url, false).unwrap_err();
            assert!(!line.contains("s3cret"), "{line}");
        }
    }

    proptest! {
        #[test]
        fn an_ipv4_address_in_ipv6_never_passes(a: u32) {
            let ip = Ipv4Addr::from(a);
            let [x, y] = [a >> 16, a & 0xffff];
            prop_assert!(denial(ip.to_ipv6_mapped().into()).is_some());
            for text in [format!("64:ff9b::{x:x}:{y:x}"), format!("2002:{x:x}:{y:x}::1"), format!("::{x:x}:{y:x}")] {
                prop_assert!(denial(text.parse().unwrap()).is_some(), "{}", text);
            }
        }

        #[test]
        fn no_text_makes_the_check_panic(url in "(https://)?.{0,80}") {
            drop(check_url(&url, false));
        }
    }
}

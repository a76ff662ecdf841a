//! The server that takes our mails, as a URL names it.

use std::net::IpAddr;
use std::str::FromStr;

use reqwest::Url;
use secrecy::SecretString;

/// A mail server, and how we sign in there.
#[derive(Debug, Clone)]
pub struct SmtpServer {
    /// Its name, or its IP address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How what is sent is kept from others.
    pub security: Security,
    /// Name and password; `None`: nobody has to sign in.
    pub user: Option<(String, SecretString)>,
}

/// How a connection is kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte on.
    Tls,
    /// TLS after STARTTLS, which a server must offer.
    StartTls,
    /// None: on this machine alone.
    Plain,
}

impl Default for SmtpServer {
    /// The server of this machine.
    fn default() -> SmtpServer {
        let host = "localhost".to_owned();
        SmtpServer { host, port: 25, security: Security::Plain, user: None }
    }
}

impl FromStr for SmtpServer {
    type Err = String;

    /// Reads `smtps://user:password@host:465` or `smtp://user:password@host:587`. The error says what to write instead and
    /// repeats nothing: there is a password in it.
    fn from_str(text: &str) -> Result<SmtpServer, String> {
        let (is_tls, rest) = match text.trim().split_once("://") {
            Some(("smtps", rest)) => (true, rest),
            Some(("smtp", rest)) => (false, rest),
            _ => return Err(FORM.to_owned()),
        };
        if rest.contains(['/', '?', '#']) || rest.contains(|c: char| c.is_control() || c == ' ') {
            return Err(SIGNS.to_owned());
        }
        let (user, place) = match rest.rsplit_once('@') {
            Some((user, place)) => (Some(read_user(user)?), place),
            None => (None, rest),
        };
        let (host, port) = read_place(place).ok_or(FORM)?;
        let security = match is_tls {
            true => Security::Tls,
            false if is_this_machine(&host) => Security::Plain,
            false => Security::StartTls,
        };
        let port = port.unwrap_or(match security {
            Security::Tls => 465,
            Security::StartTls => 587,
            Security::Plain => 25,
        });
        // Both sides would wait for the other one.
        if matches!((security, port), (Security::Tls, 25 | 587) | (Security::StartTls, 465)) {
            return Err(SWAPPED.to_owned());
        }
        Ok(SmtpServer { host, port, security, user })
    }
}

const FORM: &str =
    "expected smtps://<user>:<password>@<host>:465, or smtp:// and port 587 for STARTTLS";

const SIGNS: &str = "expected nothing behind the host and its port; in user and password write / as %2F, ? as %3F, # as %23 and a blank as %20";

const SWAPPED: &str = "expected smtps:// with port 465, or smtp:// with port 587";

const USER: &str =
    "expected <user>:<password> in front of the @, with % written as %25 and : in the user as %3A";

fn read_user(text: &str) -> Result<(String, SecretString), String> {
    let read = |part: &str| {
        let part = decoded(part)?;
        (!part.is_empty() && !part.contains(char::is_control)).then_some(part)
    };
    let pair = text.split_once(':').and_then(|(user, word)| Some((read(user)?, read(word)?)));
    let (user, password) = pair.ok_or(USER)?;
    Ok((user, SecretString::from(password)))
}

/// A text in which `%41` is `A`.
fn decoded(text: &str) -> Option<String> {
    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
    let mut bytes = text.bytes();
    let mut read = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        read.push(match byte {
            b'%' => u8::try_from(digit(bytes.next())? * 16 + digit(bytes.next())?).ok()?,
            byte => byte,
        });
    }
    String::from_utf8(read).ok()
}

/// A domain in ASCII (RFC 5891); as it is, where that can't be.
pub(super) fn ascii_domain(domain: &str) -> String {
    let read = || Url::parse(&format!("http://{domain}/")).ok()?.host_str().map(str::to_owned);
    if domain.is_ascii() { domain.to_owned() } else { read().unwrap_or_else(|| domain.to_owned()) }
}

fn read_place(text: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = match text.strip_prefix('[').and_then(|text| text.split_once(']')) {
        Some((host, rest)) => {
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host.to_owned(), if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) })
        }
        None => {
            let (host, port) = match text.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            };
            let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '_');
            if host.is_empty() || !host.chars().all(fits) {
                return None;
            }
            (ascii_domain(host), port)
        }
    };
    let port = match port {
        None => None,
        // `+25` would be read as well.
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(port.parse().ok().filter(|port| *port != 0)?)
        }
        Some(_) => return None,
    };
    Some((host, port))
}

fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[track_caller]
    fn check(url: &str, host: &str, port: u16, security: Security, user: Option<(&str, &str)>) {
        let server: SmtpServer = url.parse().unwrap();
        let found = server.user.as_ref().map(|(user, word)| (user.as_str(), word.expose_secret()));
        assert_eq!(
            (server.host.as_str(), server.port, server.security, found),
            (host, port, security, user)
        );
    }

    #[test]
    fn a_scheme_says_how_it_is_kept_from_others_and_which_port_it_has() {
        let ana = Some(("ana", "geheim"));
        check("smtps://ana:geheim@mail.example.org", "mail.example.org", 465, Security::Tls, ana);
        check(
            "smtps://ana:geheim@mail.example.org:2465",
            "mail.example.org",
            2465,
            Security::Tls,
            ana,
        );
        check(
            "smtp://ana:geheim@mail.example.org",
            "mail.example.org",
            587,
            Security::StartTls,
            ana,
        );
        check("smtp://mail.example.org:25", "mail.example.org", 25, Security::StartTls, None);
        check("smtp://192.0.2.7", "192.0.2.7", 587, Security::StartTls, None);
        check("smtps://ana:geheim@[2001:db8::1]:465", "2001:db8::1", 465, Security::Tls, ana);
        check("smtps://пример.рф", "xn--e1afmkfd.xn--p1ai", 465, Security::Tls, None);
        check("smtps://Mail_1.example", "Mail_1.example", 465, Security::Tls, None);
    }

    #[test]
    fn on_this_machine_alone_nothing_is_encrypted() {
        for (host, read) in [
            ("localhost", "localhost"),
            ("127.0.0.1", "127.0.0.1"),
            ("127.9.8.7", "127.9.8.7"),
            ("[::1]", "::1"),
        ] {
            check(&format!("smtp://{host}"), read, 25, Security::Plain, None);
            check(
                &format!("smtp://a:b@{host}:2525"),
                read,
                2525,
                Security::Plain,
                Some(("a", "b")),
            );
            check(&format!("smtps://{host}"), read, 465, Security::Tls, None);
        }
        for host in [
            "localhost.example.org",
            "127.0.0.1.example.org",
            "128.0.0.1",
            "[::2]",
            "[::ffff:192.0.2.1]",
        ] {
            let server: SmtpServer = format!("smtp://{host}").parse().unwrap();
            assert_eq!(server.security, Security::StartTls, "{host}");
        }
    }

    #[test]
    fn user_and_password_may_hold_any_sign() {
        let user = Some(("ana@example.org", "a:b@c/d %ä"));
        check("smtps://ana%40example.org:a:b%40c%2Fd%20%25%C3%A4@h", "h", 465, Security::Tls, user);
        check("smtps://ana@example.org:a:b@c%2fd%20%25ä@h", "h", 465, Security::Tls, user);
    }

    #[test]
    fn what_is_no_server_is_refused_and_nothing_of_it_is_repeated() {
        for url in [
            "",
            "s3cret",
            "https://s3cret@h",
            "smtp:s3cret",
            "smtps://",
            "smtps://u:s3cret@",
            "smtps://u:s3cret@:465",
            "smtps://u:s3cret@h:",
            "smtps://u:s3cret@h:0",
            "smtps://u:s3cret@h:65536",
            "smtps://u:s3cret@h:+25",
            "smtps://u:s3cret@h:465/",
            "smtps://u:s3cret@h?tls=none",
            "smtps://u:s3cret@h#x",
            "smtps://u:s3cret@h/path",
            "smtps://s3cret@h",
            "smtps://:s3cret@h",
            "smtps://u:@h",
            "smtps://u:s3cret%@h",
            "smtps://u:s3cret%zz@h",
            "smtps://u:s3cret%00@h",
            "smtps://u:s3cret%0d%0a@h",
            "smtps://u:s3cret%ff@h",
            "smtps://u:s3 cret@h",
            "smtps://u:s3cret@[::1",
            "smtps://u:s3cret@[h]",
            "smtps://u:s3cret@[::1]465",
            "smtps://u:s3cret@h\r\nx",
            "smtps://u:s3cret@h,i",
            "SMTPS://u:s3cret@h",
            "smtps://u:s3cret@h:587",
            "smtp://u:s3cret@h:465",
        ] {
            let error = url.parse::<SmtpServer>().unwrap_err();
            assert!(!error.contains("s3") && !error.contains('\n'), "{url}: {error}");
        }
        assert!(!format!("{:?}", "smtps://u:s3cret@h".parse::<SmtpServer>()).contains("s3cret"));
    }
}

//! Mails at a real server, read by somebody else's readers, and their signatures checked by somebody else.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tubebell::notify::email::DkimOptions;

use super::*;

const RSA: &str = include_str!("../../../fixtures/dkim/rsa.pem");
const RSA_RECORD: &str = include_str!("../../../fixtures/dkim/rsa.txt");
const ED25519: &str = include_str!("../../../fixtures/dkim/ed25519.b64");
const ED25519_RECORD: &str = include_str!("../../../fixtures/dkim/ed25519.txt");

/// What is installed for the script; the last one is for signatures with Ed25519.
const PACKAGES: [&str; 3] = ["aiosmtpd==1.4.6", "dkimpy==1.1.8", "pynacl==1.6.2"];

/// A Python with these packages; `None`: there is none, and none can be had.
fn python() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mail-server");
    let python = folder.join("bin/python");
    let run = |program: &Path, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let is_there = || run(&python, &["-c", "import aiosmtpd, dkim, nacl"]);
    let install = || {
        let quick = ["-m", "pip", "install", "--quiet", "--retries", "0", "--timeout", "15"];
        run(Path::new("python3"), &["-m", "venv", folder.to_str()?])
            .then(|| run(&python, &[&quick[..], &PACKAGES[..]].concat()))
    };
    (is_there() || install() == Some(true)).then_some(python.clone())
}

/// The server, and what it says; it ends with this.
struct Server {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Server {
    fn start(python: &Path) -> (Server, u16) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mail-server.py");
        let record = |selector: &str, record: &str| {
            format!("{selector}._domainkey.example.org={}", record.trim())
        };
        let mut child = Command::new(python)
            .args(["-W", "ignore"])
            .arg(script)
            .args(["bell", PASSWORD])
            .args([record("rsa", RSA_RECORD), record("ed", ED25519_RECORD)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        let mut server = Server { child, said };
        let port = server.line().parse().unwrap();
        (server, port)
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().unwrap_or_default();
        self.child.wait().map(drop).unwrap_or_default();
    }
}

/// A mail whose texts say the same.
fn worded() -> MailMessage {
    MailMessage {
        subject: "Glückwunsch 🎉 – „Never Gonna Give You Up“ passed 1,700,000,000 views & counting".to_owned(),
        text: "Never Gonna Give You Up: 1,700,000,000 views\n  🎉  \n\n.\nEnd this: \u{2}\n\n\n".to_owned(),
        html: "<!doctype html>\n<p>Never Gonna Give You Up: <b>1,700,000,000 views</b></p>\n<img alt=\"\" src=\"cid:picture\">\n🎉 \t\n.\n<p>End this: <a href=\"\u{2}\">\u{2}</a></p>\n\n".to_owned(),
        ..mail()
    }
}

fn email(port: u16, dkim: Option<DkimOptions>) -> Email {
    let user = Some(("bell".to_owned(), SecretString::from(PASSWORD)));
    let (host, security) = ("127.0.0.1".to_owned(), Security::Plain);
    let server = SmtpServer { host, port, security, user };
    let options = EmailOptions { dkim, ..options(server) };
    Email::new(&options, Some(links()), Arc::new(|| UnixMillis(NOW))).unwrap()
}

#[tokio::test]
async fn a_real_server_takes_mails_and_others_read_and_verify_them() {
    let Some(python) = python() else {
        crate::skipped("no Python with aiosmtpd and dkimpy, so nobody else reads our mails");
        return;
    };
    let (mut server, port) = Server::start(&python);
    let signed = |selector: &str, key: &str| {
        let (domain, selector) = ("example.org".to_owned(), selector.to_owned());
        Some(DkimOptions { domain, selector, key: SecretString::from(key) })
    };
    for (dkim, bytes) in [(None, 0), (signed("rsa", RSA), 5_000), (signed("ed", ED25519), 0)] {
        let is_signed = dkim.is_some();
        let png = (bytes > 0).then(|| vec![7; bytes]);
        let email = email(port, dkim);
        let outgoing = Outgoing { body: Body::Mail(worded()), png, ..outgoing(ANA) };
        email.introduce().await.unwrap();
        for _ in 0..2 {
            email.send(&outgoing).await.unwrap();
            let read: Value = serde_json::from_str(&server.line()).unwrap();
            let link = links().unsubscribe(&format!("email:{ANA}").parse().unwrap());
            assert_eq!(read["defects"], json!([]), "{read}");
            assert_eq!(read["same_words"], true, "{read}");
            assert_eq!((&read["from"], &read["to"]), (&json!("bell@example.org"), &json!([ANA])));
            assert_eq!(read["links"], json!([link]));
            let (pictures, images) = match bytes {
                0 => (json!([]), json!([])),
                bytes => (json!([["<picture>", bytes]]), json!(["cid:picture"])),
            };
            assert_eq!((&read["pictures"], &read["images"]), (&pictures, &images));
            let header = |name: &str| {
                let headers = read["headers"].as_array().unwrap().iter();
                let mut values =
                    headers.filter(|header| header[0] == name).map(|header| &header[1]);
                values.next().and_then(Value::as_str).map(str::to_owned)
            };
            assert_eq!(header("Subject"), Some(worded().subject));
            assert_eq!(header("From").as_deref(), Some("Tübebell <bell@example.org>"));
            assert_eq!(header("List-Unsubscribe"), Some(format!("<{link}>")));
            assert!(read["longest_line"].as_u64().unwrap() < 998, "{read}");
            for (name, expected) in [
                ("is_signed", is_signed),
                ("is_verified", is_signed),
                ("is_verified_when_changed", false),
                ("is_verified_with_another_sender", false),
            ] {
                assert_eq!(read[name], expected, "{name}: {read}");
            }
        }
    }
}

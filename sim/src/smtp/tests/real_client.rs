//! A client that nobody here wrote: what it types arrives.

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls as ClientTls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};

use super::super::{Account, Auth, Fault, Letter, Options, Reply, Scope, Stage, Tls};
use super::Fixture;
use super::tls::ends;

type Transport = AsyncSmtpTransport<Tokio1Executor>;

const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\nnot a real one";
const HTML: &str = "<p>▲ 1 000 000 views</p>\n<img src=\"cid:chart\">";

fn message() -> Message {
    let picture = Attachment::new_inline("chart".to_owned())
        .body(PICTURE.to_vec(), ContentType::parse("image/png").unwrap());
    let related =
        MultiPart::related().singlepart(SinglePart::html(HTML.to_owned())).singlepart(picture);
    let plain = SinglePart::plain("▲ 1 000 000 views\n.\n.dots\n".to_owned());
    let unsubscribe = HeaderName::new_from_ascii_str("List-Unsubscribe");
    Message::builder()
        .from("Tübebell <bell@a.example>".parse().unwrap())
        .to("Ada <ada@b.example>".parse().unwrap())
        .subject(
            "Views ▲ of „Ein langer Titel, der nicht in eine einzige Zeile eines Briefes passt“",
        )
        .message_id(Some("<1.2@a.example>".to_owned()))
        .raw_header(HeaderValue::new(unsubscribe, "<https://a.example/u/1>".to_owned()))
        .multipart(MultiPart::alternative().singlepart(plain).multipart(related))
        .unwrap()
}

fn transport(all: &Fixture, tls: ClientTls) -> Transport {
    Transport::builder_dangerous("127.0.0.1")
        .port(all.server.address().port())
        .hello_name(ClientId::Domain("client.example".to_owned()))
        .tls(tls)
        .credentials(Credentials::new("bell".to_owned(), "secret".to_owned()))
        .build()
}

fn check(letter: &Letter) {
    let subject =
        "Views ▲ of „Ein langer Titel, der nicht in eine einzige Zeile eines Briefes passt“";
    assert_eq!(letter.subject, subject);
    assert_eq!(letter.from[0].name.as_deref(), Some("Tübebell"));
    assert_eq!(letter.to[0].address, "ada@b.example");
    assert_eq!(letter.message_id.as_deref(), Some("1.2@a.example"));
    assert_eq!(letter.header("List-Unsubscribe"), Some("<https://a.example/u/1>"));
    let lines = |text: &Option<String>| text.as_deref().unwrap().replace("\r\n", "\n");
    assert_eq!(lines(&letter.text), "▲ 1 000 000 views\n.\n.dots\n");
    assert_eq!(lines(&letter.html), HTML);
    let picture = letter.picture("chart").unwrap();
    assert_eq!((picture.content_type.as_str(), picture.bytes.as_slice()), ("image/png", PICTURE));
}

#[tokio::test]
async fn a_letter_with_a_picture_arrives_in_clear() {
    let auth = Auth::Required(Account::new("bell", "secret"));
    let all = Fixture::new(Options { auth, auth_in_clear: true, ..Options::default() }).await;
    let transport = transport(&all, ClientTls::None);
    all.server.plan(Scope::at(Stage::Recipient), Fault::Reply(Reply::NO_MAILBOX), 1);
    let refused = transport.send(message()).await.unwrap_err();
    assert!(refused.is_permanent(), "{refused}");
    let typed = message();
    // The client ends its letters with an empty line of its own.
    let expected = [typed.formatted().as_slice(), b"\r\n"].concat();
    assert!(transport.send(typed).await.unwrap().is_positive());
    let mails = all.server.messages();
    assert_eq!((mails.len(), mails[0].over_tls), (1, false));
    assert_eq!(
        (mails[0].sender.as_str(), mails[0].recipients[0].as_str()),
        ("bell@a.example", "ada@b.example")
    );
    assert_eq!(String::from_utf8_lossy(&mails[0].raw), String::from_utf8_lossy(&expected));
    check(&mails[0].letter().unwrap());
}

#[tokio::test]
async fn a_letter_with_a_picture_arrives_over_starttls() {
    let (config, _, certificate) = ends();
    let auth = Auth::Required(Account::new("bell", "secret"));
    let all =
        Fixture::new(Options { tls: Tls::Required(config), auth, ..Options::default() }).await;
    let parameters = TlsParameters::builder("localhost".to_owned())
        .add_root_certificate(Certificate::from_der(certificate.to_vec()).unwrap())
        .build_rustls()
        .unwrap();
    let transport = transport(&all, ClientTls::Required(parameters));
    assert!(transport.send(message()).await.unwrap().is_positive());
    let mail = &all.server.messages()[0];
    assert_eq!((mail.over_tls, mail.user.as_deref()), (true, Some("bell")));
    check(&mail.letter().unwrap());
    // Where the offer is taken out, nothing is sent in clear.
    all.server.configure(|options| options.tls = Tls::Off);
    transport.send(message()).await.unwrap_err();
    assert_eq!(all.server.counters().taken, 1);
}

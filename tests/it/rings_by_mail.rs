//! The whole gateway against a simulated YouTube and a simulated mail server: what a file sends to a mailbox arrives, and its
//! reader ends it, or says that it belongs to whoever entered it.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use tubebell::app::{self, Gateway, system_clock};
use tubebell::model::{Address, Channel};
use tubebell::render::numbers::Moment;
use tubebell::render::{Renderer, views};
use tubebell::store::{AskLimits, Edit, ReaderEdit, Shut};
use tubebell_sim::smtp::{self, Fault, Letter, MailSandbox, Options, Reply, Scope, Stage};

use crate::story::{self, Story, baseline, watch};
use crate::wait::{LIMIT, until, within_limit};

const ANA: &str = "ana@example.org";
const EVA: &str = "eva@example.org";

/// How long the link can be used.
const DAY: std::time::Duration = std::time::Duration::from_secs(86_400);

/// The title of the video.
const TITLE: &str = "Never <b>gonna</b> & @give #you up";

fn at(mailbox: &str) -> Address {
    format!("email:{mailbox}").parse().unwrap()
}

/// A mail server, and a port for strangers, in the configuration of a story.
async fn server(story: &mut Story) -> MailSandbox {
    let mail = smtp::serve(&story.simulation, Options::default()).await.unwrap();
    // Where the page listens is known later: the links name a host of their own, as behind a proxy.
    story.more = format!(
        "[email]\nsmtp_url = \"{}\"\nfrom = \"tubebell <bell@tubebell.example>\"\nrate_per_min = 0\n\
         [web]\nlisten = \"127.0.0.1:0\"\npublic_listen = \"127.0.0.1:0\"\npublic_url = \"https://bell.example\"\n",
        mail.url()
    );
    mail
}

/// A gateway that has seen the video, which these mailboxes watch.
async fn gateway(story: &Story, to: &[&str], rules: &str) -> Gateway {
    let gateway = story.start().await;
    let watches = to.iter().map(|mailbox| watch(at(mailbox), rules)).collect();
    gateway.store().edit(None, watches, system_clock()()).await.unwrap();
    baseline(&gateway).await;
    gateway
}

/// The first letter to a mailbox whose subject begins so.
async fn told(mail: &MailSandbox, mailbox: &str, beginning: &str) -> Letter {
    let letters = |mail: &MailSandbox| -> Vec<Letter> {
        mail.messages_for(mailbox).iter().filter_map(smtp::Mail::letter).collect()
    };
    let find = |mail: &MailSandbox| {
        letters(mail).into_iter().find(|letter| letter.subject.starts_with(beginning))
    };
    let came = within_limit(mail.wait_for(|mail| find(mail).is_some())).await;
    let subjects: Vec<String> = letters(mail).into_iter().map(|letter| letter.subject).collect();
    assert!(came.is_some(), "`{beginning}` did not come, but {subjects:#?}");
    find(mail).unwrap()
}

/// What asks at the port for strangers.
async fn post(gateway: &Gateway, link: &str) -> reqwest::Response {
    let form = "application/x-www-form-urlencoded";
    let request = client().post(page(gateway, link)).header("content-type", form);
    request.body("List-Unsubscribe=One-Click").send().await.unwrap()
}

/// Where a link leads, as its host would pass it on.
fn page(gateway: &Gateway, link: &str) -> String {
    let path = link.strip_prefix("https://bell.example").unwrap();
    format!("http://{}{path}", gateway.public.unwrap())
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().timeout(LIMIT).build().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_on_youtube_is_mailed_until_its_reader_ends_it() {
    let mut story = Story::new().await;
    let mail = server(&mut story).await;
    let gateway = gateway(&story, &[ANA, EVA], "views any").await;
    story.set_counts(1005, None);
    let letter = told(&mail, ANA, "1,005 views").await;
    assert!(letter.subject.contains(TITLE), "{}", letter.subject);
    let (text, html) = (letter.text.as_deref().unwrap(), letter.html.as_deref().unwrap());
    assert!(text.contains(TITLE) && text.contains("990 → 1,005"), "{text}");
    assert!(!html.contains("<b>gonna</b>") && html.contains("&lt;b&gt;gonna"), "{html}");
    assert_eq!(letter.header("Auto-Submitted"), Some("auto-generated"));

    let link = letter.header("List-Unsubscribe").unwrap();
    let link = link.trim().trim_start_matches('<').trim_end_matches('>').to_owned();
    assert!(text.contains(&link) && html.contains(&link), "the foot has it, too: {link}\n{text}");
    assert_eq!(letter.header("List-Unsubscribe-Post"), Some("List-Unsubscribe=One-Click"));
    assert_eq!(post(&gateway, &link).await.status(), 200);
    let row = gateway.store().destination(&at(ANA)).await.unwrap().unwrap();
    assert!(matches!(row.shut(), Some(Shut::Refused { .. })), "{row:?}");

    told(&mail, EVA, "1,005 views").await;
    story.set_counts(1010, None);
    told(&mail, EVA, "1,010 views").await;
    assert_eq!(mail.messages_for(ANA).len(), 1, "nothing more was written to her");
    gateway.stop().await;
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_does_not_exist_is_off_and_what_may_have_arrived_comes_again_as_the_same() {
    let mut story = Story::quick().await;
    let mail = server(&mut story).await;
    let no_mailbox = Fault::Reply(Reply::NO_MAILBOX);
    mail.plan(Scope::at(Stage::Recipient).to(ANA), no_mailbox, None);
    mail.plan(Scope::at(Stage::Message).to(EVA), Fault::DropAfterTaking, 1);
    let gateway = gateway(&story, &[ANA, EVA], "views any").await;
    story.set_counts(1005, None);
    until("that the mailbox is off", async || {
        let row = gateway.store().destination(&at(ANA)).await.unwrap().unwrap();
        matches!(row.shut(), Some(Shut::Off { .. }))
    })
    .await;
    // Its answer was lost after it had been taken: it comes again, as the same.
    let again = |mail: &MailSandbox| mail.messages_for(EVA).len() == 2;
    assert!(within_limit(mail.wait_for(again)).await.is_some(), "{:#?}", mail.commands());
    let ids: Vec<_> =
        mail.messages_for(EVA).iter().filter_map(|mail| mail.letter()?.message_id).collect();
    assert_eq!(ids[0], ids[1]);
    assert!(mail.messages_for(ANA).is_empty());
    gateway.stop().await;
    story.end().await;
}

/// Ana has entered her mailbox in a chat: its reader is asked.
async fn ask_reader(story: &Story, gateway: &Gateway) -> String {
    let store = gateway.store();
    let links = app::links(&story.config(), &*store).await.unwrap().unwrap();
    let now = system_clock()();
    let expires_at = now.plus(DAY);
    let url = links.confirm("q1w2e3r4");
    let expires = Moment { at: expires_at, tz: "UTC".to_owned() };
    let asks = views::ConfirmMail { url: url.clone(), expires };
    let renderer = Renderer::new(&[]).unwrap().with_mail_foot(true, None);
    let asked = ReaderEdit {
        by: in_chat(),
        address: at(ANA),
        mailbox: ANA.to_owned(),
        code: "q1w2e3r4".to_owned(),
        expires_at,
        mail: renderer.confirm_mail(Channel::Email, &asks).unwrap(),
        limits: AskLimits { per_mailbox: 1, per_person: 1, in_all: 1 },
    };
    store.edit(None, vec![Edit::AskReader(Box::new(asked))], now).await.unwrap();
    url
}

fn in_chat() -> Address {
    format!("telegram:{}", story::ANA).parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_belongs_to_whoever_entered_it_once_its_reader_says_so() {
    let mut story = Story::new().await;
    let mail = server(&mut story).await;
    let gateway = story.start().await;
    let link = ask_reader(&story, &gateway).await;
    let letter = told(&mail, ANA, "Do you want mails").await;
    let (text, html) = (letter.text.as_deref().unwrap(), letter.html.as_deref().unwrap());
    assert!(text.contains(&link) && html.contains(&format!("href=\"{link}\"")), "{text}");
    assert!(!text.contains(&story::ANA.to_string()), "of whoever entered it nothing is said");
    assert!(letter.header("List-Unsubscribe").unwrap().contains("/unsubscribe/"));

    // A program looks at it first, as many do.
    let seen = client().get(page(&gateway, &link)).send().await.unwrap();
    assert_eq!(seen.status(), 200);
    assert!(seen.text().await.unwrap().contains("a…@example.org"));
    assert_eq!(gateway.store().addresses(&in_chat()).await.unwrap(), [in_chat()]);

    assert_eq!(post(&gateway, &link).await.status(), 200);
    assert_eq!(gateway.store().addresses(&in_chat()).await.unwrap(), [at(ANA), in_chat()]);
    assert_eq!(post(&gateway, &link).await.status(), 410, "it works once");
    assert_eq!(mail.messages_for(ANA).len(), 1, "nothing else was written to her");
    gateway.stop().await;
    story.end().await;
}

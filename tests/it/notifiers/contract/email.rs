//! Mails under the contract.

use tubebell_sim::smtp::{Account, Auth, Enhanced, Fault, Options, Reply, Scope, Stage};

use super::super::email::{PASSWORD, Post, outgoing, signed_in};
use super::*;

pub(super) struct EmailRig;

impl EmailRig {
    /// The address holds the word, and so does what a server says of it.
    const TO: &str = "s3cretw0rd@example.org";

    async fn post() -> Post {
        let auth = Auth::Offered(Account::new("bell", PASSWORD));
        signed_in(Options { auth, ..Options::default() }).await
    }

    fn setup(post: Post) -> Setup {
        let mut outgoing = outgoing(EmailRig::TO);
        let text = SECRET_WORD.to_owned();
        if let Body::Mail(mail) = &mut outgoing.body {
            (mail.subject, mail.text) = (text.clone(), text);
        }
        let notifier = Arc::new(post.email.clone());
        Setup { notifier, outgoing, server: Server::Mail(Box::new(post)) }
    }
}

#[async_trait]
impl Rig for EmailRig {
    fn channel(&self) -> Channel {
        Channel::Email
    }

    async fn taking(&self) -> Setup {
        EmailRig::setup(EmailRig::post().await)
    }

    async fn failing(&self, class: Class) -> Option<Setup> {
        let (stage, fault) = match class {
            Class::Wait => (Stage::Recipient, Fault::Reply(Reply::GREYLISTED)),
            Class::Transient => (Stage::Data, Fault::Drop),
            Class::Unreachable => (Stage::Connect, Fault::Reply(Reply::CLOSING)),
            Class::Ambiguous => (Stage::Message, Fault::DropAfterTaking),
            Class::Rejected => {
                let said = "<s3cretw0rd@example.org>: no such content here";
                (Stage::Message, Fault::Reply(Reply::new(554, Enhanced(5, 6, 0), said)))
            }
            Class::Policy => {
                let said = "<s3cretw0rd@example.org>: refused by policy";
                (Stage::Message, Fault::Reply(Reply::new(550, Enhanced(5, 7, 1), said)))
            }
            Class::Barred => (Stage::Recipient, Fault::Reply(Reply::MAILBOX_FULL)),
            Class::Gone => {
                let said = "<S3CRETW0RD@example.org>: unknown to s3cretw0rd@EXAMPLE.org";
                (Stage::Recipient, Fault::Reply(Reply::new(550, Enhanced(5, 1, 1), said)))
            }
            Class::Unauthorized => {
                let said = "p4ssw0rd-of-the-bell is no password";
                (Stage::Auth, Fault::Reply(Reply::new(535, Enhanced(5, 7, 8), said)))
            }
            // There is one server: if it can't be reached, nobody can. Whoever moves is told nowhere in SMTP that we follow.
            Class::NoConnection | Class::Moved => return None,
        };
        let post = EmailRig::post().await;
        post.server.plan(Scope::at(stage), fault, None);
        Some(EmailRig::setup(post))
    }
}

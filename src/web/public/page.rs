//! The pages for strangers: a sentence or two, readable on any device, without a script.

use std::time::Duration;

use axum::http::StatusCode;
use quick_xml::escape::escape;

/// What a page says.
pub(super) enum Said {
    /// No mails would go there any more, with the button that does it.
    WouldEnd {
        /// The address, as others may see it.
        address: String,
    },
    /// No mails go there any more.
    Ended {
        /// The address, as others may see it.
        address: String,
        /// Whom to write to.
        contact: Option<String>,
    },
    /// An address would belong to whoever entered it, with the button that does it.
    WouldLink {
        /// The address, as others may see it.
        address: String,
        /// The chat service in which it was entered.
        service: String,
    },
    /// It belongs to them.
    Linked {
        /// The address, as others may see it.
        address: String,
    },
    /// The link was used, or is too old.
    BadCode,
    /// Whoever entered it has as many addresses as they may.
    AddressesReached {
        /// How many.
        limit: usize,
    },
    /// The link is none of ours.
    NoLink,
    /// There is no such page.
    NothingHere,
    /// There were too many requests.
    TooMany {
        /// How long until they may.
        wait: Duration,
    },
    /// It could not be done just now.
    Later,
}

const STYLE: &str = ":root{color-scheme:light dark}\
body{font:17px/1.5 system-ui,sans-serif;max-width:32rem;margin:12vh auto 0;padding:0 1.25rem;overflow-wrap:anywhere}\
h1{font-size:1.4rem;line-height:1.25;margin:0 0 .75rem}p{margin:.75rem 0}\
button{font:inherit;font-weight:600;padding:.7rem 1.2rem;border:0;border-radius:.5rem;background:#1a5fb4;color:#fff;cursor:pointer}\
button:focus-visible{outline:3px solid #99c1f1}\
small{opacity:.7}";

/// How a page is answered: what can't be done is none that programs take for done.
pub(super) const fn status(says: &Said) -> StatusCode {
    match says {
        Said::WouldEnd { .. }
        | Said::Ended { .. }
        | Said::WouldLink { .. }
        | Said::Linked { .. } => StatusCode::OK,
        Said::BadCode => StatusCode::GONE,
        Said::AddressesReached { .. } => StatusCode::CONFLICT,
        Said::NoLink | Said::NothingHere => StatusCode::NOT_FOUND,
        Said::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        Said::Later => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// The whole page.
pub(super) fn html(says: &Said) -> String {
    let (title, body) = match says {
        Said::WouldEnd { address } => (
            "End these mails?",
            format!(
                "<p>tubebell sends mails to <b>{}</b>. No more will be sent there.</p>\
                 <form method=\"post\"><button>End these mails</button></form>\
                 <p><small>Nothing is changed until you press the button.</small></p>",
                escape(address)
            ),
        ),
        Said::Ended { address, contact } => {
            let address = escape(address);
            let back = match contact {
                Some(contact) => {
                    format!("<p>Do you want them again? Write to {}.</p>", escape(contact))
                }
                None => "<p>Do you want them again? Ask whoever runs this tubebell.</p>".to_owned(),
            };
            (
                "No more mails",
                format!("<p>No mails are sent to <b>{address}</b> any more.</p>{back}"),
            )
        }
        Said::WouldLink { address, service } => (
            "Is this address yours?",
            format!(
                "<p>Somebody entered it in {}, at tubebell, a bot that tells when numbers of YouTube videos change. \
                 The address <b>{}</b> would belong to whoever that was.</p>\
                 <form method=\"post\"><button>Yes, this is mine</button></form>\
                 <p><small>If you did not ask for it, close this page. Nothing is changed until you press the button.</small></p>",
                escape(service),
                escape(address)
            ),
        ),
        Said::Linked { address } => (
            "Done",
            format!(
                "<p>What you let ring at <b>{}</b> comes there from now on.</p>\
                 <p>In the chat, <code>/me</code> shows your addresses.</p>",
                escape(address)
            ),
        ),
        Said::BadCode => (
            "This link does not work any more",
            "<p>This link was used already, or it is too old: enter the address again.</p>\
             <p>In the chat, <code>/me</code> shows whether it is yours by now.</p>"
                .to_owned(),
        ),
        Said::AddressesReached { limit } => (
            "Too many addresses",
            format!(
                "<p>Whoever entered this address has {limit} of them, and nobody has more.</p>\
                 <p>Was it you? In the chat, <code>/me</code> shows them, and <code>/unlink</code> takes one out. Then open this link again.</p>"
            ),
        ),
        Said::NoLink => (
            "This link is not valid",
            "<p>It may have been cut short on its way: copy the whole link from the mail.</p>"
                .to_owned(),
        ),
        Said::NothingHere => ("There is nothing here", String::new()),
        Said::TooMany { .. } => ("Too many requests: try again in a minute", String::new()),
        Said::Later => (
            "This did not work just now",
            "<p>It may not have been done. Try again in a minute.</p>".to_owned(),
        ),
    };
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{title} · tubebell</title><style>{STYLE}</style></head><body><h1>{title}</h1>{body}</body></html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_outside_stands_escaped() {
        let contact = Some("<script>\"&'".to_owned());
        let page = html(&Said::Ended { address: "email:<…@b>".to_owned(), contact });
        assert!(page.contains("email:&lt;…@b&gt;") && page.contains("&lt;script&gt;"), "{page}");
        assert!(!page.contains("<script"), "{page}");
    }
}

//! The pages for strangers: a sentence or two, readable on any device, without a script.

use quick_xml::escape::escape;

/// What a page says.
pub(super) enum Said {
    /// What would happen, with the button that does it.
    Ask {
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
    /// The link is none of ours.
    NoLink,
    /// There is no such page.
    NothingHere,
    /// There were too many requests.
    TooMany,
    /// It could not be done just now.
    Later,
}

const STYLE: &str = ":root{color-scheme:light dark}\
body{font:17px/1.5 system-ui,sans-serif;max-width:32rem;margin:12vh auto 0;padding:0 1.25rem}\
h1{font-size:1.4rem;line-height:1.25;margin:0 0 .75rem}p{margin:.75rem 0}\
button{font:inherit;font-weight:600;padding:.7rem 1.2rem;border:0;border-radius:.5rem;background:#1a5fb4;color:#fff;cursor:pointer}\
button:focus-visible{outline:3px solid #99c1f1}\
small{opacity:.7}";

/// The whole page.
pub(super) fn html(says: &Said) -> String {
    let (title, body) = match says {
        Said::Ask { address } => (
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
        Said::NoLink => (
            "This link is not valid",
            "<p>It may have been cut short on its way: copy the whole link from the mail.</p>"
                .to_owned(),
        ),
        Said::NothingHere => ("There is nothing here", String::new()),
        Said::TooMany => ("Too many requests: try again in a minute", String::new()),
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

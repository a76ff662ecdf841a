//! Mailboxes, and those that their readers have ended.

use tubebell::model::Address;
use tubebell::store::{Edit, Registry};

use super::{CONFIG, EARLIER, Home};

const ANA: &str = "email:Ana@example.org";
const MASKED: &str = "email:a…@example.org";
const SINCE: &str = "Tue 14 Nov 2023, 22:13 (UTC)";

impl Home {
    /// A home in which a watch goes to a mailbox.
    fn with_mailbox() -> Home {
        let home = Home::new();
        let email = "[email]\nsmtp_url = \"smtp://localhost:1\"\nfrom = \"bell@example.org\"\n";
        home.write("config/tubebell.toml", format!("{CONFIG}{email}"));
        home.write("w.csv", format!("video,to\ndQw4w9WgXcQ,{ANA} telegram:1\n"));
        home.run("apply w.csv").done("2 new, 0 changed, 0 pruned, 0 unchanged");
        home
    }

    async fn refused(&self) {
        let destination: Address = ANA.parse().unwrap();
        self.store().edit(None, vec![Edit::Refuse { destination }], EARLIER).await.unwrap();
    }
}

#[tokio::test]
async fn a_file_that_names_an_address_whose_reader_ended_it_leaves_it_off_and_says_so() {
    let home = Home::with_mailbox();
    home.refused().await;
    home.write(
        "w.csv",
        format!("video,to\ndQw4w9WgXcQ,{ANA} telegram:1\naaaaaaaaaaa,email:ANA@Example.ORG\n"),
    );
    let line = format!(
        "left off 1 destination: {MASKED} (off since {SINCE}, because its reader ended it); \
         `tubebell destinations --enable` makes one on, if its reader asks for it\n"
    );
    for command in ["apply w.csv --dry-run", "apply w.csv"] {
        let said = home.run(command);
        assert!(said.out.contains(&line), "{}", said.out);
        assert!(!said.out.contains("enable 1") && !said.out.contains("enabled 1"), "{}", said.out);
    }
    let said = home.run("destinations --off");
    assert_eq!(
        said.out.lines().collect::<Vec<_>>(),
        [
            &format!("1  {MASKED}  2 watches"),
            &format!("    off since {SINCE}, because its reader ended it"),
        ]
    );
    home.run(&format!("test {ANA}")).failed(
        1,
        &[&format!(
            "tubebell: {MASKED}: its reader has ended these messages; `tubebell destinations --enable` makes it on, if they ask for it"
        )],
    );
    home.run(&format!("destinations --enable {ANA}")).done(&format!(
        "{MASKED} is on again; it was off since {SINCE}, because its reader ended it"
    ));
    home.run("destinations --off").done("messages arrive everywhere, as far as is known");
}

#[test]
fn an_address_that_is_none_is_named_with_what_to_write() {
    let home = Home::with_mailbox();
    home.write("w.csv", "video,to\ndQw4w9WgXcQ,email:ana\n");
    let said = home.run("apply w.csv");
    assert_eq!(said.code, 2, "{}", said.err);
    assert!(
        said.err.contains("`email:ana` is no e-mail address: write email:<name>@<domain>, as in email:ana@example.org"),
        "{}",
        said.err
    );
}

//! The demo in the terminal: each message as it comes, wherever it does, and what there is of all of them.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tubebell_sim::discord::{self, Author};
use tubebell_sim::{smtp, telegram, youtube};

use super::stand_ins::{CHANNELS, StandIns, YOU};
use crate::app::system_clock;
use crate::store::Store;

/// Prints each message as it comes and as it is edited, and a status line under them where there is a terminal.
pub(super) async fn show(
    stand_ins: &StandIns,
    youtube: &youtube::YouTubeSim,
    store: Arc<dyn Store>,
) {
    let is_terminal = std::io::stdout().is_terminal();
    let mut seen = Seen::default();
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    loop {
        let StandIns { phone, discord, mail, .. } = stand_ins;
        let sent = (phone.counters().sent, discord.counters().sent, mail.counters().taken);
        tokio::select! {
            () = phone.wait_for(|phone| phone.counters().sent != sent.0) => {}
            () = discord.wait_for(|discord| discord.counters().sent != sent.1) => {}
            () = mail.wait_for(|mail| mail.counters().taken != sent.2) => {}
            _ = ticks.tick() => {}
        }
        let news = seen.news(bubbles(stand_ins));
        let out: String = news.iter().map(Bubble::print).collect();
        let status = status(stand_ins, youtube, &*store).await;
        // A reader that has gone away (a closed pipe) ends nothing: the page goes on.
        let mut stdout = std::io::stdout();
        let written = if is_terminal {
            write!(stdout, "\r\x1b[2K{out}\x1b[2m{status}\x1b[0m")
        } else {
            write!(stdout, "{out}")
        };
        drop(written.and_then(|()| stdout.flush()));
    }
}

async fn status(stand_ins: &StandIns, youtube: &youtube::YouTubeSim, store: &dyn Store) -> String {
    let figures = store.figures(system_clock()()).await.unwrap_or_default();
    format!(
        "{} videos watched · {} requests to YouTube · {} messages sent · {} alerts waiting",
        figures.videos,
        youtube.used(youtube::Bucket::Default) + youtube.used(youtube::Bucket::BatchStats),
        stand_ins.phone.counters().sent
            + stand_ins.discord.counters().sent
            + stand_ins.mail.counters().taken,
        figures.alerts_waiting,
    )
}

/// All messages that there are.
fn bubbles(stand_ins: &StandIns) -> Vec<Bubble> {
    let mut all: Vec<Bubble> =
        stand_ins.phone.messages(YOU).iter().map(Bubble::of_telegram).collect();
    for (channel, name) in CHANNELS {
        let messages = stand_ins.discord.messages(channel);
        let there = messages.iter().filter(|message| !message.is_loading());
        all.extend(there.map(|message| Bubble::of_discord(message, name)));
    }
    all.extend(stand_ins.mail.messages().iter().map(Bubble::of_mail));
    all
}

/// What was printed: each message as it stood then.
#[derive(Default)]
struct Seen(HashMap<(String, u64), Option<Timestamp>>);

impl Seen {
    /// Those that are new or have changed, in the order of time.
    fn news(&mut self, all: Vec<Bubble>) -> Vec<Bubble> {
        let mut now = HashMap::new();
        let mut news = Vec::new();
        for mut bubble in all {
            let key = (bubble.place.clone(), bubble.id);
            let before = self.0.get(&key);
            now.insert(key, bubble.edited);
            if before != Some(&bubble.edited) {
                bubble.is_changed = before.is_some();
                news.push(bubble);
            }
        }
        // What a service has forgotten is forgotten here, too.
        self.0 = now;
        news.sort_by_key(Bubble::at);
        news
    }
}

/// A message as the terminal shows it, of either service.
struct Bubble {
    place: String,
    id: u64,
    is_yours: bool,
    /// What of it is to be known beside where and when.
    note: String,
    date: Timestamp,
    edited: Option<Timestamp>,
    is_changed: bool,
    text: String,
    buttons: Vec<Vec<String>>,
}

impl Bubble {
    fn of_telegram(message: &telegram::Message) -> Bubble {
        let labels = |row: &Vec<telegram::Button>| row.iter().map(|it| it.text.clone()).collect();
        Bubble {
            place: "Telegram".to_owned(),
            id: message.id.unsigned_abs(),
            is_yours: message.from.is_some(),
            note: String::new(),
            date: message.date,
            edited: message.edited,
            is_changed: false,
            text: message.text.clone(),
            buttons: message.buttons.iter().map(labels).collect(),
        }
    }

    fn of_discord(message: &discord::Message, channel: &str) -> Bubble {
        let command = message.origin.as_ref().map(|origin| origin.command.as_str());
        let note = match command {
            Some("") => " (you pressed a button)".to_owned(),
            Some(command) => format!(" (you typed /{command})"),
            None => String::new(),
        };
        let labels = |row: &Vec<discord::Button>| row.iter().map(label).collect();
        Bubble {
            place: format!("Discord #{channel}"),
            id: message.id,
            is_yours: matches!(message.author, Author::User(_)),
            note,
            date: message.date,
            edited: message.edited,
            is_changed: false,
            text: text_of(message),
            buttons: message.buttons.iter().map(labels).collect(),
        }
    }

    /// Of a mail, what a list of mails shows.
    fn of_mail(mail: &smtp::Mail) -> Bubble {
        let letter = mail.letter();
        Bubble {
            place: "Mailbox".to_owned(),
            id: mail.number,
            is_yours: false,
            note: String::new(),
            date: mail.at,
            edited: None,
            is_changed: false,
            text: letter.map(|letter| letter.subject).unwrap_or_default(),
            buttons: Vec::new(),
        }
    }

    /// When it came to stand as it does.
    fn at(&self) -> Timestamp {
        self.edited.unwrap_or(self.date)
    }

    fn print(&self) -> String {
        let (who, mark) = if self.is_yours { ("you", '>') } else { ("tubebell", '|') };
        let how = if self.is_changed { " (edited)" } else { self.note.as_str() };
        let at = self.at().strftime("%H:%M:%S");
        let mut out = format!("{at} {} · {who}{how}\n", self.place);
        let buttons = self.buttons.iter().map(|row| {
            let labels: Vec<String> = row.iter().map(|label| format!("[ {label} ]")).collect();
            labels.join(" ")
        });
        for line in self.text.lines().map(str::to_owned).chain(buttons) {
            // Writing to a String does not fail.
            writeln!(out, "  {mark} {}", printable(&line)).unwrap_or_default();
        }
        out.push('\n');
        out
    }
}

/// The text of a message with its embeds, a line for each of their parts.
fn text_of(message: &discord::Message) -> String {
    let mut parts = vec![plain(&message.content)];
    for embed in &message.embeds {
        parts.extend(embed.author.as_ref().map(|author| author.name.clone()));
        parts.extend(embed.title.iter().chain(&embed.description).map(|text| plain(text)));
        let field = |field: &discord::EmbedField| {
            format!("{}: {}", plain(&field.name), plain(&field.value))
        };
        parts.extend(embed.fields.iter().map(field));
        parts.extend(embed.footer.as_ref().map(|footer| footer.text.clone()));
    }
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

fn label(button: &discord::Button) -> String {
    let emoji = button.emoji.as_ref().and_then(|emoji| emoji["name"].as_str()).unwrap_or_default();
    format!("{emoji} {}", button.label).trim().to_owned()
}

/// Discord's markup as it reads: without its signs, and without where links lead.
fn plain(markup: &str) -> String {
    let mut out = String::new();
    let mut rest = markup.chars().peekable();
    while let Some(sign) = rest.next() {
        match sign {
            '\\' => out.extend(rest.next()),
            '*' | '`' | '[' => {}
            ']' if rest.peek() == Some(&'(') => drop(rest.by_ref().find(|sign| *sign == ')')),
            _ => out.push(sign),
        }
    }
    out
}

/// Titles are hostile: a control character could rule the terminal.
fn printable(line: &str) -> String {
    line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bubble(place: &str, id: u64, edited: Option<i64>) -> Bubble {
        let at = |second| Timestamp::from_second(second).unwrap();
        Bubble {
            place: place.to_owned(),
            id,
            is_yours: false,
            note: String::new(),
            date: at(0),
            edited: edited.map(at),
            is_changed: false,
            text: "passed 1,000\na\u{1b}[2Jb".to_owned(),
            buttons: vec![vec!["Mute".to_owned(), "Stop".to_owned()]],
        }
    }

    #[test]
    fn a_message_says_where_it_came_and_cannot_rule_the_terminal() {
        assert_eq!(
            bubble("Discord #alerts", 1, None).print(),
            "00:00:00 Discord #alerts · tubebell\n  | passed 1,000\n  | a [2Jb\n  | [ Mute ] [ Stop ]\n\n"
        );
    }

    #[test]
    fn a_message_is_told_once_and_once_more_when_it_is_edited() {
        let mut seen = Seen::default();
        let mut told = |all: Vec<Bubble>| -> Vec<(String, u64, bool)> {
            let news = seen.news(all);
            news.into_iter().map(|it| (it.place, it.id, it.is_changed)).collect()
        };
        let both = || vec![bubble("Telegram", 1, None), bubble("Discord #alerts", 1, None)];
        assert_eq!(told(both()).len(), 2);
        assert_eq!(told(both()), []);
        let edited = vec![bubble("Telegram", 1, Some(5)), bubble("Discord #alerts", 1, None)];
        assert_eq!(told(edited), [("Telegram".to_owned(), 1, true)]);
        // The answer that Discord was promised at first comes as an edit of a message that was never shown.
        let filled = vec![bubble("Discord #alerts", 2, Some(6))];
        assert_eq!(told(filled), [("Discord #alerts".to_owned(), 2, false)]);
    }

    #[test]
    fn markup_reads_without_its_signs() {
        for (markup, expected) in [
            ("**Watching** [a \\[b\\] c](<https://youtu.be/x>) now", "Watching a [b] c now"),
            (r"\*NEW\* spelling\_bee `raw`", "*NEW* spelling_bee raw"),
            ("[unclosed](https", "unclosed"),
            ("\\", ""),
        ] {
            assert_eq!(plain(markup), expected, "{markup}");
        }
    }
}

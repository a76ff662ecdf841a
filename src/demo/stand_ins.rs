//! Where it rings in the demo: a phone, a server of Discord's and a mailbox, on one page.

use tubebell_sim::discord::{self, Answered, DiscordSandbox};
use tubebell_sim::smtp::{self, MailSandbox};
use tubebell_sim::telegram::{self, Limits, TelegramSandbox};
use tubebell_sim::{Simulation, Stage};

use super::scene::Typed;

/// The person at the phone.
pub(super) const YOU: i64 = 1000;
/// The same person on Discord, and their server.
const YOU_THERE: u64 = 1_100_000_000_000_000_001;
const SERVER: u64 = 1_100_000_000_000_000_010;
/// Where it rings on Discord; what is opened first, because its id is the lowest.
const ALERTS: u64 = 1_100_000_000_000_000_011;
const GENERAL: u64 = 1_100_000_000_000_000_012;
/// The channels of the server, with their names.
pub(super) const CHANNELS: [(u64, &str); 2] = [(ALERTS, "alerts"), (GENERAL, "general")];

/// The same person's mailbox.
pub(super) const MAILBOX: &str = "you@mail.example";

/// All of them.
pub(super) struct StandIns {
    pub(super) phone: TelegramSandbox,
    pub(super) discord: DiscordSandbox,
    pub(super) mail: MailSandbox,
    /// The page that shows all.
    pub(super) page: String,
}

impl StandIns {
    /// Starts them, with one person in them, and the page at this port that shows them side by side; 0 is any port.
    ///
    /// # Errors
    ///
    /// One line, when there is no such port.
    pub(super) async fn start(
        simulation: &Simulation,
        typed: &Typed,
        port: u16,
    ) -> anyhow::Result<StandIns> {
        let stage = Stage::bind(port)
            .await
            .map_err(|error| anyhow::anyhow!("can't listen on port {port}: {error}"))?;
        let phone = telegram::Options {
            limits: Limits::TELEGRAM,
            hints: typed.telegram_hints(),
            framed_by: Some(stage.port()),
            ..telegram::Options::default()
        };
        let phone = telegram::serve(simulation, phone).await?;
        phone.user(YOU, "You");
        let discord = discord::Options {
            limits: discord::Limits::DISCORD,
            hints: typed.discord_hints(),
            framed_by: Some(stage.port()),
            ..discord::Options::default()
        };
        let discord = discord::serve(simulation, discord).await?;
        discord.user(YOU_THERE, "You");
        discord.guild(SERVER, "Your server", YOU_THERE);
        for (channel, name) in CHANNELS {
            discord.channel(SERVER, channel, name)?;
        }
        let mail = smtp::Options { framed_by: Some(stage.port()), ..smtp::Options::default() };
        let mail = smtp::serve(simulation, mail).await?;
        let page = stage.url();
        stage.serve(simulation, &phone.api_url(), &discord.base_url(), &mail.page_url());
        Ok(StandIns { phone, discord, mail, page })
    }

    /// The sections of a configuration that lead to them.
    pub(super) fn sections(&self) -> String {
        format!(
            "[telegram]\ntoken = \"{}\"\napi_url = \"{}\"\n[discord]\ntoken = \"{}\"\napi_url = \"{}\"\n\
             [email]\nsmtp_url = \"{}\"\nfrom = \"tubebell <bell@tubebell.example>\"\nrate_per_min = 0\n",
            self.phone.token(),
            self.phone.api_url(),
            self.discord.token(),
            self.discord.base_url(),
            self.mail.url(),
        )
    }

    /// Types on phone and Discord, as the person would: on Discord once the bot is there and has told its commands.
    ///
    /// # Errors
    ///
    /// When there is no such command.
    pub(super) async fn type_in(&self, typed: &Typed) -> anyhow::Result<()> {
        for command in &typed.on_telegram {
            self.phone.say(YOU, YOU, command)?;
        }
        let is_ready = |it: &DiscordSandbox| it.connected() > 0 && !it.commands(None).is_empty();
        self.discord.wait_for(is_ready).await;
        for command in &typed.on_discord {
            let asked = self.discord.type_command(YOU_THERE, ALERTS, command)?;
            // A person reads the answer before they go on.
            let is_answered = |it: &DiscordSandbox| {
                it.interaction(asked).is_none_or(|asked| asked.answered != Answered::Not)
            };
            self.discord.wait_for(is_answered).await;
        }
        Ok(())
    }
}

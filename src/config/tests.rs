//! What a configuration promises to the person who writes it.

mod documented;
mod environment;
mod hostile;
mod mistakes;
mod secrets;

use secrecy::ExposeSecret;

use super::*;
use crate::model::Channel;

const FILE: &str = "config/tubebell.toml";

fn with(text: &str, variables: &[(&str, &str)]) -> Result<Config, Mistakes> {
    parse(FILE, text, variables.iter().map(|(name, value)| (name.into(), value.into())))
}

fn good(text: &str) -> Config {
    with(text, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// The lines for `text`, without the file's name.
fn lines(text: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let lines = with(text, variables).err().map_or_else(Vec::new, |mistakes| mistakes.0);
    lines.iter().map(|line| line.strip_prefix(FILE).unwrap_or(line).to_owned()).collect()
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(lines(text, &[]), [expected], "{text}");
}

#[track_caller]
fn check_variable(name: &str, value: &str, expected: &str) {
    assert_eq!(lines("", &[(name, value)]), [expected], "{name}={value}");
}

#[test]
fn three_mistakes_at_once_are_three_lines() {
    let text = "[youtube]\napi_kay = \"x\"\napi_key = \"k\"\ndaily_units = 0\n[operator]\nto = [\"mail:x\"]\n";
    insta::assert_snapshot!(with(text, &[]).unwrap_err(), @r"
    config/tubebell.toml:2: unknown key youtube.api_kay: did you mean api_key?
    config/tubebell.toml:4: youtube.daily_units: expected a whole number of at least 1
    config/tubebell.toml:6: operator.to: `mail` is no destination: write telegram:<chat id>, telegram:<chat id>/<thread id>, discord:<channel id>, discord:@<user id>, discord-webhook:<https://…>, email:<name>@<domain> or webhook:<https://…>
    ");
}

#[test]
fn where_the_templates_are_is_read_without_any_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tubebell.toml");
    std::fs::write(
        &file,
        format!(
            "{}templates = \"mine\"\n",
            init_text().split("\n[defaults]").next().unwrap().to_owned() + "\n[defaults]\n"
        ),
    )
    .unwrap();
    assert_eq!(templates(Some(&file), Vec::new()).unwrap(), Path::new("mine"));
    assert_eq!(templates(None, Vec::new()).unwrap(), Path::new("templates"));
    std::fs::write(&file, "[defaults]\ntemplate = \"mine\"\n").unwrap();
    assert!(
        templates(Some(&file), Vec::new()).unwrap_err().0[0].contains("did you mean templates?")
    );
}

#[test]
fn the_section_of_discord_is_enough_for_its_webhooks_and_a_token_switches_on_the_bot() {
    let config = good("[discord]\n");
    let discord = config.discord.as_ref().unwrap();
    assert_eq!((discord.api_url.as_str(), discord.rate_per_s), ("https://discord.com", 50.0));
    let is_on = |config: &Config, channel| config.is_on(channel);
    assert!(is_on(&config, Channel::DiscordWebhook) && !is_on(&config, Channel::Discord));
    assert!(config.lacking_for_run().iter().all(|line| line.contains("[youtube]")));
    let config = good("[discord]\ntoken = \"a1.b-2.c_3\"\n");
    assert!(is_on(&config, Channel::DiscordWebhook) && is_on(&config, Channel::Discord));
}

#[test]
fn nothing_at_all_is_a_configuration_in_which_every_channel_is_off() {
    let config = good("");
    assert!(config.youtube.is_none() && config.telegram.is_none() && config.webhook.is_none());
    assert!(config.web.is_none());
    assert_eq!(config.store.path, Path::new("tubebell.db"));
    assert_eq!(config.limits.give_up.as_secs(), 5 * 86_400);
    assert_eq!(config.lacking_for_run().len(), 2);
}

#[test]
fn a_section_with_its_secret_has_the_documented_defaults() {
    let config = good("[youtube]\napi_key = \"k\"\n[telegram]\ntoken = \"1:a\"\n[web]\n");
    let youtube = config.youtube.as_ref().unwrap();
    assert_eq!(youtube.api_key.expose_secret(), "k");
    assert_eq!(youtube.base_url, "https://www.googleapis.com");
    assert_eq!((youtube.daily_units, youtube.min_interval.as_secs()), (10_000, 60));
    let telegram = config.telegram.as_ref().unwrap();
    assert_eq!(
        (telegram.rate_per_s, telegram.chat_rate_per_s, telegram.group_rate_per_min),
        (30.0, 1.0, 20.0)
    );
    assert_eq!(config.web.as_ref().unwrap().listen.to_string(), "127.0.0.1:8080");
    assert!(config.lacking_for_run().is_empty());
}

#[test]
fn an_unreadable_file_is_one_line_that_says_what_to_do() {
    let mistakes = load(Some(Path::new("no/such/tubebell.toml")), []).unwrap_err();
    assert_eq!(
        mistakes.to_string(),
        "no/such/tubebell.toml: can't be read: No such file or directory (os error 2); \
         `tubebell init` writes one to start from"
    );
}

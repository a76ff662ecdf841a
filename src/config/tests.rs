//! What a configuration promises to the person who writes it.

use proptest::prelude::*;
use secrecy::ExposeSecret;

use super::known::{DEFAULT_TOML, KNOWN, is_commented_key};
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
fn a_value_in_quotes_from_an_env_file_is_told_apart_from_the_value() {
    let quotes = "holds quotes: write the value without them (env files and small files are taken as they stand, quotes and all)";
    for (name, value) in [
        ("TUBEBELL_YOUTUBE__API_KEY", "\"KEY\""),
        ("TUBEBELL_DEFAULTS__TZ", "'Europe/Madrid'"),
        ("TUBEBELL_LIMITS__RETENTION_DAYS", "\"7\""),
        ("TUBEBELL_OPERATOR__TO", "\"telegram:1\""),
        ("TUBEBELL_WEBHOOK__ALLOW_PRIVATE", "\u{feff}\"true\""),
    ] {
        let told = with("", &[(name, value)]).unwrap_err().0;
        assert!(told.contains(&format!("{name}: {quotes}")), "{name}: {told:?}");
    }
    check("[youtube]\napi_key = \"'KEY'\"\n", &format!(":2: youtube.api_key: {quotes}"));
    check("[youtube]\napi_key = \"“KEY\"\n", &format!(":2: youtube.api_key: {quotes}"));
}

#[test]
fn what_nobody_sees_around_a_value_is_no_part_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    std::fs::write(&file, "\u{feff}KEY\u{200b}\r\n").unwrap();
    let text =
        format!("\u{feff}[youtube]\n\u{200b}api_key_file = \"{}\"\u{200e}\n", file.display());
    let config = with(
        &text,
        &[
            ("TUBEBELL_DEFAULTS__TZ", "\u{200e}Europe/Madrid\u{200b}"),
            ("TUBEBELL_LIMITS__RETENTION_DAYS", "\u{feff}7"),
            ("TUBEBELL_OPERATOR__TO", "\u{2068}webhook:https://example.org/\u{2069}"),
            ("TUBEBELL_WEBHOOK__SECRET", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD\u{200b}"),
        ],
    );
    let config = config.unwrap();
    assert_eq!(config.youtube.unwrap().api_key.expose_secret(), "KEY");
    assert_eq!((config.defaults.tz.as_str(), config.limits.retention_days), ("Europe/Madrid", 7));
    assert_eq!(config.operator.to[0].to_string(), "webhook:https://example.org/");
    std::fs::write(&file, "\"KEY\"\n").unwrap();
    let told = lines(&text, &[]).remove(0);
    assert!(told.ends_with("quotes and all)") && !told.contains("KEY"), "{told}");
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

/// Tries every row `configuration → mistake`; ` ⏎ ` stands for a line break, and the mistake is in the first line.
#[track_caller]
fn check_rows(rows: &str) {
    for row in rows.lines().filter(|row| !row.is_empty()) {
        let (text, expected) = row.split_once(" → ").expect("configuration → mistake");
        let needed = [("youtube", "api_key", "k"), ("telegram", "token", "1:a")];
        let mut text = text.replace(" ⏎ ", "\n");
        for (section, key, value) in needed {
            if text.starts_with(&format!("{section}.")) && !text.contains(key) {
                text.push_str(&format!("\n{section}.{key} = \"{value}\""));
            }
        }
        check(&text, &format!(":1: {expected}"));
    }
}

#[test]
fn unknown_names_come_with_the_nearest_known_one() {
    check_rows(
        r#"
youtube.min_intervall = "1m" → unknown key youtube.min_intervall: did you mean min_interval?
youtube.token = "1:a" → unknown key youtube.token: did you mean discord.token, in section [discord]?
bus.zzzzzz = 1 → unknown key bus.zzzzzz: [bus] has mode
bus.more.x = 1 → unknown key bus.more: did you mean mode?
[youtub] ⏎ api_key = "k" → unknown section [youtub]: did you mean [youtube]?
[weather] → unknown section [weather]: known are access, bus, defaults, discord, email, limits, log, operator, store, telegram, web, webhook, youtube
daily_units = 5 → daily_units stands in no section: write it below [youtube]
youtube = 5 → youtube is a section: write [youtube], and its keys below
[[web]] → web is a section: write [web] in single brackets, and its keys below
"#,
    );
}

#[test]
fn what_later_versions_bring_is_named_as_not_there() {
    check_rows(
        r#"
[kafka] → [kafka]: this version has no Kafka (snapshots travel through the store): take the section out
[ksqldb] → [ksqldb]: this version has no ksqlDB (changes are found by tubebell itself): take the section out
bus.mode = "kafka" → bus.mode: this version has no Kafka: write "embedded"
bus.mode = "kafak" → bus.mode: "kafak" is not known: write "embedded"
store.url = "postgres://u:hunter2@db/x" → store.url: this version has no PostgreSQL: write sqlite://<path>
"#,
    );
    check_variable(
        "TUBEBELL_KSQLDB__URL",
        "x",
        "TUBEBELL_KSQLDB__URL: [ksqldb]: this version has no ksqlDB (changes are found by tubebell itself): take the section out",
    );
}

#[test]
fn a_wrong_value_is_answered_with_what_to_write() {
    check_rows(
        r#"
youtube.daily_units = 0 → youtube.daily_units: expected a whole number of at least 1
youtube.daily_units = 4294967296 → youtube.daily_units: expected a whole number of at most 4294967295
youtube.daily_units = 99999999999999999999 → youtube.daily_units: expected a whole number of at most 4294967295
youtube.daily_units = "9" → youtube.daily_units: expected a whole number, not text
youtube.daily_units = 1.5 → youtube.daily_units: expected a whole number, not a number with a point
youtube.min_interval = 60 → youtube.min_interval: expected text in quotes, not a whole number
youtube.min_interval = "60" → youtube.min_interval: `60` is no duration: write a number and s, m, h or d, as in 15m or 1h30m
youtube.min_interval = "0s" → youtube.min_interval: expected at least 1s
youtube.min_interval = "2h" → youtube.min_interval: is longer than max_interval
youtube.max_interval = "30s" → youtube.min_interval: is longer than max_interval
youtube.base_url = "googleapis.com" → youtube.base_url: is no URL: write https://host or https://host/path
youtube.base_url = "https://u:hunter2@x.org" → youtube.base_url: holds a user name or password, which would show in logs: leave it out
youtube.base_url = "https://x.org/?a=b" → youtube.base_url: expected a URL without ? and #
youtube.api_key = "a b" → youtube.api_key: holds a space or line break: only the secret itself may stand there
telegram.token = "hunter2" → telegram.token: is no bot token: @BotFather gives one like 123456789:AA…, digits, a colon and letters
telegram.rate_per_s = -1 → telegram.rate_per_s: expected a whole number of at least 0
discord.token = "hunter2" → discord.token: is no bot token: https://discord.com/developers/applications shows it once, under Bot, Reset Token: three parts with points between
discord.token = "" → discord.token: is no bot token: https://discord.com/developers/applications shows it once, under Bot, Reset Token: three parts with points between
discord.token = "Bot a.b.c" → discord.token: holds a space or line break: only the secret itself may stand there
discord.api_url = "discord.com" → discord.api_url: is no URL: write https://host or https://host/path
discord.rate_per_s = -1 → discord.rate_per_s: expected a whole number of at least 0
webhook.secret = "whsec_aHVudGVyMg==" → webhook.secret: is no webhook secret: write whsec_ and 24 to 64 random bytes in base64; `openssl rand -base64 32` prints some
webhook.allow_private = "no" ⏎ webhook.secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD" → webhook.allow_private: expected true or false, not text
webhook.secrets."https://a.org/hunter2" = "hunter2" ⏎ webhook.secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD" → webhook.secrets: for a.org: is no webhook secret: write whsec_ and 24 to 64 random bytes in base64; `openssl rand -base64 32` prints some
store.url = "tubebell.db" → store.url: expected sqlite://<path>, as in sqlite://tubebell.db
store.url = "sqlite://:memory:" → store.url: a store in memory would lose alerts: write sqlite://<path>
web.listen = "localhost:8080" → web.listen: expected an IP address and a port, as in 127.0.0.1:8080 or [::]:8080
web.hosts = "a.org" → web.hosts: expected a list, as in ["status.example.org"], not text
web.hosts = ["a.org:80"] → web.hosts: `a.org:80` is no name of a host: write it without port and path, as in ["status.example.org"]
web.public_url = "ftp://a.org" → web.public_url: is no URL: write https://host or https://host/path
email.from = "ana" ⏎ email.smtp_url = "smtp://localhost" → email.from: expected an address, as in "tubebell <bell@example.org>"
email.smtp_url = "smtp://localhost" → email.from is missing: write whom mails are from
email.dkim_domain = "b.org" ⏎ email.from = "a@b.org" ⏎ email.smtp_url = "smtp://localhost" → email.dkim_domain: signs nothing without dkim_selector and dkim_key
email.contact = "a\nb" ⏎ email.from = "a@b.org" ⏎ email.smtp_url = "smtp://localhost" → email.contact: expected one line of at most 200 characters
web.public_listen = "127.0.0.1:8081" → web.public_listen: serves the links in mails, which begin with public_url: say which
access.mode = "closed" → access.mode: "closed" is not known: write "invite" or "open" or "allowlist"
access.mode = "allowlist" → access.allow: is empty: nobody could talk to the bots
access.allow = ["telegram:ana"] → access.allow: `telegram:ana` is no Telegram chat: write telegram:<chat id> or telegram:<chat id>/<thread id>, both whole numbers
access.allow = ["webhook:https://a.org/hunter2"] → access.allow: webhook:a.org/… can't talk to a bot: write telegram:<chat id>, discord:<server id> or discord:@<user id>
access.allow = ["telegram:ana", "telegram:1/2", "webhook"] ⏎ access.mode = "allowlist" → access.allow: `telegram:ana` is no Telegram chat: write telegram:<chat id> or telegram:<chat id>/<thread id>, both whole numbers; telegram:1/2 is a topic: write telegram:<chat id>, which lets in the whole chat; `webhook` is no destination: write telegram:<chat id>, telegram:<chat id>/<thread id>, discord:<channel id>, discord:@<user id>, discord-webhook:<https://…>, email:<name>@<domain> or webhook:<https://…>
access.allow = ["telegram:1/2"] → access.allow: telegram:1/2 is a topic: write telegram:<chat id>, which lets in the whole chat
access.allow = "telegram:1" → access.allow: expected a list, as in ["telegram:1234"], not text
defaults.preset = "loud" → defaults.preset: "loud" is not known: write "all" or "milestones" or "quiet"
defaults.at_most = "31d" → defaults.at_most: `31d` is too long: write at most 30d, for statistics are kept no longer
defaults.tz = "Europe/Madird" → defaults.tz: `Europe/Madird` is no time zone: write one of the tz database, as in Europe/Madrid
operator.to = ["webhook:htps://a.org/hunter2"] → operator.to: entry 1 is no webhook: write webhook:https://host/path
operator.to = ["discord-webhook:https://discord.com/hunter2"] → operator.to: entry 1 is no Discord webhook: write discord-webhook:https://discord.com/api/webhooks/<id>/<token>, as the channel's settings show it, with ?thread_id=<id> behind it for one thread
operator.to = ["discord:https://discord.com/api/webhooks/12/hunter2"] → operator.to: entry 1 is no Discord webhook: write discord-webhook:https://discord.com/api/webhooks/<id>/<token>, as the channel's settings show it, with ?thread_id=<id> behind it for one thread
operator.to = ["discord-webhok:https://a.org/hunter2"] → operator.to: `discord-webhok` is no destination: write telegram:<chat id>, telegram:<chat id>/<thread id>, discord:<channel id>, discord:@<user id>, discord-webhook:<https://…>, email:<name>@<domain> or webhook:<https://…>
operator.to = ["discord-webhook:https://a.org/api/webhooks/12/hunter2"] ⏎ discord.rate_per_s = 5 → operator.to: discord-webhook:12/…: a Discord webhook is at https://discord.com, or where discord.api_url says: copy its URL from the channel's settings
operator.to = ["discord:5"] ⏎ discord.rate_per_s = 5 → operator.to: names a discord destination, but there is no discord.token
operator.to = ["discord-webhook:https://discord.com/api/webhooks/12/t"] → operator.to: names a discord-webhook destination, but there is no section [discord]
operator.to = ["telegram:1"] → operator.to: names a telegram destination, but there is no section [telegram]
operator.heartbeat_url = "hc.org/hunter2" → operator.heartbeat_url: is no URL: write https://host or https://host/path
limits.retention_days = 0 → limits.retention_days: expected a whole number of at least 1
log.level = "loud" → log.level: "loud" is not known: write "error" or "warn" or "info" or "debug" or "trace"
"#,
    );
}

#[test]
fn a_missing_secret_says_where_to_get_one() {
    check_rows(
        r#"
[youtube] → youtube.api_key is missing (api_key or api_key_file): in the Google Cloud console, enable "YouTube Data API v3" and create an API key
[telegram] → telegram.token is missing (token or token_file): write /newbot to @BotFather in Telegram, it answers with the token
telegram.token = "" → telegram.token: is empty: write /newbot to @BotFather in Telegram, it answers with the token
web.admin_token = "" → web.admin_token: is empty: fill it in or take the line out
"#,
    );
}

#[test]
fn broken_syntax_is_reported_with_line_and_column_beside_the_other_mistakes() {
    let text = "[youtube]\napi_key = hunter2\ndaily_units = 0\n";
    insta::assert_snapshot!(with(text, &[]).unwrap_err(), @r"
    config/tubebell.toml:2:11: no valid TOML: string values must be quoted, expected literal string
    config/tubebell.toml:3: youtube.daily_units: expected a whole number of at least 1
    ");
    check("[web]\n[web]", ":2:2: no valid TOML: duplicate key");
}

#[test]
fn the_environment_goes_before_the_file() {
    let file = "[youtube]\napi_key = \"k\"\ndaily_units = 5\n";
    let config = with(
        file,
        &[
            ("TUBEBELL_YOUTUBE__DAILY_UNITS", "7"),
            ("TUBEBELL_TELEGRAM__TOKEN", "1:a"),
            ("TUBEBELL_ACCESS__ALLOW", "telegram:1, telegram:-2"),
            ("TUBEBELL_WEBHOOK__SECRET", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"),
            ("TUBEBELL_WEBHOOK__ALLOW_PRIVATE", "true"),
            (
                "TUBEBELL_WEBHOOK__SECRETS",
                "{ \"https://a.org/\" = \"C2FVsBQIhrscChlQIMV+b5sSYspob7oD\" }",
            ),
            ("UNRELATED", "x"),
            ("TUBEBELL_PORT_8080_TCP_ADDR", "10.0.0.1"),
        ],
    )
    .unwrap_or_else(|mistakes| panic!("{mistakes}"));
    assert_eq!(config.youtube.unwrap().daily_units, 7);
    assert_eq!(config.telegram.unwrap().token.expose_secret(), "1:a");
    assert_eq!(config.access.allow.len(), 2);
    let webhook = config.webhook.unwrap();
    assert!(webhook.allow_private);
    assert_eq!(webhook.secrets.len(), 1);
}

#[test]
fn a_mistake_in_a_variable_names_the_variable() {
    check_variable(
        "TUBEBELL_YOUTUBE_API_KEY",
        "k",
        "TUBEBELL_YOUTUBE_API_KEY: unknown variable: did you mean TUBEBELL_YOUTUBE__API_KEY?",
    );
    check_variable(
        "TUBEBELL_NONSENSE",
        "k",
        "TUBEBELL_NONSENSE: unknown variable: write TUBEBELL_<SECTION>__<KEY>, as in TUBEBELL_YOUTUBE__API_KEY",
    );
    check_variable(
        "TUBEBELL_LIMITS__RETENTION_DAYS",
        "many",
        "TUBEBELL_LIMITS__RETENTION_DAYS: limits.retention_days: expected a whole number, not text",
    );
    check_variable(
        "TUBEBELL_TELEGRAM__RATE_PER_S",
        "5",
        "TUBEBELL_TELEGRAM__RATE_PER_S: telegram.token is missing (token or token_file): write /newbot to @BotFather in Telegram, it answers with the token",
    );
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_text_is_a_mistake_and_not_shown() {
    use std::os::unix::ffi::OsStringExt;
    let value = OsString::from_vec(b"hunter2\xff".to_vec());
    let mistakes = parse(FILE, "", [("TUBEBELL_YOUTUBE__API_KEY".into(), value)]).unwrap_err();
    assert_eq!(mistakes.to_string(), "TUBEBELL_YOUTUBE__API_KEY: is not valid UTF-8");
}

#[test]
fn a_secret_is_read_from_its_file_without_the_line_break() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "1:abc\r\n").unwrap();
    let path = file.path().display();
    let config = good(&format!("[telegram]\ntoken_file = '{path}'\n"));
    assert_eq!(config.telegram.unwrap().token.expose_secret(), "1:abc");

    let other = "[telegram]\ntoken = \"2:file\"\n";
    let config = with(other, &[("TUBEBELL_TELEGRAM__TOKEN_FILE", &path.to_string())]).unwrap();
    assert_eq!(config.telegram.unwrap().token.expose_secret(), "1:abc", "the environment wins");

    check(
        &format!("[telegram]\ntoken = \"1:a\"\ntoken_file = '{path}'\n"),
        ":3: telegram.token and telegram.token_file are both given: keep one",
    );
}

#[test]
fn a_secrets_file_that_cannot_be_used_is_named_without_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    };
    let missing = folder.path().join("missing").display().to_string();
    for (path, expected) in [
        (missing, "can't be read: No such file or directory (os error 2)"),
        (write("empty", b"\n"), "is empty: write /newbot to @BotFather"),
        (write("binary", b"hunter2\xff"), "is not valid UTF-8"),
        (write("long", &vec![b'1'; 70_000]), "is longer than 64 KiB"),
        (write("wrong", b"hunter2"), "is no bot token"),
    ] {
        let lines = lines(&format!("[telegram]\ntoken_file = '{path}'\n"), &[]);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].starts_with(":2: telegram.token_file: "), "{lines:?}");
        assert!(lines[0].contains(expected) && !lines[0].contains("hunter2"), "{lines:?}");
    }
}

#[test]
fn single_endpoints_have_their_own_secrets_given_or_in_files() {
    let secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), secret).unwrap();
    let path = file.path().display();
    let head = format!(
        "[webhook]\nsecret = '{secret}'\n[webhook.secrets]\n'https://a.org/x' = '{secret}'\n"
    );
    let config = good(&format!("{head}[webhook.secrets_file]\n'https://b.org/y' = '{path}'\n"));
    assert_eq!(config.webhook.unwrap().secrets.len(), 2);
    check(
        &format!("{head}[webhook.secrets_file]\n'https://a.org/x' = '{path}'\n"),
        ":5: webhook.secrets_file: a URL stands in webhook.secrets too: keep one",
    );
}

#[test]
fn debug_output_and_mistakes_hold_no_secret() {
    let secret = "whsec_aHVudGVyMmh1bnRlcjJodW50ZXIyaHVudGVyMg==";
    let config = good(&format!(
        "[youtube]\napi_key = \"hunter2\"\n[telegram]\ntoken = \"1:hunter2\"\n\
         [discord]\ntoken = \"a.b.hunter2\"\n\
         [web]\nadmin_token = \"hunter2\"\n[operator]\nto = [\"webhook:https://a.org/hunter2\", \
         \"discord-webhook:https://discord.com/api/webhooks/1/hunter2\"]\n\
         heartbeat_url = \"https://hc.org/hunter2\"\n[webhook]\nsecret = \"{secret}\"\n\
         [webhook.secrets]\n\"https://a.org/hunter2\" = \"{secret}\"\n"
    ));
    let shown = format!("{config:?} {config:#?}");
    assert!(!shown.contains("hunter2") && !shown.contains("aHVudG"), "{shown}");

    // Wrong in every way that is likely: without quotes, in a wrong type, in the wrong place, broken off.
    for text in [
        "[telegram]\ntoken = 1:hunter2",
        "[telegram]\ntoken = [\"hunter2\"]",
        "[telegram]\ntoken = { hunter2 = 1 }",
        "[telegram]\ntoken = \"hunter2",
        "[telegram]\ntoken = \"hunter2\\q\"",
        "[telegram]\ntoken \"hunter2\"",
        "[telegram]\ntoken = \"hunter2\"\ntoken = \"hunter2\"",
        "token = \"hunter2\"",
        "[webhook.secrets]\n\"https://a.org/hunter2\" = \"hunter2\"",
        "[webhook.secrets]\n\"a.org/hunter2\" = 1",
        "[operator]\nheartbeat_url = \"hunter2\"",
        "[operator]\nto = [\"https://a.org/hunter2\"]",
    ] {
        let lines = lines(text, &[]);
        assert!(!lines.is_empty(), "{text}");
        assert!(!lines.join("\n").contains("hunter2"), "{text}\n{lines:?}");
    }
}

#[test]
fn a_mistake_repeats_only_a_piece_of_what_the_file_holds() {
    let long = format!("a\\n{}", "é".repeat(150_000));
    let name = "x".repeat(300_000);
    for text in [
        format!("\"{long}\" = 1"),
        format!("[\"{long}\"]"),
        format!("[bus]\n\"{long}\" = 1"),
        format!("bus.mode = \"{long}\""),
        format!("log.level = \"{long}\""),
        format!("defaults.tz = \"{long}\""),
        format!("defaults.at_most = \"{long}\""),
        format!("defaults.at_most = \"{}d\"", "9".repeat(300_000)),
        format!("defaults.templates = \"{long}\""),
        format!("store.url = \"sqlite://{long}\""),
        format!("store.url = \"{long}\""),
        format!("web.listen = \"{long}\""),
        format!("web.admin_token_file = \"{long}\""),
        format!("web.public_url = \"https://{name}\""),
        format!("operator.heartbeat_url = \"https://{name}\""),
        format!("operator.to = [\"{long}:1\"]"),
        format!("operator.to = [\"telegram:{long}\"]"),
        format!("access.allow = [\"recorder:{name}\"]"),
        format!("access.allow = [\"webhook:https://{name}\"]"),
        format!("[webhook]\nsecrets = {{ \"https://{name}\" = \"1\" }}"),
        format!("log.level = {name}"),
        format!("[log]\nlevel = \"info\"\n[log.\"{long}\"]\nx = 1\n[log.\"{long}\"]\nx = 1"),
    ] {
        let shown: String = text.chars().take(40).collect();
        let told = lines(&text, &[]);
        assert!(!told.is_empty(), "{shown}");
        for line in told {
            assert!(line.chars().count() < 400, "{shown}: {}", line.chars().count());
            assert!(!line.contains(['\n', '\r']), "{shown}: {line:?}");
        }
    }
    let name = format!("TUBEBELL_{name}");
    assert!(lines("", &[(&name, "1")])[0].chars().count() < 400);
}

#[test]
fn as_many_mistakes_as_a_file_can_hold_are_each_told_with_their_line() {
    let text =
        "[bus]\n".to_owned() + &(0..20_000).map(|n| format!("zzz{n} = 1\n")).collect::<String>();
    let told = lines(&text, &[]);
    assert_eq!(told.len(), 20_000);
    assert_eq!(told[19_999], ":20001: unknown key bus.zzz19999: [bus] has mode");
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

#[test]
fn what_init_writes_says_what_is_to_be_filled_in() {
    insta::assert_snapshot!(with(&init_text(), &[]).unwrap_err(), @r#"
    config/tubebell.toml:14: youtube.api_key: is empty: in the Google Cloud console, enable "YouTube Data API v3" and create an API key
    config/tubebell.toml:18: telegram.token: is empty: write /newbot to @BotFather in Telegram, it answers with the token
    "#);
}

#[test]
fn what_init_writes_loads_once_it_is_filled_in() {
    let filled = init_text()
        .replace("api_key = \"\"", "api_key = \"AIza\"")
        .replace("token = \"\"", "token = \"1:a\"");
    let config = good(&filled);
    assert!(config.lacking_for_run().is_empty());
    assert!(config.operator.to.is_empty(), "whoever opens the first invitation is the operator");
    let with_webhook = filled
        .replace("#[webhook]", "[webhook]")
        .replace("#secret = \"\"", "secret = \"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD\"");
    assert!(good(&with_webhook).webhook.is_some());
}

/// A configuration in which every section is on and `line`, which gives `section.key`, is added.
fn all_on(section: &str, key: &str, line: &str) -> String {
    let needed = [
        ("youtube", "api_key", "api_key = \"k\"\n"),
        ("telegram", "token", "token = \"1:a\"\n"),
        ("webhook", "secret", "secret = \"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD\"\n"),
        ("email", "smtp_url", "smtp_url = \"smtp://localhost\"\n"),
        ("email", "from", "from = \"bell@example.org\"\n"),
        ("email", "dkim_domain", "dkim_domain = \"example.org\"\n"),
        ("email", "dkim_selector", "dkim_selector = \"s\"\n"),
        ("email", "dkim_key", "dkim_key = \"nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\"\n"),
        ("web", "public_url", "public_url = \"https://a.org\"\n"),
    ];
    let mut text = String::new();
    for name in KNOWN.keys() {
        text.push_str(&format!("[{name}]\n"));
        for (_, needed_key, needed_line) in needed.iter().filter(|(needed, ..)| needed == name) {
            let same = *needed_key == key || format!("{needed_key}_file") == key;
            if section != name || !same {
                text.push_str(needed_line);
            }
        }
        if name == section {
            text.push_str(&format!("{line}\n"));
        }
    }
    text
}

#[test]
fn every_documented_key_is_read_and_checked() {
    for (section, content) in KNOWN.iter() {
        for key in content.keys.keys() {
            // No key takes a date.
            let lines = lines(&all_on(section, key, &format!("{key} = 2027-01-31")), &[]);
            let expected = format!("{section}.{key}: expected");
            assert!(
                lines.len() == 1 && lines[0].contains(&expected),
                "nobody reads {section}.{key}: {lines:?}"
            );
        }
    }
}

#[test]
fn every_default_and_every_example_is_a_value_that_is_taken() {
    let mut section = "";
    let mut tried = 0;
    for line in DEFAULT_TOML.lines() {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']');
        }
        let example = if is_commented_key(line) { line.trim_start_matches('#') } else { line };
        let Some((key, _)) = example.split_once(" = ").filter(|_| !line.starts_with("# ")) else {
            continue;
        };
        // Their examples are files that are not here, and rows of a table.
        if key.ends_with("_file") || key.starts_with('"') {
            continue;
        }
        good(&all_on(section, key, example));
        tried += 1;
    }
    assert!(tried > 30, "{tried}");
}

#[test]
fn the_example_for_one_box_has_no_mistake_but_the_secrets_that_are_not_here() {
    let text = include_str!("../../config/embedded.toml");
    let compose = include_str!("../../docker-compose.yml");
    for secret in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((_, name)) = secret.split_once("/run/secrets/") else { continue };
        let name = name.trim_end_matches('"');
        assert!(compose.contains(&format!("  {name}: {{ file:")), "no container has {name}");
    }
    let lines = lines(text, &[]);
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines.iter().all(|line| line.contains("can't be read")), "{lines:?}");
    good(
        &text
            .replace("api_key_file = \"/run/secrets/youtube_api_key\"", "api_key = \"k\"")
            .replace("token_file = \"/run/secrets/telegram_token\"", "token = \"1:a\""),
    );
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC*", value in "\\PC*") {
        drop(with(&text, &[("TUBEBELL_YOUTUBE__DAILY_UNITS", &value), ("TUBEBELL_ACCESS__ALLOW", &value)]));
    }

    #[test]
    fn no_likely_text_makes_it_panic(
        lines in prop::collection::vec(
            ("\\[{0,2}", "(youtube|telegram|store|web|access|operator|limits|x)?", "[\\]=. ]{0,3}",
             "(api_key|url|listen|allow|to|max_age|daily_units)?",
             "( = )?(\"[a-z:/]{0,9}\"|\\[\"?telegram:[0-9-]{0,22}\"?\\]|[0-9]{1,22}|true|\\{|\\[\\[)?"),
            0..12,
        )
    ) {
        let text: String =
            lines.iter().map(|(a, b, c, d, e)| format!("{a}{b}{c}\n{d}{e}\n")).collect();
        drop(with(&text, &[]));
    }
}

#[test]
fn deep_nesting_is_a_mistake_and_no_overflow() {
    for text in [
        format!("youtube.x = {}", "[".repeat(100_000)),
        format!("youtube.x = {}", "{a=".repeat(100_000)),
        format!("youtube{} = 1", ".a".repeat(100_000)),
        format!("[youtube{}]", ".a".repeat(100_000)),
    ] {
        assert!(with(&text, &[]).is_err());
    }
}

//! Mistakes, each with its line and what to write instead.

use super::*;

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
[weather] → unknown section [weather]: known are access, bus, defaults, discord, email, kafka, ksqldb, limits, log, operator, store, telegram, web, webhook, youtube
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
store.url = "postgres://u:hunter2@db/x" → store.url: this version has no PostgreSQL: write sqlite://<path>
"#,
    );
}

#[test]
fn a_stream_that_travels_through_kafka_says_what_it_lacks() {
    check_rows(
        r#"
bus.mode = "kafak" → bus.mode: "kafak" is not known: write "embedded" or "kafka"
bus.mode = "kafka" → bus.mode: needs a section [kafka] that says where brokers are found: bootstrap_servers
kafka.bootstrap_servers = "localhost" ⏎ kafka.format = "json" ⏎ kafka.detect = "builtin" ⏎ bus.mode = "kafka" → kafka.bootstrap_servers: expected host:port, several with commas, as in "localhost:9092"
kafka.bootstrap_servers = "http://u:hunter2@localhost:9092" ⏎ kafka.format = "json" ⏎ kafka.detect = "builtin" ⏎ bus.mode = "kafka" → kafka.bootstrap_servers: expected host:port, several with commas, as in "localhost:9092"
kafka.topic_prefix = "a b" ⏎ kafka.bootstrap_servers = "b:1" ⏎ kafka.format = "json" ⏎ kafka.detect = "builtin" ⏎ bus.mode = "kafka" → kafka.topic_prefix: expected letters, digits, "_", "-" and ".", as in "test_"
kafka.detect = "ksqldb" ⏎ kafka.bootstrap_servers = "b:1" ⏎ kafka.format = "json" ⏎ bus.mode = "kafka" → kafka.detect: "ksqldb" needs a section [ksqldb] with its url; without ksqlDB, write "builtin"
kafka.properties = { "auto.offset.reset" = "latest" } ⏎ kafka.bootstrap_servers = "b:1" ⏎ kafka.format = "json" ⏎ kafka.detect = "builtin" ⏎ bus.mode = "kafka" → kafka.properties: auto.offset.reset is set by tubebell: positions are kept in the database
kafka.properties = { "sasl.password" = ["hunter2"] } ⏎ kafka.bootstrap_servers = "b:1" ⏎ kafka.format = "json" ⏎ kafka.detect = "builtin" ⏎ bus.mode = "kafka" → kafka.properties: sasl.password: expected text in quotes, not a list
"#,
    );
    check(
        "[bus]\nmode = \"kafka\"\n[kafka]\ndetect = \"builtin\"\nbootstrap_servers = \"b:1\"\n",
        ":3: kafka.schema_registry_url is missing: write where the Schema Registry is, or format = \"json\"",
    );
}

#[test]
fn what_kafka_needs_is_not_asked_for_where_the_stream_is_embedded() {
    let config = good("[kafka]\nformat = \"json\"\n");
    assert!(matches!(config.bus, crate::bus::BusOptions::Embedded));
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

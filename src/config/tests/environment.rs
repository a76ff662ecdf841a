//! Values from the environment.

use super::*;

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

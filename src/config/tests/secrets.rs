//! Secrets: where they are read, and where they do not show.

use super::*;

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

#[cfg(feature = "kafka")]
#[test]
fn properties_of_librdkafka_are_given_or_in_files_and_shown_nowhere() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "hunter2\n").unwrap();
    let path = file.path().display();
    let head = "[bus]\nmode = 'kafka'\n[kafka]\nformat = 'json'\ndetect = 'builtin'\nbootstrap_servers = 'b:9092'\n\
                [kafka.properties]\n'sasl.username' = 'hunter1'\n'socket.timeout.ms' = 7000\n'enable.ssl.certificate.verification' = true\n";
    let config = good(&format!("{head}[kafka.properties_file]\n'sasl.password' = '{path}'\n"));
    let crate::bus::BusOptions::Kafka(kafka) = &config.bus else { panic!("{:?}", config.bus) };
    let values =
        kafka.properties.0.iter().map(|(name, value)| (name.as_str(), value.expose_secret()));
    assert_eq!(
        values.collect::<Vec<_>>(),
        [
            ("enable.ssl.certificate.verification", "true"),
            ("sasl.password", "hunter2"),
            ("sasl.username", "hunter1"),
            ("socket.timeout.ms", "7000"),
        ]
    );
    assert!(!format!("{config:?}").contains("hunter"), "{config:?}");
    assert!(config.secret_files.contains(&file.path().to_owned()));
    check(
        &format!("{head}[kafka.properties_file]\n'sasl.username' = '{path}'\n"),
        ":11: kafka.properties_file: sasl.username stands in kafka.properties too: keep one",
    );
}

//! Destinations that a file may name.

use super::*;

#[test]
fn a_destination_whose_channel_is_off_is_a_mistake() {
    let text = "video,to\ndQw4w9WgXcQ,telegram:1 webhook:https://example.org/x discord:5 discord-webhook:https://discord.com/api/webhooks/12/t\n";
    let off = Terms { channels: Vec::new(), ..terms() };
    assert_eq!(
        read(Form::Csv, text.as_bytes(), &off).unwrap_err(),
        [
            "2: to: telegram:1 is off: there is no section [telegram] in the configuration",
            "2: to: webhook:example.org/… is off: there is no section [webhook] in the configuration",
            "2: to: discord:5 is off: there is no discord.token in the configuration",
            "2: to: discord-webhook:12/… is off: there is no section [discord] in the configuration",
        ]
    );
}

#[test]
fn a_webhook_into_our_own_network_is_refused_unless_the_configuration_allows_it() {
    let text = b"video,to\ndQw4w9WgXcQ,webhook:http://10.0.0.1/x\n";
    let refused = read(Form::Csv, text, &terms()).unwrap_err();
    assert_eq!(
        refused,
        ["2: to: webhook:10.0.0.1/…: the address must be https (http needs webhook.allow_private)"]
    );
    let allowed = Terms { allow_private: true, ..terms() };
    assert_eq!(read(Form::Csv, text, &allowed).unwrap().len(), 1);
}

#[test]
fn a_webhook_of_discords_is_at_discord_or_where_the_configuration_says() {
    let text = b"video,to\ndQw4w9WgXcQ,discord-webhook:https://d.example/api/webhooks/12/s3cret\n";
    assert_eq!(
        read(Form::Csv, text, &terms()).unwrap_err(),
        [
            "2: to: discord-webhook:12/…: a Discord webhook is at https://discord.com, or where discord.api_url says: copy its URL from the channel's settings"
        ]
    );
    let elsewhere = Terms { discord_url: "https://d.example/".to_owned(), ..terms() };
    assert_eq!(read(Form::Csv, text, &elsewhere).unwrap().len(), 1);
}

#[test]
fn no_mistake_repeats_the_path_of_a_webhook() {
    for to in [
        "webhook:http://example.org/s3cret",
        "webhook:htps://example.org/s3cret",
        "webhok:https://example.org/s3cret",
        "https://example.org/s3cret",
        "webhook:https://user:s3cret@example.org/",
        "webhook:https://10.0.0.1/s3cret",
        "discord-webhook:https://discord.com/api/webhooks/x/s3cret",
        "discord-webhook:https://d.example/api/webhooks/12/s3cret",
        "discord:https://discord.com/api/webhooks/12/s3cret",
        "discord-webhok:https://discord.com/api/webhooks/12/s3cret",
    ] {
        let text = format!("video,to\ndQw4w9WgXcQ,{to}\n");
        let lines = read(Form::Csv, text.as_bytes(), &terms()).unwrap_err();
        assert_eq!(lines.len(), 1);
        assert!(!lines[0].contains("s3cret"), "{lines:?}");
    }
}

//! The whole gateway with its stream on a real broker, and a Schema Registry for Avro.

use serde_json::Value;

use super::services;
use super::stream::{all, place};
use crate::kafka::gateway::{a_day_in_the_chat, sections};
use crate::story::{Story, VIDEO};

/// What comes behind the rest for a format.
fn format(is_avro: bool) -> Option<String> {
    Some(match is_avro {
        true => format!("schema_registry_url = \"{}\"\n", services::registry()?),
        false => "format = \"json\"\n".to_owned(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_on_a_real_broker_tells_what_an_embedded_one_tells_in_both_formats() {
    let Some((servers, prefix)) = place() else { return };
    for is_avro in [true, false] {
        let Some(format) = format(is_avro) else { return };
        let prefix = format!("{prefix}{is_avro}_");
        let mut story = Story::quick().await;
        story.more = sections(&servers, &prefix, &format);
        a_day_in_the_chat(&story, async |story| story.start().await).await;
        story.end().await;

        // Others are told of what moved, and of who is watched.
        let changes = all(&servers, &format!("{prefix}youtube_changes"));
        let watched = all(&servers, &format!("{prefix}youtube_watched"));
        assert!(changes.iter().all(|(_, key, ..)| key == VIDEO.as_bytes()));
        assert_eq!(watched.len(), 1);
        if !is_avro {
            let views = |value: &Option<Vec<u8>>| {
                let value: Value = serde_json::from_slice(value.as_ref().unwrap()).unwrap();
                (value["VIEWS_PREVIOUS"].as_i64(), value["VIEWS_CURRENT"].as_i64().unwrap())
            };
            let views: Vec<_> = changes.iter().map(|(_, _, value, _)| views(value)).collect();
            assert!(views.contains(&(Some(1005), 2005)), "{views:?}");
            let links = views.windows(2).all(|pair| pair[1].0 == Some(pair[0].1));
            assert!(links && views[0].0.is_none(), "{views:?}");
        }
    }
}

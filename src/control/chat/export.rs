//! What is stored about somebody as one JSON document, for whoever wants to read or keep it.

use serde_json::{Value as Json, json};

use crate::control::actions::{Stored, StoredPlace};
use crate::model::{Outcome, UnixMillis, Value, VideoId};
use crate::store::{StoredAlert, WatchRow};

/// The document, and whether something is left out: alerts, from the oldest on, where it would be longer than `bytes_max`.
pub(super) fn json(stored: &Stored, now: UnixMillis, bytes_max: usize) -> (String, bool) {
    let mut alerts = stored.alerts.len();
    loop {
        let is_cut = stored.is_cut || alerts < stored.alerts.len();
        let document = document(stored, alerts, is_cut, now);
        let text = serde_json::to_string_pretty(&document).unwrap_or_default();
        if text.len() <= bytes_max || alerts == 0 {
            return (text, is_cut);
        }
        alerts /= 2;
    }
}

fn document(stored: &Stored, alerts: usize, is_cut: bool, now: UnixMillis) -> Json {
    let state = &stored.state;
    json!({
        "made_at": time(now),
        "may_use_since": state.row.as_ref().map(|row| time(row.since)),
        "was_invited": state.row.as_ref().is_some_and(|row| row.invited_by.is_some()),
        "open_invitations": state.invitations,
        "addresses": stored.addresses.iter().map(address).collect::<Vec<_>>(),
        "places_in_groups": stored.groups.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "watches": stored.watches.iter().map(watch).collect::<Vec<_>>(),
        "alerts": stored.alerts.iter().take(alerts).map(alert).collect::<Vec<_>>(),
        "is_cut": is_cut,
    })
}

/// RFC 3339.
fn time(at: UnixMillis) -> String {
    at.to_string()
}

fn address(place: &StoredPlace) -> Json {
    let StoredPlace { address, digests, cards } = place;
    json!({
        "address": address.address.to_string(),
        "settings": address.settings,
        "muted_until": address.muted_until.map(time),
        "digests": digests.iter().map(|digest| json!({
            "schedule": digest.schedule.to_string(),
            "tz": digest.tz,
            "next_at": time(digest.next_at),
        })).collect::<Vec<_>>(),
        "cards": cards.iter().map(|card| json!({
            "video": card.video.as_str(),
            "title": card.title,
            "made_at": time(card.made_at),
        })).collect::<Vec<_>>(),
    })
}

fn watch(row: &WatchRow) -> Json {
    json!({
        "address": row.destination.address.to_string(),
        "subject": row.subject.to_string(),
        "title": row.title,
        "rules": row.rules,
        "settings": row.settings,
        "muted_until": row.muted_until.map(time),
        "origin": row.origin,
    })
}

fn alert(alert: &StoredAlert) -> Json {
    json!({
        "address": alert.address.to_string(),
        "video": alert.video.as_ref().map(VideoId::as_str),
        "rule": alert.rule,
        "previous": value(&alert.previous),
        "current": value(&alert.current),
        "observed_at": time(alert.observed_at),
        "outcome": match &alert.outcome {
            Outcome::Waiting => "waiting",
            Outcome::Sent => "sent",
            Outcome::Cancelled(reason) => reason.name(),
            Outcome::Dead(_) => "could not be delivered",
        },
    })
}

fn value(value: &Value) -> Json {
    match value {
        Value::None => Json::Null,
        Value::Int(value) => json!(value),
        Value::Text(text) => json!(text),
    }
}

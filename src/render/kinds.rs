//! All messages that there are, with their samples: for the check at start and for `tubebell preview`.

use serde_json::Value as Json;

use super::alert::AlertView;
use super::digest::AlertsView;
use super::view::View;
use super::views::{
    ErrorView, Help, Invite, Mute, NotAllowed, Notice, QuietHours, Rules, SettingsView, Start,
    Stats, Test, Unwatch, Watch, WatchOffer, Watches, WelcomeInvited, Why,
};
use crate::model::Button;

/// One rendered-to-be sample.
pub(super) struct Sample {
    pub(super) view: Json,
    pub(super) buttons: Vec<Vec<Button>>,
}

/// One message with its samples.
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) samples: Vec<Sample>,
}

fn kind<V: View>() -> Kind {
    let sample = |view: &V| Sample {
        view: serde_json::to_value(view).expect("views are structs of texts, with string keys"),
        buttons: view.buttons(),
    };
    Kind { name: V::NAME, samples: V::samples().iter().map(sample).collect() }
}

/// All messages.
pub(super) fn kinds() -> Vec<Kind> {
    vec![
        kind::<AlertView>(),
        kind::<AlertsView>(),
        kind::<ErrorView>(),
        kind::<Help>(),
        kind::<Invite>(),
        kind::<Watches>(),
        kind::<Mute>(),
        kind::<NotAllowed>(),
        kind::<Notice>(),
        kind::<QuietHours>(),
        kind::<Rules>(),
        kind::<SettingsView>(),
        kind::<Start>(),
        kind::<Stats>(),
        kind::<Test>(),
        kind::<Unwatch>(),
        kind::<Watch>(),
        kind::<WatchOffer>(),
        kind::<WelcomeInvited>(),
        kind::<Why>(),
    ]
}

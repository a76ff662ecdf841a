//! All messages that there are, with their samples: for the check of the operator's templates and for `tubebell preview`.

use super::alert::AlertView;
use super::digest::DigestView;
use super::several::AlertsView;
use super::view::{AnyView, View};
use super::views::{
    Card, Cards, Digests, ErrorView, Feed, Help, Invite, LinkView, Me, Mute, NotAllowed, Notice,
    QuietHours, Rules, SettingsView, Start, Stats, Test, Unlinked, Unwatch, Watch, WatchOffer,
    Watches, WelcomeInvited, Why,
};

/// One message with its samples.
pub(super) struct Kind {
    pub(super) name: &'static str,
    /// Made when they are asked for: those of a digest have five hundred videos.
    pub(super) samples: fn() -> Vec<AnyView>,
}

const fn kind<V: View>() -> Kind {
    Kind { name: V::NAME, samples: || V::samples().iter().map(AnyView::from).collect() }
}

/// All messages.
pub(super) const fn kinds() -> [Kind; 28] {
    [
        kind::<AlertView>(),
        kind::<AlertsView>(),
        kind::<Card>(),
        kind::<Cards>(),
        kind::<DigestView>(),
        kind::<Digests>(),
        kind::<ErrorView>(),
        kind::<Feed>(),
        kind::<Help>(),
        kind::<Invite>(),
        kind::<LinkView>(),
        kind::<Watches>(),
        kind::<Me>(),
        kind::<Mute>(),
        kind::<NotAllowed>(),
        kind::<Notice>(),
        kind::<QuietHours>(),
        kind::<Rules>(),
        kind::<SettingsView>(),
        kind::<Start>(),
        kind::<Stats>(),
        kind::<Test>(),
        kind::<Unlinked>(),
        kind::<Unwatch>(),
        kind::<Watch>(),
        kind::<WatchOffer>(),
        kind::<WelcomeInvited>(),
        kind::<Why>(),
    ]
}

//! Servers: commands with options, answers for whoever asked, and the place where all that a server watches rings.

use tubebell::control::{AccessMode, Along, ChosenRole, Incoming, IncomingKind, MessageId, Said};
use tubebell::model::{Address, Body, Mention, SubjectRef};
use tubebell::store::{Edit, Registry, Shared, UpdateMark, WatchFilter, WatchRow};

use super::world::{NOW, VIDEO, World, person};

const SERVER: u64 = 900;
const GENERAL: u64 = 901;
const ALERTS: u64 = 902;
const ANA: i64 = 42;
const BEN: i64 = 43;

/// What somebody was told.
#[derive(Debug)]
struct Told {
    text: String,
    /// The place that it is about, where it is said.
    about: Option<String>,
    is_for_asker: bool,
}

/// Somebody in a server, or in private.
#[derive(Clone, Copy)]
struct Who {
    id: i64,
    /// In which place; `None`: in private.
    place: Option<u64>,
    may_decide: bool,
}

const fn manager(place: u64) -> Who {
    Who { id: ANA, place: Some(place), may_decide: true }
}

const fn member(place: u64) -> Who {
    Who { id: BEN, place: Some(place), may_decide: false }
}

const fn alone(id: i64) -> Who {
    Who { id, place: None, may_decide: false }
}

impl Who {
    fn destination(self) -> Address {
        match self.place {
            Some(place) => Address::Discord(place),
            None => Address::DiscordPerson(self.id.unsigned_abs()),
        }
    }

    fn along(self, question: i64) -> Along {
        Along {
            group: self.place.map(|_| Address::Discord(SERVER)),
            may_decide: self.place.map(|_| self.may_decide),
            question: Some(question.to_string()),
            lacking: self.place.is_none().then(Vec::new),
            roles: vec![ChosenRole {
                id: 77,
                name: "owls".to_owned(),
                is_everyone: false,
                can_be_mentioned: false,
            }],
        }
    }

    fn command(self, word: &str, options: &[(&str, &str)]) -> IncomingKind {
        let options = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        IncomingKind::Command {
            destination: self.destination(),
            private: self.place.is_none(),
            person: person(self.id),
            word: word.to_owned(),
            options: options.collect(),
        }
    }
}

impl World {
    async fn ask(&mut self, question: i64, along: Along, kind: IncomingKind) -> Option<Told> {
        let mark = UpdateMark { source: "discord:1".to_owned(), update_id: question };
        let before = self.chats.answers.lock().unwrap().len();
        self.control.handle(Incoming { mark: Some(mark), along, kind }, self.now).await.unwrap();
        let answers = self.chats.answers.lock().unwrap();
        let (to, said) = answers.get(before)?;
        assert_eq!((to.as_str(), answers.len()), (question.to_string().as_str(), before + 1));
        Some(told(said))
    }

    async fn types(&mut self, who: Who, word: &str, options: &[(&str, &str)]) -> Told {
        let question = self.next_question();
        let told = self.ask(question, who.along(question), who.command(word, options)).await;
        told.expect("each command is answered once")
    }

    fn next_question(&self) -> i64 {
        (1_i64 << 40) + i64::try_from(self.chats.answers.lock().unwrap().len()).unwrap()
    }

    async fn watches_at(&self, place: u64) -> Vec<WatchRow> {
        let of = WatchFilter::Of(Address::Discord(place));
        self.store.watches(of, 0, 100).await.unwrap()
    }

    async fn is_off(&self, place: u64) -> bool {
        let row = self.store.destination(&Address::Discord(place)).await.unwrap();
        row.unwrap().disabled.is_some()
    }

    async fn hears(&mut self, kind: IncomingKind) {
        self.control.handle(Incoming::new(None, kind), NOW).await.unwrap();
    }

    async fn is_in_server(&mut self, is_in: bool) {
        let (server, reason) = (Address::Discord(SERVER), "the bot was removed".to_owned());
        self.hears(IncomingKind::Server { server, is_in, reason }).await;
    }

    async fn loses(&mut self, place: u64) {
        self.hears(IncomingKind::Membership {
            chat: Address::Discord(place),
            private: false,
            by: None,
            reachable: false,
            reason: "the channel was deleted".to_owned(),
        })
        .await;
    }

    /// A manager presses a button of a message that stands in a place.
    async fn presses(&mut self, place: u64, data: &str) -> Told {
        let question = self.next_question();
        let kind = IncomingKind::Button {
            callback_id: question.to_string(),
            destination: Address::Discord(place),
            private: false,
            person: person(ANA),
            message: Some(MessageId("5".to_owned())),
            buttons: Some(vec![data.to_owned()]),
            data: data.to_owned(),
        };
        let along = manager(place).along(question);
        self.ask(question, along, kind).await.expect("each press is answered once")
    }

    /// A manager types where we lack these permissions.
    async fn types_where(
        &mut self,
        (place, lacking): (u64, &[&'static str]),
        word: &str,
        options: &[(&str, &str)],
    ) -> Told {
        let question = self.next_question();
        let along = Along { lacking: Some(lacking.to_vec()), ..manager(place).along(question) };
        let told = self.ask(question, along, manager(place).command(word, options)).await;
        told.expect("each command is answered once")
    }

    async fn mentions(&self, place: u64) -> Vec<Mention> {
        let row = self.store.destination(&Address::Discord(place)).await.unwrap();
        row.map(|row| row.settings.mentions).unwrap_or_default()
    }
}

fn told(said: &Said) -> Told {
    let text = match (&said.message, &said.toast) {
        (Some(message), _) => words(message),
        (None, Some(toast)) => toast.to_string(),
        (None, None) => String::new(),
    };
    let about = match &said.message {
        Some(Body::Embed(message)) => message.embeds.first().and_then(|embed| embed.author.clone()),
        _ => None,
    };
    Told { text, about: about.map(|link| link.text), is_for_asker: said.is_for_asker }
}

/// The words of an embed as they are seen.
fn words(body: &Body) -> String {
    let Body::Embed(message) = body else { panic!("{body:?} is none for Discord") };
    let texts = message.embeds.iter().map(|embed| embed.text.as_str());
    std::iter::once(message.text.as_str()).chain(texts).collect::<String>().replace(['\\', '*'], "")
}

#[tokio::test]
async fn the_options_of_a_command_are_what_somebody_would_write() {
    let mut world = World::open();
    let options =
        [("video", VIDEO), ("digest", "daily 09:00"), ("rule", "views every 1000; status")];
    let told = world.types(manager(GENERAL), "watch", &options).await;
    assert!(told.text.contains("Never Gonna Give You Up") && !told.is_for_asker, "{told:?}");
    let watches = world.watches_at(GENERAL).await;
    assert_eq!(watches[0].rules, ["views every 1000", "status"]);
    assert_eq!(watches[0].settings.digest, "daily 09:00".parse().ok());
    let told =
        world.types(manager(GENERAL), "settings", &[("video", "1"), ("at-most", "15m")]).await;
    assert!(told.text.contains("15"), "{told:?}");
    assert_eq!(world.watches_at(GENERAL).await[0].settings.at_most_s, Some(900));
}

#[tokio::test]
async fn a_mistake_and_a_refusal_are_for_whoever_asked_alone() {
    let mut world = World::open();
    let told = world.types(manager(GENERAL), "watch", &[("video", "nothing")]).await;
    assert!(told.is_for_asker, "{told:?}");
    let told = world.types(member(GENERAL), "watch", &[("video", VIDEO)]).await;
    assert!(told.is_for_asker && told.text.contains("Manage Server"), "{told:?}");
    assert!(world.watches_at(GENERAL).await.is_empty());
    assert_eq!(*world.youtube.asked.lock().unwrap(), 0, "nobody is asked who may decide");
    let told = world.types(member(GENERAL), "list", &[]).await;
    assert!(!told.is_for_asker, "{told:?}");
}

#[tokio::test]
async fn an_interaction_that_comes_twice_has_one_effect_and_one_answer() {
    let mut world = World::open();
    let kind = || manager(GENERAL).command("watch", &[("video", VIDEO)]);
    let along = || manager(GENERAL).along(7);
    assert!(world.ask(7, along(), kind()).await.is_some());
    assert!(world.ask(7, along(), kind()).await.is_none());
    assert_eq!(world.watches_at(GENERAL).await.len(), 1);
}

#[tokio::test]
async fn a_watch_rings_in_the_feed_of_its_server_and_without_one_where_it_was_typed() {
    let mut world = World::open();
    let told = world.types(manager(GENERAL), "watch", &[("video", VIDEO)]).await;
    assert!(told.text.contains("this channel"), "{told:?}");
    let told = world.types(manager(ALERTS), "feed", &[("here", "")]).await;
    assert!(told.text.contains("from now on"), "{told:?}");
    let told =
        world.types(manager(GENERAL), "watch", &[("video", "@youtube"), ("rule", "upload")]).await;
    assert!(told.is_for_asker, "there is no such channel: {told:?}");
    let told = world.types(manager(903), "watch", &[("video", VIDEO), ("rule", "status")]).await;
    assert!(told.text.contains("the feed of this server"), "{told:?}");
    assert_eq!(world.watches_at(ALERTS).await[0].rules, ["status"]);
    // What is typed where something is watched is about that, elsewhere about the feed. Who may not decide may not see the
    // feed either.
    for (place, rule) in [(GENERAL, "views any"), (903, "status"), (ALERTS, "status")] {
        let told = world.types(manager(place), "rules", &[("video", "1")]).await;
        assert!(told.text.contains(rule), "{place}: {told:?}");
    }
    let told = world.types(member(903), "rules", &[("video", "1")]).await;
    assert!(told.text.contains("Nothing is watched here"), "{told:?}");
    // A number, and what is watched here, mean what they mean in the list of this place.
    let change = [("video", "1"), ("rule", "views every 10")];
    world.types(manager(GENERAL), "watch", &change).await;
    let change = [("video", VIDEO), ("rule", "views every 20")];
    world.types(manager(GENERAL), "watch", &change).await;
    assert_eq!(world.watches_at(GENERAL).await[0].rules, ["views every 20"]);
    assert_eq!(world.watches_at(ALERTS).await[0].rules, ["status"]);
    // What is watched in the feed alone is found from anywhere, and the answer says that it is there.
    world.types(manager(GENERAL), "unwatch", &[("video", "1")]).await;
    world.types(manager(GENERAL), "card", &[("off", "true")]).await;
    let told = world.types(manager(GENERAL), "mute", &[("video", VIDEO), ("for", "1h")]).await;
    assert_eq!(told.about.as_deref(), Some("📣 The feed of this server"), "{told:?}");
    let told = world.types(manager(ALERTS), "unmute", &[("video", "1")]).await;
    assert_eq!(told.about, None, "{told:?}");
    let told = world.types(manager(903), "feed", &[("off", "")]).await;
    assert!(told.text.contains("no feed any more"), "{told:?}");
    let told = world.types(manager(903), "watch", &[("video", VIDEO)]).await;
    assert!(told.text.contains("this channel"), "{told:?}");
    assert_eq!(world.watches_at(903).await.len(), 1);
    assert!(world.types(manager(903), "feed", &[("off", "")]).await.is_for_asker);
}

#[tokio::test]
async fn what_the_bot_lacks_where_it_is_to_ring_is_named() {
    let mut world = World::open();
    let told = world.types_where((GENERAL, &["Send Messages"]), "watch", &[("video", VIDEO)]).await;
    assert!(told.text.contains("I lack Send Messages"), "{told:?}");
    let told = world.types_where((ALERTS, &["Embed Links"]), "feed", &[("here", "")]).await;
    assert!(told.text.contains("I lack Embed Links"), "{told:?}");
    let told = world.types_where((903, &["View Channel"]), "test", &[]).await;
    assert!(
        told.text.contains("I lack View Channel") && !told.text.contains("It works"),
        "{told:?}"
    );
    let told = world.types_where((903, &[]), "test", &[]).await;
    assert!(told.text.contains("It works"), "{told:?}");
}

#[tokio::test]
async fn a_role_is_mentioned_on_chosen_rules_of_the_feed() {
    let mut world = World::open();
    let mention = [("mention", ""), ("role", "77"), ("rule", "views milestones")];
    assert!(world.types(manager(GENERAL), "feed", &mention).await.is_for_asker, "there is no feed");
    world.types(manager(ALERTS), "feed", &[("here", "")]).await;
    let told = world.types(manager(GENERAL), "feed", &mention).await;
    assert!(told.text.contains("owls") && told.text.contains("Nobody hears"), "{told:?}");
    let rule = "views milestones".to_owned();
    let owls = Mention { role: 77, name: "owls".to_owned(), rule };
    assert_eq!(world.mentions(ALERTS).await, std::slice::from_ref(&owls));
    world.types(manager(GENERAL), "feed", &[("mention", ""), ("role", "77")]).await;
    assert!(world.mentions(ALERTS).await.is_empty());
    let unknown = [("mention", ""), ("role", "78"), ("rule", "status")];
    assert!(world.types(manager(GENERAL), "feed", &unknown).await.is_for_asker);
    // A role that was deleted can't be chosen any more: its rule is named.
    world.types(manager(GENERAL), "feed", &mention).await;
    let told = world.types(manager(GENERAL), "feed", &[("mention", "")]).await;
    assert!(told.text.contains("owls") && !told.is_for_asker, "{told:?}");
    let end = [("mention", ""), ("rule", "views milestones")];
    world.types(manager(GENERAL), "feed", &end).await;
    assert!(world.mentions(ALERTS).await.is_empty());
    // They go along with the feed, and end with it.
    world.types(manager(GENERAL), "feed", &mention).await;
    world.types(manager(GENERAL), "feed", &[("here", "")]).await;
    assert_eq!(world.mentions(GENERAL).await, [owls]);
    assert!(world.mentions(ALERTS).await.is_empty());
    world.types(manager(GENERAL), "feed", &[("off", "")]).await;
    assert!(world.mentions(GENERAL).await.is_empty());
}

#[tokio::test]
async fn everyone_is_no_role_that_is_mentioned() {
    let mut world = World::open();
    world.types(manager(ALERTS), "feed", &[("here", "")]).await;
    let question = world.next_question();
    let everyone = ChosenRole {
        id: SERVER,
        name: "@everyone".to_owned(),
        is_everyone: true,
        can_be_mentioned: true,
    };
    let along = Along { roles: vec![everyone], ..manager(ALERTS).along(question) };
    let options = [("mention", ""), ("role", "900"), ("rule", "views any")];
    let told = world.ask(question, along, manager(ALERTS).command("feed", &options)).await.unwrap();
    assert!(told.is_for_asker && told.text.contains("Everyone can't be mentioned"), "{told:?}");
    assert!(world.mentions(ALERTS).await.is_empty());
}

#[tokio::test]
async fn buttons_under_an_answer_that_was_typed_elsewhere_act_on_the_feed() {
    let mut world = World::open();
    world.types(manager(ALERTS), "feed", &[("here", "")]).await;
    world.types(manager(GENERAL), "watch", &[("video", VIDEO)]).await;
    let id = world.watches_at(ALERTS).await[0].id;
    let told = world.presses(GENERAL, &format!("miles:{id}")).await;
    assert!(told.text.contains("Milestones are told"), "{told:?}");
    assert_eq!(
        world.watches_at(ALERTS).await[0].rules,
        ["views milestones", "likes milestones", "comments milestones"]
    );
    let told = world.presses(GENERAL, &format!("mute:1h:{id}")).await;
    assert!(told.text.contains("Silent for 1 hour"), "{told:?}");
    // Those of another place of the server stay out of reach.
    world.types(manager(903), "feed", &[("here", "")]).await;
    let told = world.presses(GENERAL, &format!("stop:{id}")).await;
    assert!(told.text.contains("not one of this chat"), "{told:?}");
}

#[tokio::test]
async fn a_question_where_the_bot_may_not_write_shows_no_way_there() {
    let mut world = World::open();
    world.types_where((ALERTS, &[]), "watch", &[("video", VIDEO)]).await;
    world.loses(ALERTS).await;
    let told = world.types_where((ALERTS, &["Send Messages"]), "list", &[]).await;
    assert!(!told.text.contains("Ringing again") && world.is_off(ALERTS).await, "{told:?}");
    // Something else showed that it is there, as a new name does, and the bot may still not write.
    world.hears(IncomingKind::Alive { destination: Address::Discord(ALERTS) }).await;
    let told = world.types_where((ALERTS, &["Send Messages"]), "list", &[]).await;
    assert!(!told.text.contains("Ringing again"), "{told:?}");
    let told = world.types_where((ALERTS, &[]), "list", &[]).await;
    assert!(told.text.contains("Ringing again") && !world.is_off(ALERTS).await, "{told:?}");
}

#[tokio::test]
async fn of_strangers_only_an_invitation_is_heard_and_it_lets_in_a_person_or_from_a_manager_a_server()
 {
    let mut world = World::with(|options| options.operator = vec!["telegram:1".parse().unwrap()]);
    let invitation = |code: &str| Edit::Invite {
        code: code.to_owned(),
        made_by: tubebell::model::Owner::Operator,
        expires_at: NOW.plus(std::time::Duration::from_secs(3600)),
        per_day: None,
    };
    let codes = ["aaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbb"];
    let edits = codes.map(invitation).into();
    world.store.edit(None, edits, NOW).await.unwrap();
    let told = world.types(manager(GENERAL), "watch", &[("video", VIDEO)]).await;
    assert!(told.is_for_asker && world.watches_at(GENERAL).await.is_empty(), "{told:?}");
    let told = world.types(member(GENERAL), "start", &[("code", codes[0])]).await;
    assert!(told.text.contains("Manage Server"), "{told:?}");
    world.types(alone(BEN), "start", &[("code", codes[0])]).await;
    let told = world.types(alone(BEN), "list", &[]).await;
    assert!(!told.is_for_asker, "{told:?}");
    world.types(manager(GENERAL), "start", &[("code", codes[1])]).await;
    let server = world.store.person(&Address::Discord(SERVER)).await.unwrap().unwrap();
    assert_eq!(server.brought_by, Some(Address::DiscordPerson(42)));
    world.types(manager(ALERTS), "watch", &[("video", VIDEO)]).await;
    assert_eq!(world.watches_at(ALERTS).await.len(), 1, "all channels of the server are in");
}

#[tokio::test]
async fn a_server_counts_for_whoever_brings_it_in() {
    let mut world = World::with(|options| {
        options.access = AccessMode::Open;
        options.actions.watches_per_owner = 1;
    });
    world.types(manager(GENERAL), "watch", &[("video", VIDEO)]).await;
    let told = world.types(alone(ANA), "watch", &[("video", "@youtube")]).await;
    assert!(told.is_for_asker && told.text.contains("1 watches"), "{told:?}");
}

#[tokio::test]
async fn a_server_that_is_gone_is_off_with_its_channels_and_comes_back_with_those_that_are_there() {
    let mut world = World::open();
    for place in [GENERAL, ALERTS] {
        world.types(manager(place), "watch", &[("video", VIDEO)]).await;
    }
    world.loses(GENERAL).await;
    assert!(world.is_off(GENERAL).await && !world.is_off(ALERTS).await);
    world.is_in_server(false).await;
    assert!(world.is_off(ALERTS).await);
    world.is_in_server(true).await;
    assert!(!world.is_off(ALERTS).await && world.is_off(GENERAL).await);
}

#[tokio::test]
async fn whoever_blocked_the_bot_rings_again_when_they_write_to_it() {
    let mut world = World::open();
    world.types(alone(BEN), "watch", &[("video", VIDEO)]).await;
    let ben = alone(BEN).destination();
    let reason = "takes no messages".to_owned();
    let edit = Edit::Disable { destination: ben.clone(), reason };
    world.store.edit(None, vec![edit], NOW).await.unwrap();
    let told = world.types(alone(BEN), "test", &[]).await;
    assert!(told.text.contains("Ringing again"), "{told:?}");
    assert!(world.store.destination(&ben).await.unwrap().unwrap().disabled.is_none());
}

#[tokio::test]
async fn a_card_is_ended_where_it_stands_and_a_feed_from_anywhere() {
    let mut world = World::open();
    world.types(manager(GENERAL), "card", &[("video", VIDEO)]).await;
    world.types(manager(ALERTS), "feed", &[("here", "")]).await;
    let told = world.types(manager(GENERAL), "card", &[("off", "true"), ("video", VIDEO)]).await;
    assert!(!told.is_for_asker && told.about.is_none(), "{told:?}");
    world.types(manager(903), "feed", &[("off", "")]).await;
    assert!(world.store.destination(&Address::Discord(903)).await.unwrap().is_none());
}

#[tokio::test]
async fn whom_a_feed_mentions_outlives_its_channel() {
    let mut world = World::open();
    world.types(manager(ALERTS), "feed", &[("here", "")]).await;
    let mention = [("mention", ""), ("role", "77"), ("rule", "views any")];
    world.types(manager(ALERTS), "feed", &mention).await;
    world.loses(ALERTS).await;
    let told = world.types(manager(GENERAL), "feed", &[("here", "")]).await;
    assert!(told.text.contains("owls"), "{told:?}");
    assert_eq!(world.mentions(GENERAL).await.len(), 1);
}

#[tokio::test]
async fn the_list_of_a_feed_is_not_replaced_by_whoever_may_not_see_it() {
    let mut world = World::open();
    world.types(manager(ALERTS), "feed", &[("here", "")]).await;
    let press = |who: Who| IncomingKind::Button {
        callback_id: "1".to_owned(),
        destination: who.destination(),
        private: false,
        person: person(who.id),
        message: Some(MessageId("5".to_owned())),
        data: "list:2".to_owned(),
        buttons: Some(vec!["list:2".to_owned()]),
    };
    let told = world.ask(1, member(GENERAL).along(1), press(member(GENERAL))).await.unwrap();
    assert!(told.is_for_asker && told.text.contains("of another place"), "{told:?}");
}

#[tokio::test]
async fn a_channel_with_the_id_of_its_server_goes_alone() {
    let mut world = World::open();
    for place in [SERVER, ALERTS] {
        world.types(manager(place), "watch", &[("video", VIDEO)]).await;
    }
    world.loses(SERVER).await;
    assert!(world.is_off(SERVER).await && !world.is_off(ALERTS).await);
}

#[tokio::test]
async fn a_button_of_an_alert_is_for_those_who_decide() {
    let mut world = World::open();
    world.types(manager(ALERTS), "watch", &[("video", VIDEO)]).await;
    let id = world.watches_at(ALERTS).await[0].id;
    let press = |who: Who| {
        let data = format!("stop:{id}");
        IncomingKind::Button {
            callback_id: "1".to_owned(),
            destination: who.destination(),
            private: false,
            person: person(who.id),
            message: Some(MessageId("5".to_owned())),
            buttons: Some(vec![data.clone()]),
            data,
        }
    };
    let told = world.ask(1, member(ALERTS).along(1), press(member(ALERTS))).await.unwrap();
    assert!(told.text.contains("Manage Server"), "{told:?}");
    let told = world.ask(2, manager(ALERTS).along(2), press(manager(ALERTS))).await.unwrap();
    assert!(told.text.contains("No longer watching"), "{told:?}");
    assert!(world.watches_at(ALERTS).await.is_empty());
}

#[tokio::test]
async fn the_link_in_a_message_is_watched_from_its_menu() {
    let mut world = World::open();
    let text = format!("Look at this: <https://youtu.be/{VIDEO}>, it is great");
    world.types(manager(GENERAL), "watch", &[("message", &text)]).await;
    let subject: SubjectRef = format!("video:{VIDEO}").parse().unwrap();
    assert_eq!(world.watches_at(GENERAL).await[0].subject, subject);
    let told = world.types(manager(GENERAL), "watch", &[("message", "no link here")]).await;
    assert!(told.is_for_asker && told.text.contains("Say what to watch"), "{told:?}");
}

//! Commands and questions, by the threads of the database.

use std::sync::Arc;

use async_trait::async_trait;

use super::super::{
    Sqlite, batch, card, course, destinations, edit, link, mark, owners, people, person, read,
    server, stored, why,
};
use crate::model::{
    Address, Counts, DestinationId, Owner, PersonKey, SubjectRef, SubscriptionId, UnixMillis,
    VideoId,
};
use crate::store::{
    CardRow, Collecting, DestinationRow, DestinationState, Edit, Edited, History, LinkCode,
    PersonRow, PersonState, Registry, Result, RuleStory, StoredAddress, StoredAlert, UpdateMark,
    WatchAt, WatchFilter, WatchRow,
};

#[async_trait]
impl Registry for Sqlite {
    async fn edit(
        &self,
        mark: Option<UpdateMark>,
        edits: Vec<Edit>,
        now: UnixMillis,
    ) -> Result<Option<Vec<Edited>>> {
        self.writer.write_through(move |tx| edit::edit(tx, mark.as_ref(), &edits, now)).await
    }

    async fn edit_some(
        &self,
        edits: Arc<[Edit]>,
        from: usize,
        now: UnixMillis,
    ) -> Result<Vec<Edited>> {
        self.leaving_room(move |tx| {
            batch::edit_some(tx, edits.get(from..).unwrap_or_default(), now)
        })
        .await
    }

    async fn update_mark(&self, source: &str) -> Result<Option<i64>> {
        let source = source.to_owned();
        self.reader.read(move |db| mark::update_mark(db, &source)).await
    }

    async fn is_handled(&self, mark: &UpdateMark) -> Result<bool> {
        let mark = mark.clone();
        self.reader.read(move |db| mark::is_handled(db, &mark)).await
    }

    async fn move_mark(&self, to: UpdateMark, now: UnixMillis) -> Result<()> {
        self.writer.write(move |tx| mark::move_mark(tx, &to, now)).await
    }

    async fn watches(
        &self,
        filter: WatchFilter,
        after: i64,
        limit: usize,
    ) -> Result<Vec<WatchRow>> {
        self.reader.read(move |db| read::watches(db, &filter, after, limit)).await
    }

    async fn watches_at(&self, pairs: Vec<(Address, SubjectRef)>) -> Result<Vec<WatchAt>> {
        self.reader.read(move |db| read::watches_at(db, &pairs)).await
    }

    async fn watches_from(
        &self,
        origin: &str,
        after: SubscriptionId,
        limit: usize,
    ) -> Result<Vec<SubscriptionId>> {
        let origin = origin.to_owned();
        self.reader.read(move |db| read::watches_from(db, &origin, after, limit)).await
    }

    async fn destinations(
        &self,
        shut_only: bool,
        after: DestinationId,
        limit: usize,
    ) -> Result<Vec<DestinationState>> {
        self.counter.read(move |db| destinations::destinations(db, shut_only, after, limit)).await
    }

    async fn collecting(&self, address: &Address, now: UnixMillis) -> Result<Option<Collecting>> {
        let address = address.clone();
        self.reader.read(move |db| destinations::collecting(db, &address, now)).await
    }

    async fn cards(&self, of: &Address) -> Result<Vec<CardRow>> {
        let of = of.clone();
        self.reader.read(move |db| card::cards(db, &of)).await
    }

    async fn feed(&self, server: &Address, even_off: bool) -> Result<Option<Address>> {
        let server = server.clone();
        self.reader.read(move |db| server::feed(db, &server, even_off)).await
    }

    async fn is_off_for(&self, server: &Address, reason: &str) -> Result<bool> {
        let (server, reason) = (server.clone(), reason.to_owned());
        self.reader.read(move |db| server::is_off_for(db, &server, &reason)).await
    }

    async fn watches_of_owner(&self, owner: &Owner) -> Result<usize> {
        let owner = owner.clone();
        self.reader
            .read(move |db| match person::find_owner(db, &owner)? {
                Some(person) => owners::watches_of_owner(db, person),
                None => Ok(0),
            })
            .await
    }

    async fn owner(&self, person: PersonKey) -> Result<Option<Owner>> {
        self.reader.read(move |db| person::owner(db, person)).await
    }

    async fn owner_at(&self, address: &Address) -> Result<Owner> {
        let address = address.clone();
        self.reader.read(move |db| person::owner_at(db, &address)).await
    }

    async fn person(&self, address: &Address) -> Result<Option<PersonRow>> {
        let address = address.clone();
        self.reader.read(move |db| people::person(db, &address)).await
    }

    async fn person_state(&self, address: &Address, now: UnixMillis) -> Result<PersonState> {
        let address = address.clone();
        self.reader.read(move |db| people::state(db, &address, now)).await
    }

    async fn people(
        &self,
        after: Option<Address>,
        limit: usize,
        now: UnixMillis,
    ) -> Result<Vec<PersonState>> {
        self.reader.read(move |db| people::people(db, after.as_ref(), limit, now)).await
    }

    async fn chats_of_person(
        &self,
        address: &Address,
        after: DestinationId,
        limit: usize,
    ) -> Result<Vec<DestinationRow>> {
        let address = address.clone();
        self.reader.read(move |db| people::chats(db, &address, after, limit)).await
    }

    async fn addresses(&self, of: &Address) -> Result<Vec<Address>> {
        let of = of.clone();
        self.reader.read(move |db| person::addresses_with(db, &of)).await
    }

    async fn link_code(&self, code: &str, now: UnixMillis) -> Result<Option<LinkCode>> {
        let code = code.to_owned();
        self.reader.read(move |db| link::code(db, &code, now)).await
    }

    async fn stored_addresses(&self, of: &Address) -> Result<Vec<StoredAddress>> {
        let of = of.clone();
        self.reader.read(move |db| stored::addresses(db, &of)).await
    }

    async fn stored_alerts(&self, of: &Address, limit: usize) -> Result<Vec<StoredAlert>> {
        let of = of.clone();
        self.counter.read(move |db| stored::alerts(db, &of, limit)).await
    }

    async fn why(&self, video: VideoId, destination: Option<Address>) -> Result<Vec<RuleStory>> {
        self.reader.read(move |db| why::why(db, &video, destination.as_ref())).await
    }

    async fn history(
        &self,
        video: VideoId,
        since: UnixMillis,
        limit: usize,
    ) -> Result<Option<History>> {
        self.reader.read(move |db| read::history(db, &video, since, limit)).await
    }

    async fn course(
        &self,
        video: VideoId,
        since: UnixMillis,
        until: UnixMillis,
        steps: u32,
    ) -> Result<Vec<(UnixMillis, Counts)>> {
        self.reader.read(move |db| course::course(db, &video, (since, until), steps)).await
    }
}

//! What a look wants to know of YouTube and of the store.

use crate::model::{PlaylistId, SubjectRef, VideoId};
use crate::source::answer::{ChannelInfo, Member, MemberPage};
use crate::source::error::SourceError;

/// Answers what [`look()`](super::look()) wants to know.
pub(crate) trait AskLists {
    /// What fails beside YouTube.
    type Error: From<SourceError>;

    /// Reads a feed. `is_expected`: it can't be absent because the list has nothing to show.
    fn feed(
        &self,
        subject: &SubjectRef,
        is_expected: bool,
    ) -> impl Future<Output = Result<Vec<Member>, SourceError>> + Send;

    /// Looks a channel up: 1 unit.
    fn channel(
        &self,
        subject: &SubjectRef,
    ) -> impl Future<Output = Result<Option<ChannelInfo>, SourceError>> + Send;

    /// Reads the title of a playlist: 1 unit.
    fn playlist_title(
        &self,
        id: &PlaylistId,
    ) -> impl Future<Output = Result<Option<String>, SourceError>> + Send;

    /// Reads a page of a playlist: 1 unit.
    fn page(
        &self,
        playlist: &PlaylistId,
        token: Option<&str>,
    ) -> impl Future<Output = Result<MemberPage, SourceError>> + Send;

    /// Which of these were never members of the list.
    fn unknown(
        &self,
        ids: Vec<VideoId>,
    ) -> impl Future<Output = Result<Vec<VideoId>, Self::Error>> + Send;

    /// How many units may be spent now.
    fn units(&self) -> u32;
}

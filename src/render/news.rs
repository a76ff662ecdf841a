//! stub
use super::{AlertMessage, NetAlert, RenderError, Renderer, VideoFacts};
use crate::model::{Channel, SubjectRef, SubscriptionId, UnixMillis};
/// What one watch is told.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs)]
pub struct WatchMessage {
    pub subject: SubjectRef,
    pub subject_title: Option<String>,
    pub subscription: SubscriptionId,
    pub tz: String,
    pub late: bool,
    pub observed_at: UnixMillis,
    pub videos: Vec<VideoNews>,
}
/// One video.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs)]
pub struct VideoNews {
    pub video: Option<VideoFacts>,
    pub alerts: Vec<NetAlert>,
    pub observed_at: UnixMillis,
    pub changes: usize,
}
/// One body.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs)]
pub struct Part {
    pub body: String,
    pub told: Vec<(usize, usize)>,
    pub video: Option<usize>,
}
impl Renderer {
    /// One part per video.
    #[expect(clippy::missing_errors_doc)]
    pub fn watch(
        &self,
        channel: Channel,
        message: &WatchMessage,
    ) -> Result<Vec<Part>, RenderError> {
        let part = |(nth, news): (usize, &VideoNews)| {
            let one = AlertMessage {
                video: news.video.clone(),
                subject: message.subject.clone(),
                alerts: news.alerts.clone(),
                observed_at: news.observed_at,
                tz: message.tz.clone(),
                late: message.late,
                coalesced_count: news.changes,
                subject_title: message.subject_title.clone(),
                subscription: message.subscription,
            };
            let told = (0..news.alerts.len()).map(|alert| (nth, alert)).collect();
            Ok(Part { body: self.alert(channel, &one)?, told, video: Some(nth) })
        };
        message.videos.iter().enumerate().map(part).collect()
    }
}

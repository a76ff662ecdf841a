-- Changes of what is watched at that time, with the time since when. A row that comes later brings no change back; before it
-- joins, the query waits a second for the watch list.
SET 'processing.guarantee' = 'exactly_once_v2';
SET 'cache.max.bytes.buffering' = '0';
SET 'commit.interval.ms' = '100';
SET 'auto.offset.reset' = 'earliest';
SET 'max.task.idle.ms' = '1000';

CREATE STREAM YOUTUBE_WATCHED_CHANGES WITH (
  KAFKA_TOPIC = '${prefix}youtube_watched_changes',
  KEY_FORMAT = 'KAFKA',
  VALUE_FORMAT = '${value_format}',
  RETENTION_MS = 604800000
) AS
SELECT
  c.video_id AS video_id,
  c.id AS id,
  w.since AS watched_since,
  c.observed_at_previous AS observed_at_previous,
  c.observed_at_current AS observed_at_current,
  c.numbers_at_previous AS numbers_at_previous,
  c.numbers_at_current AS numbers_at_current,
  c.details_at_previous AS details_at_previous,
  c.details_at_current AS details_at_current,
  c.views_previous AS views_previous,
  c.views_current AS views_current,
  c.likes_previous AS likes_previous,
  c.likes_current AS likes_current,
  c.comments_previous AS comments_previous,
  c.comments_current AS comments_current,
  c.title_previous AS title_previous,
  c.title_current AS title_current,
  c.channel_id_previous AS channel_id_previous,
  c.channel_id_current AS channel_id_current,
  c.channel_title_previous AS channel_title_previous,
  c.channel_title_current AS channel_title_current,
  c.status_previous AS status_previous,
  c.status_current AS status_current,
  c.live_previous AS live_previous,
  c.live_current AS live_current,
  c.published_at_previous AS published_at_previous,
  c.published_at_current AS published_at_current,
  c.duration_previous AS duration_previous,
  c.duration_current AS duration_current,
  c.starts_at_previous AS starts_at_previous,
  c.starts_at_current AS starts_at_current
FROM YOUTUBE_CHANGES c
INNER JOIN YOUTUBE_WATCHED w ON c.video_id = w.video_id
EMIT CHANGES;

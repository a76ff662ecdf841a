-- Looks at which something had changed, and first sights. IS DISTINCT FROM: with <> a number that appears or goes would be no
-- change. Nothing is filtered by time: two looks may have the same, and the reader judges it.
SET 'processing.guarantee' = 'exactly_once_v2';
SET 'cache.max.bytes.buffering' = '0';
SET 'commit.interval.ms' = '100';
SET 'auto.offset.reset' = 'earliest';

CREATE STREAM YOUTUBE_CHANGES WITH (
  KAFKA_TOPIC = '${prefix}youtube_changes',
  KEY_FORMAT = 'KAFKA',
  VALUE_FORMAT = '${value_format}',
  RETENTION_MS = 604800000
) AS
SELECT
  video_id,
  id,
  observed_at_previous,
  observed_at_current,
  numbers_at_previous,
  numbers_at_current,
  details_at_previous,
  details_at_current,
  views_previous,
  views_current,
  likes_previous,
  likes_current,
  comments_previous,
  comments_current,
  title_previous,
  title_current,
  channel_id_previous,
  channel_id_current,
  channel_title_previous,
  channel_title_current,
  status_previous,
  status_current,
  live_previous,
  live_current,
  published_at_previous,
  published_at_current,
  duration_previous,
  duration_current,
  starts_at_previous,
  starts_at_current
FROM YOUTUBE_LATEST_LOG
WHERE observed_at_previous IS NULL
  OR views_previous IS DISTINCT FROM views_current
  OR likes_previous IS DISTINCT FROM likes_current
  OR comments_previous IS DISTINCT FROM comments_current
  OR title_previous IS DISTINCT FROM title_current
  OR channel_id_previous IS DISTINCT FROM channel_id_current
  OR channel_title_previous IS DISTINCT FROM channel_title_current
  OR status_previous IS DISTINCT FROM status_current
  OR live_previous IS DISTINCT FROM live_current
  OR published_at_previous IS DISTINCT FROM published_at_current
  OR duration_previous IS DISTINCT FROM duration_current
  OR starts_at_previous IS DISTINCT FROM starts_at_current
EMIT CHANGES;

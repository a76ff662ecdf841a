-- The last two looks at each video, column by column. FALSE: an absent number is a look like any other, so that all columns of
-- a row are of the same two looks. [-2] is NULL after the first look, where [1] would be the current value.
SET 'processing.guarantee' = 'exactly_once_v2';
SET 'cache.max.bytes.buffering' = '0';
SET 'commit.interval.ms' = '100';
SET 'auto.offset.reset' = 'earliest';

CREATE TABLE YOUTUBE_LATEST WITH (
  KAFKA_TOPIC = '${prefix}youtube_latest',
  KEY_FORMAT = 'KAFKA',
  VALUE_FORMAT = '${value_format}'
) AS
SELECT
  video_id,
  AS_VALUE(video_id) AS id,
  LATEST_BY_OFFSET(observed_at, 2, FALSE)[-2]   AS observed_at_previous,
  LATEST_BY_OFFSET(observed_at, 2, FALSE)[-1]   AS observed_at_current,
  LATEST_BY_OFFSET(numbers_at, 2, FALSE)[-2]    AS numbers_at_previous,
  LATEST_BY_OFFSET(numbers_at, 2, FALSE)[-1]    AS numbers_at_current,
  LATEST_BY_OFFSET(details_at, 2, FALSE)[-2]    AS details_at_previous,
  LATEST_BY_OFFSET(details_at, 2, FALSE)[-1]    AS details_at_current,
  LATEST_BY_OFFSET(views, 2, FALSE)[-2]         AS views_previous,
  LATEST_BY_OFFSET(views, 2, FALSE)[-1]         AS views_current,
  LATEST_BY_OFFSET(likes, 2, FALSE)[-2]         AS likes_previous,
  LATEST_BY_OFFSET(likes, 2, FALSE)[-1]         AS likes_current,
  LATEST_BY_OFFSET(comments, 2, FALSE)[-2]      AS comments_previous,
  LATEST_BY_OFFSET(comments, 2, FALSE)[-1]      AS comments_current,
  LATEST_BY_OFFSET(title, 2, FALSE)[-2]         AS title_previous,
  LATEST_BY_OFFSET(title, 2, FALSE)[-1]         AS title_current,
  LATEST_BY_OFFSET(channel_id, 2, FALSE)[-2]    AS channel_id_previous,
  LATEST_BY_OFFSET(channel_id, 2, FALSE)[-1]    AS channel_id_current,
  LATEST_BY_OFFSET(channel_title, 2, FALSE)[-2] AS channel_title_previous,
  LATEST_BY_OFFSET(channel_title, 2, FALSE)[-1] AS channel_title_current,
  LATEST_BY_OFFSET(status, 2, FALSE)[-2]        AS status_previous,
  LATEST_BY_OFFSET(status, 2, FALSE)[-1]        AS status_current,
  LATEST_BY_OFFSET(live, 2, FALSE)[-2]          AS live_previous,
  LATEST_BY_OFFSET(live, 2, FALSE)[-1]          AS live_current,
  LATEST_BY_OFFSET(published_at, 2, FALSE)[-2]  AS published_at_previous,
  LATEST_BY_OFFSET(published_at, 2, FALSE)[-1]  AS published_at_current,
  LATEST_BY_OFFSET(duration, 2, FALSE)[-2]      AS duration_previous,
  LATEST_BY_OFFSET(duration, 2, FALSE)[-1]      AS duration_current,
  LATEST_BY_OFFSET(starts_at, 2, FALSE)[-2]     AS starts_at_previous,
  LATEST_BY_OFFSET(starts_at, 2, FALSE)[-1]     AS starts_at_current
FROM YOUTUBE_VIDEOS
GROUP BY video_id
EMIT CHANGES;

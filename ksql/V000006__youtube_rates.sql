-- How fast each number of a video grew over the hour that ends every five minutes: from the first known value in it to the
-- last, by the time between those two. NULL: fewer than two looks knew it.
SET 'processing.guarantee' = 'exactly_once_v2';
SET 'cache.max.bytes.buffering' = '0';
SET 'commit.interval.ms' = '100';
SET 'auto.offset.reset' = 'earliest';

CREATE TABLE YOUTUBE_RATES WITH (
  KAFKA_TOPIC = '${prefix}youtube_rates',
  KEY_FORMAT = 'KAFKA',
  VALUE_FORMAT = '${value_format}',
  RETENTION_MS = 86400000
) AS
SELECT
  video_id,
  AS_VALUE(video_id) AS id,
  WINDOWSTART AS window_start,
  WINDOWEND AS window_end,
  COUNT(*) AS looks,
  CASE
    WHEN MAX(CASE WHEN views_current IS NOT NULL THEN numbers_at_current END)
      > MIN(CASE WHEN views_current IS NOT NULL THEN numbers_at_current END)
    THEN CAST(LATEST_BY_OFFSET(views_current) - EARLIEST_BY_OFFSET(views_current) AS DOUBLE) * 3600000
      / (
        MAX(CASE WHEN views_current IS NOT NULL THEN numbers_at_current END)
        - MIN(CASE WHEN views_current IS NOT NULL THEN numbers_at_current END)
      )
  END AS views_per_hour,
  CASE
    WHEN MAX(CASE WHEN likes_current IS NOT NULL THEN numbers_at_current END)
      > MIN(CASE WHEN likes_current IS NOT NULL THEN numbers_at_current END)
    THEN CAST(LATEST_BY_OFFSET(likes_current) - EARLIEST_BY_OFFSET(likes_current) AS DOUBLE) * 3600000
      / (
        MAX(CASE WHEN likes_current IS NOT NULL THEN numbers_at_current END)
        - MIN(CASE WHEN likes_current IS NOT NULL THEN numbers_at_current END)
      )
  END AS likes_per_hour,
  CASE
    WHEN MAX(CASE WHEN comments_current IS NOT NULL THEN numbers_at_current END)
      > MIN(CASE WHEN comments_current IS NOT NULL THEN numbers_at_current END)
    THEN CAST(LATEST_BY_OFFSET(comments_current) - EARLIEST_BY_OFFSET(comments_current) AS DOUBLE) * 3600000
      / (
        MAX(CASE WHEN comments_current IS NOT NULL THEN numbers_at_current END)
        - MIN(CASE WHEN comments_current IS NOT NULL THEN numbers_at_current END)
      )
  END AS comments_per_hour
FROM YOUTUBE_LATEST_LOG
WINDOW HOPPING (SIZE 1 HOUR, ADVANCE BY 5 MINUTES, RETENTION 1 DAY, GRACE PERIOD 2 MINUTES)
GROUP BY video_id
EMIT FINAL;

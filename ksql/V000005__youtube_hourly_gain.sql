-- What each video gained in each hour of UTC: the sum of what it gained from look to look, so nothing between two hours is
-- lost. One row per hour, written when a later look of the same partition closes it. RETENTION is longer than any gap of looks.
SET 'processing.guarantee' = 'exactly_once_v2';
SET 'cache.max.bytes.buffering' = '0';
SET 'commit.interval.ms' = '100';
SET 'auto.offset.reset' = 'earliest';

CREATE TABLE YOUTUBE_HOURLY_GAIN WITH (
  KAFKA_TOPIC = '${prefix}youtube_hourly_gain',
  KEY_FORMAT = 'KAFKA',
  VALUE_FORMAT = '${value_format}',
  RETENTION_MS = 604800000
) AS
SELECT
  video_id,
  AS_VALUE(video_id) AS id,
  WINDOWSTART AS window_start,
  WINDOWEND AS window_end,
  COUNT(*) AS looks,
  SUM(
    CASE
      WHEN views_previous IS NOT NULL AND views_current IS NOT NULL
      THEN views_current - views_previous
    END
  ) AS views_gained,
  COUNT(views_current) AS views_looks,
  SUM(
    CASE
      WHEN likes_previous IS NOT NULL AND likes_current IS NOT NULL
      THEN likes_current - likes_previous
    END
  ) AS likes_gained,
  COUNT(likes_current) AS likes_looks,
  SUM(
    CASE
      WHEN comments_previous IS NOT NULL AND comments_current IS NOT NULL
      THEN comments_current - comments_previous
    END
  ) AS comments_gained,
  COUNT(comments_current) AS comments_looks
FROM YOUTUBE_LATEST_LOG
WINDOW TUMBLING (SIZE 1 HOUR, RETENTION 7 DAYS, GRACE PERIOD 10 MINUTES)
GROUP BY video_id
EMIT FINAL;

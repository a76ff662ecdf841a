-- Times in which a video changed again and again, with no pause of half an hour. FINAL: a session that is still open has no
-- row, so none is taken back when two become one. Only sums: lists of the last values are merged wrongly in sessions.
SET 'processing.guarantee' = 'exactly_once_v2';
SET 'cache.max.bytes.buffering' = '0';
SET 'commit.interval.ms' = '100';
SET 'auto.offset.reset' = 'earliest';

CREATE TABLE YOUTUBE_ACTIVITY WITH (
  KAFKA_TOPIC = '${prefix}youtube_activity',
  KEY_FORMAT = 'KAFKA',
  VALUE_FORMAT = '${value_format}',
  RETENTION_MS = 604800000
) AS
SELECT
  video_id,
  AS_VALUE(video_id) AS id,
  WINDOWSTART AS window_start,
  WINDOWEND AS window_end,
  COUNT(*) AS changes,
  SUM(
    CASE
      WHEN views_previous IS NOT NULL AND views_current IS NOT NULL
      THEN views_current - views_previous
    END
  ) AS views_gained,
  SUM(
    CASE
      WHEN likes_previous IS NOT NULL AND likes_current IS NOT NULL
      THEN likes_current - likes_previous
    END
  ) AS likes_gained,
  SUM(
    CASE
      WHEN comments_previous IS NOT NULL AND comments_current IS NOT NULL
      THEN comments_current - comments_previous
    END
  ) AS comments_gained
FROM YOUTUBE_CHANGES
WINDOW SESSION (30 MINUTES, RETENTION 7 DAYS, GRACE PERIOD 10 MINUTES)
GROUP BY video_id
EMIT FINAL;

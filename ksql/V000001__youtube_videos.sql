-- What tubebell saw of one video at one look. The topic and, with AVRO, its schema are there before: the gateway makes both.
CREATE STREAM YOUTUBE_VIDEOS (
  video_id VARCHAR KEY,
  id VARCHAR,
  observed_at BIGINT,
  numbers_at BIGINT,
  details_at BIGINT,
  views BIGINT,
  likes BIGINT,
  comments BIGINT,
  title VARCHAR,
  channel_id VARCHAR,
  channel_title VARCHAR,
  status VARCHAR,
  live VARCHAR,
  published_at BIGINT,
  duration BIGINT,
  starts_at BIGINT
) WITH (
  KAFKA_TOPIC = '${prefix}youtube_videos',
  KEY_FORMAT = 'KAFKA',
  VALUE_FORMAT = '${value_format}',
  TIMESTAMP = 'observed_at',
  RETENTION_MS = 604800000
);

-- What is watched, and since when. The gateway makes the topic and writes it: a row goes with a record without a value.
CREATE TABLE YOUTUBE_WATCHED (
  video_id VARCHAR PRIMARY KEY,
  id VARCHAR,
  since BIGINT
) WITH (
  KAFKA_TOPIC = '${prefix}youtube_watched',
  KEY_FORMAT = 'KAFKA',
  VALUE_FORMAT = '${value_format}'
);

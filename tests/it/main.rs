//! All integration tests, in one binary.

mod youtube_sim;

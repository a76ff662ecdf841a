//! How SQLite carries out the statements that run for every change, alert and message: by an index, each of them.

//! The router at a tx in memory: the laws at the edges, each by name, and whole walks against a plain retelling of
//! every rule.

mod edges;
mod fanout;
mod lists;
mod memory;
mod walks;

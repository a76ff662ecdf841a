//! tubebell: a self-hosted alerting gateway for YouTube numbers.
//!
//! The flow, one module a stage: `source` → `bus` → `detect` and `route` → `store` → `deliver` → `render` → `notify`.

pub mod control;
pub mod detect;
pub mod model;
pub mod notify;
pub mod render;
pub mod route;
pub mod store;

//! tubebell: a self-hosted alerting gateway for YouTube numbers.
//!
//! The flow, one module a stage: `source` → `bus` → `detect` and `route` → `store` → `deliver` → `render` → `notify`.

pub mod app;
pub mod bus;
pub mod cli;
pub mod config;
pub mod control;
pub mod deliver;
pub(crate) mod demo;
pub mod detect;
pub mod draw;
pub(crate) mod files;
pub mod http;
pub mod links;
pub mod model;
pub mod notify;
pub mod pipeline;
pub mod render;
pub mod route;
pub mod source;
pub mod store;
pub mod telemetry;
pub mod web;

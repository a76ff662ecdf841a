//! Promises kept on real services: Kafka, and a Schema Registry. `tests/services/run` starts them and tells where they are;
//! without it, these tests skip themselves.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod away;
mod broker;
mod check;
mod gateway;
mod ksqldb;
mod meaning;
mod parked;
mod poison;
mod registry;
pub(crate) mod services;
pub(crate) mod stream;
mod topic_id;

use std::net::TcpStream;

use broker::Broker;
use serde_json::Value;

use crate::wait::LIMIT;

#[tokio::test]
async fn services_answer() {
    let (Some(kafka), Some(registry)) = (services::kafka(), services::registry()) else { return };
    TcpStream::connect(kafka).unwrap();
    let client = reqwest::Client::builder().timeout(LIMIT).build().unwrap();
    let answer = client.get(format!("{registry}/subjects")).send().await.unwrap();
    let subjects: Value = answer.error_for_status().unwrap().json().await.unwrap();
    assert!(subjects.is_array(), "{subjects}");
}

#[tokio::test]
async fn a_broker_of_ones_own_is_killed_frozen_and_back_where_it_was() {
    let Some(mut broker) = Broker::start().await else { return };
    let address = broker.address();
    broker.freeze().await;
    broker.thaw();
    broker.kill();
    assert!(TcpStream::connect(address).is_err(), "a killed broker is gone");
    broker.restart().await;
    assert_eq!(broker.address(), address);
    TcpStream::connect(address).unwrap();
}

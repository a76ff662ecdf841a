//! The links in mails: where there is a page behind them, and the secret that they are made with.

use std::sync::Arc;

use data_encoding::BASE64;
use rand::RngCore as _;

use super::StartError;
use crate::config::Config;
use crate::links::{Links, SECRET_BYTES};
use crate::store::Shared;

/// Under which name the store keeps the secret.
const KEY: &str = "links:secret";

/// The links of an installation; `None`: there is no page behind them. The secret is made when there is none.
///
/// # Errors
///
/// The store, or a secret in it that is none.
pub async fn links(config: &Config, store: &dyn Shared) -> Result<Option<Arc<Links>>, StartError> {
    let Some(url) = config.links_base() else { return Ok(None) };
    let secret = match store.load(KEY).await? {
        Some(kept) => read(&kept).ok_or_else(|| {
            let line = "the secret of the links in mails can't be read: delete the row `links:secret` of the table \
                        `meta`, which makes all links void that were sent";
            StartError::Other(line.to_owned())
        })?,
        None => {
            let mut secret = [0; SECRET_BYTES];
            rand::rng().fill_bytes(&mut secret);
            store.save(KEY, BASE64.encode(&secret)).await?;
            secret
        }
    };
    Ok(Some(Arc::new(Links::new(url, &secret))))
}

fn read(kept: &str) -> Option<[u8; SECRET_BYTES]> {
    BASE64.decode(kept.as_bytes()).ok()?.try_into().ok()
}

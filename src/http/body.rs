//! Answers of bounded size.

use reqwest::Response;

use super::{Client, Failure};

impl Client {
    /// Reads an answer of at most `max_bytes` (after decompression: a small answer can unpack to a huge one).
    ///
    /// # Errors
    ///
    /// [`super::FailureKind::TooMuch`] when it is longer; other kinds when it does not come to its end.
    pub(crate) async fn read(
        &self,
        mut response: Response,
        max_bytes: usize,
    ) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() > max_bytes => {
                    return Err(Failure::too_much(max_bytes));
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => return Ok(body),
                Err(error) => return Err(Failure::of(error, Some(body.len()), &self.secrets)),
            }
        }
    }
}

//! What is the same of all pictures that go along with a message: never is a message lost with its picture.

use super::SendError;

/// Asks with a picture, if there is one, and once more without where it may be the picture that is refused.
pub(super) async fn with_or_without<T, F>(
    png: Option<&[u8]>,
    ask: impl Fn(Option<Vec<u8>>) -> F,
) -> Result<T, SendError>
where
    F: Future<Output = Result<T, SendError>>,
{
    if let Some(png) = png {
        match ask(Some(png.to_vec())).await {
            Err(refusal) if may_be_of_the_picture(&refusal) => {
                tracing::info!(error = %refusal, "a picture was not taken: its message leaves without it");
            }
            asked => return asked,
        }
    }
    ask(None).await
}

/// Whether a refusal may be of the picture alone: of its size or its form, or of all pictures in that chat. If it is of more,
/// the text is refused for the same reason, and that is what counts.
const fn may_be_of_the_picture(refusal: &SendError) -> bool {
    match refusal {
        SendError::Rejected(_) | SendError::Policy(_) | SendError::Barred(_) => true,
        SendError::Wait { .. }
        | SendError::Deferred { .. }
        | SendError::Held { .. }
        | SendError::Transient(_)
        | SendError::NoConnection(_)
        | SendError::Unreachable(_)
        | SendError::Ambiguous(_)
        | SendError::Gone(_)
        | SendError::Moved(_)
        | SendError::Unauthorized(_) => false,
    }
}

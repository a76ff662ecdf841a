//! What several servers of the simulation need of HTTP: connections that can be cut, who may come in, bodies of several
//! parts, percent-encoding, and pages that load nothing from elsewhere.

mod changes;
mod guard;
mod hint;
mod line;
mod multipart;
mod page;
mod percent;

pub(crate) use changes::changes;
pub(crate) use guard::check;
pub use hint::Hint;
pub(crate) use line::{CuttableStream, Line, Lines};
pub(crate) use multipart::parts;
pub(crate) use page::{Frames, page};
pub(crate) use percent::decode;

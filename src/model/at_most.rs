//! Lists from outside, of which no more is kept than may be.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};

/// The first `MAX` elements of a list, and whether there were more. What is beyond them is read over and kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtMost<T, const MAX: usize> {
    /// The first elements, in their order.
    pub items: Vec<T>,
    /// The list was longer.
    pub has_more: bool,
}

impl<T, const MAX: usize> Default for AtMost<T, MAX> {
    fn default() -> Self {
        AtMost { items: Vec::new(), has_more: false }
    }
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for AtMost<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(First(PhantomData))
    }
}

struct First<T, const MAX: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for First<T, MAX> {
    type Value = AtMost<T, MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut read = AtMost::default();
        while read.items.len() < MAX {
            let Some(item) = list.next_element()? else { return Ok(read) };
            read.items.push(item);
        }
        while list.next_element::<IgnoredAny>()?.is_some() {
            read.has_more = true;
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_kept_than_may_be_and_the_rest_is_noticed() {
        let read = |text: &str| serde_json::from_str::<AtMost<u8, 2>>(text).ok();
        let list = |items: &[u8], has_more| Some(AtMost { items: items.to_vec(), has_more });
        assert_eq!(read("[]"), list(&[], false));
        assert_eq!(read("[1,2]"), list(&[1, 2], false));
        assert_eq!(read("[1,2,{},[[]],\"x\"]"), list(&[1, 2], true));
        for other in ["[1,2,", "[1,{}]", "{}", "null", "[1,2]]"] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}

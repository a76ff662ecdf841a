//! The bytes of a record, read from its beginning. Nothing is allocated for what they claim.

use crate::bus::record::unreadable::Unreadable;

const CUT_OFF: Unreadable = Unreadable::of("the record", "ends too early");

/// What is left to read.
pub(super) struct Input<'a>(pub(super) &'a [u8]);

impl<'a> Input<'a> {
    fn byte(&mut self) -> Result<u8, Unreadable> {
        let (byte, rest) = self.0.split_first().ok_or(CUT_OFF)?;
        self.0 = rest;
        Ok(*byte)
    }

    /// An `int` or a `long`.
    pub(super) fn long(&mut self) -> Result<i64, Unreadable> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed());
            }
        }
        Err(Unreadable::of("a number of the record", "is too large"))
    }

    /// The next `count` bytes.
    pub(super) fn take(&mut self, count: u64) -> Result<&'a [u8], Unreadable> {
        let count = usize::try_from(count).map_err(|_| CUT_OFF)?;
        let (taken, rest) = self.0.split_at_checked(count).ok_or(CUT_OFF)?;
        self.0 = rest;
        Ok(taken)
    }

    /// `bytes`, or the bytes of a `string`.
    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Unreadable> {
        let count = self.long()?;
        self.take(u64::try_from(count).map_err(|_| CUT_OFF)?)
    }

    /// A `string`.
    pub(super) fn text(&mut self) -> Result<&'a str, Unreadable> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Unreadable::of("a text", "is no UTF-8"))
    }

    /// What an index chooses.
    pub(super) fn choice<'s, T>(&mut self, among: &'s [T]) -> Result<&'s T, Unreadable> {
        let index = usize::try_from(self.long()?).ok();
        let chosen = index.and_then(|index| among.get(index));
        chosen.ok_or(Unreadable::of("a choice of the record", "is none of its schema"))
    }
}

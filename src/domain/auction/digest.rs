//! A hash that is the same on any machine: the standard library's `Hash` walks the state, this counts what it sees.
//!
//! Not cryptographic. It finds states that differ; tampering is found by the journal's chain.

use std::hash::Hasher;

/// 64 bits; every number is taken as 64 bits, so neither the width of `usize` nor the byte order shows.
#[derive(Default)]
pub(super) struct Digest(u64);

impl Digest {
    fn take(&mut self, word: u64) {
        // An odd constant and a rotation, so that order and zeros count.
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23).wrapping_add(1);
    }
}

impl Hasher for Digest {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            for (to, from) in word.iter_mut().zip(chunk) {
                *to = *from;
            }
            self.take(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, number: u8) {
        self.take(u64::from(number));
    }

    fn write_u16(&mut self, number: u16) {
        self.take(u64::from(number));
    }

    fn write_u32(&mut self, number: u32) {
        self.take(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.take(number);
    }

    fn write_usize(&mut self, number: usize) {
        self.take(u64::try_from(number).unwrap_or(u64::MAX));
    }

    fn write_i64(&mut self, number: i64) {
        self.take(number.cast_unsigned());
    }

    fn write_isize(&mut self, number: isize) {
        self.write_i64(i64::try_from(number).unwrap_or(i64::MAX));
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 31)
    }
}

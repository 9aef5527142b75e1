//! Random numbers that can be repeated: SplitMix64 from a seed that is printed.

/// A source of numbers, each determined by the seed and its place.
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    /// The sequence that belongs to `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A separate sequence for one part of the work, such as a connection, so
    /// that the order of threads does not matter.
    pub(crate) fn branch(&self, number: u64) -> Self {
        Self(self.0 ^ (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// A number in `low..high`.
    pub(crate) fn within(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low).max(1)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

//! The specification's ways to draw (clauses 2.1.6 and 4.3.2).

use cairn_base::seam::Rng;
use cairn_base::seam::sim::SimRng;

use super::Size;

/// The constants C of the non-uniform distribution. For last names, load and run have to differ by a delta that the
/// specification allows: 65 to 119, not 96 or 112.
const C_LAST_LOAD: i32 = 157;
const C_LAST_RUN: i32 = 223;
const C_CUSTOMER: i32 = 259;
const C_ITEM: i32 = 7911;

const SYLLABLES: [&str; 10] = ["BAR", "OUGHT", "ABLE", "PRI", "PRES", "ESE", "ANTI", "CALLY", "ATION", "EING"];
const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// A source of everything random.
#[derive(Debug)]
pub(super) struct Random(SimRng);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(SimRng::new(seed))
    }

    /// From `least` to `most`, both included.
    pub(super) fn between(&mut self, least: i32, most: i32) -> i32 {
        let width = u64::from(most.abs_diff(least)) + 1;
        least + i32::try_from(self.0.below(width)).expect("it is below the width")
    }

    pub(super) fn percent(&mut self, share: i32) -> bool {
        self.between(1, 100) <= share
    }

    /// NURand(A, x, y).
    fn uneven(&mut self, a: i32, c: i32, least: i32, most: i32) -> i32 {
        let mixed = self.between(0, a) | self.between(least, most);
        (mixed + c) % (most - least + 1) + least
    }

    pub(super) fn customer(&mut self, size: Size) -> i32 {
        self.uneven(1023, C_CUSTOMER, 1, size.customers)
    }

    pub(super) fn item(&mut self, size: Size) -> i32 {
        self.uneven(8191, C_ITEM, 1, size.items)
    }

    /// A last name that some customer of every district has.
    pub(super) fn name_to_find(&mut self, size: Size) -> String {
        last_name(self.uneven(255, C_LAST_RUN, 0, size.customers.min(1000) - 1))
    }

    /// The last name of a customer when loading: the first thousand have one each.
    pub(super) fn name_to_load(&mut self, customer: i32) -> String {
        if customer <= 1000 { last_name(customer - 1) } else { last_name(self.uneven(255, C_LAST_LOAD, 0, 999)) }
    }

    /// Letters and digits.
    pub(super) fn text(&mut self, least: i32, most: i32) -> String {
        let length = self.between(least, most);
        (0..length).map(|_| char::from(LETTERS[self.0.below(LETTERS.len() as u64) as usize])).collect()
    }

    /// Digits.
    pub(super) fn digits(&mut self, length: i32) -> String {
        (0..length).map(|_| char::from(b'0' + self.0.below(10) as u8)).collect()
    }

    pub(super) fn zip(&mut self) -> String {
        self.digits(4) + "11111"
    }

    /// Text in which one of ten says that it is an original.
    pub(super) fn data(&mut self) -> String {
        let text = self.text(26, 50);
        if self.percent(10) { format!("{}ORIGINAL{}", &text[..9], &text[17..]) } else { text }
    }

    /// The numbers 1 to `count` in random order.
    pub(super) fn permutation(&mut self, count: i32) -> Vec<i32> {
        let mut numbers: Vec<i32> = (1..=count).collect();
        for place in (1..numbers.len()).rev() {
            numbers.swap(place, self.0.below(place as u64 + 1) as usize);
        }
        numbers
    }
}

/// The last name with a number from 0 to 999.
fn last_name(number: i32) -> String {
    [number / 100, number / 10 % 10, number % 10].map(|digit| SYLLABLES[digit as usize]).concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_specification() {
        assert_eq!(last_name(371), "PRICALLYOUGHT");
        assert_eq!(last_name(40), "BARPRESBAR");
    }

    #[test]
    fn everything_stays_in_its_bounds() {
        let (mut random, size) = (Random::new(7), Size { warehouses: 1, customers: 30, items: 100 });
        for _ in 0..10_000 {
            assert!((1..=30).contains(&random.customer(size)));
            assert!((1..=100).contains(&random.item(size)));
            assert!((26..=50).contains(&random.data().len()));
        }
        let mut permutation = random.permutation(50);
        permutation.sort_unstable();
        assert!(permutation.into_iter().eq(1..=50));
        assert_eq!((C_LAST_RUN - C_LAST_LOAD, random.digits(4).len()), (66, 4));
    }
}

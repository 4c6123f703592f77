//! Which spaces exist, under which internal number, and which dropped ones still have rows lying around.

use std::collections::BTreeMap;

use cairn_engine_api::{EngineError, SpaceId, Timestamp};

use crate::keys::Number;

/// The engine's spaces. Stored as one record, atomically with the batch that changes it.
///
/// ```text
///  next number u32 | live count u32 | live: space id u32, number u32 | dropped count u32 | dropped: number u32, at u64
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Catalog {
    next: Number,
    live: BTreeMap<SpaceId, Number>,
    dropped: BTreeMap<Number, Timestamp>,
}

impl Default for Catalog {
    fn default() -> Self {
        Self { next: Number(1), live: BTreeMap::new(), dropped: BTreeMap::new() }
    }
}

impl Catalog {
    /// The number of a space that exists.
    pub(crate) fn find(&self, space: SpaceId) -> Result<Number, EngineError> {
        self.live.get(&space).copied().ok_or(EngineError::NoSuchSpace(space))
    }

    /// The spaces that exist.
    pub(crate) fn live(&self) -> impl ExactSizeIterator<Item = (SpaceId, Number)> + '_ {
        self.live.iter().map(|(space, number)| (*space, *number))
    }

    /// Dropped spaces whose rows may not be erased yet, and when they were dropped.
    pub(crate) fn dropped(&self) -> impl Iterator<Item = (Number, Timestamp)> + '_ {
        self.dropped.iter().map(|(number, at)| (*number, *at))
    }

    /// Creates a space; says whether it was missing. Fails when four billion spaces have come and gone.
    pub(crate) fn create(&mut self, space: SpaceId) -> Result<bool, EngineError> {
        if self.live.contains_key(&space) {
            return Ok(false);
        }
        if self.next == Number(u32::MAX) {
            return Err(EngineError::Library {
                context: format!("create {space:?}"),
                message: "all internal space numbers have been used".to_owned(),
            });
        }
        self.live.insert(space, self.next);
        self.next = Number(self.next.0 + 1);
        Ok(true)
    }

    /// Drops a space; says whether it was there.
    pub(crate) fn drop_space(&mut self, space: SpaceId, at: Timestamp) -> bool {
        let number = self.live.remove(&space);
        number.is_some_and(|number| self.dropped.insert(number, at).is_none())
    }

    /// Forgets a dropped space after its last row was erased.
    pub(crate) fn forget(&mut self, number: Number) {
        self.dropped.remove(&number);
    }

    /// The stored form.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut put = |word: u32| out.extend_from_slice(&word.to_le_bytes());
        put(self.next.0);
        put(self.live.len() as u32);
        for (space, number) in &self.live {
            put(space.0);
            put(number.0);
        }
        put(self.dropped.len() as u32);
        for (number, at) in &self.dropped {
            put(number.0);
            put(at.0 as u32);
            put((at.0 >> 32) as u32);
        }
        out
    }

    /// Reads the stored form; `None` when the bytes are anything else.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (words, rest) = bytes.as_chunks::<4>();
        if !rest.is_empty() {
            return None;
        }
        let mut words = words.iter().map(|word| u32::from_le_bytes(*word));
        let mut catalog = Self { next: Number(words.next()?), ..Self::default() };
        for _ in 0..words.next()? {
            catalog.live.insert(SpaceId(words.next()?), Number(words.next()?));
        }
        for _ in 0..words.next()? {
            let number = Number(words.next()?);
            let at = u64::from(words.next()?) | u64::from(words.next()?) << 32;
            catalog.dropped.insert(number, Timestamp(at));
        }
        words.next().is_none().then_some(catalog)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_space_created_again_gets_a_new_number() {
        let mut catalog = Catalog::default();
        assert!(catalog.create(SpaceId(5)).expect("numbers are left"));
        assert!(!catalog.create(SpaceId(5)).expect("it exists"));
        let first = catalog.find(SpaceId(5)).expect("it exists");
        assert!(catalog.drop_space(SpaceId(5), Timestamp(7)));
        assert!(!catalog.drop_space(SpaceId(5), Timestamp(8)));
        assert!(matches!(catalog.find(SpaceId(5)), Err(EngineError::NoSuchSpace(SpaceId(5)))));
        assert!(catalog.create(SpaceId(5)).expect("numbers are left"));
        assert_ne!(catalog.find(SpaceId(5)).expect("it exists"), first);
        assert_eq!(catalog.dropped().collect::<Vec<_>>(), [(first, Timestamp(7))]);
    }

    #[test]
    fn the_last_number_is_refused() {
        let mut catalog = Catalog { next: Number(u32::MAX), ..Catalog::default() };
        assert!(catalog.create(SpaceId(1)).is_err());
    }

    proptest! {
        #[test]
        fn the_stored_form_brings_everything_back(steps in prop::collection::vec((0..2u8, 0..9u32, any::<u64>()), 0..40)) {
            let mut catalog = Catalog::default();
            for (kind, space, at) in steps {
                match kind {
                    0 => drop(catalog.create(SpaceId(space)).expect("numbers are left")),
                    _ => drop(catalog.drop_space(SpaceId(space), Timestamp(at))),
                }
            }
            let bytes = catalog.encode();
            prop_assert_eq!(Catalog::decode(&bytes), Some(catalog));
            for cut in 0..bytes.len() {
                prop_assert_eq!(Catalog::decode(&bytes[..cut]), None);
            }
        }
    }
}

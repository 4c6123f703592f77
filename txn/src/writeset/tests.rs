use std::collections::BTreeMap;

use super::*;
use proptest::prelude::*;

const SPACES: [SpaceId; 2] = [SpaceId(1), SpaceId(300)];

type Model = BTreeMap<(SpaceId, Vec<u8>), Option<Vec<u8>>>;

fn model_of(writes: &WriteSet) -> Model {
    writes.iter().map(|(space, key, value)| ((space, key.to_vec()), value.map(<[u8]>::to_vec))).collect()
}

#[derive(Clone, Debug)]
enum Step {
    Write(usize, u16, Option<u8>),
    Mark,
    Rollback,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => (0..2usize, 0..400u16, proptest::option::of(any::<u8>())).prop_map(|(s, k, v)| Step::Write(s, k, v)),
        2 => Just(Step::Mark),
        1 => Just(Step::Rollback),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn behaves_like_a_map_with_undo(steps in proptest::collection::vec(step(), 1..3000)) {
        let mut writes = WriteSet::default();
        let mut model = Model::new();
        let mut marks = vec![(writes.mark(), model.clone())];
        for step in steps {
            match step {
                Step::Write(space, key, value) => {
                    let key = key.to_be_bytes();
                    let value = value.map(|byte| vec![byte; 3]);
                    writes.write(SPACES[space], &key, value.as_deref());
                    model.insert((SPACES[space], key.to_vec()), value);
                }
                Step::Mark => marks.push((writes.mark(), model.clone())),
                Step::Rollback => {
                    let (mark, then) = marks.last().expect("the first mark stays").clone();
                    writes.rollback(mark);
                    model = then;
                    if marks.len() > 1 {
                        marks.pop();
                    }
                }
            }
        }
        prop_assert_eq!(&model_of(&writes), &model);
        for ((space, key), value) in &model {
            prop_assert_eq!(writes.get(*space, key), Some(value.as_deref()));
        }
    }

    #[test]
    fn scans_like_a_map(keys in proptest::collection::btree_set(0..2000u16, 0..1200), low in 0..2000u16, high in 0..2000u16,
                        low_in: bool, high_in: bool) {
        let mut writes = WriteSet::default();
        for key in &keys {
            writes.write(SPACES[0], &key.wrapping_mul(977).to_be_bytes(), Some(b"v"));
            writes.write(SPACES[1], &key.to_be_bytes(), None);
        }
        let (low, high) = (low.to_be_bytes(), high.to_be_bytes());
        let range = KeyRange { start: end(low_in, &low), end: end(high_in, &high) };
        let expected: Vec<Vec<u8>> =
            keys.iter().map(|key| key.to_be_bytes().to_vec()).filter(|key| range.contains(key)).collect();
        let scan = |direction| writes.scan(SPACES[1], range, direction).map(|(key, _)| key.to_vec()).collect::<Vec<_>>();
        prop_assert_eq!(&scan(Direction::Forward), &expected);
        let mut backward = scan(Direction::Backward);
        backward.reverse();
        prop_assert_eq!(&backward, &expected);
    }
}

fn end(is_inside: bool, key: &[u8]) -> Bound<&[u8]> {
    if is_inside { Bound::Included(key) } else { Bound::Excluded(key) }
}

#[test]
fn appending_in_order_fills_chunks() {
    let mut writes = WriteSet::default();
    for key in 0..100_000u32 {
        writes.write(SPACES[0], &key.to_be_bytes(), Some(b""));
    }
    let all = writes.scan(SPACES[0], KeyRange::ALL, Direction::Forward).count();
    assert_eq!(all, 100_000);
}

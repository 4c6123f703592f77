use cairn_base::SpaceId;
use cairn_engine_api::{Op, SpaceOptions};
use proptest::prelude::*;

use super::*;

fn options() -> SpaceOptions {
    SpaceOptions { settings: vec![("fillfactor".into(), "90".into()), ("größe".into(), String::new())] }
}

fn sample() -> Arc<[u8]> {
    let space = SpaceId(0x0100_0002);
    let bytes = RecordWriter::create_len(&options())
        + RecordWriter::put_len(3, 300)
        + RecordWriter::delete_len(200)
        + RecordWriter::drop_len();
    let mut record = RecordWriter::new(bytes);
    record.create(space, &options());
    record.put(space, b"key", &[7; 300]);
    record.delete(space, &[8; 200]);
    record.drop(SpaceId(5));
    record.finish(Timestamp(77))
}

#[test]
fn what_was_written_is_read() {
    let record = sample();
    let view = RecordView::parse(&record).expect("own record");
    assert_eq!((view.at(), view.len()), (Timestamp(77), 4));
    let space = SpaceId(0x0100_0002);
    let ops: Vec<_> = view.ops().collect::<Result<_, _>>().expect("own record");
    let expected = [
        Op::CreateSpace { space, options: options() },
        Op::Put { space, key: b"key", value: &[7; 300] },
        Op::Delete { space, key: &[8; 200] },
        Op::DropSpace { space: SpaceId(5) },
    ];
    assert_eq!(ops, expected);
}

#[test]
fn the_format_does_not_change_by_accident() {
    let mut record = RecordWriter::new(RecordWriter::put_len(1, 2) + RecordWriter::delete_len(1));
    record.put(SpaceId(0x0100_0002), b"k", b"vw");
    record.delete(SpaceId(3), b"d");
    let bytes = record.finish(Timestamp(0x0102_0304_0506_0708));
    let expected: &[u8] = &[
        1, 0, 0, 0, 2, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1, // header
        3, 2, 0, 0, 1, 1, 2, b'k', b'v', b'w', // put
        4, 3, 0, 0, 0, 1, b'd', // delete
    ];
    assert_eq!(&*bytes, expected);
}

#[test]
fn every_cut_is_noticed() {
    let record = sample();
    for len in 0..record.len() {
        let read = RecordView::parse(&record[..len]).and_then(|view| view.ops().collect::<Result<Vec<_>, _>>());
        assert!(read.is_err(), "cut at {len}");
    }
    let mut longer = record.to_vec();
    longer.push(0);
    let read: Result<Vec<_>, _> = RecordView::parse(&longer).expect("header").ops().collect();
    assert_eq!(read, Err(RecordError::Tail(record.len())));
}

proptest! {
    #[test]
    fn foreign_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(view) = RecordView::parse(&bytes) {
            let _ = view.ops().count();
        }
    }

    #[test]
    fn flipped_bytes_never_panic(at in 0usize..16 + 600, flip in 1u8..) {
        let mut bytes = sample().to_vec();
        let at = at % bytes.len();
        bytes[at] ^= flip;
        if let Ok(view) = RecordView::parse(&bytes) {
            let _ = view.ops().count();
        }
    }

    #[test]
    fn lengths_round_trip(value: u32) {
        let mut bytes = [0; 5];
        let taken = varint::write(&mut bytes, value);
        prop_assert_eq!(taken, varint::len(value));
        prop_assert_eq!(varint::read(&bytes[..taken]), Some((value, taken)));
        prop_assert_eq!(varint::read(&bytes[..taken - 1]), None);
    }
}

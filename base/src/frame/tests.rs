use super::*;

const SEED: FrameSeed = FrameSeed(7);

fn framed(payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    encode(SEED, 3, &[payload], &mut out);
    out
}

#[test]
fn round_trip_with_trailing_bytes() {
    let mut bytes = framed(b"payload");
    bytes.extend_from_slice(b"more");
    let frame = decode(SEED, &bytes).expect("a frame");
    assert_eq!(frame, Frame { kind: 3, payload: b"payload" });
    assert_eq!(frame.frame_bytes(), bytes.len() - 4);
}

#[test]
fn parts_are_one_payload() {
    let mut out = b"before".to_vec();
    encode(SEED, 1, &[b"ab", b"", b"c"], &mut out);
    assert_eq!(decode(SEED, &out[6..]).expect("a frame").payload, b"abc");
}

#[test]
fn every_cut_is_incomplete() {
    let bytes = framed(b"payload");
    for cut in 0..bytes.len() {
        let error = decode(SEED, &bytes[..cut]).expect_err("a cut frame");
        assert!(matches!(error, FrameError::Incomplete { need, have } if have == cut && need > cut), "{cut}: {error}");
    }
}

#[test]
fn every_flipped_bit_is_corrupt_and_says_where() {
    let bytes = framed(b"payload");
    for bit in 0..bytes.len() * 8 {
        let mut bad = bytes.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        let expected =
            if bit / 8 < FRAME_HEADER_BYTES { FrameError::CorruptHeader } else { FrameError::CorruptPayload };
        assert_eq!(decode(SEED, &bad), Err(expected), "bit {bit}");
    }
}

#[test]
fn a_frame_of_another_life_never_passes() {
    let bytes = framed(b"payload");
    for seed in (0..1000).map(FrameSeed).filter(|&seed| seed != SEED) {
        assert_eq!(decode(seed, &bytes), Err(FrameError::CorruptHeader));
    }
}

#[test]
fn zeroed_space_is_not_a_frame() {
    for seed in 0..1000 {
        assert_eq!(decode(FrameSeed(seed), &[0; 64]), Err(FrameError::CorruptHeader));
    }
}

#[test]
#[should_panic(expected = "kind 0")]
fn kind_zero_is_refused() {
    encode(SEED, 0, &[], &mut Vec::new());
}

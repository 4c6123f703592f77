use proptest::prelude::*;

use super::*;

fn decoded(bytes: &[u8]) -> Result<Frontend<'_>, ProtocolError> {
    next(bytes)?.expect("a whole message").decode()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind];
    bytes.extend_from_slice(&(body.len() as u32 + 4).to_be_bytes());
    bytes.extend_from_slice(body);
    bytes
}

#[test]
fn query_is_text_up_to_zero() {
    let bytes = message(b'Q', b"select 1\0");
    assert_eq!(decoded(&bytes), Ok(Frontend::Query("select 1")));
    assert_eq!(next(&bytes).map(|frame| frame.map(|frame| frame.length)), Ok(Some(bytes.len())));
}

#[test]
fn incomplete_messages_wait() {
    let bytes = message(b'Q', b"select 1\0");
    for cut in 0..bytes.len() {
        assert_eq!(next(&bytes[..cut]), Ok(None), "cut at {cut}");
    }
}

#[test]
fn bind_gives_back_its_values() {
    let body = b"p\0s\0\0\x01\0\x01\0\x02\0\0\0\x04\0\0\0\x07\xff\xff\xff\xff\0\x01\0\x01";
    let bytes = message(b'B', body);
    let Ok(Frontend::Bind(bind)) = decoded(&bytes) else { panic!("no Bind") };
    assert_eq!((bind.portal, bind.statement), ("p", "s"));
    assert_eq!(bind.parameter_formats.iter().collect::<Vec<_>>(), [1]);
    assert_eq!(bind.parameters.iter().collect::<Vec<_>>(), [Some(&[0, 0, 0, 7][..]), None]);
    assert_eq!(bind.result_formats.iter().collect::<Vec<_>>(), [1]);
}

#[test]
fn a_value_longer_than_its_message_is_refused() {
    let body = b"p\0s\0\0\0\0\x01\x7f\0\0\0abc\0\0";
    assert_eq!(decoded(&message(b'B', body)), Err(ProtocolError::TooShort));
}

#[test]
fn leftover_bytes_are_refused() {
    assert_eq!(decoded(&message(b'S', b"x")), Err(ProtocolError::Leftover));
}

#[test]
fn lengths_are_checked_before_waiting_for_bytes() {
    assert_eq!(next(b"S\0\0\0\x03"), Err(ProtocolError::Length));
    assert_eq!(next(b"S\x7f\xff\xff\xff"), Err(ProtocolError::Length));
    assert_eq!(next(b"~\0\0\0\x04"), Err(ProtocolError::UnknownType(b'~')));
}

#[test]
fn startup_lists_its_parameters() {
    let mut body = (3u32 << 16).to_be_bytes().to_vec();
    body.extend_from_slice(b"user\0ada\0\0");
    let mut bytes = (body.len() as u32 + 4).to_be_bytes().to_vec();
    bytes.extend_from_slice(&body);
    let parameters = vec![("user".to_owned(), "ada".to_owned())];
    assert_eq!(startup(&bytes), Ok(Some((Startup::Session { version: 3 << 16, parameters }, bytes.len()))));
}

proptest! {
    #[test]
    fn any_bytes_are_decoded_refused_or_waited_for(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(Some(frame)) = next(&bytes) {
            prop_assert!(frame.length <= bytes.len());
            if let Ok(Frontend::Bind(bind)) = frame.decode() {
                prop_assert_eq!(bind.parameters.iter().count(), bind.parameters.len());
            }
        }
        if let Ok(Some((_, length))) = startup(&bytes) {
            prop_assert!(length <= bytes.len());
        }
    }

    #[test]
    fn any_body_of_any_message_is_decoded_or_refused(kind in any::<u8>(), body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let bytes = message(kind, &body);
        if let Some(frame) = next(&bytes).unwrap_or(None) {
            let _ = frame.decode();
        }
        prop_assert!(!matches!(next(&bytes), Ok(None)));
    }
}

use super::*;

#[test]
fn only_what_was_packed_is_unpacked() {
    for wrong in [&b""[..], b"\0", b"A=1", b"A=1\0B\0", b"\xff=1\0"] {
        assert_eq!(unpack(wrong), None, "{wrong:?}");
    }
}

proptest::proptest! {
    #[test]
    fn what_was_packed_is_unpacked(
        variables in proptest::collection::btree_map("[^=\0]+", proptest::collection::vec(1u8.., 0..9), 1..9)
    ) {
        let variables = variables.into_iter();
        let env: Environment = variables
            .map(|(name, value)| (name, OsString::from_vec(value)))
            .collect();
        proptest::prop_assert_eq!(unpack(&pack(&env)), Some(env));
    }
}

#[test]
fn capture_sees_this_process() {
    assert!(capture().get("PATH").is_some());
}

use super::*;
use proptest::prelude::*;

#[test]
fn ids_have_discords_length_and_contain_their_time() {
    let id = SnowflakeGenerator::default().next(1_792_000_000_123);
    assert_eq!(id.to_string().len(), 19);
    assert_eq!(id.unix_ms(), 1_792_000_000_123);
}

proptest! {
    #[test]
    fn ids_strictly_increase(times in prop::collection::vec(0u64..4_000_000_000_000, 1..50)) {
        let mut generator = SnowflakeGenerator::default();
        let ids: Vec<_> = times.into_iter().map(|time| generator.next(time)).collect();
        prop_assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn text_and_back(id: u64) {
        prop_assert_eq!(Snowflake::new(id).to_string().parse(), Ok(Snowflake::new(id)));
    }
}

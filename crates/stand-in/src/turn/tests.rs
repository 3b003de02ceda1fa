use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn chunks_add_up_to_the_text(text in "\\PC{0,2000}") {
        prop_assert_eq!(chunks(&text).collect::<String>(), text);
    }

    #[test]
    fn the_number_of_chunks_is_limited(length in 0_usize..100_000) {
        prop_assert!(chunks(&"x".repeat(length)).count() <= 401);
    }
}

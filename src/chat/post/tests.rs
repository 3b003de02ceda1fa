use super::*;

#[test]
fn keys_are_short_and_plain() {
    let key = PostKey::cut_off(MessageId(u64::MAX), 3);
    assert_eq!(key.as_str(), "cffffffffffffffff.3");
    assert!(key.as_str().len() <= PostKey::LONGEST);
    assert_eq!(
        PostKey::new("5f0c3c9e-5b6e-4b43-8a57-2f4f2f0d3a11").as_str(),
        "5f0c3c9e-5b6e-4b43-8"
    );
    assert_eq!(PostKey::new("a b/\u{e4}\n").as_str(), "ab");
}

//! `active.json`: whatever stands there is kept, and what is a record is read.

#![no_main]

use libfuzzer_sys::fuzz_target;
use switchboard::registry::Document;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut document) = Document::parse(bytes) else {
        return;
    };
    let text = document.to_text().expect("what was read can be written");
    let again = Document::parse(text.as_bytes()).expect("and read again");
    assert_eq!(again.to_text().expect("as before"), text);
    assert!(again.repeated().is_empty(), "a key was written twice");
    let records: Vec<_> = document.records().collect();
    let odd = document.unreadable().count();
    for (channel, record) in &records {
        assert!(!record.session_id.is_empty());
        assert!(record.total_cost_usd.is_finite());
        document.put(*channel, record).expect("a record can be written");
        assert_eq!(document.get(*channel).as_ref(), Some(record), "a record changed on the way");
    }
    assert_eq!(document.unreadable().count(), odd, "a stranger's entry was touched");
    let text = document.to_text().expect("as before");
    let again = Document::parse(text.as_bytes()).expect("as before");
    assert_eq!(again.to_text().expect("as before"), text);
});

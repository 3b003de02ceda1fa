//! `active.json`: all entries are kept, and records are read.

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
    let unreadable = document.unreadable().count();
    for (channel, record) in &records {
        assert!(!record.session_id.is_empty());
        document.put(*channel, record).expect("a record can be written");
        assert_eq!(document.get(*channel).as_ref(), Some(record), "a record was not read back as written");
    }
    assert_eq!(document.unreadable().count(), unreadable, "another entry was changed");
    let text = document.to_text().expect("as before");
    let again = Document::parse(text.as_bytes()).expect("as before");
    assert_eq!(again.to_text().expect("as before"), text);
});

//! Files that come with messages: whatever is in one, what Claude is shown of it is within the API's bounds.

#![no_main]

use libfuzzer_sys::fuzz_target;
use switchboard::{attachments::fuzzing, external::FileContent};

fuzz_target!(|file: &[u8]| {
    match fuzzing::content(file) {
        FileContent::Image(media) => {
            assert!(["image/png", "image/jpeg"].contains(&media.media_type.as_str()));
            // 1 MiB in base64.
            assert!(media.base64.len() <= 1_398_104, "{}", media.base64.len());
        }
        FileContent::Document(media) => {
            assert!(file.starts_with(b"%PDF-"));
            assert_eq!(media.media_type, "application/pdf");
        }
        FileContent::Text(text) => assert_eq!(text.as_bytes(), file),
        FileContent::None | FileContent::Unseen(_) => {}
        FileContent::Words(words) => panic!("nobody pasted {words:?}"),
    }
});

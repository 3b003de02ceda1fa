//! The CLI's stdout as it arrives: split at newlines whatever the chunks, and never more kept than allowed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use switchboard::claude::process::split_lines;

fuzz_target!(|input: (u8, &[u8], &[u8])| {
    let (limit, cuts, bytes) = input;
    let limit = usize::from(limit);
    let whole = split_lines(limit, &[bytes]);
    let mut chunks = Vec::new();
    let mut rest = bytes;
    for cut in cuts {
        let (chunk, after) = rest.split_at(usize::from(*cut).min(rest.len()));
        chunks.push(chunk);
        rest = after;
    }
    chunks.push(rest);
    assert_eq!(split_lines(limit, &chunks), whole, "chunks made a difference");
    let ends = bytes.iter().filter(|byte| **byte == b'\n').count();
    assert!(whole.len() == ends || whole.len() == ends + 1);
    for line in &whole {
        match line {
            // A byte that is no UTF-8 becomes three.
            Ok(line) => assert!(line.len() <= 3 * limit && !line.contains('\n')),
            Err(length) => assert!(*length > limit as u64),
        }
    }
});

use proptest::prelude::*;

use super::*;

fn line(text: &str) -> Piece {
    Piece::Line(Bytes::copy_from_slice(text.as_bytes()))
}

fn feed(lines: &mut Lines, chunk: &[u8]) -> Vec<Piece> {
    let mut chunk = Bytes::copy_from_slice(chunk);
    std::iter::from_fn(|| lines.next(&mut chunk)).collect()
}

#[test]
fn lines_are_split_across_chunks() {
    let mut lines = Lines::new(100);
    assert_eq!(feed(&mut lines, b"{\"a\":\"\xc3"), []);
    assert_eq!(
        feed(&mut lines, b"\xa4\"}\n\nnext"),
        [line("{\"a\":\"ä\"}"), line("")]
    );
    assert_eq!(lines.finish(), Some(line("next")));
    assert_eq!(lines.finish(), None);
}

#[test]
fn invalid_utf8_is_replaced_byte_by_byte() {
    let mut lines = Lines::new(100);
    assert_eq!(feed(&mut lines, b"a\xffb\n"), [line("a?b")]);
    assert_eq!(
        feed(&mut lines, b"\xc3\xa4\xff\xf0\x9f\x98 \xc3\n"),
        [line("ä???? ?")]
    );
}

#[test]
fn a_line_that_is_too_long_is_dropped_alone() {
    let mut lines = Lines::new(4);
    assert_eq!(feed(&mut lines, b"12345"), []);
    assert_eq!(
        feed(&mut lines, b"678\n1234\n12345\n"),
        [
            Piece::TooLong { bytes: 8 },
            line("1234"),
            Piece::TooLong { bytes: 5 }
        ]
    );
    assert_eq!(feed(&mut lines, b"12345"), []);
    assert_eq!(lines.finish(), Some(Piece::TooLong { bytes: 5 }));
}

#[test]
fn a_line_within_a_chunk_is_not_copied() {
    let mut chunk = Bytes::from_static(b"{\"a\":1}\n{");
    let whole = chunk.clone();
    let Some(Piece::Line(line)) = Lines::new(100).next(&mut chunk) else {
        panic!("no line")
    };
    assert_eq!(line.as_ptr(), whole.as_ptr());
}

#[test]
fn a_tail_keeps_the_end() {
    let mut tail = Tail::new(5);
    tail.feed(b"abc");
    tail.feed(b"defg");
    assert_eq!(tail.text(), "cdefg");
    tail.feed(b"0123456789");
    assert_eq!(tail.text(), "56789");
}

proptest! {
    #[test]
    fn chunking_makes_no_difference(bytes in prop::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..300),
                                    cuts in prop::collection::vec(0usize..300, 0..10)) {
        let whole = {
            let mut lines = Lines::new(50);
            let mut pieces = feed(&mut lines, &bytes);
            pieces.extend(lines.finish());
            pieces
        };
        let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let mut lines = Lines::new(50);
        let mut pieces = Vec::new();
        for pair in cuts.windows(2) {
            pieces.extend(feed(&mut lines, &bytes[pair[0]..pair[1]]));
        }
        pieces.extend(lines.finish());
        prop_assert_eq!(pieces, whole);
    }
}

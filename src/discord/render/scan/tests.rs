//! How a text is divided.

use super::*;

fn scan(text: &str) -> Vec<Chunk> {
    let (mut scanner, mut chunks) = (Scanner::default(), Vec::new());
    for line in text.split_inclusive('\n') {
        scanner.read(
            line.trim_end_matches('\n'),
            line.ends_with('\n'),
            &mut chunks,
        );
    }
    scanner.finish(&mut chunks);
    chunks
}

fn prose(text: &str) -> Vec<String> {
    let prose = scan(text).into_iter().filter_map(|chunk| match chunk {
        Chunk::Prose(prose) => Some(prose.text),
        _ => None,
    });
    prose.collect()
}

#[test]
fn prose_is_divided_between_blocks() {
    assert_eq!(prose("a\nb\n\nc\n"), ["a\nb\n\n", "c\n"]);
    assert_eq!(prose("- a\n\n  b\n\nc"), ["- a\n\n  b\n\n", "c"]);
    assert_eq!(prose("a\n> b\n> c\nd"), ["a\n", "b\nc\n", "d"]);
    assert_eq!(prose("<!-- a\n\nb -->\n\nc"), ["<!-- a\n\nb -->\n\n", "c"]);
}

#[test]
fn long_prose_is_divided_anywhere() {
    let text = "word ".repeat(LONGEST);
    assert_eq!(
        prose(&format!("{text}\n{text}")).concat(),
        format!("{text}\n{text}")
    );
    let rows = "| a | b |\n".repeat(LONGEST / 4);
    let chunks = prose(&format!("| x | y |\n|---|---|\n{rows}"));
    assert!(chunks.len() > 2);
    for chunk in chunks {
        assert!(
            chunk.starts_with("| x | y |\n|---|---|\n| a"),
            "{}",
            &chunk[..40]
        );
    }
}

#[test]
fn code_is_closed_as_it_was_opened() {
    let lines = |text: &str| {
        let code = scan(text).into_iter().filter_map(|chunk| match chunk {
            Chunk::Code { line, .. } => Some(line),
            _ => None,
        });
        code.collect::<Vec<_>>()
    };
    assert_eq!(lines("````\n```\na\n```\n````\nb"), ["```", "a", "```"]);
    assert_eq!(lines("~~~\n```\n~~~"), ["```"]);
    assert_eq!(lines("  ```\n  a\n    b\n c\n  ```"), ["a", "  b", "c"]);
    assert_eq!(lines("> ```\n> a\nb"), ["a"]);
    assert_eq!(lines("$$\na\n$$\n$$ b $$"), ["a", "b"]);
}

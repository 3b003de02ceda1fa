//! Answers within limits.

use super::*;
use crate::discord::render::LIMIT;

fn rendered(text: &str) -> Rendered {
    render_answer(text, &Options::default(), &Limits::default())
}

fn code(lines: usize) -> String {
    let lines: Vec<_> = (1..=lines)
        .map(|n| {
            format!(
                "let x{n} = {n};
"
            )
        })
        .collect();
    lines.concat()
}

#[test]
fn a_short_answer_has_no_files() {
    let text = format!("Words.\n\n```rust\n{}```\nMore.\n", code(60));
    assert_eq!(
        rendered(&text),
        Rendered {
            pages: vec![text],
            files: Vec::new()
        }
    );
}

#[test]
fn a_long_block_of_code_becomes_a_file() {
    let text = format!(
        "Words.\n\n```rust\n{}```\nMore.\n\n~~~\n{}~~~",
        code(61),
        code(200)
    );
    let Rendered { pages, files } = rendered(&text);
    let names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["code-1.rs", "code-2.txt"]);
    assert_eq!(files[0].content, code(61).into_bytes());
    assert_eq!(files[1].content, code(200).into_bytes());
    let shown = pages.concat();
    assert!(
        shown.contains("```rust\nlet x1 = 1;\nlet x2 = 2;\nlet x3 = 3;\n"),
        "{shown}"
    );
    assert!(
        shown.contains("more lines are in the attached file* `code-1.rs`\nMore."),
        "{shown}"
    );
    assert!(shown.ends_with("`code-2.txt`"), "{shown}");
    assert!(!shown.contains("let x200"), "{shown}");
}

#[test]
fn of_long_lines_three_are_shown() {
    let line = format!("{}\n", "x".repeat(900));
    let Rendered { pages, files } = rendered(&format!("```\n{}```", line.repeat(61)));
    assert_eq!(pages.concat().matches("xx").count(), 3 * 450);
    assert_eq!(files.len(), 1);
}

#[test]
fn code_that_is_never_closed_is_shortened_too() {
    let Rendered { pages, files } = rendered(&format!("> ```py\n{}", "> a\n".repeat(100)));
    assert_eq!(files[0].name, "code-1.py");
    assert_eq!(files[0].content, "a\n".repeat(100).into_bytes());
    assert!(pages[0].contains("> ```\n> *"), "{pages:?}");
}

#[test]
fn a_long_answer_is_shown_to_a_paragraph_and_attached() {
    let text = "Some words in a paragraph.\n\n".repeat(1000);
    let Rendered { pages, files } = rendered(&text);
    assert_eq!(files[0].name, "answer.md");
    assert_eq!(files[0].content, text.into_bytes());
    assert!(pages.len() <= 4, "{}", pages.len());
    let last = pages.last().unwrap();
    assert!(
        last.ends_with("paragraph.\n\nThe full answer is in the attached file."),
        "{last}"
    );
}

#[test]
fn a_long_answer_that_is_cut_within_code_closes_it() {
    let limits = Limits {
        answer_chars: 500,
        code_lines: 1000,
    };
    let text = format!("```rust\n{}```", code(200));
    let Rendered { pages, files } = render_answer(&text, &Options::default(), &limits);
    assert_eq!(files.len(), 1);
    assert!(
        pages[0].ends_with(";\n```\n\nThe full answer is in the attached file."),
        "{pages:?}"
    );
    let text = "x".repeat(3 * LIMIT);
    assert_eq!(
        render_answer(&text, &Options::default(), &limits)
            .files
            .len(),
        1
    );
}

//! Answers within limits.

use super::*;
use crate::discord::render::LIMIT;

fn rendered(text: &str) -> Rendered {
    render_answer(text, &AnswerLimits::default())
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
        shown.contains("more line is in the attached file* `code-1.rs`\nMore."),
        "{shown}"
    );
    assert!(shown.ends_with("`code-2.txt`"), "{shown}");
    assert!(!shown.contains("let x200"), "{shown}");
}

#[test]
fn long_preformatted_text_becomes_a_file() {
    let one = "*1 more line is in the attached file* `code-1.txt`";
    for (end, shown, in_file) in [
        ("</pre>\nMore.", format!("{one}\nMore."), ""),
        ("</code></pre> More.", format!("{one}\nMore."), ""),
        (
            "let y;</pre> More.\n",
            "*2 more lines are in the attached file* `code-1.txt`\nMore.\n".into(),
            "let y;\n",
        ),
        ("", format!("{one}\n"), ""),
    ] {
        let Rendered { pages, files } = rendered(&format!("<pre>\n{}{end}", code(61)));
        let shown = format!("let x60 = 60;\n```\n{shown}");
        assert!(pages.concat().ends_with(&shown), "{end:?}: {pages:?}");
        assert_eq!(files[0].content, (code(61) + in_file).into_bytes());
        assert_eq!(files.len(), 1);
    }
}

#[test]
fn a_file_is_named_as_the_answer_names_it() {
    let lines = code(61);
    let text = format!(
        "Change `src/main.rs`:\n\n```rust\n{lines}```\n```rust\n{lines}```\n\
        > In `main.rs`:\n> ~~~\n{}> ~~~\n```toml Cargo.toml\n{lines}```\nRun it on `data.csv`:\n```py\n{lines}```\n",
        "> a\n".repeat(61)
    );
    let Rendered { pages, files } = rendered(&text);
    let names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "main.rs",
            "code-2.rs",
            "main-2.rs",
            "Cargo.toml",
            "code-5.py"
        ]
    );
    assert!(pages.concat().contains("in the attached file* `main.rs`"));
}

#[test]
fn of_a_long_block_the_first_lines_are_shown() {
    let Rendered { pages, files } = rendered(&format!("```py\n{}```\nMore.", code(100)));
    let shown = pages.concat();
    assert!(
        shown.contains("let x60 = 60;\n```\n*40 more lines"),
        "{shown}"
    );
    assert!(!shown.contains("let x61"), "{shown}");
    assert_eq!(files[0].name, "code-1.py");
}

#[test]
fn code_beyond_the_limit_is_in_its_own_file_too() {
    let line = format!("{}\n", "x".repeat(900));
    let Rendered { pages, files } = rendered(&format!("```\n{}```", line.repeat(61)));
    assert!(pages.concat().matches("xx").count() >= 6 * 450);
    let names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["code-1.txt", "answer.md"]);
}

#[test]
fn discord_takes_the_files_of_many_blocks() {
    let block = format!("```\n{}```\n", "a\n".repeat(70));
    let Rendered { files, .. } = rendered(&block.repeat(20));
    assert_eq!(files.len(), 10);
    assert_eq!(files[9].name, "answer.md");
}

/// Answers that reach all limits.
fn long_answers() -> [String; 6] {
    [
        "Some words in a paragraph.\n\n".repeat(400),
        "word ".repeat(3_000),
        format!(
            "Words.\n\n```rust\n{}```\n{}",
            code(90),
            "more words ".repeat(700)
        ),
        format!("> ```py\n{}\nafter\n", "> a\n".repeat(100)),
        format!("<pre>\n{}</pre>\n{}", code(90), "more words ".repeat(700)),
        format!("| a | b |\n|---|---|\n{}", "| some | cells |\n".repeat(500)),
    ]
}

#[test]
fn nothing_beyond_the_limits_is_shown_while_an_answer_grows() {
    for text in long_answers() {
        let end = rendered(&text);
        let mut answer = AnswerRenderer::new(&AnswerLimits::default());
        let mut last: Vec<String> = Vec::new();
        let characters: Vec<char> = text.chars().collect();
        for part in characters.chunks(61) {
            answer.push(&part.iter().collect::<String>());
            let pages = answer.pages();
            assert!(!pages.concat().contains("let x61"));
            let final_pages = last.len().saturating_sub(1);
            assert_eq!(pages[..final_pages], last[..final_pages]);
            if pages.len() >= last.len() {
                last = pages;
            }
        }
        assert_eq!(answer.finish(&text), end);
        assert!(!end.files.is_empty());
        assert_eq!(last.len(), end.pages.len());
        assert_eq!(last[..last.len() - 1], end.pages[..last.len() - 1]);
        assert!(end.pages.concat().chars().count() < 6_500);
    }
}

/// One paragraph, one item of a list with many below it, one quote, tables in columns and in lines, and preformatted
/// text.
fn long_blocks() -> [String; 7] {
    let sentence = "A sentence with `code`, **bold words** and more of them. ";
    let rows = |cells: &str| -> String {
        let row = |n| format!("| {n} | row {n} {cells} |\n");
        (0..5_600 / row(100).len()).map(row).collect()
    };
    let wide = format!("of this wide table, {sentence}| and more of it");
    let items: Vec<_> = (0..140)
        .map(|n| format!("  - item {n} of *this* list, which is long"))
        .collect();
    [
        sentence.repeat(90),
        sentence.repeat(90).replace(". ", ".\n"),
        format!("- The first\n{}", items.join("\n")),
        format!("> {}", sentence.repeat(90)),
        format!(
            "| # | name | state |\n|--:|---|---|\n{}",
            rows("of this table | done")
        ),
        format!("| # | What | Why |\n|---|---|---|\n{}", rows(&wide)),
        format!(
            "<pre>\n{}</pre>\n",
            format!("a line of a {}log\n", "long ".repeat(17)).repeat(57)
        ),
    ]
}

#[test]
fn a_long_paragraph_or_item_grows_beyond_its_first_page() {
    for text in long_blocks() {
        let end = rendered(&text);
        assert!(end.pages.len() >= 3, "{}", end.pages.len());
        let mut answer = AnswerRenderer::new(&AnswerLimits::default());
        let mut most = 0;
        let characters: Vec<char> = text.chars().collect();
        for part in characters.chunks(37) {
            answer.push(&part.iter().collect::<String>());
            let pages = answer.pages();
            assert!(pages.len() >= most, "{text}");
            most = pages.len();
            let full = most - 1;
            assert_eq!(pages[..full], end.pages[..full]);
        }
        // A page is full once a link that has begun could not move its end.
        assert!(most + 1 >= end.pages.len(), "{most}: {text}");
        assert_eq!(answer.finish(&text), end);
    }
}

#[test]
fn the_last_page_says_that_a_file_comes() {
    let mut answer = AnswerRenderer::new(&AnswerLimits::default());
    answer.push(&format!("```rust\n{}", code(61)));
    assert!(
        answer.pages()[0].ends_with("let x60 = 60;\n```\n*The rest of this code comes as a file.*")
    );
    answer.push("```\n");
    assert!(answer.pages()[0].contains("*1 more line is in the attached file* `code-1.rs`"));
    answer.push(&"word ".repeat(2_000));
    let pages = answer.pages();
    assert!(
        pages
            .last()
            .unwrap()
            .ends_with("word\n\n*The rest comes as a file.*")
    );
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
    let limits = AnswerLimits {
        answer_chars: 500,
        code_lines: 1000,
        ..AnswerLimits::default()
    };
    let text = format!("```rust\n{}```", code(200));
    let Rendered { pages, files } = render_answer(&text, &limits);
    assert_eq!(files.len(), 1);
    assert!(
        pages[0].ends_with(";\n```\n\nThe full answer is in the attached file."),
        "{pages:?}"
    );
    let text = "x".repeat(3 * LIMIT);
    assert_eq!(render_answer(&text, &limits).files.len(), 1);
}

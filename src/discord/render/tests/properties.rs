//! What holds of any text.

use proptest::prelude::*;

use super::{check, check_growing, model::seen, options};
use crate::discord::render::{
    AnswerLimits, AnswerRenderer, Completeness, LIMIT, PageOptions, Renderer, clean, render,
    render_answer, units,
};

/// A part of a text, in markup and characters that make rendering hard.
fn part() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-zA-Z ,.!?]{0,40}",
        1 => "[a-zA-Z0-9 \\n*_~|`#>\\-\\[\\]()<>&;:!$\\\\^+=/]{0,30}",
        2 => prop::sample::select(&[
            "\n", "\n\n", " ", "\t", "```", "```rust\n", "\n```\n", "~~~", "\n~~~\n", "````\n", "> ", "\n> ", "\n>>> ", "- ",
            "\n1. ", "    ", "`", "``", "[", "](", ")", "https://a.b/", "👩‍👩‍👧‍👦", "🇨🇭", "\u{301}", "\u{200d}", "人人", "。", "مرحبا",
            "\n# ", "\\", "\u{a0}", "\u{2028}", "**", "*", "__", "||", "~~", "***", "\n#### ", "\n---\n", "\n===\n", "\n- [ ] ",
            "| a | b |\n|---|--:|\n| 1 | 2 |\n", "\n|", "<b>", "</b>", "<br>", "<details>\n<summary>", "</summary>", "<!--", "-->",
            "$$", "\n$$\n", "\\(", "\\)", "[^1]", "\n[^1]: ", "![", "&lt;", "\u{1b}[31m", "<kbd>", "<pre>", "</pre>\n", "\n\n    ",
        ][..]).prop_map(str::to_owned),
        1 => (1..200_usize, prop::sample::select(&["x", "`", "~", ">", " ", "\n", "😀", "\u{301}", "#", "*", "|"][..]))
            .prop_map(|(count, what)| what.repeat(count)),
    ]
}

fn words() -> impl Strategy<Value = String> {
    "[a-z]{1,12}( [a-z]{1,12}){0,30}"
}

/// Words with marks around some of them.
fn marked() -> impl Strategy<Value = String> {
    let mark = prop::sample::select(&["**", "*", "__", "~~", "||", "`", "***"][..]);
    let marked = (mark, words(), words(), any::<bool>()).prop_map(|(mark, one, two, nests)| {
        if nests && mark == "**" {
            format!("{mark}{one} *{two}*{mark}")
        } else if nests && mark != "`" && mark != "***" {
            format!("{mark}{one} `{two}` **b c d** {one}{mark}")
                .replace("**b c d**", if mark == "*" { "e" } else { "*b c d*" })
        } else {
            format!("{mark}{one}{mark}")
        }
    });
    prop::collection::vec(prop_oneof![words().boxed(), marked.boxed()], 1..6)
        .prop_map(|parts| parts.join(" "))
}

fn block() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => marked().prop_map(|words| words + "."),
        1 => marked().prop_map(|words| format!("# {words}")),
        1 => prop::collection::vec(marked(), 1..6).prop_map(|items| format!("- {}", items.join("\n- "))),
        1 => prop::collection::vec(marked(), 1..4).prop_map(|items| format!("> {}", items.join("\n> "))),
        1 => "```(rust|)\n(( {0,8}[a-z]{1,12} = [0-9]{1,9};){1,2}\n{1,2}){1,20}```",
        1 => "> ```\n(> [a-z]{1,12} = [0-9]{1,9};\n){1,12}> ```",
        1 => "\\| a \\| b \\|\n\\|---\\|---\\|\n(\\| [a-z]{1,9} \\| [a-z]{1,9} \\|\n){1,9}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, max_shrink_iters: 1024, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_rendered_well(parts in prop::collection::vec(part(), 0..40), limit in 20..300_usize) {
        check(&clean(&parts.concat().replace(['<', '^', '&', '!', '#'], "")), limit);
    }

    #[test]
    fn any_text_is_rendered_well_at_any_limit(parts in prop::collection::vec(part(), 100..200), limit in 20..=LIMIT) {
        for page in render(&parts.concat(), &options(limit), Completeness::Final) {
            prop_assert!(units(&page) <= limit, "{} of {limit}: {page:?}", units(&page));
            super::model::blocks(&page);
        }
    }

    #[test]
    fn every_character_is_seen_as_it_was_meant(blocks in prop::collection::vec(block(), 1..8), limit in 150..600_usize) {
        let text = blocks.join("\n\n");
        let whole: Vec<_> = check(&text, 1_000_000).iter().flat_map(|page| seen(page)).collect();
        let shown: Vec<_> = check(&text, limit).iter().flat_map(|page| seen(page)).collect();
        if !text.contains("|---|") {
            prop_assert_eq!(shown, whole);
        }
    }

    #[test]
    fn final_pages_stay(parts in prop::collection::vec(part(), 1..60), limit in 40..200_usize) {
        check_growing(&parts, limit);
    }

    #[test]
    fn final_pages_of_answers_stay(blocks in prop::collection::vec(block(), 1..12), cuts in prop::collection::vec(1..200_usize, 1..60)) {
        let text = blocks.join("\n\n");
        let mut rest: Vec<char> = text.chars().collect();
        let mut parts = Vec::new();
        for cut in cuts {
            let tail = rest.split_off(cut.min(rest.len()));
            parts.push(std::mem::replace(&mut rest, tail).into_iter().collect());
        }
        parts.push(rest.into_iter().collect());
        check_growing(&parts, 300);
    }

    #[test]
    fn full_pages_of_growing_answers_stay(
        parts in prop::collection::vec(prop_oneof![part().boxed(), block().prop_map(|block| block + "\n\n").boxed()], 1..25),
        limit in 100..400_usize,
        step in 10..200_usize,
        code_lines in 1..20_usize,
    ) {
        let text: String = parts.iter().map(|part| clean(part).into_owned()).collect();
        let limits = AnswerLimits { page: options(limit), answer_chars: 2_000, code_lines };
        let end = render_answer(&text, &limits);
        let mut answer = AnswerRenderer::new(&limits);
        let characters: Vec<char> = text.chars().collect();
        for part in characters.chunks(step) {
            answer.push(&part.iter().collect::<String>());
            let pages = answer.pages();
            let full = pages.len().saturating_sub(1);
            prop_assert!(full <= end.pages.len(), "{full} pages are full, {:?}", &end.pages);
            prop_assert_eq!(&pages[..full], &end.pages[..full]);
        }
        prop_assert_eq!(answer.finish(&text), end);
    }

    #[test]
    fn a_plain_answer_stays_as_it_is(blocks in prop::collection::vec(block(), 1..5)) {
        let text = blocks.join("\n\n");
        if !text.contains("|---|") {
            prop_assert_eq!(render(&text, &options(1_000_000), Completeness::Final), [text]);
        }
    }

    #[test]
    fn pages_render_as_themselves(blocks in prop::collection::vec(block(), 1..8)) {
        for page in check(&blocks.join("\n\n"), 400) {
            prop_assert_eq!(render(&page, &options(400), Completeness::Final), [page]);
        }
    }

    #[test]
    fn prose_fills_its_pages(paragraphs in prop::collection::vec("([a-z]{1,12}[,.]? ){1,80}[a-z]{1,12}\\.", 1..12), limit in 100..=LIMIT) {
        let pages = check(&paragraphs.join("\n\n"), limit);
        for page in pages.iter().rev().skip(1) {
            prop_assert!(units(page) >= limit / 3, "{} of {limit}", units(page));
        }
    }

    #[test]
    fn words_are_not_cut(words in prop::collection::vec("[a-z]{1,20}", 1..200), limit in 20..200_usize) {
        let split: Vec<String> =
            check(&words.join(" "), limit).iter().flat_map(|m| m.split(' ')).map(str::to_owned).collect();
        prop_assert_eq!(split, words);
    }
}

/// Counts what is looked at, not time: twice the text may take twice the work, in whatever parts it comes.
#[test]
fn the_work_is_linear_in_the_text() {
    const SIZE: usize = 1 << 18;
    for pattern in [
        "word ",
        "x",
        "\n",
        "a line of words\n",
        "- an item\n",
        "> quoted\n",
        "**bold** ",
        "**",
        "`a` ",
        "[a](https://b.c) ",
        "| a | b |\n",
        "a\n\n",
        "e\u{301}",
        "<b>",
        "1. a\n   ",
    ] {
        for opening in ["", "```rust\n", "| a | b |\n|---|---|\n"] {
            let text = pattern.repeat(SIZE / pattern.len());
            let mut renderer = Renderer::new(&PageOptions::default());
            renderer.push(opening);
            let mut rest = text.as_str();
            while !rest.is_empty() {
                let (token, more) = rest.split_at(rest.ceil_char_boundary(4));
                renderer.push(token);
                rest = more;
            }
            let work = renderer.work();
            assert!(
                work <= 12 * text.len(),
                "{work} for {} bytes of {pattern:?}",
                text.len()
            );
            assert!(
                renderer.held() <= 40_000,
                "{} bytes are held of {pattern:?}",
                renderer.held()
            );
        }
    }
}

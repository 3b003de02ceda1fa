use super::*;
use crate::{
    chat::{Card, CardField, PostFile},
    discord::render::AnswerLimits,
    redact::Secret,
};

const SECRET: &str = "hunter2-hunter2";

fn redactor() -> PostRedactor {
    let redactor = Arc::new(Redactor::new(&[Secret::new("canary", SECRET)]));
    PostRedactor::new(&redactor, ChannelId(1))
}

#[test]
fn every_part_of_a_post_is_redacted() {
    let said = || format!("it is {SECRET}");
    let card = Card {
        title: said(),
        text: said(),
        fields: vec![CardField {
            name: said(),
            value: said(),
            is_inline: false,
        }],
        footer: said(),
        color: None,
    };
    let file = |content: Vec<u8>| PostFile {
        name: said(),
        content,
    };
    let files = vec![file(said().into_bytes()), file(vec![0xff])];
    for body in [Body::Text(said()), Body::Card(card)] {
        let post = Post {
            body,
            files: files.clone(),
            ..Post::default()
        };
        let post = redactor().redact(&PostKey::new("a"), post);
        assert!(!format!("{post:?}").contains(SECRET), "{post:?}");
        assert_eq!(post.files[0].content, b"it is [redacted]");
        assert_eq!(post.files[1].content, [0xff]);
    }
}

#[test]
fn every_version_lacks_the_second_part_of_a_split_secret() {
    let (first, second) = SECRET.split_at(7);
    let mut redactor = redactor();
    let text = |post: Post| match post.body {
        Body::Text(text) | Body::Answer(text) => text,
        Body::Card(_) => unreachable!(),
    };
    let (one, two) = (PostKey::new("one"), PostKey::new("two"));
    redactor.redact(&one, Post::text(first));
    let expected = text(redactor.redact(&two, Post::text(second)));
    assert!(!expected.contains(second), "{expected}");
    redactor.redact(&PostKey::new("three"), Post::text("else"));
    let longer = text(redactor.redact(&two, Post::text(format!("{second} and more"))));
    assert!(!longer.contains(second), "{longer}");
}

#[test]
fn a_secret_with_control_sequences_in_it_is_redacted() {
    let said = |text: String| {
        let mut redactor = redactor();
        let post = redactor.redact(&PostKey::new("a"), Post::text(text));
        let pages = redactor.redact_pages(crate::discord::reconciler::page::pages(
            post,
            &AnswerLimits::default(),
        ));
        pages.into_iter().map(|page| page.text).collect::<String>()
    };
    let (first, second) = SECRET.split_at(7);
    for between in [
        "\u{1b}[31m",
        "\u{7}",
        "\u{9b}0m",
        "\u{1b}]8;;http://a.b\u{7}",
        "\u{1b}[01;31m\u{1b}[K",
    ] {
        let text = said(format!("it is {first}{between}{second}."));
        assert_eq!(text, "it is [redacted].", "{between:?}");
    }
    let text = said(format!("```ansi\n{first}\u{1b}[31m{second}\n```"));
    assert_eq!(text, "```ansi\n[redacted]\u{1b}[31m\n```");
}

#[test]
fn an_answer_that_ends_within_a_secret_does_not_show_its_beginning() {
    let (first, second) = SECRET[..13].split_at(7);
    for (text, expected) in [
        (
            format!("```ansi\n{first}\u{1b}[31m{second}"),
            "```ansi\n[redacted]",
        ),
        (
            format!("```ansi\n{first}\u{1b}[31m{second}\u{1b}[0m\n```\n"),
            "```ansi\n[redacted]\n```\n",
        ),
        (format!("it is `{first}{second}`"), "it is `[redacted]`"),
    ] {
        let post = redactor().redact(&PostKey::new("a"), Post::answer(text));
        assert_eq!(post.body, Body::Answer(expected.into()));
    }
}

#[test]
fn a_secret_with_marks_in_it_that_rendering_drops_is_redacted() {
    let (first, second) = SECRET.split_at(7);
    for text in [
        format!("it is {first}<!-- -->{second}."),
        format!("it is {first}<span>{second}</span>."),
        format!("| a |\n|---|\n| *{first}*{second} |"),
    ] {
        let mut redactor = redactor();
        let post = redactor.redact(
            &PostKey::new("a"),
            Post::text(&*text).replying_to(Some(crate::snowflake::MessageId(7))),
        );
        let pages = redactor.redact_pages(crate::discord::reconciler::page::pages(
            post,
            &AnswerLimits::default(),
        ));
        assert!(pages[0].text.contains("[redacted]"), "{pages:?}");
        assert!(!pages[0].text.contains(second), "{pages:?}");
        assert!(pages[0].notify);
    }
}

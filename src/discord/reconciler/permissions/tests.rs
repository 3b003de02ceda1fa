use super::*;
use crate::chat::{Body, CardField, Post, PostFile};
use crate::discord::{reconciler::page, render::AnswerLimits};

fn page(body: Body, files: Vec<PostFile>) -> Page {
    let post = Post {
        body,
        files,
        ..Post::default()
    };
    page::pages(post, &AnswerLimits::default()).remove(0)
}

fn card() -> Body {
    Body::Card(Card {
        title: "Working".into(),
        text: "step 1".into(),
        fields: vec![CardField {
            name: "Model".into(),
            value: "sonnet".into(),
            is_inline: true,
        }],
        footer: "2 s".into(),
        color: Some(1),
    })
}

fn file() -> PostFile {
    PostFile {
        name: "a.txt".into(),
        content: b"hello".to_vec(),
    }
}

#[test]
fn a_refused_card_becomes_text_for_a_while() {
    let mut permissions = Permissions::default();
    let now = Instant::now();
    let page = page(card(), Vec::new());
    let fitted = permissions.fit(page.clone(), now);
    assert_eq!(fitted, std::slice::from_ref(&page));
    let missing = permissions.refused(&page, now);
    assert_eq!(missing, Some(MissingPermission::EmbedLinks));
    let [fitted] = &permissions.fit(page.clone(), now)[..] else {
        panic!("more than one page")
    };
    assert_eq!(fitted.card, None);
    assert_eq!(fitted.text, "**Working**\nstep 1\n**Model** sonnet\n-# 2 s");
    assert_eq!(permissions.fit(page.clone(), now + OPEN_FOR), [page]);
}

#[test]
fn a_refused_file_is_named_beside_the_text() {
    let mut permissions = Permissions::default();
    let now = Instant::now();
    let page = page(Body::Text("z".repeat(1_990)), vec![file()]);
    assert!(!permissions.drops_files(&page, now));
    let missing = permissions.refused(&page, now);
    assert_eq!(missing, Some(MissingPermission::AttachFiles));
    assert!(permissions.drops_files(&page, now));
    let fitted = permissions.fit(page, now);
    assert!(fitted.iter().all(|page| page.files.is_empty()));
    // No text is lost for the note.
    let text: String = fitted.iter().map(|page| page.text.as_str()).collect();
    assert_eq!(text.matches('z').count(), 1_990);
    assert!(
        text.contains("`a.txt`") && text.contains("Attach Files"),
        "{text}"
    );
}

#[test]
fn refused_text_is_not_blamed_on_what_it_lacks() {
    let mut permissions = Permissions::default();
    let page = page(Body::Text("hello".into()), Vec::new());
    assert_eq!(permissions.refused(&page, Instant::now()), None);
}

use axum::body::Bytes;

use super::*;

fn payload(attachments: &Value, files: usize) -> Payload {
    let file = |index| File {
        field: format!("files[{index}]"),
        name: format!("{index}.txt"),
        size: 1,
        content_type: None,
    };
    Payload {
        json: json!({ "attachments": attachments }),
        files: (0..files).map(file).collect(),
        contents: vec![Bytes::from_static(b"x"); files],
    }
}

fn existing() -> Vec<Attachment> {
    let attachment = |id: u64| Attachment {
        id: id.into(),
        name: "old.txt".to_owned(),
        size: 1,
        content_type: None,
        description: None,
        is_voice: false,
    };
    [100, 200].map(attachment).to_vec()
}

/// Checks which attachments stay, and the names of the new ones; `None` is an error.
#[track_caller]
fn check(attachments: &Value, files: usize, expected: Option<(Option<&[u64]>, &[&str])>) {
    let mut errors = FormErrors::default();
    let found = super::check(&payload(attachments, files), &existing(), 3, &mut errors);
    let Some((keep, names)) = expected else {
        assert!(errors.into_result().is_err(), "{attachments}");
        return;
    };
    assert!(errors.into_result().is_ok(), "{attachments}");
    let kept: Option<Vec<_>> = found
        .keep
        .map(|ids| ids.iter().map(|id| id.get()).collect());
    assert_eq!(kept.as_deref(), keep, "{attachments}");
    let added: Vec<_> = found.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(added, names, "{attachments}");
}

#[test]
fn attachments_name_what_stays_and_describe_what_is_new() {
    check(&Value::Null, 1, Some((None, &["0.txt"])));
    check(&json!([]), 0, Some((Some(&[]), &[])));
    check(&json!([{ "id": "200" }]), 0, Some((Some(&[200]), &[])));
    let both = json!([{ "id": "100" }, { "id": 0, "filename": "new.txt" }]);
    check(&both, 1, Some((Some(&[100]), &["new.txt"])));
}

#[test]
fn wrong_attachments_are_errors() {
    check(&json!([{ "id": "300" }]), 0, None);
    check(&json!([{}]), 0, None);
    check(&json!("all"), 0, None);
    check(&json!([{ "id": "100" }]), 1, None);
    check(&Value::Null, 2, None);
    check(
        &json!([{ "id": 0, "description": "d".repeat(1025) }]),
        1,
        None,
    );
}

#[test]
fn the_media_type_follows_the_name() {
    let kind = |name: &str| media_type(name);
    assert_eq!(kind("a.b.PNG").as_deref(), Some("image/png"));
    assert_eq!(kind("a.weird"), None);
    assert_eq!(kind("png"), None);
}

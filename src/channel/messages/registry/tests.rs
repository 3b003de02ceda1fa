use super::*;

#[test]
fn issues_are_explained_without_paths() {
    let path = std::path::PathBuf::from("/secret/place");
    let corrupt = |copy, fallback| LoadIssue::Corrupt {
        path: path.clone(),
        reason: "EOF".into(),
        copy,
        fallback,
    };
    let good = registry_issues(&[corrupt(Ok(path.clone()), Fallback::Backup(1))]).unwrap();
    assert!(good.contains("its backup of 1 session.") && good.contains("Nothing was deleted"));
    let bad = registry_issues(&[corrupt(Err("full".into()), Fallback::Salvaged(2))]).unwrap();
    assert!(bad.contains("2 sessions that could still be read") && bad.contains("restart me"));
    assert!(!good.contains("/secret") && !bad.contains("/secret"));
    let log_only = LoadIssue::Uncounted { turns: 3 };
    assert_eq!(registry_issues(&[log_only]), None);
    assert_eq!(registry_issues(&[]), None);
}

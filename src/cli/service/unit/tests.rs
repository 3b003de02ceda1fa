use super::*;

fn packaged() -> Unit<'static> {
    Unit {
        account: Some("switchboard"),
        program: Path::new("/usr/bin/switchboard"),
        config: Path::new("/etc/switchboard/config.json"),
        folder: Path::new("/var/lib/switchboard"),
        token: Path::new("/etc/switchboard/token"),
    }
}

/// The lines of a unit without its comments.
fn settings(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.starts_with('#')).collect()
}

#[test]
fn the_packages_paths_make_the_packages_unit() {
    let text = packaged().text().unwrap();
    assert!(text.starts_with(MARK));
    assert_eq!(settings(&text), settings(TEMPLATE));
}

#[test]
fn a_user_service_lacks_what_only_the_system_can_do() {
    let own = Unit {
        account: None,
        ..packaged()
    };
    let text = own.text().unwrap();
    for key in FOR_SYSTEM {
        assert!(TEMPLATE.contains(&format!("\n{key}=")), "{key}");
        assert!(!text.contains(&format!("\n{key}=")), "{key}: {text}");
    }
    for line in [
        "WantedBy=default.target",
        "NoNewPrivileges=yes",
        "Type=notify",
    ] {
        assert!(settings(&text).contains(&line), "{line}: {text}");
    }
}

#[test]
fn root_keeps_its_capabilities() {
    let root = Unit {
        account: Some("root"),
        ..packaged()
    };
    let text = root.text().unwrap();
    assert!(text.contains("\nUser=root\n"), "{text}");
    assert!(!text.contains("\nCapabilityBoundingSet"), "{text}");
}

#[test]
fn odd_paths_are_written_as_systemd_reads_them() {
    let odd = Unit {
        program: Path::new("/opt/my bot/50%/$x/\"y\""),
        folder: Path::new("/srv/my bot/50%"),
        ..packaged()
    };
    let text = odd.text().unwrap();
    for line in [
        r#"ExecStart="/opt/my bot/50%%/$$x/\"y\"" run --config /etc/switchboard/config.json --log json"#,
        "WorkingDirectory=/srv/my bot/50%%",
    ] {
        assert!(settings(&text).contains(&line), "{line}: {text}");
    }
    for path in ["/a\nUser=root", "/a\\"] {
        let broken = Unit {
            token: Path::new(path),
            ..packaged()
        };
        assert!(broken.text().is_err(), "{path:?}");
    }
}

#[test]
fn a_folder_that_would_be_read_only_is_made_writable() {
    for (folder, line) in [
        ("/srv/bot", None),
        ("/etcetera", None),
        ("/etc/my bot", Some(r#"ReadWritePaths="-/etc/my bot""#)),
        ("/usr/local/bot", Some("ReadWritePaths=-/usr/local/bot")),
    ] {
        let unit = Unit {
            folder: Path::new(folder),
            ..packaged()
        };
        let text = unit.text().unwrap();
        let found = text.lines().find(|it| it.starts_with("ReadWritePaths"));
        assert_eq!(found, line, "{folder}");
    }
}

#[test]
fn the_tokens_file_is_looked_for_before_a_start() {
    let unit = Unit {
        token: Path::new("/srv/my bot/50%"),
        ..packaged()
    };
    let text = unit.text().unwrap();
    assert!(
        settings(&text).contains(&"AssertPathExists=/srv/my bot/50%%"),
        "{text}"
    );
}

#[test]
fn what_would_break_the_clis_sandbox_stays_off() {
    for key in [
        "RestrictNamespaces",
        "ProtectProc",
        "ProcSubset",
        "ProtectHostname",
        "ProtectKernelTunables",
        "ProtectKernelLogs",
        "ProtectControlGroups",
        "MemoryDenyWriteExecute",
        "RestrictSUIDSGID",
    ] {
        assert!(!TEMPLATE.contains(&format!("\n{key}=")), "{key}");
    }
}

use super::*;
use crate::cli::finding::for_people;

const LOG: &str = "journalctl -u switchboard -n 50";

fn report(found: Found, shown: &str) -> String {
    for_people(&judged(Path::new("/etc/x.service"), found, shown, LOG))
}

#[test]
fn a_service_that_runs_is_told_with_its_status() {
    let shown = "FragmentPath=/etc/x.service\nUnitFileState=enabled\nActiveState=active\nSubState=running\n\
                 StatusText=Connected to Discord\nActiveEnterTimestamp=Mon 2026-11-30 12:00:00 UTC\n";
    assert_eq!(
        report(Found::Current, shown),
        "ok   unit            /etc/x.service\n\
         ok   enabled         starts by itself\n\
         ok   state           active since Mon 2026-11-30 12:00:00 UTC: Connected to Discord\n\
         ok   log             `journalctl -u switchboard -n 50`\n"
    );
}

#[test]
fn what_is_amiss_is_told_with_what_to_do() {
    let nothing = report(Found::Nothing, "FragmentPath=\n");
    assert!(
        nothing.contains("FAIL unit ") && nothing.contains("service install"),
        "{nothing}"
    );
    let packaged = report(Found::Nothing, "FragmentPath=/usr/lib/x.service\n");
    assert!(
        packaged.contains("ok   unit            /usr/lib/x.service"),
        "{packaged}"
    );
    let failed = "UnitFileState=disabled\nActiveState=failed\nSubState=failed\nResult=exit-code\n";
    let failed = report(Found::Outdated, failed);
    for words in [
        "warn unit            /etc/x.service differs",
        "warn enabled         does not start by itself (disabled)",
        "FAIL state           failed (failed, exit-code)",
    ] {
        assert!(failed.contains(words), "{failed}");
    }
    assert!(report(Found::Foreign, "").contains("did not write"));
    let before_a_start = "ActiveState=inactive\nAssertResult=no\nAssertTimestamp=\n";
    let before_a_start = report(Found::Current, before_a_start);
    assert!(!before_a_start.contains("token"), "{before_a_start}");
    let without_token =
        "ActiveState=inactive\nAssertResult=no\nAssertTimestamp=Mon 2026-11-30 12:00:00 UTC\n";
    let without_token = report(Found::Current, without_token);
    assert!(
        without_token.contains("FAIL state           inactive: the token's file was missing"),
        "{without_token}"
    );
}

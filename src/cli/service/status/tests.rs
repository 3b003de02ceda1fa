use super::*;
use crate::cli::finding::for_people;

fn report(found: Found, shown: &str) -> String {
    report_to(found, shown, true)
}

fn report_to(found: Found, shown: &str, is_root: bool) -> String {
    let file = Path::new("/etc/x.service");
    for_people(&judged(file, found, shown, false, is_root))
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

#[test]
fn advice_is_about_the_unit_that_is_there() {
    const INSTALL: &str = "`switchboard service install`";
    const ENABLE: &str = "`systemctl enable --now switchboard`";
    let packaged =
        "FragmentPath=/usr/lib/x.service\nUnitFileState=disabled\nActiveState=inactive\n";
    let report = report_to(Found::Nothing, packaged, true);
    assert_eq!(report.matches(ENABLE).count(), 2, "{report}");
    assert!(!report.contains(INSTALL), "{report}");
    let own = "FragmentPath=/etc/x.service\nUnitFileState=disabled\nActiveState=inactive\n";
    let report = report_to(Found::Own, own, false);
    assert!(report.starts_with("ok   unit "), "{report}");
    let advice = format!("as root, {INSTALL}");
    assert_eq!(report.matches(&advice).count(), 2, "{report}");
    assert_eq!(report.matches(INSTALL).count(), 2, "{report}");
    let nothing = report_to(Found::Nothing, "FragmentPath=\n", false);
    assert!(nothing.contains(&advice), "{nothing}");
}

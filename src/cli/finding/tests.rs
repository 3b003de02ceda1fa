use super::*;

fn found() -> [Finding; 3] {
    [
        Finding::ok("token", "accepted"),
        Finding::warning("disk", "nearly full\nin two places")
            .why("records need room")
            .mend("make room"),
        Finding {
            mended: true,
            ..Finding::error("files", "too open")
                .why("")
                .mend("chmod 600 x")
        },
    ]
}

#[test]
fn people_read_what_why_and_how_to_mend() {
    assert_eq!(
        for_people(&found()),
        "ok   token           accepted\n\
         warn disk            nearly full\n                     in two places\n                     \
         why:  records need room\n                     mend: make room\n\
         done files           too open\n"
    );
}

#[test]
fn programs_read_one_object_a_finding() {
    assert_eq!(
        for_programs(&found()),
        "{\"check\":\"token\",\"severity\":\"ok\",\"what\":\"accepted\"}\n\
         {\"check\":\"disk\",\"severity\":\"warning\",\"what\":\"nearly full\\nin two places\",\
         \"why\":\"records need room\",\"mend\":\"make room\"}\n\
         {\"check\":\"files\",\"severity\":\"error\",\"what\":\"too open\",\"mend\":\"chmod 600 x\",\"mended\":true}\n"
    );
}

#[test]
fn what_is_mended_counts_no_more() {
    let [ok, warning, mended] = found();
    assert!(ok.is(Severity::Ok) && warning.is(Severity::Warning));
    assert!(!mended.is(Severity::Error));
}

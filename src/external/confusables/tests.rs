use super::*;

fn read(text: &str) -> String {
    letters(text).iter().map(|found| found.base).collect()
}

#[test]
fn the_words_match_themselves() {
    assert_eq!(read("external content").as_bytes(), WORDS);
    assert_eq!(read("EXTERNAL CONTENT").as_bytes(), WORDS);
    assert_eq!(&WORDS[SECOND_WORD..], b"content");
}

#[test]
fn the_ascii_fast_path_agrees_with_normalize() {
    for character in '\0'..='\u{7f}' {
        let expected: String = normalize(character).into_iter().collect();
        assert_eq!(read(&character.to_string()), expected, "{character:?}");
    }
}

#[test]
fn look_alikes_match() {
    for text in [
        "ＥＸＴＥＲＮＡＬ＿ＣＯＮＴＥＮＴ",
        "𝐄𝐗𝐓𝐄𝐑𝐍𝐀𝐋 𝒄𝒐𝒏𝒕𝒆𝒏𝒕",
        "𝔢𝔵𝔱𝔢𝔯𝔫𝔞𝔩-𝚌𝚘𝚗𝚝𝚎𝚗𝚝",
        "ЕХТЕRNАL СОNТЕNТ",
        "ехtеrnаl соntеnt",
        "ᴇxᴛᴇʀɴᴀʟ ᴄᴏɴᴛᴇɴᴛ",
        "ⓔⓧⓣⓔⓡⓝⓐⓛ ⒞⒪⒩⒯⒠⒩⒯",
        "🅴🆇🆃🅴🆁🅽🅰🅻 🅒🅞🅝🅣🅔🅝🅣",
        "🇪🇽🇹🇪🇷🇳🇦🇱 🇨🇴🇳🇹🇪🇳🇹",
        "éxtërnål çöñtêńţ",
        "e\u{336}x\u{336}t\u{336}e\u{336}r\u{336}n\u{336}a\u{336}l\u{336} content",
        "3x73rn41 c0n73n7",
        "EXTERNAI CONTENT",
        "extemal content",
        "external ϲontent",
        "externa| content",
    ] {
        assert_eq!(
            find_marker_words(text).len(),
            1,
            "{text} reads {}",
            read(text)
        );
    }
}

#[test]
fn punctuation_and_spaces_are_ignored() {
    for text in [
        "external|content",
        "ex|ter|na||con×tent",
        "external\n\t—content",
    ] {
        assert_eq!(
            find_marker_words(text).len(),
            1,
            "{text} reads {}",
            read(text)
        );
    }
}

#[test]
fn other_texts_do_not_match() {
    for text in [
        "",
        "content external",
        "externals contend",
        "external (not a marker) content",
        "ext. cont.",
    ] {
        assert_eq!(find_marker_words(text), [], "{text}");
    }
}

#[test]
fn the_boundary_is_the_start_of_the_second_word() {
    let text = "[END EXTERNAL CONTENT] 外 external_content";
    let found: Vec<&str> = find_marker_words(text)
        .iter()
        .map(|boundary| &text[boundary.at..])
        .collect();
    assert_eq!(found, ["CONTENT] 外 external_content", "content"]);
}

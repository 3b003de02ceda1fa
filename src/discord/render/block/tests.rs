use super::*;

/// A letter for each line: words, heading, nothing (`-`), and a fence's `o`pening, `b`ody, `c`losing.
#[track_caller]
fn check(text: &str, expected: &str) {
    let letter = |line: &Line| match line.role {
        Role::Blank => '-',
        Role::Text => 'w',
        Role::Heading => 'h',
        Role::Open(_) => 'o',
        Role::Body(_) => 'b',
        Role::Close(_) => 'c',
    };
    let found: String = read(text, 2000).lines.iter().map(letter).collect();
    assert_eq!(found, expected, "{text:?}");
}

#[test]
fn lines_outside_fences() {
    check("a\n\n# b\n#c\n####### d\n \t\n- e\n> f\n>", "w-hww-www");
    check("", "");
    check("\n", "-");
}

#[test]
fn fences() {
    check("```\na\n\n```\nb", "obbcw");
    check("~~~ rust\n```\n~~~", "obc");
    check("````\n```\n`````  \na", "obcw");
    check("   ```\na\n      ```\nb", "obcw");
    check("```\n    ```\n```", "obc");
    check("```\n``` a\n~~~", "obb");
    check("```a`b```\n`` c\n``", "www");
    check("- ```\n  a\n  ```\n12) ```\n```", "obcoc");
    check("1.```\n1234567890. ```\n-\n", "www");
    check("```\r\na\r\n```\r\nb", "obcw");
}

#[test]
fn fences_in_quotes() {
    check("> ```\n> a\n> ```\nb", "obcw");
    check("> ```\n> a\nb\n> c", "obww");
    check("> > ```\n>> a\n> b", "obw");
    check("```\n> a\n> ```\n```", "obbc");
    check("> ```\n> > ```\n> ```", "obc");
}

#[test]
fn long_quotes_take_all_that_follows() {
    let blocks = read("a\n  >>> b\n> c\n```\n>>> d", 2000);
    assert_eq!(blocks.long_quote, Some(8));
    assert!(blocks.lines.iter().all(|line| line.quote_end == line.start));
    assert_eq!(read("```\n>>> a", 2000).long_quote, None);
    assert_eq!(read("> >>> a\n>>>b", 2000).long_quote, None);
}

#[test]
fn fences_too_dear_to_repeat() {
    let marks = "`".repeat(20);
    let roles = |limit| -> Vec<Role> {
        read(&format!("{marks}\na\n{marks}"), limit)
            .lines
            .iter()
            .map(|line| line.role)
            .collect()
    };
    assert_eq!(roles(90), [Role::Text; 3]);
    assert_eq!(roles(100), [Role::Open(0), Role::Body(0), Role::Close(0)]);
}

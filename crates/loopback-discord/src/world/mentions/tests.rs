use super::*;

fn ids(ids: &[u64]) -> Vec<Snowflake> {
    ids.iter().copied().map(Snowflake::new).collect()
}

#[track_caller]
fn check(content: &str, allowed: &Allowed, users: &[u64], roles: &[u64], everyone: bool) {
    let expected = Mentioned {
        users: ids(users),
        roles: ids(roles),
        everyone,
    };
    assert_eq!(mentioned(content, allowed, None), expected, "{content}");
}

#[test]
fn mentions_ping_unless_they_are_code() {
    let all = Allowed::default();
    check("hello <@1> and <@!2>, <@1>", &all, &[1, 2], &[], false);
    check("<@&3> <#4> <:smile:5> @here", &all, &[], &[3], true);
    check(
        "`<@1>` ```\n<@2> @everyone\n``` <@3>",
        &all,
        &[3],
        &[],
        false,
    );
    check("an open ` tick <@1>", &all, &[1], &[], false);
    check("<@> <@x> <@1", &all, &[], &[], false);
}

#[test]
fn mentions_that_are_not_allowed_do_not_ping() {
    let some = Allowed {
        everyone: false,
        users: Reach::Only(ids(&[2])),
        roles: Reach::Only(vec![]),
        replied_user: false,
    };
    check("@everyone <@1> <@2> <@&3>", &some, &[2], &[], false);
}

#[test]
fn a_reply_pings_the_author_when_allowed() {
    let mut allowed = Allowed {
        users: Reach::Only(vec![]),
        ..Allowed::default()
    };
    let author = Some(Snowflake::new(7));
    assert_eq!(mentioned("hi", &allowed, author).users, ids(&[7]));
    allowed.replied_user = false;
    assert_eq!(mentioned("hi", &allowed, author).users, ids(&[]));
}

use super::*;

#[test]
fn the_invite_link_asks_for_no_more_than_is_needed() {
    assert_eq!(
        invite_link(42),
        "https://discord.com/oauth2/authorize?client_id=42&permissions=309237763136&scope=bot+applications.commands"
    );
}

#[test]
fn what_is_not_granted_is_missing() {
    let missing = |granted: Granted| granted.missing().map(|it| it.name).collect::<Vec<_>>();
    assert_eq!(missing(Granted::all_but(&[])), [""; 0]);
    let two = ["Send Messages", "Embed Links"];
    assert_eq!(missing(Granted::all_but(&two)), two);
    assert!(Granted::all_but(&two).sees());
    assert!(!Granted::all_but(&["View Channel"]).sees());
}

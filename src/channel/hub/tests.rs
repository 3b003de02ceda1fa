use super::*;

#[test]
fn only_the_first_admin_gets_the_notice() {
    let mut notice = Some("broken".to_owned());
    assert_eq!(take_notice(&mut notice, Role::Member), None);
    let told = take_notice(&mut notice, Role::Admin);
    assert_eq!(told.as_deref(), Some("broken"));
    assert_eq!(take_notice(&mut notice, Role::Owner), None);
}

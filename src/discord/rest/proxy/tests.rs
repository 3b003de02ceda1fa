use super::*;

#[test]
fn the_environment_names_the_proxy() {
    #[track_caller]
    fn check(variables: &[(&str, &str)], expected: bool) {
        let environment = variables.iter().copied().collect();
        assert_eq!(proxy(&environment).is_some(), expected);
    }
    check(&[("HTTPS_PROXY", "http://user:pass@proxy:3128")], true);
    check(&[("https_proxy", "proxy:3128"), ("NO_PROXY", "a,b")], true);
    check(&[("HTTP_PROXY", "http://proxy:3128")], false);
    check(&[("HTTPS_PROXY", "http://:x:")], false);
}

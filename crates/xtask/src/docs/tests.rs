use super::{END, with_table};

#[test]
fn only_the_table_of_that_name_is_replaced() {
    let page = |table: &str| format!("One\n<!-- a -->\n{table}{END}Two\n<!-- b -->\nkept\n{END}");
    let table = format!("<!-- a -->\nnew\n{END}");
    assert_eq!(with_table(&page("old\n"), &table).unwrap(), page("new\n"));
    assert!(with_table("One\n", &table).is_err());
}

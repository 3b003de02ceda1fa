use super::*;

#[test]
fn the_longer_prefix_of_a_text_counts() {
    let settings = QueueSettings::default();
    assert_eq!(settings.split("!! left"), Some((QueueMode::Steer, "left")));
    assert_eq!(settings.split("!!left"), Some((QueueMode::Steer, "left")));
    assert_eq!(
        settings.split("!!!\nleft"),
        Some((QueueMode::Interrupt, "left"))
    );
    assert_eq!(settings.split("!left"), None);
    assert_eq!(settings.split("left !!"), None);
}

#[test]
fn an_empty_prefix_is_none() {
    let settings = QueueSettings {
        steer_prefix: String::new(),
        interrupt_prefix: ">>".into(),
        ..QueueSettings::default()
    };
    assert_eq!(settings.split("!! left"), None);
    assert_eq!(
        settings.split(">>left"),
        Some((QueueMode::Interrupt, "left"))
    );
}

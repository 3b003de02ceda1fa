use super::*;

#[test]
fn discords_file_servers_are_accepted() {
    for address in [
        "https://cdn.discordapp.com/attachments/1/2/a.png?ex=1&is=2&hm=3&",
        "https://media.discordapp.net/ephemeral-attachments/1/2/a b.png",
        "https://cdn.discordapp.com/",
    ] {
        assert!(FileServer::Discord.admits(address).is_some(), "{address}");
    }
}

#[test]
fn a_loopback_discord_serves_only_its_own_files() {
    let source = FileServer::Loopback("http://127.0.0.1:8080".parse().unwrap());
    assert!(
        source
            .admits("http://127.0.0.1:8080/attachments/1/2/a")
            .is_some()
    );
    for address in [
        "http://127.0.0.1:8081/attachments/1/2/a",
        "http://127.0.0.1:80801/attachments/1/2/a",
        "http://127.0.0.1:8080/attachments/../api/v10/users/@me",
        "http://127.0.0.1:8080/attachments/%2e%2e/api/v10/users/@me",
        "http://127.0.0.1:8080/api/v10/users/@me",
        "http://127.0.0.1:8080@evil.example/attachments/1",
        "http://127.0.0.1:8080",
        "https://cdn.discordapp.com/attachments/1/2/a",
    ] {
        assert_eq!(source.admits(address), None, "{address}");
    }
}

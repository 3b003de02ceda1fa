//! Default paths: what a process inside bubblewrap sees, and where machines keep secrets. White space separates the
//! entries of a list.

use std::path::{Path, PathBuf};

/// System folders with programs, libraries and, on openSUSE, certificates. Symbolic links stay links.
const SYSTEM: &str = "
    /usr /usr/local /bin /sbin /lib /lib32 /lib64 /libx32
    /nix/store /gnu/store /run/current-system /var/lib/ca-certificates
";

/// A folder inside [`SYSTEM`] with the configuration of services.
pub(super) const SERVICE_CONFIGURATION: &str = "/usr/local/etc";

/// Below `/etc`: what programs need to start, to find hosts and users and to check certificates, and the machine's
/// policies for the CLI. None of it contains keys, passwords or the configuration of a service. `static` is where NixOS
/// keeps the rest; it leads into the Nix store.
const ETC: &str = "
    alternatives ca-certificates ca-certificates.conf claude-code crypto-policies debian_version fonts gai.conf
    gitconfig group host.conf hostname hosts inputrc java java-8-openjdk java-11-openjdk java-17-openjdk
    java-21-openjdk java-25-openjdk ld.so.cache ld.so.conf ld.so.conf.d ld.so.preload locale.alias locale.conf
    localtime lsb-release magic mime.types networks nsswitch.conf os-release passwd perl pki/ca-trust pki/tls/cert.pem
    pki/tls/certs pki/tls/openssl.cnf protocols redhat-release resolv.conf rpc services shells ssl/ca-bundle.pem
    ssl/cert.pem ssl/certs ssl/openssl.cnf static terminfo timezone
";

/// Below the home folder: programs and toolchains. Of folders that also contain logins, only harmless parts are listed.
const TOOLCHAINS: &str = "
    .asdf .bun/bin .bun/install .cargo/bin .cargo/env .cargo/registry .deno/bin .ghcup .juliaup .local/bin .local/lib
    .local/pipx/venvs .local/share/claude .local/share/fnm .local/share/mise/installs .local/share/mise/shims
    .local/share/pipx/venvs .local/share/pnpm .local/share/uv/python .local/share/uv/tools .nix-profile
    .npm-global/bin .npm-global/lib .nvm/alias .nvm/nvm.sh .nvm/versions .pyenv .rbenv .rustup .sdkman/candidates
    .tool-versions .volta/bin .volta/tools bin go/bin go/pkg
";

/// Readable parts of the CLI's own folder. Login and transcripts are handled separately. Each process starts without the
/// rest, such as histories and shell snapshots.
const CLI_SETTINGS: &str = "
    CLAUDE.md agents commands hooks keybindings.json local output-styles plugins rules settings.json skills
    statusline.sh
";

/// The file in the CLI's own folder with its login, which the CLI rewrites when it renews the login.
pub(super) const LOGIN: &str = ".credentials.json";

/// Folders for temporary files and for the sockets of services.
const TEMPORARY: &str = "/run /tmp /var/tmp";

/// Below the home folder: keys, logins and shell histories.
const SECRETS_AT_HOME: &str = "
    .aws .azure .bash_history .boto .cargo/credentials .cargo/credentials.toml .composer/auth.json .config/chromium
    .config/containers .config/gcloud .config/gh .config/git/credentials .config/glab-cli .config/google-chrome
    .config/hub .config/op .config/rclone .config/sops .config/switchboard .docker .env .gem/credentials
    .git-credentials .gnupg .gradle/gradle.properties .kube .lesshst .local/share/fish .local/share/keyrings
    .m2/settings.xml .mozilla .my.cnf .mysql_history .netrc .node_repl_history .npm/_logs .npmrc .password-store
    .pgpass .psql_history .pypirc .python_history .s3cfg .sqlite_history .ssh .terraform.d .vault-token .viminfo
    .zsh_history
";

/// Anywhere: what only root can read on most machines, which does not help if the CLI runs as root.
const SECRETS_OF_ROOT: &str = "
    /etc/credstore /etc/credstore.encrypted /etc/gshadow /etc/gshadow- /etc/letsencrypt /etc/shadow /etc/shadow-
    /etc/ssh /etc/ssl/private /etc/sudoers /etc/sudoers.d /etc/wireguard /root /var/lib/systemd/credential.secret
    /var/spool
";

fn paths(list: &'static str) -> impl Iterator<Item = PathBuf> {
    list.split_whitespace().map(PathBuf::from)
}

/// What the CLI and its tools can read, if it exists. `state` is the CLI's own folder.
pub(super) fn readable(home: &Path, state: &Path) -> Vec<PathBuf> {
    let installation = self::state(home).join("local");
    paths(SYSTEM)
        .chain(paths(ETC).map(|name| Path::new("/etc").join(name)))
        .chain(paths(TOOLCHAINS).map(|name| home.join(name)))
        .chain(paths(CLI_SETTINGS).map(|name| state.join(name)))
        .chain([installation])
        .collect()
}

/// Folders that are empty and writable in the sandbox.
pub(super) fn scratch(home: &Path) -> Vec<PathBuf> {
    let at_home = [home.to_owned(), home.join(".cache")];
    paths(TEMPORARY).chain(at_home).collect()
}

/// The CLI's own folder by default.
pub(super) fn state(home: &Path) -> PathBuf {
    home.join(".claude")
}

/// Whether a name in the CLI's own folder is one of its settings.
pub(super) fn is_cli_setting(name: &str) -> bool {
    CLI_SETTINGS.split_whitespace().any(|known| known == name)
}

/// Where machines keep secrets, if they exist.
pub(super) fn secrets(home: &Path) -> Vec<PathBuf> {
    let at_home = paths(SECRETS_AT_HOME).map(|name| home.join(name));
    paths(SECRETS_OF_ROOT).chain(at_home).collect()
}

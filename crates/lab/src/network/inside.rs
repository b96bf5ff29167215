//! What happens inside the namespace: its loopback interface, its resolver, and the relay.

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{READY, SOCKET, relay};

const RESOLV_CONF: &str = "/etc/resolv.conf";
const NSSWITCH_CONF: &str = "/etc/nsswitch.conf";

/// The C library asks a name service cache daemon first, whose socket lies in this folder.
const CACHE_DAEMON: &str = "/run/nscd";

/// Sets the namespace up, says so on standard output, and relays connections until standard input
/// ends: the process that holds its other end is gone then.
///
/// # Errors
///
/// When a step is refused, with the program that was to do it.
pub async fn run_inside(folder: &Path, dns: SocketAddr, others: &[SocketAddr]) -> io::Result<()> {
    run("ip", &["link", "set", "lo", "up"])?;
    // With no other address than 127.0.0.1, getaddrinfo(3) answers nothing under AI_ADDRCONFIG.
    run("ip", &["address", "add", "127.0.0.2/8", "dev", "lo"])?;
    replace(folder, RESOLV_CONF, "nameserver 127.0.0.1\n")?;
    match fs::read_to_string(NSSWITCH_CONF) {
        Ok(text) => replace(folder, NSSWITCH_CONF, &with_dns_only(&text))?,
        // A C library without name service switch.
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(named(NSSWITCH_CONF, &error)),
    }
    if Path::new(CACHE_DAEMON).exists() {
        let empty = folder.join("empty");
        fs::create_dir(&empty)?;
        run("mount", &["--bind", &empty.to_string_lossy(), CACHE_DAEMON])?;
    }
    let relays = relay::in_the_namespace(&folder.join(SOCKET), dns, others).await?;
    io::stdout().write_all(READY.as_bytes())?;
    io::stdout().flush()?;
    // Whether it ends or fails, nobody is left to serve.
    let end = || drop(io::stdin().lock().read(&mut [0]));
    tokio::task::spawn_blocking(end).await.map_err(io::Error::other)?;
    drop(relays);
    Ok(())
}

/// Puts a file with this text in the place of one of the machine's, in this namespace only.
fn replace(folder: &Path, of: &str, text: &str) -> io::Result<()> {
    let name = Path::new(of).file_name().unwrap_or_default();
    let file = folder.join(name);
    fs::write(&file, text)?;
    // Whoever the program becomes can read it.
    fs::set_permissions(&file, Permissions::from_mode(0o644))?;
    run("mount", &["--bind", &file.to_string_lossy(), of])
}

/// A name service switch that looks names of hosts up in `/etc/hosts` and then in DNS:
/// systemd-resolved, for one, would answer from outside.
fn with_dns_only(text: &str) -> String {
    let others = text.lines().filter(|line| !line.trim_start().starts_with("hosts:"));
    others.chain(["hosts: files dns"]).map(|line| format!("{line}\n")).collect()
}

fn run(program: &str, arguments: &[&str]) -> io::Result<()> {
    let done = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let done = done.map_err(|error| named(program, &error))?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    let words = format!("{program} {}: {}", arguments.join(" "), said.trim());
    Err(io::Error::other(words))
}

fn named(what: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{what}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_line_of_the_hosts_changes() {
        let text = "passwd: files systemd\nhosts: files resolve [!UNAVAIL=return] dns\n# end\n";
        assert_eq!(with_dns_only(text), "passwd: files systemd\n# end\nhosts: files dns\n");
    }
}

//! UDP ports on the loopback, each given out once per run.

use std::fs;
use std::net::UdpSocket;
use std::process;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the ports that the kernel picks by itself, above those that Asterisk picks for RTP; always five digits.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// Returns a port that nobody listens on, never the same twice.
pub(crate) fn free() -> u16 {
    // Runs side by side start at different places.
    let start = u16::try_from(process::id() % 97).unwrap() * 120;
    loop {
        let offset = (start + NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT;
        let port = FIRST + offset;
        if UdpSocket::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Returns whether somebody listens on the port.
pub(crate) fn has_listener(port: u16) -> bool {
    let local = format!(":{port:04X} 00000000:0000");
    fs::read_to_string("/proc/net/udp").unwrap().contains(&local)
}

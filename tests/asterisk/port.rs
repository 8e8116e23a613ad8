//! UDP ports on the loopback, each given out once per run.
//!
//! By themselves phones of SIPp's find ports for sound and for control for some sixty of them at most.

use std::fs;
use std::net::UdpSocket;
use std::process;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the ports that the kernel picks by itself, above those that Asterisk picks for RTP; always five digits.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// A phone's sound, where Asterisk's is not: a port, and the one after the next.
const FIRST_OF_SOUND: u16 = 2_000;
const SOUND_COUNT: u16 = 2_000;

static NEXT: AtomicU16 = AtomicU16::new(0);
static NEXT_OF_SOUND: AtomicU16 = AtomicU16::new(0);

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

/// Returns a port for a phone's sound: it, and the one after the next, are free.
pub(crate) fn sound() -> u16 {
    let start = u16::try_from(process::id() % 97).unwrap() * 20;
    loop {
        let offset = (start + NEXT_OF_SOUND.fetch_add(1, Ordering::Relaxed)) % SOUND_COUNT;
        let port = FIRST_OF_SOUND + 4 * offset;
        if [port, port + 2].iter().all(|&port| UdpSocket::bind(("127.0.0.1", port)).is_ok()) {
            return port;
        }
    }
}

/// Returns whether somebody listens on the port.
pub(crate) fn has_listener(port: u16) -> bool {
    let local = format!(":{port:04X} 00000000:0000");
    fs::read_to_string("/proc/net/udp").unwrap().contains(&local)
}

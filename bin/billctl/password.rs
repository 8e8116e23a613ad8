//! Passwords: read without showing them, kept as argon2 hashes only.

use std::io::{self, BufRead, IsTerminal};

use anyhow::{Context as _, Result};
use argon2::Argon2;
use argon2::password_hash::PasswordHasher;
use celcombiller::domain::password_hash::PasswordHash;
use celcombiller::domain::refusal::Refusal;

/// The shortest password.
const SHORTEST: usize = 6;

/// Reads a password, from standard input if told so, else at a prompt; returns its hash.
pub(crate) fn read_hashed(from_stdin: bool) -> Result<PasswordHash> {
    let password = if from_stdin {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).context("cannot read the password from standard input")?;
        line.trim_end_matches(['\n', '\r']).to_owned()
    } else if io::stdin().is_terminal() {
        let first = rpassword::prompt_password("Password: ").context("cannot read the password")?;
        let again = rpassword::prompt_password("Again: ").context("cannot read the password")?;
        if first != again {
            return Err(Refusal::new("the two passwords differ").into());
        }
        first
    } else {
        return Err(Refusal::new("no terminal to ask for the password on").hint("--password-stdin").into());
    };
    if password.chars().count() < SHORTEST {
        return Err(Refusal::new(format!("the password is shorter than {SHORTEST} characters")).into());
    }
    let hash = Argon2::default().hash_password(password.as_bytes());
    let hash = hash.map_err(|error| anyhow::anyhow!("cannot hash the password: {error}"))?;
    Ok(PasswordHash::new(hash.to_string()))
}

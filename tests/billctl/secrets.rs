//! What `Debug` shows of secrets: nothing, so that no log can hold one.

use celcombiller::domain::extension::{Mailbox, Pin, Secret, Settings};
use celcombiller::domain::password_hash::PasswordHash;
use celcombiller::domain::voucher::{CodeHash, CodeLength, VoucherCode};

#[test]
fn debug_shows_no_secret() {
    let secret: Secret = "correct-horse".parse().unwrap();
    let pin: Pin = "4711".parse().unwrap();
    let hash = PasswordHash::new("$argon2id$v=19$c29tZQ$aGFzaA".to_owned());
    let length: CodeLength = "12".parse().unwrap();
    let code = VoucherCode::draw(1, length, |bytes| {
        bytes.fill(7);
        Ok::<_, ()>(())
    });
    let code = code.unwrap().remove(0);
    assert!(code.digits().starts_with("7777"));
    let mut settings = Settings::new(secret.clone());
    settings.voicemail = Some(Mailbox { pin: pin.clone(), email: None });
    let shown = format!("{secret:?} {pin:?} {hash:?} {code:?} {:?} {settings:?}", CodeHash([42; 16]));
    for hidden in ["correct", "horse", "4711", "argon2id", "aGFzaA", "7777", "42"] {
        assert!(!shown.contains(hidden), "{hidden} is in {shown}");
    }
    let begins = "Secret(..) Pin(..) PasswordHash(..) VoucherCode(..) CodeHash(..) Settings {";
    assert!(shown.starts_with(begins), "{shown}");
}

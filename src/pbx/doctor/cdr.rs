//! Whether Asterisk's own records are those that `cdr reconcile` reads.

use std::path::Path;

use super::{Finding, conf};

/// Looks at `cdr.conf` in Asterisk's folder of configuration; `yes` is the default since Asterisk 13.
#[must_use]
pub fn ends_before_h(etc: &Path) -> Finding {
    let check = "Asterisk's record of a call ends before h";
    match conf::value(etc, "cdr.conf", "general", "endbeforehexten") {
        Err(error) => Finding::unseen(check, error.to_string(), "run this as the user that runs Asterisk, or as root"),
        Ok(said) => Finding::of(
            check,
            !said.is_some_and(|said| ["no", "false", "off", "0", "n", "f"].contains(&said.to_lowercase().as_str())),
            "endbeforehexten is no: Master.csv has one more record for each call, of its h extension",
            format!("endbeforehexten = yes under [general] in {}", etc.join("cdr.conf").display()),
        ),
    }
}

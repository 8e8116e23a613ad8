//! Whether the dialplan runs both programs.

use std::path::Path;

use super::{Finding, conf};

/// Looks at `extensions.conf` in Asterisk's folder of configuration, and at what it includes.
#[must_use]
pub fn examine(etc: &Path) -> Vec<Finding> {
    let place = etc.display();
    let lines = match conf::lines(etc, "extensions.conf") {
        Ok(lines) => lines,
        Err(error) => {
            let check = format!("the dialplan in {place} runs both programs");
            let remedy = "run this as the user that runs Asterisk, or as root";
            return vec![Finding::unseen(check, error.to_string(), remedy)];
        }
    };
    let calls = |program: &str| lines.iter().any(|line| line.contains(&format!("AGI({program}")));
    let mut in_h = false;
    let settles = lines.iter().any(|line| {
        if line.starts_with("exten") {
            in_h = line.split("=>").nth(1).is_some_and(|rest| rest.trim_start().starts_with("h,"));
        }
        line.contains("AGI(celcombiller_reducer") && (in_h || line.contains("hangup_handler"))
    });
    let sample = "billctl asterisk dialplan shows the lines";
    vec![
        Finding::of(
            format!("the dialplan in {place} runs AGI(celcombiller_caller)"),
            calls("celcombiller_caller"),
            "extensions.conf and what it includes do not: nobody is billed",
            sample,
        ),
        Finding::of(
            format!("the dialplan in {place} runs AGI(celcombiller_reducer) in h"),
            settles,
            "no h extension there does: a call whose first program was killed keeps its hold until it expires",
            sample,
        ),
        Finding::of(
            format!("the dialplan in {place} stamps answers"),
            lines.iter().any(|line| line.starts_with("[celcombiller-answered]")),
            "no context celcombiller-answered: callers who were answered before the dial pay for ringing",
            sample,
        ),
    ]
}

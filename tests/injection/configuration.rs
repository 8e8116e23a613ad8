//! Values of the configuration, each written as TOML writes a text.

use serde_json::Value;

use crate::doors::takes;
use crate::support::Ledger;

fn configured(texts: &[&str], key: &str) -> Vec<bool> {
    let ledger = Ledger::new("EUR");
    let configure = |text: &&str| {
        // Between JSON's texts and those of TOML there is no difference that these attempts would show.
        ledger.configure(&format!("{key} = {}\n", Value::from(*text)));
        takes(&ledger, &["user", "list"])
    };
    texts.iter().map(configure).collect()
}

pub(crate) fn dial_templates(texts: &[&str]) -> Vec<bool> {
    configured(texts, "[dial]\noffnet")
}

pub(crate) fn sounds(texts: &[&str]) -> Vec<bool> {
    configured(texts, "[prompts]\nNO_CREDIT")
}

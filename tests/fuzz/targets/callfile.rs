//! Whatever the values of a call are, its file reads back as exactly those, by the rules that Asterisk reads it by.

#![no_main]

use std::num::NonZeroU16;

use celcombiller::pbx::callfile::{Action, CallFile};
use celcombiller::pbx::value::{
    Application, CallerId, Channels, Context, Data, Extension, FileName, ValueError, Variable,
};
use celcombiller::{read_unwritten, refused, values};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let [channels, caller_id, account, codecs, one, other, name, data, context, extension] = values(text);
    let action = match (read::<Application>(name), read::<Data>(data)) {
        (Some(name), Some(data)) => Action::Application { name, data },
        _ => {
            let (Some(context), Some(extension)) = (read::<Context>(context), read::<Extension>(extension)) else {
                return;
            };
            Action::Extension { context, extension, priority: NonZeroU16::MIN }
        }
    };
    let Some(channels) = read::<Channels>(channels) else { return };
    let mut file = CallFile::new(channels, action);
    file.caller_id = read(caller_id);
    file.account = read(account);
    file.codecs = read(codecs);
    file.variables = [one, other].into_iter().filter_map(read::<Variable>).collect();
    let written = file.render();
    assert!(written.lines().all(|line| line.len() < 1024), "Asterisk reads no longer lines");
    assert_eq!(as_asterisk_reads(&written), expected(&file), "{written}");
    read_unwritten::<FileName>(text);
});

/// Reads a value, whose refusal repeats no more than a line of it.
fn read<T: std::str::FromStr<Err = ValueError>>(text: &str) -> Option<T> {
    text.parse().map_err(|error: ValueError| refused(&error)).ok()
}

/// The directives that a call has, in order.
fn expected(file: &CallFile) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    let mut add = |name: &str, value: &str| lines.push((name.to_owned(), value.to_owned()));
    match file.channels.all() {
        [one] => add("Channel", one.as_str()),
        several => {
            let several: Vec<_> = several.iter().map(|channel| channel.as_str()).collect();
            add("Channel", "Local/s@celcombiller-channels/n");
            add("Set", &format!("_CELCOMBILLER_CHANNELS={}", several.join("&")));
        }
    }
    if let Some(CallerId { name, number }) = &file.caller_id {
        let name = name.as_ref().map_or("", |name| name.as_str());
        add("CallerID", &format!("{name}|{}", number.as_ref().map_or("", |number| number.as_str())));
    }
    file.account.iter().for_each(|account| add("Account", account.as_str()));
    file.codecs.iter().for_each(|codecs| add("Codecs", codecs.as_str()));
    file.variables.iter().for_each(|variable| add("Set", &variable.to_string()));
    match &file.action {
        Action::Application { name, data } => {
            add("Application", name.as_str());
            add("Data", data.as_str());
        }
        Action::Extension { context, extension, priority } => {
            add("Context", context.as_str());
            add("Extension", extension.as_str());
            add("Priority", &priority.to_string());
        }
    }
    lines
}

/// Reads a call file as `pbx_spool.c` does: a `#` begins a comment at the start of a line and after a blank, a `;`
/// unless a backslash stands before it; blanks around names and values are dropped.
fn as_asterisk_reads(text: &str) -> Vec<(String, String)> {
    let line = |line: &str| {
        let commented =
            line.char_indices().find(|&(place, c)| c == '#' && (place == 0 || line[..place].ends_with([' ', '\t'])));
        let mut kept = String::new();
        for c in line[..commented.map_or(line.len(), |(place, _)| place)].chars() {
            match c {
                ';' if kept.ends_with('\\') => {
                    kept.pop();
                    kept.push(';');
                }
                ';' => break,
                c => kept.push(c),
            }
        }
        let blank = |c: char| c <= ' ';
        let (name, value) = kept.split_once(':')?;
        let value = value.trim_start_matches(blank).trim_end_matches(blank);
        let value = if name == "CallerID" { caller_id(value) } else { value.to_owned() };
        Some((name.to_owned(), value))
    };
    text.split('\n').filter_map(line).collect()
}

/// Reads `"name" <number>` as `ast_callerid_parse` does: the number is in the last brackets.
fn caller_id(text: &str) -> String {
    let (name, number) = text.rsplit_once('<').expect("every caller id has a number in brackets");
    let quoted = name.trim_end().strip_prefix('"').and_then(|name| name.strip_suffix('"'));
    let mut name = String::new();
    let mut escaped = false;
    for c in quoted.unwrap_or_default().chars() {
        assert!(escaped || c != '"', "a quote ends the name");
        escaped = !escaped && c == '\\';
        if !escaped {
            name.push(c);
        }
    }
    assert!(!escaped, "a backslash takes the quote away that ends the name");
    format!("{name}|{}", number.strip_suffix('>').expect("brackets are closed"))
}

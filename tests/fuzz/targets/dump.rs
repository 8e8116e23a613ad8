//! Whatever bytes a dump is, reading it ends; and what stands in a value of one comes back as that value, and as no
//! other row.

#![no_main]

#[allow(dead_code, unreachable_pub, reason = "billctl uses the rest of it")]
#[path = "../../../bin/billctl/import/dump.rs"]
mod dump;

use celcombiller::values;
use dump::read_dump;
use libfuzzer_sys::fuzz_target;

const WANTED: &[&str] = &["cc_card", "cc_call"];

fuzz_target!(|bytes: &[u8]| {
    drop(read_dump(bytes, "dump", WANTED, |row| {
        assert!(WANTED.contains(&row.table), "no other table is read");
        // An invalid byte grows to three where it is shown.
        assert!(row.text("username").len() <= 3 * bytes.len().max(1));
    }));
    if let Ok(text) = str::from_utf8(bytes) {
        round_trip(values(text));
    }
});

/// Texts as mysqldump writes them.
fn round_trip(texts: [&str; 3]) {
    let quoted = texts.map(|text| {
        let escape = |c: char| match c {
            '\0' => "\\0".to_owned(),
            '\n' => "\\n".to_owned(),
            '\r' => "\\r".to_owned(),
            '\u{1a}' => "\\Z".to_owned(),
            '\\' | '\'' | '"' => format!("\\{c}"),
            c => c.to_string(),
        };
        format!("'{}'", text.chars().map(escape).collect::<String>())
    });
    let dump = format!(
        "-- MySQL dump 10.13\nCREATE TABLE `cc_card` (\n  `id` int NOT NULL COMMENT 'a, b) ''c''',\n  `username` text,\n  \
         `lastname` text,\n  `email` text,\n  PRIMARY KEY (`id`)\n);\n\
         INSERT INTO `cc_card` VALUES (1,{}),(2,NULL,NULL,NULL);\n-- Dump completed\n",
        quoted.join(",")
    );
    let mut rows = Vec::new();
    let read = read_dump(dump.as_bytes(), "dump", WANTED, |row| {
        rows.push(["id", "username", "lastname", "email"].map(|column| row.text(column).into_owned()));
    });
    assert!(read.is_ok(), "{read:?}\n{dump}");
    let [one, two, three] = texts.map(str::to_owned);
    let nothing = String::new;
    assert_eq!(rows, [["1".to_owned(), one, two, three], ["2".to_owned(), nothing(), nothing(), nothing()]]);
}

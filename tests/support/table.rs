//! Text tables: a line a sentence with its verdict.

/// Holds every line `input -> verdict` of a table against a rule.
pub(crate) fn table(lines: &str, rule: impl Fn(&str) -> String) {
    let mut held = 0;
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (input, verdict) = line.rsplit_once("->").expect("a line is `input -> verdict`");
        assert_eq!(rule(input.trim()), verdict.trim(), "{line}");
        held += 1;
    }
    assert!(held > 0, "the table has lines");
}

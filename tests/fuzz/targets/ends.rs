//! Whatever stands in a kept end of a call, it is refused, or is one report that no more than was granted is charged
//! by and that is kept again as the same.

#![no_main]

use celcombiller::domain::outcome::{BillableSeconds, CallReport, DialledCall, Talk};
use celcombiller::domain::rate::TalkTime;
use celcombiller::domain::time::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let Ok(report) = toml::from_str::<CallReport>(text) else { return };
    // A moment beyond what TOML can say is kept nowhere.
    if let Ok(kept) = toml::to_string(&report) {
        assert_eq!(toml::from_str(&kept).as_ref(), Ok(&report), "{kept}");
    }
    let file = format!("{}.end", report.call);
    assert!(!file.contains('/') && !file.starts_with('.') && file.is_ascii(), "{file} is a file of the folder");
    let granted = TalkTime::new(60).expect("a minute");
    for answered_before in [false, true] {
        let call = DialledCall { placed: Timestamp::from_millis(1_763_690_000_000), granted, answered_before };
        let BillableSeconds { billsec, overrun } = BillableSeconds::of(Talk::decide(&call, &report), granted);
        assert!(billsec <= 60 && (overrun == 0 || billsec == 60), "{billsec} s and {overrun} s of {report:?}");
    }
});

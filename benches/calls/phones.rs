//! What a house of ten thousand phones takes to be imported and rendered.

use std::fs;

use crate::books::Books;
use crate::figures::{Times, millis, print_table};
use crate::programs::Programs;
use crate::report::{Bound, Targets};
use crate::row;

const PHONES: u32 = 10_000;

/// Measures whole processes of billctl, the first import apart: what comes after it changes nothing.
pub(crate) fn measure(programs: &Programs, rounds: u32, targets: &mut Targets) {
    let books = Books::new(programs, 1000, 0);
    let folder = tempfile::tempdir().expect("a scratch folder");
    let place = |name: &str| folder.path().join(name).to_str().expect("a plain path").to_owned();
    let (list, rendered) = (place("phones.csv"), place("rendered"));
    let rows: String = (0..PHONES).map(|phone| format!("{},user{},yes\n", 10_000 + phone, phone % 1000)).collect();
    fs::write(&list, format!("extension,user,voicemail\n{rows}")).expect("a list of phones");
    let mut table = vec![row!["what is asked", "median", "slowest"]];
    let mut ask = |what: &str, arguments: &[&str], rounds: u32| {
        let mut times = Times::default();
        (0..rounds).for_each(|_| times.add(programs.report(&books, arguments)));
        table.push(row![what, millis(times.median()), millis(times.p99())]);
        times.median().as_secs_f64()
    };
    ask("extension import", &["extension", "import", &list], 1);
    let render = ask("asterisk render", &["asterisk", "render", &rendered], rounds);
    targets.add(format!("rendering {PHONES} extensions, seconds"), render, Bound::AtMost(2.0));
    ask("extension list", &["extension", "list"], rounds);
    programs.billctl(&books, &["db", "check"]);
    print_table(&format!("{PHONES} phones: milliseconds of whole processes"), &table);
}

//! The fail-closed matrix: every cell of `docs/failures.md` is played against the real executables. A row that the
//! document has and no test here, or the other way round, fails.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says where")]

mod ask;
mod clock;
mod cron;
mod damage;
mod disk;
mod document;
mod end;
mod fault;
mod rescue;
mod room;
mod scene;

#[path = "../support/program.rs"]
mod program;
#[path = "../support/mod.rs"]
mod support;

use document::table;

/// Makes a test of each fault and table: the row of the document is what was seen.
macro_rules! rows {
    ($title:literal, $play:path, { $($test:ident => $fault:literal),+ $(,)? }) => {
        $(
            #[test]
            fn $test() {
                crate::document::holds($title, $fault, $play);
            }
        )+

        #[test]
        fn every_row_is_played() {
            let mut played = vec![$($fault),+];
            let table = crate::table($title);
            let mut written = table.faults();
            played.sort();
            written.sort();
            assert_eq!(played, written, "{}", $title);
        }
    };
}
pub(crate) use rows;

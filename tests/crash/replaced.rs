//! Books that an operator puts in the place of others while a call goes on.

use std::fs;

use celcombiller::agi::stand_in::Answer;

use crate::books::Books;
use crate::script::{BOB, CALLER};
use crate::support::is_dial;

#[test]
fn a_call_is_charged_in_the_books_that_are_there_when_it_ends() {
    let mut books = Books::new();
    let folder = books.ledger.folder.path().to_owned();
    let mut channel = books.ana_calls(BOB);
    let ended = books.ledger.play_with(CALLER, &mut channel, &[], |_, command| {
        if is_dial(command) {
            let copy = folder.join("copy.db");
            books.ledger.ok(&["db", "backup", copy.to_str().unwrap()]);
            fs::rename(copy, books.ledger.database()).unwrap();
            for beside in ["celcombiller.db-wal", "celcombiller.db-shm"] {
                fs::remove_file(folder.join(beside)).unwrap();
            }
        }
        Answer::AsAsterisk
    });
    assert_eq!((ended.status.code(), ended.stderr.as_str()), (Some(0), ""));
    books.charged += 1;
    books.are_right("the books were replaced by their copy");
}

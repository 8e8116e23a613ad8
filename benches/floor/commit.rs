//! The least that any durable record costs: opens a SQLite database that keeps a write-ahead log, with
//! SQLite's stock settings, inserts one row in a synced transaction of its own, and closes.

#![allow(clippy::expect_used, reason = "a floor that fails says where")]

use std::env;

use rusqlite::Connection;

fn main() {
    let path = env::args_os().nth(1).expect("the database is named");
    let connection = Connection::open(path).expect("the database opens");
    connection.execute("INSERT INTO entry (amount) VALUES (50000)", []).expect("the row is inserted");
    connection.close().map_err(|(_, error)| error).expect("the database closes");
}

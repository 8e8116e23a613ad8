//! The file of the books: opened, queued for, put back, and what is kept beside it; and a disk that fails below it.

pub(super) mod content;
pub(super) mod disk;
pub(super) mod failing_disk;
pub(super) mod faulty;
pub(super) mod heap;
pub(super) mod open;
pub(super) mod proof;
pub(super) mod queue;
pub(super) mod restore;
pub(super) mod rights;
pub(super) mod schema;
pub mod spool;

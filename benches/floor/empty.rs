//! The least that any program costs: it starts and ends.

fn main() {}

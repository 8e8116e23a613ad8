//! The heap of the programs, as this program's own. It has no harness, because only the first thread of a program has
//! the block, and a harness tests in others.

use std::collections::VecDeque;
use std::thread;

use celcombiller::domain::chance::Chance;
use celcombiller::host::heap::FirstThreadHeap;

#[global_allocator]
static HEAP: FirstThreadHeap = FirstThreadHeap;

/// What the block has.
const BLOCK: usize = 8 << 20;

/// Wants to begin where a cache line does, which is more than the block promises.
#[repr(align(64))]
struct Line([u8; 64]);

/// A piece that tells what it should contain.
struct Marked {
    mark: u8,
    content: Vec<u8>,
}

impl Marked {
    fn new(mark: u8, length: usize) -> Self {
        Self { mark, content: vec![mark; length] }
    }

    fn resize(&mut self, length: usize) {
        self.content.resize(length, self.mark);
        self.content.shrink_to_fit();
    }

    fn is_whole(&self) -> bool {
        self.content.iter().all(|byte| *byte == self.mark)
    }
}

/// Draws a length: mostly of a small piece, now and then of one that is a good part of the block, or more than it.
fn length(chance: &mut Chance) -> usize {
    let most = match chance.below(100) {
        0 if chance.percent(10) => BLOCK + 1000,
        0 | 1 => 100_000,
        2..=20 => 10_000,
        _ => 300,
    };
    usize::try_from(1 + chance.below(most as u64)).unwrap_or(1)
}

fn address<T>(of: &[T]) -> usize {
    of.as_ptr().addr()
}

/// Pieces that live at once never touch each other, wherever they come from and however they grow.
fn pieces_keep_what_is_in_them() {
    for seed in 0..5 {
        let mut chance = Chance::new(seed);
        let mut pieces = VecDeque::new();
        for step in 0..4_000_u32 {
            let length = length(&mut chance);
            match chance.below(5) {
                0 | 1 => pieces.push_back(Marked::new(step.to_le_bytes()[0], length)),
                2 => drop(pieces.pop_back()),
                3 => drop(pieces.pop_front()),
                _ => {
                    let place = usize::try_from(chance.below(pieces.len() as u64)).unwrap_or(0);
                    if let Some(piece) = pieces.get_mut(place) {
                        piece.resize(length);
                    }
                }
            }
            let last = pieces.back().is_none_or(Marked::is_whole);
            assert!(last, "seed {seed}, step {step}");
        }
        assert!(pieces.iter().all(Marked::is_whole), "seed {seed}");
    }
}

/// A piece that was given back is what the next of its size is.
fn a_piece_is_used_again() {
    let first = Box::new([0_u8; 100]);
    let place = address(&*first);
    drop(first);
    let second = Box::new([1_u8; 110]);
    assert_eq!(address(&*second), place, "112 bytes are cut for both");
}

/// The last that was cut grows and shrinks where it is.
fn the_last_piece_grows_where_it_is() {
    let mut last = vec![7_u8; 9_001];
    let place = address(&last);
    last.resize(30_000, 7);
    assert_eq!(address(&last), place);
    assert!(last.iter().all(|byte| *byte == 7));
}

fn what_needs_more_alignment_has_it() {
    let between = |mark: u8| (Box::new(Line([mark; 64])), Box::new([mark; 16]));
    let lines: Vec<_> = (0..100).map(between).collect();
    for (mark, (line, _)) in (0..).zip(&lines) {
        assert!(address(&line.0).is_multiple_of(64) && line.0 == [mark; 64]);
    }
}

/// Other threads have the system's heap, and may drop what the first made and the other way round.
fn threads_share_their_pieces() {
    let here: Vec<Marked> = (1..100).map(|mark| Marked::new(mark, 1_000)).collect();
    let (here, there) = thread::scope(|scope| {
        let other = scope.spawn(move || {
            let mut here = here;
            here.iter_mut().for_each(|piece| piece.resize(3_000));
            (here, (1..100).map(|mark| Marked::new(mark, 1_000)).collect::<Vec<_>>())
        });
        other.join().unwrap_or_default()
    });
    assert!(here.len() == 99 && there.len() == 99);
    assert!(here.iter().chain(&there).all(Marked::is_whole));
    assert!(thread::spawn(move || drop(here)).join().is_ok());
}

/// What does not fit is had from the system, and the block is not asked for it.
fn more_than_the_block_is_had_too() {
    let pieces: Vec<Marked> = (0..200).map(|mark| Marked::new(mark, 100_000)).collect();
    assert!(pieces.iter().map(|piece| piece.content.len()).sum::<usize>() > 2 * BLOCK);
    assert!(pieces.iter().all(Marked::is_whole));
}

fn main() {
    a_piece_is_used_again();
    the_last_piece_grows_where_it_is();
    what_needs_more_alignment_has_it();
    threads_share_their_pieces();
    pieces_keep_what_is_in_them();
    more_than_the_block_is_had_too();
}

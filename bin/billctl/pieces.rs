//! Long output that is made of short pieces.

use std::io::{self, Write};

/// Bytes that are written on at once.
const CHUNK: usize = 1 << 16;

/// Gathers pieces and writes them on in chunks.
///
/// A line of a statement is some thirty pieces of a few bytes each. musl's `memcpy` begins with what takes as long as a
/// hundred bytes, so that most of the time of a long statement would go into calling it: these are copied without.
pub(crate) struct Pieces<W> {
    out: W,
    chunk: Vec<u8>,
    /// How much of the chunk is waiting.
    waiting: usize,
}

impl<W: Write> Pieces<W> {
    pub(crate) fn new(out: W) -> Self {
        Self { out, chunk: vec![0; CHUNK], waiting: 0 }
    }

    fn write_on(&mut self) -> io::Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        self.out.write_all(&self.chunk[..waiting])
    }
}

impl<W: Write> Write for Pieces<W> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.write_all(piece).map(|()| piece.len())
    }

    fn write_all(&mut self, piece: &[u8]) -> io::Result<()> {
        if piece.len() > self.chunk.len() - self.waiting {
            self.write_on()?;
        }
        let end = self.waiting + piece.len();
        match self.chunk.get_mut(self.waiting..end) {
            Some(room) => copy(room, piece),
            None => return self.out.write_all(piece),
        }
        self.waiting = end;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_on()?;
        self.out.flush()
    }
}

/// Copies a piece to where there is as much room.
fn copy(room: &mut [u8], piece: &[u8]) {
    match piece.len() {
        0 => {}
        1 => ends::<1>(room, piece),
        2..=3 => ends::<2>(room, piece),
        4..=7 => ends::<4>(room, piece),
        8..=15 => ends::<8>(room, piece),
        16..=32 => ends::<16>(room, piece),
        _ => room.copy_from_slice(piece),
    }
}

/// Copies the first and the last so many bytes, which are all of a piece that has no more than twice as many.
#[inline]
fn ends<const N: usize>(room: &mut [u8], piece: &[u8]) {
    if let (Some(room), Some(piece)) = (room.first_chunk_mut::<N>(), piece.first_chunk::<N>()) {
        *room = *piece;
    }
    if let (Some(room), Some(piece)) = (room.last_chunk_mut::<N>(), piece.last_chunk::<N>()) {
        *room = *piece;
    }
}

//! The heap of a short process.
//!
//! A process of a call lives for a millisecond, of which musl's allocator took a tenth: it maps and unmaps pages for
//! many small sizes, takes locks that nobody contends for, and each page that it touches first is a fault. What SQLite
//! makes of the schema and of the statements is thousands of small pieces, of which most are never given back.

#![expect(unsafe_code, reason = "an allocator is unsafe to write, and to have")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, UnsafeCell};
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::mm::{Advice, madvise};

/// What the first thread of a process has before it asks the system. A call was seen to need less than 0.5 MiB, and
/// six simulated processes in one 6 MiB. Only what is touched becomes memory of the process.
const SIZE: usize = 8 << 20;

/// What every call touches, as was seen: fetched at once it costs half of what as many faults do.
const ALWAYS_USED: usize = 64 * 4096;

/// Every piece is a multiple of this, and aligned to it.
const GRAIN: usize = 16;

/// Up to here there is a list of free pieces for each multiple of [`GRAIN`], a page of SQLite's among them; above, four
/// for each doubling.
const SMALL: usize = 8 << 10;

/// Lists for small pieces, and for larger ones up to the whole block.
const LISTS: usize = SMALL / GRAIN + 4 * (SIZE / SMALL).ilog2() as usize;

/// An allocator for a program: one block, of which its first thread cuts pieces without any lock, and the system's
/// allocator for what does not fit and for all other threads.
#[derive(Clone, Copy, Debug)]
pub struct FirstThreadHeap;

#[repr(align(4096))]
struct Block(UnsafeCell<[u8; SIZE]>);

// SAFETY: only what `Divided` hands out is ever used of it.
unsafe impl Sync for Block {}

static BLOCK: Block = Block(UnsafeCell::new([0; SIZE]));

/// How the block is divided: pieces of it that came back, by their size, and a rest that was never handed out.
struct Divided {
    /// Bytes that were handed out before.
    cut: Cell<usize>,
    /// The last piece that came back of each size; in each stands the one before it.
    free: [Cell<*mut u8>; LISTS],
}

// SAFETY: it is used by `owned` alone, which gives it to one thread only.
unsafe impl Sync for Divided {}

static DIVIDED: Divided = Divided { cut: Cell::new(0), free: [const { Cell::new(ptr::null_mut()) }; LISTS] };

/// The size of a piece, in bytes, with the number of its list.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Piece {
    size: usize,
    list: usize,
}

impl Piece {
    /// Returns the piece that so many bytes take, unless they are none or too many.
    const fn of(bytes: usize) -> Option<Self> {
        if bytes == 0 || bytes > SIZE {
            return None;
        }
        if bytes <= SMALL {
            let grains = bytes.div_ceil(GRAIN);
            return Some(Self { size: grains * GRAIN, list: grains - 1 });
        }
        // Above 2^n bytes and up to twice as many, there are pieces of 5, 6, 7 and 8 quarters of them.
        let doublings = (bytes - 1).ilog2() - SMALL.ilog2();
        let quarter = (SMALL / 4) << doublings;
        let quarters = bytes.div_ceil(quarter);
        Some(Self { size: quarters * quarter, list: SMALL / GRAIN + doublings as usize * 4 + quarters - 5 })
    }

    /// Returns the piece for a layout, if it is one that the block has.
    const fn for_layout(layout: Layout) -> Option<Self> {
        if layout.align() > GRAIN { None } else { Self::of(layout.size()) }
    }
}

impl Divided {
    /// Hands out a piece, or null where none is left.
    fn take(&self, piece: Piece) -> *mut u8 {
        let free = &self.free[piece.list];
        let place = free.get();
        if !place.is_null() {
            // SAFETY: this list has only pieces of this size that came back, in each of which stands another or null.
            free.set(unsafe { place.cast::<*mut u8>().read() });
            return place;
        }
        let cut = self.cut.get();
        if piece.size > SIZE - cut {
            return ptr::null_mut();
        }
        self.cut.set(cut + piece.size);
        // SAFETY: the block has so many bytes more.
        unsafe { BLOCK.0.get().cast::<u8>().add(cut) }
    }

    /// Takes back a piece of this size, which nobody uses any more.
    unsafe fn give_back(&self, place: *mut u8, piece: Piece) {
        let free = &self.free[piece.list];
        // SAFETY: the piece is the block's again, and has room for an address.
        unsafe { place.cast::<*mut u8>().write(free.get()) };
        free.set(place);
    }

    /// Makes the piece that was cut last longer or shorter where it is.
    fn recut(&self, place: *mut u8, from: Piece, to: Piece) -> bool {
        let start = place.addr() - BLOCK.0.get().addr();
        let fits = start + from.size == self.cut.get() && to.size <= SIZE - start;
        if fits {
            self.cut.set(start + to.size);
        }
        fits
    }
}

/// Returns the block, if this thread is the one that divides it: the first that asked.
fn owned() -> Option<&'static Divided> {
    thread_local! { static HERE: u8 = const { 0 } }
    static OWNER: AtomicUsize = AtomicUsize::new(0);
    // Where each thread has its own byte is what tells it from all others that live.
    let here = HERE.with(|here| ptr::from_ref(here).addr());
    let owner = match OWNER.load(Ordering::Relaxed) {
        0 => OWNER.compare_exchange(0, here, Ordering::Relaxed, Ordering::Relaxed).map_or_else(|owner| owner, |_| here),
        owner => owner,
    };
    (owner == here).then_some(&DIVIDED)
}

fn is_in_block(place: *mut u8) -> bool {
    (BLOCK.0.get().addr()..BLOCK.0.get().addr() + SIZE).contains(&place.addr())
}

// SAFETY: each piece is as long as was asked for, is nobody else's, and is given back to where it came from, or not at
// all.
unsafe impl GlobalAlloc for FirstThreadHeap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let taken = Piece::for_layout(layout).zip(owned()).map(|(piece, block)| block.take(piece));
        match taken {
            Some(place) if !place.is_null() => place,
            // SAFETY: the caller promises of the layout what the system asks for.
            _ => unsafe { System.alloc(layout) },
        }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller promises that this is a piece of this layout; where it lies tells whose.
        unsafe {
            if !is_in_block(place) {
                System.dealloc(place, layout);
            } else if let Some((piece, block)) = Piece::for_layout(layout).zip(owned()) {
                block.give_back(place, piece);
            }
            // Another thread cannot give it back: so much of the block is lost, and all of it is little.
        }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above, and the caller promises of the new size what it does of a layout's.
        unsafe {
            if !is_in_block(place) {
                return System.realloc(place, layout, size);
            }
            if let (Some(from), Some(to)) = (Piece::for_layout(layout), Piece::of(size))
                && (from == to || owned().is_some_and(|block| block.recut(place, from, to)))
            {
                return place;
            }
            let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !moved.is_null() {
                ptr::copy_nonoverlapping(place, moved, size.min(layout.size()));
                self.dealloc(place, layout);
            }
            moved
        }
    }
}

/// Fetches at once the memory that a call which opens the books is known to need. Where the kernel cannot, it comes page
/// by page.
pub(crate) fn fetch() {
    // SAFETY: the range lies within the block, and is only made present.
    let _fetched = unsafe { madvise(BLOCK.0.get().cast::<c_void>(), ALWAYS_USED, Advice::LinuxPopulateWrite) };
}

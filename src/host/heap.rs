//! The heap of a short process.
//!
//! A process of a call lives for a millisecond, of which musl's allocator took a tenth: it maps and unmaps pages for
//! many small sizes, takes locks that nobody contends for, and each page that it touches first is a fault.

#![expect(unsafe_code, reason = "an allocator is unsafe to write, and to have")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, UnsafeCell};
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::mm::{Advice, madvise};
use talc::TalcCell;
use talc::source::Claim;

/// What the first thread of a process has before it asks the system. A call was seen to need less than 0.5 MiB, and
/// a full page cache takes 1 MiB more. Only what is touched becomes memory of the process.
const SIZE: usize = 4 << 20;

/// What every call touches, as was seen: fetched at once it costs half of what as many faults do.
const ALWAYS_USED: usize = 50 * 4096;

/// An allocator for a program: one block, which its first thread divides without any lock, and the system's allocator
/// for what does not fit and for all other threads.
#[derive(Clone, Copy, Debug)]
pub struct FirstThreadHeap;

#[repr(align(4096))]
struct Block(UnsafeCell<[u8; SIZE]>);

// SAFETY: only what `Divided` hands out is ever used of it.
unsafe impl Sync for Block {}

/// The block, as its one owner divides it.
struct Divided {
    block: TalcCell<Claim>,
    /// Bytes handed out and not given back.
    used: Cell<usize>,
    full: Cell<Option<Full>>,
}

/// What the block had no room for. A full block is searched in vain, and a long work would do so for each piece: so
/// it is not asked again for as much before much of it came back.
#[derive(Clone, Copy)]
struct Full {
    size: usize,
    /// Bytes that were in use then.
    used: usize,
}

/// So many bytes given back make another search worth its while.
const MUCH: usize = SIZE / 16;

// SAFETY: it is used by `owned` alone, which gives it to one thread only.
unsafe impl Sync for Divided {}

static BLOCK: Block = Block(UnsafeCell::new([0; SIZE]));

// SAFETY: the block is as long as is said, lives for ever, and nothing else refers to it.
static DIVIDED: Divided = Divided {
    block: TalcCell::new(unsafe { Claim::new(BLOCK.0.get().cast(), SIZE) }),
    used: Cell::new(0),
    full: Cell::new(None),
};

impl Divided {
    /// Says whether the block was found full for such a size, and still is.
    fn has_no_room_for(&self, size: usize) -> bool {
        self.full.get().is_some_and(|full| size >= full.size && self.used.get() + MUCH > full.used)
    }

    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if self.has_no_room_for(layout.size()) {
            return ptr::null_mut();
        }
        // SAFETY: the caller promises of the layout what the block asks for.
        let place = unsafe { self.block.alloc(layout) };
        if place.is_null() {
            self.full.set(Some(Full { size: layout.size(), used: self.used.get() }));
        } else {
            self.used.set(self.used.get() + layout.size());
        }
        place
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller promises that the block handed this piece out by this layout.
        unsafe { self.block.dealloc(place, layout) };
        self.used.set(self.used.get() - layout.size());
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if size > layout.size() && self.has_no_room_for(size) {
            return ptr::null_mut();
        }
        // SAFETY: the caller promises that the block handed this piece out by this layout, and of the size what the
        // block asks for.
        let resized = unsafe { self.block.realloc(place, layout, size) };
        if !resized.is_null() {
            self.used.set(self.used.get() - layout.size() + size);
        }
        resized
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

// SAFETY: each piece is given back to where it came from, or not at all.
unsafe impl GlobalAlloc for FirstThreadHeap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller promises of the layout what either allocator asks for.
        unsafe {
            let place = owned().map_or(ptr::null_mut(), |block| block.alloc(layout));
            if place.is_null() { System.alloc(layout) } else { place }
        }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller promises that this is a piece of this layout; where it lies tells whose.
        unsafe {
            match owned() {
                _ if !is_in_block(place) => System.dealloc(place, layout),
                Some(block) => block.dealloc(place, layout),
                // Another thread cannot give it back: so much of the block is lost, and all of it is little.
                None => {}
            }
        }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above, and the caller promises of the new size what it does of a layout's.
        unsafe {
            if !is_in_block(place) {
                return System.realloc(place, layout, size);
            }
            let resized = owned().map_or(ptr::null_mut(), |block| block.realloc(place, layout, size));
            if !resized.is_null() {
                return resized;
            }
            let moved = System.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !moved.is_null() {
                ptr::copy_nonoverlapping(place, moved, size.min(layout.size()));
                self.dealloc(place, layout);
            }
            moved
        }
    }
}

/// Fetches at once the memory that a call which opens the books is known to need. Where the kernel cannot, it comes page by page.
pub(crate) fn fetch() {
    // SAFETY: the range lies within the block, and is only made present.
    let _fetched = unsafe { madvise(BLOCK.0.get().cast::<c_void>(), ALWAYS_USED, Advice::LinuxPopulateWrite) };
}

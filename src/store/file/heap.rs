//! SQLite on the heap of the program that it is part of.

#![expect(unsafe_code, reason = "SQLite asks for memory as C does")]

use std::alloc::{self, Layout};
use std::ffi::{c_int, c_void};
use std::ptr;

use rusqlite::ffi;

/// Before each piece stands its size, because SQLite does not say it again.
type Size = usize;

/// SQLite wants its pieces aligned to as much.
const ALIGNMENT: usize = align_of::<Size>();

/// Returns the layout of a piece of `size` bytes and what stands before it.
fn layout(size: Size) -> Option<Layout> {
    Layout::from_size_align(size.checked_add(size_of::<Size>())?, ALIGNMENT).ok()
}

extern "C" fn rounded(bytes: c_int) -> c_int {
    bytes.saturating_add(7) & !7
}

extern "C" fn begin(_: *mut c_void) -> c_int {
    ffi::SQLITE_OK
}

extern "C" fn end(_: *mut c_void) {}

unsafe extern "C" fn allocate(bytes: c_int) -> *mut c_void {
    let Some(layout) = usize::try_from(bytes).ok().and_then(layout) else { return ptr::null_mut() };
    // SAFETY: the layout has at least the bytes of a size.
    unsafe { handed_out(alloc::alloc(layout), layout) }
}

unsafe extern "C" fn resize(piece: *mut c_void, bytes: c_int) -> *mut c_void {
    let Some(new) = usize::try_from(bytes).ok().and_then(layout) else { return ptr::null_mut() };
    // SAFETY: SQLite resizes only what it was handed out.
    unsafe {
        let (start, old) = taken_back(piece);
        handed_out(alloc::realloc(start, old, new.size()), new)
    }
}

unsafe extern "C" fn free(piece: *mut c_void) {
    // SAFETY: SQLite frees only what it was handed out, and once.
    unsafe {
        let (start, layout) = taken_back(piece);
        alloc::dealloc(start, layout);
    }
}

unsafe extern "C" fn size(piece: *mut c_void) -> c_int {
    // SAFETY: SQLite asks only of what it was handed out.
    let (_, layout) = unsafe { taken_back(piece) };
    c_int::try_from(layout.size() - size_of::<Size>()).unwrap_or(c_int::MAX)
}

/// Notes the size of a fresh piece, and returns what SQLite may use of it.
unsafe fn handed_out(start: *mut u8, layout: Layout) -> *mut c_void {
    if start.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: the piece is as long as its layout says, and aligned for a size.
    unsafe {
        start.cast::<Size>().write(layout.size());
        start.add(size_of::<Size>()).cast()
    }
}

/// Returns where a piece that SQLite has begins, and its layout.
unsafe fn taken_back(piece: *mut c_void) -> (*mut u8, Layout) {
    // SAFETY: a size stands before each piece that was handed out, and was that of a layout.
    unsafe {
        let start = piece.cast::<u8>().sub(size_of::<Size>());
        (start, Layout::from_size_align_unchecked(start.cast::<Size>().read(), ALIGNMENT))
    }
}

/// Has SQLite use the heap of this program instead of the system's allocator. To be called once, before the books are
/// opened; if SQLite does not take it, it uses the system's allocator.
pub fn share_heap() {
    let methods = ffi::sqlite3_mem_methods {
        xMalloc: Some(allocate),
        xFree: Some(free),
        xRealloc: Some(resize),
        xSize: Some(size),
        xRoundup: Some(rounded),
        xInit: Some(begin),
        xShutdown: Some(end),
        pAppData: ptr::null_mut(),
    };
    // SAFETY: the argument is the one that SQLITE_CONFIG_MALLOC takes, and SQLite copies it. If SQLite were in use
    // already it would answer SQLITE_MISUSE and change nothing.
    let _taken = unsafe { ffi::sqlite3_config(ffi::SQLITE_CONFIG_MALLOC, &raw const methods) };
}

/// Does what [`share_heap`] does, and has SQLite ask for small pieces one by one too: to set a store of them aside, for
/// the next thousand statements, is 12 pages more that a call touches.
pub fn share_heap_for_one_call() {
    share_heap();
    const NOTHING: c_int = 0;
    // SAFETY: the arguments are the ones that SQLITE_CONFIG_LOOKASIDE takes: int, int.
    let _taken = unsafe { ffi::sqlite3_config(ffi::SQLITE_CONFIG_LOOKASIDE, NOTHING, NOTHING) };
}

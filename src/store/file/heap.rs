//! SQLite's heap in a process that lives for one call, or that does nothing but decide.

use std::ffi::{c_int, c_void};

use rusqlite::ffi;

/// What SQLite may use in one call. A call was seen to need more than 0.4 and less than 0.75 MiB, and a full page
/// cache takes up to 2 MiB more, because pieces are powers of two. Beyond it SQLite says that it has no memory: the
/// call is refused, and an end is kept beside the books.
pub const HEAP_OF_A_CALL: usize = 4 << 20;

/// The smallest piece, in bytes: what most parts of a parsed schema fit into.
const SMALLEST: c_int = 64;

/// Gives SQLite one block of memory to divide by its own buddy allocator, in place of the system's: parsing the
/// schema takes thousands of small pieces, and musl's allocator maps and unmaps pages for them, which is a tenth
/// of a call's time. Only what is touched becomes memory of the process.
///
/// To be called once, before the books are opened. If SQLite does not take it, it uses the system's allocator.
pub fn use_own_heap(bytes: usize) {
    let heap = Box::leak(vec![0_u64; bytes / size_of::<u64>()].into_boxed_slice());
    let Ok(bytes) = c_int::try_from(size_of_val(heap)) else { return };
    #[expect(unsafe_code, reason = "no safe function of rusqlite configures SQLite before its first use")]
    // SAFETY: the block is aligned to eight bytes, `bytes` long and never freed, nothing else refers to it, and the
    // arguments are the ones that SQLITE_CONFIG_HEAP takes: void*, int, int. No other thread runs yet, and if SQLite
    // were in use already it would answer SQLITE_MISUSE and change nothing.
    let _taken =
        unsafe { ffi::sqlite3_config(ffi::SQLITE_CONFIG_HEAP, heap.as_mut_ptr().cast::<c_void>(), bytes, SMALLEST) };
}

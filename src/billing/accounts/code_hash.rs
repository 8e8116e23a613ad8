//! Hashing vouchers' codes, so that whoever reads the books cannot spend what was not redeemed.

use std::num::NonZeroUsize;
use std::thread;

use argon2::{Algorithm, Argon2, Block, Params, Version};

use crate::domain::voucher::{CodeHash, VoucherCode};
use crate::store::StoreError;

/// Kibibytes that one hash fills, once: 25 µs of a processor's core. A code has some 50 bits, so a plain hash of it is
/// found in hours, most of all by graphics cards, which this keeps waiting for their memory. Twice as many would keep
/// the issue of 100,000 codes on two busy cores for longer than people wait.
const KIBIBYTES: u32 = 32;

/// Hashes codes under the salt of the books.
pub(in crate::billing) struct CodeHasher<'a> {
    argon2: Argon2<'static>,
    memory: Vec<Block>,
    salt: &'a [u8],
}

impl<'a> CodeHasher<'a> {
    pub(in crate::billing) fn new(salt: &'a [u8]) -> Result<Self, StoreError> {
        let params = Params::new(KIBIBYTES, 1, 1, None).map_err(unusable)?;
        let memory = vec![Block::default(); params.block_count()];
        Ok(Self { argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params), memory, salt })
    }

    pub(in crate::billing) fn hash(&mut self, code: &VoucherCode) -> Result<CodeHash, StoreError> {
        let mut hash = CodeHash([0; 16]);
        let Self { argon2, memory, salt } = self;
        argon2.hash_password_into_with_memory(code.digits().as_bytes(), salt, &mut hash.0, memory).map_err(unusable)?;
        Ok(hash)
    }

    /// Hashes many codes on all processors, and tells `done` of each.
    pub(in crate::billing) fn hash_all(
        salt: &[u8],
        codes: &[VoucherCode],
        done: &(dyn Fn() + Sync),
    ) -> Result<Vec<CodeHash>, StoreError> {
        let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let share = codes.len().div_ceil(processors).max(1);
        thread::scope(|scope| {
            let shares: Vec<_> = codes
                .chunks(share)
                .map(|codes| {
                    scope.spawn(move || {
                        let mut hasher = CodeHasher::new(salt)?;
                        let hashes = codes.iter().map(|code| hasher.hash(code).inspect(|_| done()));
                        hashes.collect::<Result<Vec<_>, StoreError>>()
                    })
                })
                .collect();
            let mut hashes = Vec::with_capacity(codes.len());
            for share in shares {
                hashes.extend(share.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
            }
            Ok(hashes)
        })
    }
}

/// Argon2 refuses only a salt of the wrong length.
fn unusable(error: argon2::Error) -> StoreError {
    StoreError::Corrupt(format!("the salt of the vouchers: {error}"))
}

//! Vouchers: codes that survive being typed, and how long guessing at them is stopped.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says where")]

#[path = "support/table.rs"]
mod table;

use std::collections::HashSet;
use std::convert::Infallible;
use std::path::Path;
use std::time::Duration;

use celcombiller::billing::{
    BillingError, Circumstances, NewUser, add_user, issue_vouchers, redeem_voucher, unlock_vouchers,
};
use celcombiller::domain::account::Level;
use celcombiller::domain::money::Money;
use celcombiller::domain::time::Timestamp;
use celcombiller::domain::voucher::{CodeError, VoucherCode, lock_seconds};
use celcombiller::host::secure_random;
use celcombiller::store::{Access, NewBatch, Role, STANDARD_TARIFF, Store, Unit};
use table::table;

fn drawn(count: usize, length: &str) -> Vec<VoucherCode> {
    VoucherCode::draw(count, length.parse().unwrap(), secure_random).unwrap()
}

fn digits(code: &VoucherCode) -> Vec<u8> {
    code.digits().bytes().map(|byte| byte - b'0').collect()
}

fn parsed(digits: &[u8]) -> Result<VoucherCode, CodeError> {
    digits.iter().map(|digit| char::from(b'0' + digit)).collect::<String>().parse()
}

#[test]
fn a_code_is_read_as_people_write_it() {
    table(
        "
        000000005724                  -> 0000 0000 5724
        0000 0000 5724                -> 0000 0000 5724
        0000-0000-5724                -> 0000 0000 5724
        00 0000–0057 24               -> 0000 0000 5724
        000000005742                  -> the code's check digit is wrong: a digit was mistyped
        00000005724                   -> a voucher's code has 12 to 24 digits, not 11
        0000000000000000000005724     -> a voucher's code has 12 to 24 digits, not 25
        0000 0000 572a                -> a voucher's code has only digits, blanks and dashes, not `a`
        00000000572٤                  -> a voucher's code has only digits, blanks and dashes, not `٤`
        -                             -> a voucher's code has 12 to 24 digits, not 0
        ",
        |text| text.parse::<VoucherCode>().map_or_else(|error| error.to_string(), |code| code.to_string()),
    );
}

#[test]
fn every_wrong_digit_and_every_two_neighbours_that_changed_places_are_noticed() {
    for code in drawn(200, "16").iter().chain(&drawn(50, "13")) {
        let right = digits(code);
        assert_eq!(parsed(&right).as_ref(), Ok(code));
        for place in 0..right.len() {
            for digit in (0..10).filter(|&digit| digit != right[place]) {
                let mut wrong = right.clone();
                wrong[place] = digit;
                assert_eq!(parsed(&wrong), Err(CodeError::CheckDigit), "{right:?} typed as {wrong:?}");
            }
            let mut swapped = right.clone();
            swapped.swap(place, (place + 1) % right.len());
            if place + 1 < right.len() && swapped != right {
                assert_eq!(parsed(&swapped), Err(CodeError::CheckDigit), "{right:?} typed as {swapped:?}");
            }
        }
    }
}

/// Of 300,000 digits each is expected 30,000 times, give or take 164: seven times that happens once in many years.
#[test]
fn every_digit_is_as_likely_as_any_other_at_every_place() {
    let codes = drawn(20_000, "16");
    assert_eq!(codes.iter().collect::<HashSet<_>>().len(), codes.len(), "all are different");
    let mut counts = [0; 10];
    for place in 0..15 {
        let mut here = [0; 10];
        for code in &codes {
            here[usize::from(digits(code)[place])] += 1;
        }
        // 2,000 are expected, give or take 42.
        assert!(here.iter().all(|count| (1_700..2_300).contains(count)), "{here:?} at place {place}");
        (0..10).for_each(|digit| counts[digit] += here[digit]);
    }
    assert!(counts.iter().all(|count| (28_850..31_150).contains(count)), "{counts:?}");
}

#[test]
fn bytes_that_would_make_some_digits_likelier_are_not_used() {
    let uneven = |bytes: &mut [u8]| {
        let cycle = [250, 251, 252, 253, 254, 255, 249].iter().cycle();
        bytes.iter_mut().zip(cycle).for_each(|(byte, &next)| *byte = next);
        Ok::<_, Infallible>(())
    };
    let codes = VoucherCode::draw(1, "12".parse().unwrap(), uneven).unwrap();
    assert!(codes[0].digits().starts_with("99999999999"), "{}", codes[0]);
}

#[test]
fn a_code_that_is_drawn_twice_is_issued_once() {
    let mut draws = 0;
    let stuttering = |bytes: &mut [u8]| {
        bytes.fill(draws / 3);
        draws += 1;
        Ok::<_, Infallible>(())
    };
    let codes = VoucherCode::draw(4, "12".parse().unwrap(), stuttering).unwrap();
    assert_eq!(codes.iter().collect::<HashSet<_>>().len(), 4);
}

#[test]
fn codes_are_not_shown_by_accident() {
    assert_eq!(format!("{:?}", drawn(1, "16")), "[VoucherCode(..)]");
}

#[test]
fn every_fifth_wrong_code_locks_twice_as_long_as_the_one_before() {
    table(
        "
        1     -> no
        4     -> no
        5     -> 900
        6     -> no
        10    -> 1800
        15    -> 3600
        40    -> 115200
        45    -> 115200
        10000 -> 115200
        ",
        |wrong| lock_seconds(wrong.parse().unwrap()).map_or_else(|| "no".to_owned(), |seconds| seconds.to_string()),
    );
}

const NOON: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn at(seconds: u32) -> Circumstances<'static> {
    Circumstances { actor: "till", note: None, time: NOON.plus_seconds(seconds) }
}

/// Makes books with ana, and one voucher of 5 that expires after a day.
fn books(folder: &Path) -> (Store, VoucherCode) {
    let path = folder.join("books.db");
    let access = Access { path, role: Role::Manage, busy_timeout: Duration::from_secs(5), queue: true };
    assert!(Store::create(&access, &Unit::seconds(), NOON).unwrap());
    let mut store = Store::open(&access).unwrap();
    let ana = NewUser {
        username: "ana".parse().unwrap(),
        clid: "999999999".parse().unwrap(),
        imsi: None,
        name: None,
        level: Level::User,
        tariff: STANDARD_TARIFF.to_owned(),
        credit_limit: Money::ZERO,
        max_calls: None,
        expires: None,
        valid_days: None,
        language: None,
        contact: celcombiller::domain::contact::Contact::default(),
        warn_below: None,
        password: None,
        balance: None,
    };
    add_user(&mut store, &ana, at(0)).unwrap();
    let batch = NewBatch { name: None, gives: "credit=5".parse().unwrap(), expires: Some(NOON.plus_seconds(86_400)) };
    let codes = drawn(1, "16");
    issue_vouchers(&mut store, &batch, &codes, &[7; 32], &|| (), at(0)).unwrap();
    (store, codes[0].clone())
}

fn tries(store: &mut Store, code: &VoucherCode, seconds: u32) -> String {
    match redeem_voucher(store, code, "ana", at(seconds)) {
        Ok(redeemed) => format!("ana has {}", redeemed.account.balance),
        Err(BillingError::Refused(refusal)) => refusal.fact,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_user_who_guesses_is_locked_out_for_longer_each_time_and_let_in_by_a_right_code() {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, right) = books(folder.path());
    let wrong: VoucherCode = "0000 0000 5724".parse().unwrap();
    for left in [4, 3, 2, 1] {
        let said = tries(&mut store, &wrong, 0);
        assert_eq!(said, format!("no voucher has this code; ana may try {left} more"));
    }
    let said = tries(&mut store, &wrong, 0);
    let until = NOON.plus_seconds(900);
    assert_eq!(said, format!("no voucher has this code, and ana may try no other until {until}"));
    for code in [&wrong, &right] {
        let said = tries(&mut store, code, 899);
        assert_eq!(said, format!("ana tried 5 wrong codes and may try no other until {until}"), "right or wrong");
    }
    for _ in 0..5 {
        tries(&mut store, &wrong, 900);
    }
    let said = tries(&mut store, &right, 2699);
    assert_eq!(said, format!("ana tried 10 wrong codes and may try no other until {}", NOON.plus_seconds(2700)));
    assert_eq!(tries(&mut store, &right, 2700), "ana has 5");
    assert!(tries(&mut store, &wrong, 2700).ends_with("may try 4 more"), "a right code begins anew");
}

#[test]
fn an_operator_lets_a_user_in_again() {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, right) = books(folder.path());
    let wrong: VoucherCode = "0000 0000 5724".parse().unwrap();
    for _ in 0..6 {
        tries(&mut store, &wrong, 0);
    }
    unlock_vouchers(&mut store, "ana").unwrap();
    assert_eq!(tries(&mut store, &right, 1), "ana has 5");
}

#[test]
fn a_voucher_is_refused_from_its_date_on() {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, code) = books(folder.path());
    let said = tries(&mut store, &code, 86_400);
    assert_eq!(said, format!("voucher 1 of batch \"batch-1\" expired on {}", NOON.plus_seconds(86_400)));
    assert_eq!(tries(&mut store, &code, 86_399), "ana has 5");
}

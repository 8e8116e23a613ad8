//! Rating: what a call costs, how long one may last, and which rate is in force, a line a sentence.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says where")]

#[path = "support/table.rs"]
mod table;

use celcombiller::domain::bundle::BundleId;
use celcombiller::domain::hours::Hours;
use celcombiller::domain::money::{Money, Rounding};
use celcombiller::domain::numbering::Prefix;
use celcombiller::domain::purse::Purse;
use celcombiller::domain::rate::{Destinations, Increment, Rate, TalkTime};
use celcombiller::domain::rating::{Validity, judge};
use celcombiller::domain::tariff::{Holidays, Tariff};
use celcombiller::domain::terms::{Band, Surcharge, Terms};
use celcombiller::domain::time::Timestamp;
use celcombiller::domain::zone::Zone;
use table::table;

/// Reads `rate PRICE/min A+B fee FEE [TERM=VALUE ...]`.
fn rate(text: &str) -> Rate {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [_, price, increment, _, fee, terms @ ..] = words.as_slice() else { panic!("`{text}` is no rate") };
    Rate {
        destinations: Destinations::Prefix(Prefix::any()),
        price_per_minute: price.trim_end_matches("/min").parse().unwrap(),
        connect_fee: fee.parse().unwrap(),
        increment: increment.parse().unwrap(),
        terms: terms.join(" ").parse().unwrap_or_else(|error| panic!("{text}: {error}")),
    }
}

fn granted(rate: &Rate, funds: &str) -> String {
    let longest = rate.max_talk_time(funds.parse().unwrap(), TalkTime::new(7200).unwrap(), Rounding::FINEST);
    longest.map_or_else(|| "InsufficientFunds".to_owned(), |talk_time| format!("{talk_time} s"))
}

/// Prices `RATE | SECONDS`.
fn charged(line: &str) -> String {
    let (price, seconds) = line.split_once('|').unwrap();
    rate(price).charge(seconds.trim().parse().unwrap(), Rounding::FINEST).unwrap().to_string()
}

#[test]
fn an_increment_rounds_time_up_to_blocks() {
    table(
        "
        60+60 | 0   -> 0
        60+60 | 1   -> 60
        60+60 | 60  -> 60
        60+60 | 61  -> 120
        30+6  | 45  -> 48
        1+1   | 17  -> 17
        0+0   | 17  -> 17
        60+1  | 61  -> 61
        ",
        |line| {
            let (increment, seconds) = line.split_once('|').unwrap();
            let increment: Increment = increment.trim().parse().unwrap();
            increment.billed(seconds.trim().parse().unwrap()).to_string()
        },
    );
    table(
        "
        60     -> refused
        60+    -> refused
        -1+1   -> refused
        60+6.5 -> refused
        ",
        |text| text.parse::<Increment>().map_or_else(|_| "refused".to_owned(), |increment| increment.to_string()),
    );
}

#[test]
fn a_call_costs_its_fee_and_its_blocks_rounded_once() {
    table(
        "
        rate 60/min 1+1 fee 0          | 75   -> 75
        rate 60/min 1+1 fee 0          | 0    -> 0
        rate 0.10/min 60+60 fee 0.05   | 1    -> 0.15
        rate 0.10/min 60+60 fee 0.05   | 61   -> 0.25
        rate 0.10/min 60+60 fee 0.05   | 0    -> 0.05
        rate 0.05/min 30+6 fee 0       | 45   -> 0.04
        rate 0.006/min 30+6 fee 0      | 32   -> 0.0036
        rate 0.006/min 30+6 fee 0      | 57   -> 0.006
        rate 0.006/min 30+6 fee 0      | 75   -> 0.0078
        rate 9/min 1+1 fee 0           | 7200 -> 1080
        rate 0.01/min 1+1 fee 0        | 1    -> 0.000167
        rate 0.00009/min 1+1 fee 0     | 1    -> 0.000002
        rate 0.00003/min 1+1 fee 0     | 1    -> 0.000001
        rate 0.000029/min 1+1 fee 0    | 1    -> 0
        ",
        |line| {
            let (price, seconds) = line.split_once('|').unwrap();
            rate(price).charge(seconds.trim().parse().unwrap(), Rounding::FINEST).unwrap().to_string()
        },
    );
}

#[test]
fn a_grant_is_the_longest_talk_that_the_funds_can_pay() {
    table(
        "
        rate 60/min 1+1 fee 0        | funds 75      -> 75 s
        rate 60/min 1+1 fee 0        | funds 0.999   -> InsufficientFunds
        rate 60/min 1+1 fee 0        | funds 999999  -> 7200 s
        rate 0.10/min 60+60 fee 0.05 | funds 0.14    -> InsufficientFunds
        rate 0.10/min 60+60 fee 0.05 | funds 0.15    -> 60 s
        rate 0.10/min 60+60 fee 0.05 | funds 0.26    -> 120 s
        rate 0.04/min 60+1 fee 0     | funds 0.01    -> InsufficientFunds
        rate 0.04/min 60+1 fee 0     | funds 0.041   -> 61 s
        rate 0/min 1+1 fee 0         | funds 0       -> 7200 s
        rate 0/min 1+1 fee 0.05      | funds 0.04    -> InsufficientFunds
        ",
        |line| {
            let (price, funds) = line.split_once("| funds").unwrap();
            granted(&rate(price), funds.trim())
        },
    );
}

#[test]
fn each_term_of_a_rate_does_what_it_says() {
    table(
        "
        rate 0.60/min 1+1 fee 0 disconnect_fee=0.03                      | 0   -> 0.03
        rate 0.60/min 1+1 fee 0 disconnect_fee=0.03                      | 10  -> 0.13
        rate 0.60/min 1+1 fee 0 disconnect_fee=0.03 disconnect_after=60  | 59  -> 0.59
        rate 0.60/min 1+1 fee 0 disconnect_fee=0.03 disconnect_after=60  | 60  -> 0.63
        rate 0.60/min 1+1 fee 0 minimum_seconds=30                       | 0   -> 0
        rate 0.60/min 1+1 fee 0 minimum_seconds=30                       | 1   -> 0.3
        rate 0.60/min 1+1 fee 0 minimum_seconds=30                       | 31  -> 0.31
        rate 0.60/min 60+60 fee 0 minimum_seconds=61                     | 5   -> 1.2
        rate 0.60/min 1+1 fee 0.10 minimum_charge=0.25                   | 0   -> 0.25
        rate 0.60/min 1+1 fee 0.10 minimum_charge=0.25                   | 14  -> 0.25
        rate 0.60/min 1+1 fee 0.10 minimum_charge=0.25                   | 15  -> 0.25
        rate 0.60/min 1+1 fee 0.10 minimum_charge=0.25                   | 16  -> 0.26
        rate 0.60/min 1+1 fee 0 maximum_charge=1.50                      | 149 -> 1.49
        rate 0.60/min 1+1 fee 0 maximum_charge=1.50                      | 151 -> 1.5
        rate 0.60/min 1+1 fee 0 maximum_charge=1.50                      | 86400 -> 1.5
        rate 0.60/min 1+1 fee 0.10 free_below=10                         | 0   -> 0
        rate 0.60/min 1+1 fee 0.10 free_below=10                         | 9   -> 0
        rate 0.60/min 1+1 fee 0.10 free_below=10                         | 10  -> 0.2
        rate 0.60/min 1+1 fee 0.10 free_seconds=60                       | 60  -> 0.1
        rate 0.60/min 1+1 fee 0.10 free_seconds=60                       | 61  -> 0.11
        rate 0.60/min 60+60 fee 0 free_seconds=30                        | 31  -> 0.6
        rate 0.60/min 60+60 fee 0 free_seconds=30                        | 90  -> 0.6
        rate 0.60/min 60+60 fee 0 free_seconds=30                        | 91  -> 1.2
        rate 0.10/min 1+1 fee 0 surcharge=0.02/180                       | 179 -> 0.298333
        rate 0.10/min 1+1 fee 0 surcharge=0.02/180                       | 180 -> 0.32
        rate 0.60/min 1+1 fee 0 bands=60:0.30                            | 60  -> 0.6
        rate 0.60/min 1+1 fee 0 bands=60:0.30                            | 62  -> 0.61
        rate 0.60/min 1+1 fee 0 bands=60:0.30:30+30:0.05                 | 60  -> 0.6
        rate 0.60/min 1+1 fee 0 bands=60:0.30:30+30:0.05                 | 61  -> 0.8
        rate 0.60/min 1+1 fee 0 bands=60:0.30:30+30:0.05,90:0:1+1:1      | 90  -> 0.8
        rate 0.60/min 1+1 fee 0 bands=60:0.30:30+30:0.05,90:0:1+1:1      | 91  -> 1.8
        rate 0.60/min 1+1 fee 0 bands=90:0:1+1:1,60:0.30:30+30:0.05      | 91  -> 1.8
        rate 0.60/min 1+1 fee 0 free_seconds=80 bands=60:0.30            | 80  -> 0
        rate 0.60/min 1+1 fee 0 free_seconds=80 bands=60:0.30            | 90  -> 0.05
        ",
        charged,
    );
}

#[test]
fn a_grant_never_promises_what_a_term_would_take() {
    table(
        "
        rate 0.60/min 60+6 fee 0                                | funds 0.20 -> InsufficientFunds
        rate 0.60/min 1+1 fee 0 minimum_charge=0.25             | funds 0.24 -> InsufficientFunds
        rate 0.60/min 1+1 fee 0 minimum_charge=0.25             | funds 0.25 -> 25 s
        rate 0.60/min 1+1 fee 0 disconnect_fee=0.50 disconnect_after=30 | funds 0.60 -> 29 s
        rate 0.60/min 1+1 fee 0 disconnect_fee=0.50 disconnect_after=30 | funds 0.80 -> 30 s
        rate 0.60/min 1+1 fee 0 free_below=10                   | funds 0    -> 9 s
        rate 0.60/min 1+1 fee 0.10 free_seconds=60              | funds 0.10 -> 60 s
        rate 0.60/min 1+1 fee 0 maximum_charge=1                | funds 1    -> 7200 s
        rate 0.10/min 1+1 fee 0 surcharge=0.02/180              | funds 0.30 -> 179 s
        rate 0.60/min 1+1 fee 0 bands=60:0.30:30+30:0.05        | funds 0.79 -> 60 s
        rate 0.60/min 1+1 fee 0 bands=60:0.30:30+30:0.05        | funds 0.80 -> 90 s
        ",
        |line| {
            let (price, funds) = line.split_once("| funds").unwrap();
            granted(&rate(price), funds.trim())
        },
    );
}

#[test]
fn a_charge_is_rounded_once_as_the_tariff_says() {
    table(
        "
        0.10 | 61 | 6:nearest -> 0.101667
        0.10 | 61 | 4:nearest -> 0.1017
        0.10 | 61 | 2:nearest -> 0.1
        0.10 | 61 | 2:up      -> 0.11
        0.10 | 61 | 2:down    -> 0.1
        0.10 | 60 | 2:up      -> 0.1
        0.10 | 61 | 0:up      -> 1
        0.10 | 61 | 0:down    -> 0
        0.15 | 10 | 2:nearest -> 0.03
        ",
        |line| {
            let parts: Vec<_> = line.split('|').map(str::trim).collect();
            let [price, seconds, rounding] = parts.as_slice() else { panic!("{line}") };
            let rate = rate(&format!("rate {price}/min 1+1 fee 0"));
            rate.charge(seconds.parse().unwrap(), rounding.parse().unwrap()).unwrap().to_string()
        },
    );
    table(
        "
        2:up      -> 2:up
        7:nearest -> refused
        2         -> refused
        2:half    -> refused
        -1:up     -> refused
        ",
        |text| text.parse::<Rounding>().map_or_else(|_| "refused".to_owned(), |rounding| rounding.to_string()),
    );
}

#[test]
fn terms_that_make_no_sense_are_refused() {
    table(
        "
        bands=60:0.05             -> bands=60:0.05:1+1:0
        bands=60:0.05,60:0.06     -> refused
        bands=0:0.05              -> refused
        bands=60                  -> refused
        bands=60:-1               -> refused
        bands=60:0.05:1+1:0:9     -> refused
        surcharge=0.02            -> refused
        surcharge=0.02/0          -> refused
        free_below=86401          -> refused
        free_below=-1             -> refused
        minimum_charge=-0.01      -> refused
        maximum_charge=1,5        -> refused
        colour=blue               -> refused
        free_below                -> refused
        ",
        |text| text.parse::<Terms>().map_or_else(|_| "refused".to_owned(), |terms| terms.to_string()),
    );
    assert_eq!(
        "60:x".parse::<Band>().unwrap_err().to_string(),
        "`60:x` is not a band: expected SECONDS:PRICE[:INCREMENT[:FEE]], such as 60:0.05 or 60:0.05:6+6:0.01"
    );
    assert_eq!(
        "1/x".parse::<Surcharge>().unwrap_err().to_string(),
        "`1/x` is not a surcharge: expected FEE/SECONDS, such as 0.02/180"
    );
}

/// Calls that A2Billing was seen to price, in our terms: its stages are our bands (the first is the rate itself,
/// with its entry fee in the connect fee), its threshold is a band with a long first block, its minimal length is
/// ours, and what it buys at is a rate of its own.
#[test]
fn a2billings_charges_are_ours() {
    table(
        "
        rate 0.1/min 0+0 fee 0         | 61    -> 0.101667
        rate 0.1/min 60+60 fee 0       | 61    -> 0.2
        rate 0.1/min 30+6 fee 0        | 5     -> 0.05
        rate 0.1/min 30+6 fee 0        | 32    -> 0.06
        rate 0.1/min 1+1 fee 0.05      | 60    -> 0.15
        rate 0.1/min 1+1 fee 0.05 disconnect_fee=0.03                 | 60  -> 0.18
        rate 0.1/min 1+1 fee 0 disconnect_fee=0.03 disconnect_after=120 | 119 -> 0.198333
        rate 0.1/min 1+1 fee 0 disconnect_fee=0.03 disconnect_after=120 | 120 -> 0.23
        rate 0.1/min 60+60 fee 0.05 free_below=10 | 9  -> 0
        rate 0.05/min 0+0 fee 0        | 9     -> 0.0075
        rate 0.1/min 60+60 fee 0.05 free_below=10 | 10 -> 0.15
        rate 0.1/min 1+1 fee 0 minimum_charge=0.25 | 30  -> 0.25
        rate 0.1/min 1+1 fee 0 minimum_charge=0.25 | 300 -> 0.5
        rate 0.1/min 1+1 fee 0 bands=30:0.1:30+1 | 45 -> 0.1
        rate 0.1/min 1+1 fee 0 bands=30:0.1:30+1 | 25 -> 0.041667
        rate 0.1/min 1+1 fee 0 surcharge=0.02/180 | 400 -> 0.706667
        rate 0.2/min 10+10 fee 0.02 bands=60:0.1:6+6 | 125 -> 0.33
        rate 0.2/min 60+60 fee 0 bands=60:0.1:30+30:0.01,180:0.05:6+6 | 200 -> 0.43
        rate 0.3/min 30+30 fee 0.01 bands=30:0.2:10+10:0.01,90:0.1:10+10:0.01,150:0.03:1+1 | 400 -> 0.605
        rate 0.2/min 10+10 fee 0.02 bands=60:0.1:6+6 | 31 -> 0.153333
        rate 0.12/min 60+60 fee 0      | 95    -> 0.24
        rate 0.05/min 30+6 fee 0       | 95    -> 0.08
        rate 0.6/min 60+6 fee 0        | 18    -> 0.6
        rate 0.1/min 1+1 fee 0         | 0     -> 0
        rate 0/min 1+1 fee 0.05        | 600   -> 0.05
        rate 0.1/min 0+0 fee 0.5       | 10    -> 0.516667
        rate 0.00999/min 0+0 fee 0     | 7     -> 0.001166
        rate 0.0001/min 1+1 fee 0      | 1     -> 0.000002
        rate 0.07/min 60+60 fee 0      | 60    -> 0.07
        rate 0.1/min 1+1 fee 0         | 180   -> 0.3
        rate 0.1/min 1+1 fee 0         | 420   -> 0.7
        rate 0.1/min 1+1 fee 0.15      | 600   -> 1.15
        rate 0.1/min 1+1 fee 0         | 60    -> 0.1
        rate 0.1/min 30+6 fee 0 disconnect_fee=0.1 | 100 -> 0.27
        rate 0.0123/min 1+1 fee 0      | 10800 -> 2.214
        ",
        charged,
    );
}

/// Where A2Billing's charge is a fault of its own, what a caller may expect instead.
#[test]
fn a2billings_faults_are_not_ours() {
    table(
        "
        rate 0.1/min 20+6 fee 0   | 21 -> 0.043333
        rate 0.6/min 1+1 fee 0    | 60 -> 0.6
        rate 0.1/min 6+6 fee 0    | 58 -> 0.1
        rate 0.05/min 1+1 fee 0   | 58 -> 0.048333
        ",
        // 20+6 is 20 s and then 6 s more, which makes 26 s; A2Billing counts blocks from zero and takes 24 s, 0.04.
        // Seconds that nobody talked (its `additional_grace`, which it even adds twice) are not charged: it takes
        // 0.8 for the second line with a grace of 10 s, and 0.11 and 0.053333 for the others with 3 s.
        charged,
    );
    // It bills a price of -0.1 as 0.1; a price below nothing does not exist here.
    assert!("-0.1".parse::<celcombiller::domain::money::Price>().is_err());
}

/// A2Billing's own limits forget the first block and fees and lose seconds to floating point: where it says 18,
/// 179, 419, 599 or 569 s, these are the longest calls that the credit can pay for.
#[test]
fn the_longest_call_is_exact_where_a2billings_is_not() {
    table(
        "
        rate 0.6/min 60+6 fee 0                     | funds 0.2  -> InsufficientFunds
        rate 0.1/min 1+1 fee 0                      | funds 0.3  -> 180 s
        rate 0.1/min 1+1 fee 0                      | funds 0.7  -> 420 s
        rate 0.1/min 1+1 fee 0.15                   | funds 1.15 -> 600 s
        rate 0.1/min 1+1 fee 0.05                   | funds 1    -> 570 s
        rate 0.1/min 1+1 fee 0.05 disconnect_fee=0.03 | funds 1  -> 552 s
        rate 0.1/min 30+6 fee 0 disconnect_fee=0.1  | funds 0.5  -> 240 s
        rate 0.1/min 0+0 fee 0.5                    | funds 0.4  -> InsufficientFunds
        rate 0.1/min 1+1 fee 0                      | funds 0    -> InsufficientFunds
        rate 0.07/min 60+60 fee 0                   | funds 1    -> 840 s
        rate 0.2/min 10+10 fee 0.02 bands=60:0.1:6+6 | funds 5   -> 2928 s
        rate 0.04/min 60+1 fee 0                    | funds 0.01 -> InsufficientFunds
        ",
        |line| {
            let (price, funds) = line.split_once("| funds").unwrap();
            granted(&rate(price), funds.trim())
        },
    );
}

fn tariff(zone: &str, holidays: &str) -> Tariff {
    Tariff {
        name: "shop".to_owned(),
        rounding: Rounding::FINEST,
        zone: Zone::named(zone).unwrap(),
        holidays: holidays.parse::<Holidays>().unwrap(),
    }
}

/// Judges `RATE | RATE ... @ TIME`, each rate `[from DATE] [to DATE] [HOURS]`.
fn judged(zone: &str, holidays: &str, line: &str) -> String {
    let (rates, at) = line.split_once('@').unwrap();
    let at: Timestamp = at.trim().parse().unwrap();
    let validities: Vec<Validity> = rates
        .split('|')
        .map(|rate| {
            let mut validity = Validity::default();
            let mut rest = rate.trim();
            if let Some((date, after)) =
                rest.strip_prefix("from ").map(|rest| rest.split_once(' ').unwrap_or((rest, "")))
            {
                validity.starts = date.parse().unwrap();
                rest = after;
            }
            if let Some((date, after)) = rest.strip_prefix("to ").map(|rest| rest.split_once(' ').unwrap_or((rest, "")))
            {
                validity.ends = Some(date.parse().unwrap());
                rest = after;
            }
            validity.hours = rest.trim_start_matches("always").parse().unwrap();
            validity
        })
        .collect();
    let tariff = tariff(zone, holidays);
    let verdicts = judge(&validities, at, || tariff.clock(at)).unwrap();
    verdicts.iter().map(|verdict| verdict.word()).collect::<Vec<_>>().join(" ")
}

#[test]
fn among_the_rates_of_a_prefix_the_one_in_force_wins() {
    // 2026-11-21 is a Saturday.
    table(
        "
        always                                        @ 2026-11-21 -> won
        always | always                               @ 2026-11-21 -> replaced won
        from 2026-01-01 | from 2026-12-01             @ 2026-11-21 -> won not_yet
        from 2026-01-01 | from 2026-12-01             @ 2026-12-01 -> replaced won
        from 2026-12-01 | from 2026-01-01             @ 2026-12-01 -> won replaced
        from 2026-01-01 | from 2026-11-01 to 2026-11-30 @ 2026-11-21 -> replaced won
        from 2026-01-01 | from 2026-11-01 to 2026-11-30 @ 2026-11-30 -> won ended
        from 2026-01-01 | from 2026-11-01 to 2026-11-01 @ 2026-11-21 -> replaced ended
        from 2026-01-01 to 2026-02-01                 @ 2026-11-21 -> ended
        ",
        |line| judged("UTC", "", line),
    );
}

#[test]
fn among_different_hours_the_closest_wins() {
    table(
        "
        always | sat                                          @ 2026-11-21T12:00:00Z -> less_specific won
        always | sun                                          @ 2026-11-21T12:00:00Z -> won other_hours
        sat | sat 10:00-14:00 | sat-sun                       @ 2026-11-21T12:00:00Z -> less_specific won less_specific
        mon-fri 08:00-18:00 | 18:00-08:00                     @ 2026-11-20T17:59:59Z -> won other_hours
        mon-fri 08:00-18:00 | 18:00-08:00                     @ 2026-11-20T18:00:00Z -> other_hours won
        fri 22:00-06:00                                       @ 2026-11-21T05:59:59Z -> won
        fri 22:00-06:00                                       @ 2026-11-21T06:00:00Z -> other_hours
        fri 22:00-06:00                                       @ 2026-11-20T05:59:59Z -> other_hours
        sun 22:00-06:00                                       @ 2026-11-23T05:00:00Z -> won
        sat-mon                                               @ 2026-11-23T05:00:00Z -> won
        fri | holiday                                         @ 2026-12-25T12:00:00Z -> less_specific won
        fri 11:00-13:00 | holiday                             @ 2026-12-25T12:00:00Z -> less_specific won
        fri | holiday                                         @ 2026-12-18T12:00:00Z -> won other_hours
        holiday 20:00-02:00                                   @ 2026-12-26T01:00:00Z -> won
        holiday 20:00-02:00                                   @ 2026-12-26T21:00:00Z -> other_hours
        mon 00:00-24:00; sat 12:00-13:00                      @ 2026-11-21T12:30:00Z -> won
        ",
        |line| judged("UTC", "2026-12-25", line),
    );
}

#[test]
fn hours_are_told_by_the_tariffs_own_clock() {
    // Berlin is two hours ahead of UTC until the last Sunday of October, then one.
    table(
        "
        18:00-24:00 @ 2026-10-24T16:00:00Z -> won
        18:00-24:00 @ 2026-10-24T15:59:59Z -> other_hours
        18:00-24:00 @ 2026-10-25T16:00:00Z -> other_hours
        18:00-24:00 @ 2026-10-25T17:00:00Z -> won
        sun         @ 2026-10-24T22:00:00Z -> won
        holiday     @ 2026-12-24T23:00:00Z -> won
        holiday     @ 2026-12-24T22:59:59Z -> other_hours
        ",
        |line| judged("Europe/Berlin", "2026-12-25", line),
    );
    table(
        "
        mon @ 2026-11-22T18:15:00Z -> won
        mon @ 2026-11-22T18:14:59Z -> other_hours
        ",
        |line| judged("Asia/Kathmandu", "", line),
    );
    assert_eq!(
        Zone::named("Europe/Nowhere").unwrap_err().to_string(),
        "`Europe/Nowhere` is not a time zone: expected a name such as Europe/Berlin or UTC"
    );
}

#[test]
fn hours_are_read_and_written() {
    table(
        "
        mon-fri 08:00-18:00             -> mon,tue,wed,thu,fri 08:00-18:00
        Sat,HOLIDAY                     -> sat,holiday 00:00-24:00
        22:00-06:00                     -> mon,tue,wed,thu,fri,sat,sun 22:00-06:00
        sun 10:00-12:00; mon 10:00-12:00 -> mon 10:00-12:00; sun 10:00-12:00
        fri-mon                         -> mon,fri,sat,sun 00:00-24:00
        8:00-18:00                      -> refused
        mon 08:00                       -> refused
        mon 08:00-25:00                 -> refused
        mon 08:60-09:00                 -> refused
        mon 08:00-08:00                 -> refused
        mon-holiday                     -> refused
        noday                           -> refused
        mon;;tue                        -> refused
        ",
        |text| text.parse::<Hours>().map_or_else(|_| "refused".to_owned(), |hours| hours.to_string()),
    );
}

/// Grants and prices `RATE | free SECONDS bonus AMOUNT credit AMOUNT | SECONDS`.
fn with_bundles(line: &str) -> String {
    let parts: Vec<&str> = line.split('|').collect();
    let [price, funds, seconds] = parts.as_slice() else { panic!("`{line}`") };
    let words: Vec<&str> = funds.split_whitespace().collect();
    let ["free", free, "bonus", bonus, "credit", credit] = words.as_slice() else { panic!("`{funds}`") };
    let (rate, mut purse) = (rate(price), Purse::default());
    for (id, (name, left)) in [("bonus", bonus), ("seconds", free)].into_iter().enumerate() {
        // What it was given does not matter, what is left does.
        let worth = format!("{name}=1").parse::<celcombiller::domain::bundle::Bundle>().unwrap().worth;
        purse.add(BundleId(id.try_into().unwrap()), worth, left.parse().unwrap());
    }
    let freed = purse.freed(&rate);
    let funds: Money = credit.parse::<Money>().unwrap().checked_add(purse.bonus()).unwrap();
    let Some(granted) = freed.max_talk_time(funds, TalkTime::new(7200).unwrap(), Rounding::FINEST) else {
        return "InsufficientFunds".to_owned();
    };
    let seconds = seconds.trim().parse::<u32>().unwrap().min(granted.seconds());
    let paid = purse.pay(&rate, seconds, freed.charge(seconds, Rounding::FINEST).unwrap());
    format!("{granted} s, free {} bonus {} charge {}", paid.seconds(), paid.bonus(), paid.rest)
}

/// A2Billing's packages, its cases P1 to P5, P10 and P11, and what is better here: no second of what is available is
/// lost to floats (P1, P2, P5), blocks are counted from where money is paid, so that the same second is not free and
/// charged (P3) and each block is whole (P2, P5), nobody falls below zero (P4), and a call in bands is free as far as
/// its seconds reach instead of not at all (P10). Its unlimited packages and free calls (P6 to P8) are no bundles.
#[test]
fn bundles_pay_as_packages_did_without_their_faults() {
    table(
        "
        rate 0.10/min 6+6 fee 0.05 | free 600 bonus 0 credit 1 | 300 -> 1170 s, free 300 bonus 0 charge 0.05
        rate 0.10/min 6+6 fee 0.05 | free 100 bonus 0 credit 1 | 300 -> 670 s, free 100 bonus 0 charge 0.39
        rate 0.10/min 6+6 fee 0.05 | free 100 bonus 0 credit 1 | 100 -> 670 s, free 100 bonus 0 charge 0.05
        rate 0.10/min 6+6 fee 0.05 | free 100 bonus 0 credit 0 | 100 -> InsufficientFunds
        rate 0.10/min 6+6 fee 0    | free 100 bonus 0 credit 0 | 100 -> 100 s, free 100 bonus 0 charge 0
        rate 0.10/min 6+6 fee 0.05 | free 250 bonus 0 credit 1 | 300 -> 820 s, free 250 bonus 0 charge 0.14
        rate 0.20/min 1+1 fee 0.02 bands=60:0.10 | free 100 bonus 0 credit 1 | 160 -> 688 s, free 100 bonus 0 charge 0.12
        rate 0.20/min 1+1 fee 0.02 bands=60:0.10 | free 600 bonus 0 credit 1 | 160 -> 1188 s, free 160 bonus 0 charge 0.02
        ",
        with_bundles,
    );
}

#[test]
fn what_bundles_pay_of_a_price() {
    table(
        "
        rate 0.60/min 1+1 fee 0.05   | free 10 bonus 0.07 credit 1 | 60 -> 112 s, free 10 bonus 0.07 charge 0.48
        rate 0.60/min 1+1 fee 0.05   | free 10 bonus 0.07 credit 0 | 60 -> 12 s, free 10 bonus 0.07 charge 0
        rate 0.60/min 1+1 fee 0.05   | free 10 bonus 0.04 credit 0 | 60 -> InsufficientFunds
        rate 0.60/min 1+1 fee 0.05   | free 10.9 bonus 0.05 credit 0 | 60 -> 10 s, free 10 bonus 0.05 charge 0
        rate 0.60/min 1+1 fee 0.05   | free 10 bonus 0.09 credit 1 | 0  -> 114 s, free 0 bonus 0.05 charge 0
        rate 0.60/min 60+60 fee 0    | free 90 bonus 0 credit 0.60 | 91 -> 150 s, free 90 bonus 0 charge 0.6
        rate 0.60/min 1+1 fee 0 free_seconds=30 | free 60 bonus 0 credit 0 | 50 -> 90 s, free 20 bonus 0 charge 0
        rate 0.60/min 1+1 fee 0 free_seconds=30 | free 60 bonus 0 credit 0 | 20 -> 90 s, free 0 bonus 0 charge 0
        rate 0.60/min 1+1 fee 0 free_below=10   | free 60 bonus 0 credit 0 | 9  -> 60 s, free 0 bonus 0 charge 0
        rate 0.60/min 1+1 fee 0 minimum_seconds=30 | free 60 bonus 0 credit 0 | 9 -> 60 s, free 30 bonus 0 charge 0
        rate 0.60/min 1+1 fee 0 minimum_charge=0.2 | free 60 bonus 0.3 credit 0 | 9 -> 90 s, free 9 bonus 0.2 charge 0
        rate 0/min 1+1 fee 0.05      | free 60 bonus 0 credit 1 | 50 -> 7200 s, free 0 bonus 0 charge 0.05
        ",
        with_bundles,
    );
}

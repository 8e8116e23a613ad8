//! The table of countries: whole, well formed, and right about whose number is whose.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says where")]

#[path = "support/table.rs"]
mod table;

use std::collections::HashSet;

use celcombiller::domain::country::Country;
use celcombiller::domain::numbering::{PhoneNumber, Prefix};
use table::table;

const FILE: &str = include_str!("../sql/countries.csv");

/// Every alpha-2 code that ISO 3166-1 assigns.
const ISO_3166_1: &str = "
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY
    BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK
    FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR
    IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK
    ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM
    PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF
    TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
";

/// Every code of one to three digits that ITU-T E.164 assigns to a country, an area or a service.
const E_164: &str = "
    1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82
    84 86 90 91 92 93 94 95 98 211 212 213 216 218 220 221 222 223 224 225 226 227 228 229 230 231 232 233 234 235
    236 237 238 239 240 241 242 243 244 245 246 247 248 249 250 251 252 253 254 255 256 257 258 260 261 262 263
    264 265 266 267 268 269 290 291 297 298 299 350 351 352 353 354 355 356 357 358 359 370 371 372 373 374 375
    376 377 378 379 380 381 382 383 385 386 387 389 420 421 423 500 501 502 503 504 505 506 507 508 509 590 591
    592 593 594 595 596 597 598 599 670 672 673 674 675 676 677 678 679 680 681 682 683 685 686 687 688 689 690
    691 692 800 808 850 852 853 855 856 870 878 880 881 882 883 886 888 960 961 962 963 964 965 966 967 968 970
    971 972 973 974 975 976 977 979 992 993 994 995 996 998
";

/// Returns a country's code, else its name.
fn told(country: Option<&Country>) -> String {
    country.map_or("none", |country| country.code.unwrap_or(country.name)).to_owned()
}

fn owner(number: &str) -> String {
    told(Country::of(&number.parse::<PhoneNumber>().unwrap()))
}

fn prefixes() -> impl Iterator<Item = (&'static Country, &'static str)> {
    Country::all().iter().flat_map(|country| country.prefixes.iter().map(move |prefix| (country, prefix.as_str())))
}

#[test]
fn the_table_parses_whole() {
    let rows: Vec<&str> = FILE.lines().filter(|line| !line.starts_with('#')).collect();
    let read: Vec<String> = Country::all()
        .iter()
        .map(|country| {
            let prefixes: Vec<&str> = country.prefixes.iter().map(Prefix::as_str).collect();
            let codes = [country.code, country.alpha3, country.numeric].map(Option::unwrap_or_default);
            format!("{};{};{}", codes.join(";"), country.name, prefixes.join(" "))
        })
        .collect();
    assert_eq!(read, rows);
    assert!(FILE.lines().next().unwrap().starts_with("# code;alpha3;numeric;name;prefixes"), "the keys are named");
    for source in ["ISO 3166-1", "ITU-T", "E.164"] {
        assert!(FILE.contains(source), "the source {source} is named");
    }
}

#[test]
fn every_country_of_iso_3166_1_is_there_and_kosovo() {
    let mut listed: Vec<&str> = ISO_3166_1.split_whitespace().chain(["XK"]).collect();
    listed.sort_unstable();
    let codes: Vec<&str> = Country::all().iter().filter_map(|country| country.code).collect();
    assert_eq!(codes, listed);
}

#[test]
fn codes_are_unique_and_well_formed() {
    let mut seen = HashSet::new();
    let upper = |code: &str, length| code.len() == length && code.bytes().all(|byte| byte.is_ascii_uppercase());
    for country in Country::all() {
        let name = country.name;
        assert!(!name.is_empty() && name.trim() == name, "`{name}` is a name");
        assert!(seen.insert(name), "{name} is there once");
        let codes = [country.code, country.alpha3, country.numeric];
        match codes {
            [Some(code), Some(alpha3), Some(numeric)] => {
                assert!(upper(code, 2) && upper(alpha3, 3), "{name}");
                assert!(numeric.len() == 3 && numeric.bytes().all(|byte| byte.is_ascii_digit()), "{name}");
            }
            [Some("XK"), Some("XKX"), None] => {}
            [None, None, None] => assert!(!country.prefixes.is_empty(), "{name} is a service with prefixes"),
            _ => panic!("{name} has {codes:?}"),
        }
        for code in codes.into_iter().flatten() {
            assert!(seen.insert(code), "{code} is there once");
        }
    }
}

#[test]
fn prefixes_are_unique_and_only_those_who_share_another_s_have_none() {
    let mut seen = HashSet::new();
    for (country, prefix) in prefixes() {
        assert!((1..=8).contains(&prefix.len()), "{}: {prefix}", country.name);
        assert!(seen.insert(prefix), "{prefix} is there once");
    }
    let without: Vec<String> = Country::all()
        .iter()
        .filter(|country| country.prefixes.is_empty())
        .map(|country| told(Some(country)))
        .collect();
    assert_eq!(without, ["BL", "BV", "GS", "HM", "MF", "PN", "TF", "UM"]);
}

#[test]
fn every_assigned_dialling_code_is_somebody_s_and_no_other_is() {
    let assigned: HashSet<&str> = E_164.split_whitespace().collect();
    for code in &assigned {
        let prefix: Prefix = code.parse().unwrap();
        assert!(Country::by_prefix(&prefix).is_some(), "{code} belongs to somebody");
    }
    for (country, prefix) in prefixes() {
        let assigned = (1..=prefix.len().min(3)).any(|length| assigned.contains(&prefix[..length]));
        assert!(assigned, "{prefix} of {} is within an assigned code", country.name);
    }
}

#[test]
fn the_longest_prefix_decides() {
    let longest = |number: &str| {
        let those = prefixes().filter(|(_, prefix)| number.starts_with(prefix));
        told(those.max_by_key(|(_, prefix)| prefix.len()).map(|(country, _)| country))
    };
    let ends = ["", "0", "1", "4", "9", "00", "55", "99", "0000000", "9999999"];
    for (_, prefix) in prefixes() {
        for shorter in (1..=prefix.len()).map(|length| &prefix[..length]) {
            for end in ends {
                let number = format!("{shorter}{end}");
                assert_eq!(owner(&number), longest(&number), "{number}");
            }
        }
    }
}

#[test]
fn a_number_belongs_to_a_country() {
    table(
        "
        12125550123       -> US
        18085550123       -> US
        14165550123       -> CA
        18675550123       -> CA
        12575550123       -> CA
        19425550123       -> CA
        16045550123       -> CA
        18765550123       -> JM
        16585550123       -> JM
        18095550123       -> DO
        18495550123       -> DO
        17875550123       -> PR
        13405550123       -> VI
        12845550123       -> VG
        16715550123       -> GU
        16845550123       -> AS
        14415550123       -> BM
        17215550123       -> SX
        18005550123       -> North American freephone
        19005550123       -> North American premium rate
        74951234567       -> RU
        79161234567       -> RU
        77271234567       -> KZ
        77011234567       -> KZ
        442079460123      -> GB
        447911123456      -> GG
        447911223456      -> GB
        447781123456      -> GG
        441481234567      -> GG
        441534123456      -> JE
        447797123456      -> JE
        441624612345      -> IM
        447624412345      -> IM
        390612345678      -> IT
        390669812345      -> VA
        390549123456      -> SM
        378054912345      -> SM
        4721234567        -> NO
        4779123456        -> SJ
        61212345678       -> AU
        61891641234       -> CX
        61891621234       -> CC
        67213912          -> AU
        672322123         -> NF
        672112345         -> AQ
        6424012345        -> AQ
        6421123456        -> NZ
        212522123456      -> MA
        212528812345      -> EH
        262262123456      -> RE
        262269601234      -> YT
        262639123456      -> YT
        590590123456      -> GP
        59994351234       -> CW
        5997171234        -> BQ
        5993181234        -> BQ
        5994161234        -> BQ
        358181234567      -> AX
        358912345678      -> FI
        38338123456       -> XK
        38111123456       -> RS
        211912345678      -> SS
        249912345678      -> SD
        67077212345       -> TL
        29022158          -> SH
        2908123           -> SH
        24762889          -> SH
        2463709100        -> IO
        50031234          -> FK
        5511999990002     -> BR
        4915112345678     -> DE
        861012345678      -> CN
        85223456789       -> HK
        85328212345       -> MO
        886212345678      -> TW
        97022345678       -> PS
        97223456789       -> IL
        80012345678       -> International freephone
        80812345678       -> International shared cost
        97912345678       -> International premium rate
        870773112345      -> Inmarsat
        881612345678      -> Iridium
        881812345678      -> Globalstar
        881312345678      -> Global mobile satellite systems
        8821612345678     -> Thuraya
        883510012345      -> International networks
        1                 -> US
        599               -> CW
        59                -> none
        2101234567        -> none
        999999999         -> none
        0                 -> none
        ",
        owner,
    );
}

#[test]
fn a_country_is_found_by_any_of_its_codes() {
    table(
        "
        BR   -> BR
        br   -> BR
        Bra  -> BR
        076  -> BR
        76   -> none
        XK   -> XK
        380  -> IT
        QQ   -> none
        BRAZ -> none
        Brazil -> none
        -    -> none
        ",
        |code| told(Country::by_code(code.trim_matches('-'))),
    );
}

#[test]
fn a_prefix_belongs_to_whose_numbers_begin_with_it() {
    table(
        "
        55   -> BR
        5511 -> BR
        1    -> US
        187  -> US
        1876 -> JM
        380  -> UA
        44   -> GB
        4414 -> GB
        5    -> none
        -    -> none
        ",
        |prefix| told(Country::by_prefix(&prefix.trim_matches('-').parse().unwrap())),
    );
}

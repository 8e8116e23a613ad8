//! Price lists as files: what is taken in, what is refused, and what comes out again.

use std::fs;
use std::process::Output;

use serde_json::{Value, json};

use crate::support::Ledger;
use crate::table::table;

const FAR_AHEAD: &str = "2099-01-01T00:00:00Z";

pub(crate) fn shop() -> Ledger {
    let ledger = Ledger::new("EUR");
    ledger.ok(&["tariff", "add", "shop"]);
    ledger
}

/// Runs an import of a file with these bytes into a tariff.
pub(crate) fn import_into(ledger: &Ledger, tariff: &str, bytes: impl AsRef<[u8]>, flags: &[&str]) -> Output {
    let file = ledger.folder.path().join("rates.csv");
    fs::write(&file, bytes).unwrap();
    let mut command = ledger.command("billctl");
    command.current_dir(ledger.folder.path()).args(["--format", "json", "tariff", "import", tariff, "rates.csv"]);
    command.args(flags).output().unwrap()
}

/// Imports, which must succeed; returns what was added, replaced, withdrawn, unchanged and over.
pub(crate) fn import(ledger: &Ledger, tariff: &str, bytes: impl AsRef<[u8]>, flags: &[&str]) -> [u64; 5] {
    let output = import_into(ledger, tariff, bytes, flags);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    ["added", "replaced", "withdrawn", "unchanged", "over"].map(|key| told[key].as_u64().unwrap())
}

/// Imports, which must be refused with nothing changed; returns what was said.
fn refused(bytes: impl AsRef<[u8]>, flags: &[&str]) -> String {
    let ledger = shop();
    let output = import_into(&ledger, "shop", bytes, flags);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(export(&ledger, "shop").lines().count(), 1, "nothing is imported");
    String::from_utf8(output.stderr).unwrap()
}

fn export(ledger: &Ledger, tariff: &str) -> String {
    ledger.ok(&["tariff", "export", tariff])
}

/// The prices in force, as `prefix price` with the hours behind.
fn prices(ledger: &Ledger) -> Vec<String> {
    let rates = ledger.json(&["tariff", "export", "shop"]);
    let rates = rates.as_array().unwrap().iter().filter(|rate| rate["starts"].as_str().unwrap() < "2090");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let line = |rate: &Value| ["prefix", "price_per_minute", "hours"].map(|key| text(&rate[key])).join(" ");
    rates.map(|rate| line(rate).trim().to_owned()).collect()
}

fn quoted(ledger: &Ledger, tariff: &str, number: &str, seconds: &str, more: &[&str]) -> String {
    let quote = ["rate", "quote", number, "--tariff", tariff, "--seconds", seconds];
    ledger.json(&[&quote, more].concat())["charge"].as_str().unwrap().to_owned()
}

#[test]
fn an_export_imports_again_to_the_same_rates() {
    let ledger = shop();
    let add = |flags: &[&str]| drop(ledger.ok(&[&["rate", "add", "--tariff", "shop"], flags].concat()));
    add(&["--prefix", "55", "--price-per-minute", "0.10", "--starts", "2026-01-01"]);
    add(&["--prefix", "55", "--price-per-minute", "0.30", "--connect-fee", "0.05", "--increment", "60+6"]);
    add(&["--prefix", "55", "--price-per-minute", "0.01", "--ends", "2098-01-01"]);
    add(&["--prefix", "55", "--price-per-minute", "0.06", "--hours", "mon-fri 20:00-07:00; sat,sun,holiday"]);
    add(&["--prefix", "55", "--price-per-minute", "0.08", "--starts", FAR_AHEAD]);
    add(&["--prefix", "44", "--price-per-minute", "0.10", "--bands", "60:0.05,600:0.02:60+60:0.01"]);
    add(&["--prefix", "", "--price-per-minute", "2", "--maximum-charge", "9", "--surcharge", "0.02/180"]);
    add(&["--prefix", "onnet", "--price-per-minute", "0", "--free-below", "10"]);
    add(&["--prefix", "49", "--price-per-minute", "1"]);
    ledger.ok(&["rate", "remove", "--tariff", "shop", "--prefix", "49", "--starts", FAR_AHEAD]);
    let exported = export(&ledger, "shop");
    // The price of January is gone; that of the promotion ends, and then the one before it holds again.
    assert_eq!(exported.lines().count(), 9, "{exported}");
    assert!(exported.contains("49,1,0,1+1,,") && exported.contains(",2099-01-01T00:00:00Z,"), "{exported}");
    ledger.ok(&["tariff", "add", "copy"]);
    assert_eq!(import(&ledger, "copy", &exported, &[]), [8, 0, 0, 0, 0]);
    assert_eq!(export(&ledger, "copy"), exported);
    assert_eq!(ledger.json(&["tariff", "diff", "shop", "copy"]), json!([]));
    let later = ["tariff", "diff", "shop", "copy", "--at", "2099-06-01"];
    assert_eq!(ledger.json(&later), json!([]));
    for (tariff, flags) in [("copy", &[][..]), ("copy", &["--replace"]), ("shop", &[]), ("shop", &["--replace"])] {
        assert_eq!(import(&ledger, tariff, &exported, flags), [0, 0, 0, 8, 0], "{tariff} {flags:?}");
    }
}

#[test]
fn a_list_takes_the_place_of_what_has_the_same_prefix_and_hours() {
    let ledger = shop();
    let list = "prefix,price_per_minute,hours\n55,0.10,\n55,0.05,sat\n44,0.20,\n";
    assert_eq!(import(&ledger, "shop", list, &[]), [3, 0, 0, 0, 0]);
    let twice = import_into(&ledger, "shop", list, &[]);
    let told = String::from_utf8(twice.stderr).unwrap();
    assert_eq!(told, "nothing to change: tariff \"shop\" is as rates.csv says\n");
    let next = "price_per_minute,prefix\n0.11,55\n0.20,44\n0.30,33\n";
    assert_eq!(import(&ledger, "shop", next, &[]), [1, 1, 0, 1, 0]);
    assert_eq!(prices(&ledger), ["33 0.3", "44 0.2", "55 0.11", "55 0.05 sat 00:00-24:00"]);
    assert_eq!(import(&ledger, "shop", "prefix,price_per_minute\n44,0.20\n55,0.12\n", &["--replace"]), [0, 1, 2, 1, 0]);
    assert_eq!(prices(&ledger), ["44 0.2", "55 0.12"]);
}

#[test]
fn a_start_that_has_passed_is_now_where_another_rate_holds() {
    let ledger = shop();
    assert_eq!(import(&ledger, "shop", "prefix,price_per_minute\n55,0.10\n", &[]), [1, 0, 0, 0, 0]);
    // Were it kept, the newer rate would hold on and the import would change nothing.
    let old = "prefix,price_per_minute,starts\n55,0.20,2026-01-01\n44,0.30,2026-01-01\n";
    assert_eq!(import(&ledger, "shop", old, &[]), [1, 1, 0, 0, 0]);
    assert_eq!(prices(&ledger), ["44 0.3", "55 0.2"]);
    assert_eq!(quoted(&ledger, "shop", "4411", "60", &["--at", "2026-02-01"]), "0.3");
    assert_eq!(import(&ledger, "shop", old, &[]), [0, 0, 0, 2, 0]);
    let over = "prefix,price_per_minute,ends\n33,0.20,2026-01-01\n";
    assert_eq!(import(&ledger, "shop", over, &[]), [0, 0, 0, 0, 1]);
}

#[test]
fn replacing_reaches_what_is_planned_and_what_is_only_for_a_while() {
    let ledger = shop();
    let add = |flags: &[&str]| {
        ledger.ok(&[&["rate", "add", "--tariff", "shop", "--prefix", "55", "--price-per-minute"], flags].concat());
    };
    add(&["0.10"]);
    add(&["0.01", "--ends", "2098-01-01"]);
    add(&["0.20", "--starts", "2099-01-01"]);
    let planned = ["--prefix", "44", "--price-per-minute", "1", "--starts", "2099-01-01"];
    ledger.ok(&[&["rate", "add", "--tariff", "shop"], &planned[..]].concat());
    let at = |time: &str| quoted(&ledger, "shop", "5511", "60", &["--at", time]);
    let list = "prefix,price_per_minute\n55,0.10\n";
    assert_eq!(import(&ledger, "shop", list, &["--replace"]), [0, 2, 1, 0, 0]);
    assert_eq!(export(&ledger, "shop").matches("\n44,").count(), 0);
    for time in ["2097-01-01", "2098-06-01", "2099-06-01"] {
        assert_eq!(at(time), "0.1", "{time}");
    }
    assert_eq!(import(&ledger, "shop", list, &["--replace"]), [0, 0, 0, 1, 0], "a second time changes nothing");
    // What was to be withdrawn is not, if the list has it for good.
    ledger.ok(&["rate", "remove", "--tariff", "shop", "--prefix", "55", "--starts", "2099-09-09"]);
    import(&ledger, "shop", list, &["--replace"]);
    assert_eq!(at("2099-10-01"), "0.1");
    assert_eq!(import(&ledger, "shop", list, &["--replace"]), [0, 0, 0, 1, 0]);
}

#[test]
fn a_list_may_hold_from_a_day_to_come() {
    let ledger = shop();
    import(&ledger, "shop", "prefix,price_per_minute\n55,0.10\n44,0.20\n", &[]);
    let flags = ["--replace", "--starts", "2099-01-01"];
    assert_eq!(
        import(&ledger, "shop", "prefix,price_per_minute,starts\n55,0.30,\n33,0.40,2026-01-01\n", &flags),
        [1, 1, 1, 0, 0]
    );
    assert_eq!(prices(&ledger), ["44 0.2", "55 0.1"]);
    let at = |number: &str| quoted(&ledger, "shop", number, "60", &["--at", "2099-01-01"]);
    assert_eq!((at("55"), at("33")), ("0.3".to_owned(), "0.4".to_owned()));
    let none = ["rate", "quote", "44", "--tariff", "shop", "--at", "2099-01-01"];
    assert!(ledger.refused(1, &none).contains("has no rate for 44"));
}

#[test]
fn a_dry_run_tells_each_change_and_makes_none() {
    let ledger = shop();
    import(&ledger, "shop", "prefix,price_per_minute,hours\n55,0.10,\n44,0.20,sat\n33,1,\n", &[]);
    let list = "prefix,price_per_minute\n55,0.15\n33,1\n11,2\n";
    let output = import_into(&ledger, "shop", list, &["--replace", "--dry-run"]);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let changes = told["changes"].as_array().unwrap().iter();
    let changes: Vec<_> = changes
        .map(|change| {
            json!([change["change"], change["prefix"], change["hours"], change["price_per_minute"], change["was"]])
        })
        .collect();
    let expected = json!([
        ["added", "11", null, "2", null],
        ["withdrawn", "44", "sat 00:00-24:00", null, "0.2"],
        ["replaced", "55", null, "0.15", "0.1"],
    ]);
    assert_eq!((json!(changes), &told["unchanged"]), (expected, &json!(1)));
    assert_eq!(prices(&ledger), ["33 1", "44 0.2 sat 00:00-24:00", "55 0.1"]);
}

#[test]
fn every_wrong_line_is_told_with_its_number_and_value_and_nothing_is_imported() {
    let list = "prefix,price_per_minute,hours,ends,starts\n\
                55,0.10,,,\n\
                44,\"1,5\",,,\n\
                \n\
                abc,1,,,\n\
                33,,,,\n\
                22,1,noon,,\n\
                \"11\n\",-1,,,\n\
                55,0.20,,,\n\
                7,1,mon 08:00-18:00,,\n\
                7,2,mon 09:00-19:00,,\n\
                8,1,,2098-01-01,2099-01-01\n\
                9,1\n";
    let expected = "\
error: rates.csv line 3: price_per_minute: `1,5` is not an amount: expected digits and at most one decimal point, such as 12.50; decimals have a point: 1.5
error: rates.csv line 5: prefix: `abc` is not a prefix: expected up to 15 digits
error: rates.csv line 6: price_per_minute is empty
error: rates.csv line 7: hours: `noon` are not hours: expected days and times such as `mon-fri 08:00-18:00; sat,holiday`
error: rates.csv line 8: price_per_minute: `-1` is negative
error: rates.csv line 10: prefix \"55\" stands with the same hours and start on line 2
error: rates.csv line 12: prefix \"7\": its hours and those of line 11 overlap, and neither has fewer minutes a week
error: rates.csv line 13: the rate would end at 2098-01-01T00:00:00Z, not after its start at 2099-01-01T00:00:00Z
error: rates.csv line 14: 2 values under 5 columns; a value with the separator in it stands in quotes, and decimals have a point
error: nothing was imported: 9 lines are wrong
hint: billctl tariff import --help
";
    assert_eq!(refused(list, &[]), expected);
    assert_eq!(refused(list.replace('\n', "\r\n"), &[]), expected.replace("11\\n", "11\\r\\n"));
    let many = format!("prefix,price_per_minute\n{}", "x,1\n".repeat(30));
    let told = refused(many, &[]);
    assert!(told.contains("line 21: ") && !told.contains("line 22: "), "{told}");
    assert!(told.contains("error: nothing was imported: 30 lines are wrong, 10 of them not shown\n"), "{told}");
}

#[test]
fn tables_come_as_spreadsheets_save_them() {
    let same = [
        "prefix,price_per_minute,hours\n55,0.1,\"mon,tue\"\n",
        "\u{feff}Prefix;Price_Per_Minute;HOURS\r\n55;0.1;mon,tue\r\n",
        "hours\tprice_per_minute\tprefix\nmon,tue\t0.1\t+55",
        "prefix,price_per_minute,hours\n\n \n55, 0.1 ,\"mon,tue\n\"\n",
    ]
    .map(|text| {
        let ledger = shop();
        import(&ledger, "shop", text, &[]);
        prices(&ledger)
    });
    for read in same {
        assert_eq!(read, ["55 0.1 mon,tue 00:00-24:00"]);
    }
}

#[test]
fn what_is_no_table_of_rates_is_refused() {
    assert_eq!(refused("", &[]), "error: rates.csv is empty\n");
    assert_eq!(refused("prefix,price_per_minute\n", &[]), "error: rates.csv has no rates\n");
    assert_eq!(refused("prefix,price_per_minute\n\n\r\n", &["--replace"]), "error: rates.csv has no rates\n");
    let hint = "hint: billctl tariff import --help\n";
    for (table, fact) in [
        ("prefix,colour,price_per_minute\n55,red,1\n", "nothing is known of column \"colour\""),
        ("prefix,price_per_minute,PREFIX\n55,1,2\n", "column \"prefix\" stands twice in the header"),
        ("prefix,connect_fee\n55,1\n", "rates.csv has no column price_per_minute"),
        ("price_per_minute,hours\n1,sat\n", "rates.csv has no column prefix"),
    ] {
        assert_eq!(refused(table, &[]), format!("error: {fact}\n{hint}"));
    }
    let utf_16: Vec<u8> = "prefix,price_per_minute\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(
        refused([b"\xff\xfe".as_slice(), &utf_16].concat(), &[]).starts_with("error: rates.csv is not text in UTF-8\n")
    );
    let latin = refused(b"prefix,price_per_minute\n55,1\xe9\n", &[]);
    assert!(latin.starts_with("error: rates.csv line 2: price_per_minute is not text in UTF-8\n"), "{latin}");
    let open = refused("prefix,price_per_minute\n54,1\n55,\"1\n56,2\n", &[]);
    assert!(open.contains("error: rates.csv line 3: a value begins with a quote that does not end\n"), "{open}");
    let ledger = shop();
    assert!(ledger.refused(3, &["tariff", "import", "shop", "/nowhere.csv"]).contains("/nowhere.csv"));
    assert!(ledger.refused(1, &["tariff", "import", "gold", "/nowhere.csv"]).contains("no tariff \"gold\""));
}

/// What A2Billing charges for calls under rates of its own columns, and the same rates bought.
#[test]
fn a2billings_ratecard_charges_what_it_charged() {
    let header = "dialprefix;destination;rateinitial;initblock;billingblock;connectcharge;disconnectcharge;\
                  disconnectcharge_after;minimal_cost;rounding_calltime;rounding_threshold;additional_block_charge;\
                  additional_block_charge_time;stepchargea;chargea;timechargea;billingblocka;stepchargeb;chargeb;\
                  timechargeb;billingblockb;stepchargec;chargec;timechargec;billingblockc;buyrate;buyrateinitblock;\
                  buyrateincrement;id_trunk;startdate;stopdate\n";
    let columns: Vec<&str> = header.trim().split(';').collect();
    let cases = [
        ("rateinitial=0.1", "61", "0.101667"),
        ("rateinitial=0.10000 initblock=30 billingblock=6", "32", "0.06"),
        ("rateinitial=0.1 initblock=1 billingblock=1 connectcharge=0.05 disconnectcharge=0.03", "60", "0.18"),
        (
            "rateinitial=0.1 initblock=1 billingblock=1 disconnectcharge=0.03 disconnectcharge_after=120",
            "119",
            "0.198333",
        ),
        ("rateinitial=0.1 initblock=1 billingblock=1 minimal_cost=0.25", "30", "0.25"),
        ("rateinitial=0.1 initblock=1 billingblock=1 rounding_calltime=60 rounding_threshold=30", "45", "0.1"),
        (
            "rateinitial=0.1 initblock=1 billingblock=1 additional_block_charge=0.02 additional_block_charge_time=180",
            "400",
            "0.706667",
        ),
        ("rateinitial=0.1 billingblock=6 stepchargea=0.02 chargea=0.2 timechargea=60 billingblocka=10", "125", "0.33"),
        (
            "rateinitial=0.05 billingblock=6 chargea=0.2 timechargea=60 billingblocka=60 stepchargeb=0.01 chargeb=0.1 timechargeb=120 billingblockb=30",
            "200",
            "0.43",
        ),
        (
            "rateinitial=0.03 billingblock=1 stepchargea=0.01 chargea=0.3 timechargea=30 billingblocka=30 stepchargeb=0.01 chargeb=0.2 timechargeb=60 billingblockb=10 stepchargec=0.01 chargec=0.1 timechargec=60 billingblockc=10",
            "400",
            "0.605",
        ),
        (
            "rateinitial=0.1 billingblock=6 stepchargea=0.02 chargea=0.2 timechargea=60 billingblocka=10",
            "31",
            "0.153333",
        ),
        ("rateinitial=0.1 initblock=45 billingblock=6 chargea=0.2 timechargea=60 billingblocka=10", "31", "0.166667"),
        (
            "rateinitial=0.12 initblock=60 billingblock=60 buyrate=0.05 buyrateinitblock=30 buyrateincrement=6",
            "95",
            "0.24",
        ),
    ];
    let mut table = header.to_owned();
    for (prefix, (values, ..)) in (31..).zip(cases) {
        let value =
            |column: &str| values.split(' ').find_map(|value| value.strip_prefix(&format!("{column}="))).unwrap_or("0");
        let row = columns.iter().map(|column| match *column {
            "dialprefix" => prefix.to_string(),
            "destination" => "Somewhere; \"else\"".replace('"', "\"\""),
            "startdate" => "2008-03-01 00:00:00".to_owned(),
            "stopdate" => "2098-03-01 00:00:00".to_owned(),
            column => value(column).to_owned(),
        });
        table += &(row.map(|value| format!("\"{value}\"")).collect::<Vec<_>>().join(";") + "\n");
    }
    let ledger = shop();
    assert_eq!(import(&ledger, "shop", &table, &[])[0], cases.len() as u64);
    for (prefix, (values, seconds, charge)) in (31..).zip(cases) {
        assert_eq!(quoted(&ledger, "shop", &prefix.to_string(), seconds, &[]), charge, "{values}");
    }
    let gone = ledger.refused(1, &["rate", "quote", "31", "--tariff", "shop", "--at", "2098-03-01"]);
    assert!(gone.contains("has ended"), "{gone}");
    ledger.ok(&["tariff", "add", "carrier"]);
    assert_eq!(import(&ledger, "carrier", &table, &["--cost"])[0], cases.len() as u64);
    assert_eq!(quoted(&ledger, "carrier", "43", "95", &[]), "0.08");
    assert_eq!(quoted(&ledger, "carrier", "31", "95", &[]), "0");
}

#[test]
fn minutes_of_the_week_become_hours() {
    table(
        "
        0,10079     -> always
        ,           -> always
        0,1439      -> mon 00:00-24:00
        480,1079    -> mon 08:00-18:00
        7200,10079  -> sat 00:00-24:00; sun 00:00-24:00
        1080,1919   -> mon 18:00-24:00; tue 00:00-08:00
        1919,1080   -> refused
        0,10080     -> refused
        ",
        |minutes| {
            let ledger = shop();
            let rate = format!("dialprefix,rateinitial,starttime,endtime\n55,1,{minutes}\n");
            let output = import_into(&ledger, "shop", rate, &[]);
            if !output.status.success() {
                return "refused".to_owned();
            }
            let rates = ledger.json(&["tariff", "export", "shop"]);
            rates[0]["hours"].as_str().unwrap_or("always").to_owned()
        },
    );
}

#[test]
fn what_a_ratecard_says_and_we_cannot_is_refused_with_its_line() {
    let told = refused(
        "dialprefix,rateinitial,additional_grace,rounding_calltime,rounding_threshold,initblock,status,stopdate\n\
         defaultprefix,1,0,0,0,0,1,NULL\n\
         _44X.,1,0,0,0,0,1,\n\
         44,1,3,0,0,0,1,\n\
         45,1,0,60,30,6,1,\n\
         46,1,0,0,0,0,0,\n\
         47,1,0,0,0,0,1,0000-00-00 00:00:00\n\
         ,1,0,0,0,0,1,\n\
         48,1,0,0,0,six,1,\n",
        &[],
    );
    assert_eq!(
        told,
        "\
error: rates.csv line 3: dialprefix: `_44X.` is a pattern: expected leading digits
error: rates.csv line 4: additional_grace: seconds that nobody talked cannot be charged
error: rates.csv line 5: rounding_calltime cannot be had together with blocks or stages
error: rates.csv line 6: status: the rate is not active
error: rates.csv line 7: stopdate: `0000-00-00 00:00:00` is not a date: expected one such as 2026-11-21 09:30:00
error: rates.csv line 8: dialprefix is empty: expected digits or defaultprefix
error: rates.csv line 9: initblock: `six` is not a length: expected seconds up to 86400
error: nothing was imported: 7 lines are wrong
hint: billctl tariff import --help
"
    );
    let ours = refused("prefix,price_per_minute\n55,1\n", &["--cost"]);
    assert_eq!(ours, "error: rates.csv has no column buyrate, which --cost is about\n");
}

#[test]
fn magnusbillings_table_is_read_by_its_titles_or_its_columns() {
    let screen = "Prefix,Destination,Sell price,Initial block,Billing block,Trunk groups,Plan,Include in offer,Status\n\
                  5511,Brazil,0.12,30,6,carrier,plan,0,Active\n";
    let file = "dialprefix;destination;rateinitial;initblock;billingblock;minimal_time_charge;connectcharge;disconnectcharge\r\n\
                5511;Brazil;0.12;30;6;5;0.01;0\r\n";
    let ledger = shop();
    assert_eq!(import(&ledger, "shop", screen, &[]), [1, 0, 0, 0, 0]);
    assert_eq!(quoted(&ledger, "shop", "5511", "31", &[]), "0.072");
    assert_eq!(import(&ledger, "shop", file, &[]), [0, 1, 0, 0, 0]);
    // What lasts no longer than the minimal time is not charged.
    assert_eq!(quoted(&ledger, "shop", "5511", "5", &[]), "0");
    assert_eq!(quoted(&ledger, "shop", "5511", "6", &[]), "0.07");
}

#[test]
fn a_tariff_that_is_used_is_not_removed() {
    let ledger = Ledger::in_euros();
    ledger.ok(&["tariff", "add", "shop"]);
    import(&ledger, "shop", "prefix,price_per_minute\n55,1\n44,1\n", &[]);
    ledger.ok(&["user", "update", "bob", "--tariff", "shop"]);
    assert_eq!(
        ledger.refused(1, &["tariff", "remove", "shop"]),
        "error: tariff \"shop\" is used by 1 users (bob)\nhint: billctl user update USER --tariff OTHER\n"
    );
    ledger.ok(&["user", "update", "bob", "--tariff", "standard"]);
    let books = rusqlite::Connection::open(ledger.database()).unwrap();
    let trunk = "INSERT INTO trunk (name, dial, tariff_id) SELECT 'carrier', 'PJSIP/{number}', id FROM tariff WHERE name = 'shop'";
    books.execute(trunk, []).unwrap();
    assert!(ledger.refused(1, &["tariff", "remove", "shop"]).contains("used by 1 trunks (carrier)"));
    books.execute("DELETE FROM trunk", []).unwrap();
    let call = "INSERT INTO call (uniqueid, attempt, account_id, rate_id, clid, dialled, dial, answered_before, amount,
                    seconds, placed, expires, state)
                SELECT '1.1', 1, a.id, r.id, '1', '55', 'SIP/2', 0, 0, 9, 0, 0, 'released'
                FROM account a, rate r JOIN tariff t ON t.id = r.tariff_id
                WHERE a.username = 'bob' AND t.name = 'shop' AND r.prefix = '55'";
    books.execute(call, []).unwrap();
    assert!(ledger.refused(1, &["tariff", "remove", "shop"]).contains("used by 1 past or open calls"));
    ledger.ok(&["tariff", "add", "unused"]);
    import(&ledger, "unused", "prefix,price_per_minute\n55,1\n44,1\n", &[]);
    assert_eq!(ledger.json(&["tariff", "remove", "unused"]), json!({"name": "unused", "rates": 2}));
    assert!(ledger.refused(1, &["tariff", "show", "unused"]).contains("no tariff"));
    ledger.check();
}

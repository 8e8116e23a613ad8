//! The table of countries, which needs neither a database nor a configuration.

use serde_json::{Value, json};

use crate::keys;
use crate::support::Ledger;

#[test]
fn countries_are_listed_with_their_codes_and_prefixes() {
    let ledger = Ledger::new("seconds");
    let list = ledger.json(&["country", "list"]);
    let list = list.as_array().unwrap();
    assert_eq!(keys(&list[0]), ["code", "alpha3", "numeric", "name", "prefixes"]);
    let kazakhstan = list.iter().find(|row| row["code"] == "KZ").unwrap();
    assert_eq!(
        kazakhstan,
        &json!({"code": "KZ", "alpha3": "KAZ", "numeric": "398", "name": "Kazakhstan", "prefixes": ["70", "76", "77"]})
    );
    let csv = ledger.ok(&["--format", "csv", "country", "list"]);
    assert!(csv.starts_with("code,alpha3,numeric,name,prefixes\nAD,AND,020,Andorra,376\n"), "{csv}");
    assert!(csv.contains("\nKZ,KAZ,398,Kazakhstan,70 76 77\n"), "{csv}");
    assert!(csv.contains("\n,,,International freephone,800\n"), "{csv}");
    let table = ledger.ok(&["country", "list"]);
    assert_eq!(table.lines().count(), list.len() + 1, "a line for each country, and the header");
}

#[test]
fn a_country_is_shown_by_its_code_its_prefix_or_one_of_its_numbers() {
    let ledger = Ledger::new("seconds");
    for (asked, code) in [
        ("BR", "BR"),
        ("br", "BR"),
        ("BRA", "BR"),
        ("55", "BR"),
        ("+5511999990002", "BR"),
        ("18765550123", "JM"),
        ("380", "UA"),
    ] {
        assert_eq!(ledger.json(&["country", "show", asked])["code"], code, "{asked}");
    }
    let brazil = json!({"code": "BR", "alpha3": "BRA", "numeric": "076", "name": "Brazil", "prefixes": ["55"]});
    assert_eq!(ledger.json(&["country", "show", "BR"]), brazil);
    let freephone = ledger.json(&["country", "show", "80012345678"]);
    assert_eq!((&freephone["code"], &freephone["name"]), (&Value::Null, &json!("International freephone")));
}

#[test]
fn a_country_that_is_none_is_refused_with_the_way_to_the_list() {
    let ledger = Ledger::new("seconds");
    for asked in ["QQ", "", "0", "210", "1.5"] {
        let said = ledger.refused(1, &["country", "show", asked]);
        assert_eq!(said, format!("error: no country \"{asked}\"\nhint: billctl country list\n"));
    }
}

#[test]
fn countries_are_known_where_there_is_no_database_and_no_configuration() {
    let ledger = Ledger::new("seconds");
    let nowhere = ledger.folder.path().join("nowhere");
    let nowhere = nowhere.to_str().unwrap();
    let shown = ledger.ok(&["--db", nowhere, "--config", nowhere, "country", "show", "44"]);
    assert!(shown.contains("United Kingdom"), "{shown}");
}

//! What is known about card holders.

use serde_json::json;

use crate::support::Ledger;

#[test]
fn a_card_holder_is_known_by_the_names_that_a2billing_has() {
    let ledger = Ledger::new("EUR");
    let facts = [
        ["--address", "Rua Augusta 1 <b>"],
        ["--city", "São Paulo"],
        ["--state", "SP"],
        ["--country", "BRA"],
        ["--zip", "01305-000"],
        ["--phone", "+55 11 99999-0000"],
        ["--company", "Oito & Cia"],
        ["--email", "ana+tel@example.org"],
        ["--notes", "pays \"late\"; \\ likes ☎"],
        ["--tag", "vip"],
        ["--tag", "berlin"],
    ]
    .concat();
    let added = ledger.json(&[&["user", "add", "ana", "--clid", "1"], &facts[..]].concat());
    let keys = ["address", "city", "state", "country", "zipcode", "phone", "company_name", "email", "notes", "tags"];
    let shown = ledger.json(&["user", "show", "ana"]);
    assert_eq!(keys.map(|key| &added[key]), keys.map(|key| &shown[key]));
    assert_eq!(
        json!(keys.map(|key| shown[key].clone())),
        json!([
            "Rua Augusta 1 <b>",
            "São Paulo",
            "SP",
            "BRA",
            "01305-000",
            "+55 11 99999-0000",
            "Oito & Cia",
            "ana+tel@example.org",
            "pays \"late\"; \\ likes ☎",
            ["berlin", "vip"]
        ])
    );
    ledger.ok(&["user", "update", "ana", "--name", "Ana"]);
    assert_eq!(ledger.json(&["user", "show", "ana"])["city"], "São Paulo", "what is not named stays");
    ledger.ok(&["user", "update", "ana", "--city", "none", "--email", "a@b.example", "--tag", "gold"]);
    let shown = ledger.json(&["user", "show", "ana"]);
    assert_eq!(
        json!([shown["city"], shown["email"], shown["tags"], shown["state"]]),
        json!([null, "a@b.example", ["gold"], "SP"])
    );
    ledger.check();
}

#[test]
fn users_are_listed_by_their_tags() {
    let ledger = Ledger::with_ana_and_bob(0);
    ledger.ok(&["user", "update", "ana", "--tag", "vip", "--tag", "x"]);
    ledger.ok(&["user", "update", "bob", "--tag", "x"]);
    let tagged = |tag: &str| {
        let listed = ledger.json(&["user", "list", "--tag", tag]);
        listed.as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(tagged("x"), ["ana", "bob"]);
    assert_eq!(tagged("vip"), ["ana"]);
    assert_eq!(tagged("gold"), [""; 0]);
    ledger.ok(&["user", "update", "ana", "--tag", "none"]);
    assert_eq!(tagged("vip"), [""; 0]);
    let table = ledger.ok(&["user", "list"]);
    assert!(!table.lines().next().unwrap().contains("zipcode"), "a table has the columns that fit: {table}");
}

#[test]
fn what_is_no_contact_is_refused_with_the_value() {
    let ledger = Ledger::with_ana_and_bob(0);
    let refused = |flag: &str, value: &str| ledger.refused(2, &["user", "update", "ana", flag, value]);
    let long = "x".repeat(201);
    for value in ["", " Rua", "a\nb", "a\u{7}b", &long] {
        assert!(refused("--address", value).contains("is not a line of text: expected 1 to 200"), "{value:?}");
    }
    assert!(refused("--notes", &"x".repeat(2001)).contains("expected 1 to 2000 visible characters"));
    for value in
        ["ana", "@example.org", "ana@", "ana@example", "a b@example.org", "a@b@c.org", "ana@ex..org", "a@-b.org"]
    {
        assert!(refused("--email", value).contains("is not an e-mail address"), "{value}");
    }
    for value in ["two words", "a,b", ""] {
        assert!(refused("--tag", value).contains("is not a tag"), "{value}");
    }
    assert_eq!(ledger.json(&["user", "show", "ana"])["address"], json!(null));
}

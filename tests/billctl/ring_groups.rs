//! Ring groups, as the operator sets them.

use serde_json::json;

use crate::keys;
use crate::support::Ledger;

fn with_three_extensions() -> Ledger {
    let ledger = Ledger::with_ana_and_bob(60);
    for _ in 0..3 {
        ledger.ok(&["extension", "add", "--user", "ana"]);
    }
    ledger
}

#[test]
fn a_ring_group_is_shown_under_fixed_keys_and_what_is_not_named_stays() {
    let ledger = with_three_extensions();
    ledger.ok(&[
        "ringgroup",
        "add",
        "--name",
        "Sales",
        "--members",
        "1000, 1001,5511999990000#",
        "--strategy",
        "hunt-prim",
        "--user",
        "bob",
        "--cid-name-prefix",
        "Sales: ",
        "--change-callerid",
        "fixed",
        "--fixed-callerid",
        "5511",
        "--music-on-hold-ringing",
        "default",
        "--confirm-calls",
        "yes",
        "--destination",
        "5511#",
    ]);
    ledger.ok(&["ringgroup", "update", "600", "--ring-time", "300", "--skip-busy-agent", "yes"]);
    let shown = ledger.json(&["ringgroup", "show", "600"]);
    assert_eq!(
        keys(&shown),
        [
            "extension",
            "name",
            "strategy",
            "ring_time",
            "extension_list",
            "user",
            "cid_name_prefix",
            "change_callerid",
            "fixed_callerid",
            "music_on_hold_ringing",
            "confirm_calls",
            "skip_busy_agent",
            "destination_if_no_answer",
            "recording",
        ]
    );
    assert_eq!(
        shown,
        json!({
            "extension": "600", "name": "Sales", "strategy": "hunt-prim", "ring_time": 300,
            "extension_list": ["1000", "1001", "5511999990000#"], "user": "bob", "cid_name_prefix": "Sales: ",
            "change_callerid": "fixed", "fixed_callerid": "5511", "music_on_hold_ringing": "default",
            "confirm_calls": true, "skip_busy_agent": true, "destination_if_no_answer": "5511#",
            "recording": "dontcare",
        })
    );
    assert_eq!(ledger.json(&["ringgroup", "add", "--members", "1002"])["extension"], "601");
    assert_eq!(ledger.json(&["ringgroup", "list"])[0], shown);
    ledger.check();
}

#[test]
fn every_strategy_is_kept_and_rings_its_members() {
    let ledger = with_three_extensions();
    ledger.ok(&["ringgroup", "add", "600", "--members", "1000,1001"]);
    for strategy in [
        "ringall",
        "ringall-prim",
        "hunt",
        "hunt-prim",
        "memoryhunt",
        "memoryhunt-prim",
        "firstavailable",
        "firstnotonphone",
    ] {
        ledger.ok(&["ringgroup", "update", "600", "--strategy", strategy]);
        assert_eq!(ledger.json(&["ringgroup", "show", "600"])["strategy"], strategy);
        let folder = ledger.folder.path().join(strategy);
        ledger.ok(&["asterisk", "render", folder.to_str().unwrap()]);
        let dialplan = std::fs::read_to_string(folder.join("extensions.conf")).unwrap();
        assert!(dialplan.contains(&format!("; {strategy}: 1000 1001\n")), "{dialplan}");
        assert!(dialplan.contains("Dial(Local/1000@celcombiller-members/n"), "{dialplan}");
    }
}

#[test]
fn a_group_gets_a_number_that_nothing_else_has_and_keeps_it_to_itself() {
    let ledger = with_three_extensions();
    ledger.configure("[free]\nnumbers = [\"602\"]\n");
    ledger.ok(&["extension", "add", "600", "--user", "ana"]);
    ledger.ok(&["callerid", "add", "bob", "601"]);
    assert_eq!(ledger.json(&["ringgroup", "add", "--members", "1000"])["extension"], "603");
    let said = ledger.refused(1, &["ringgroup", "add", "602", "--members", "1000"]);
    assert_eq!(said, "error: number 602 is a free number\nhint: [free] numbers\n");
    for arguments in [&["user", "add", "eva", "--clid", "603"][..], &["user", "update", "bob", "--clid", "603"]] {
        assert_eq!(
            ledger.refused(1, arguments),
            "error: number 603 is a ring group\nhint: billctl ringgroup show 603\n"
        );
    }
    let said = ledger.refused(2, &["ringgroup", "add", "60x", "--members", "1000"]);
    assert!(said.contains("`60x` is not a phone number"), "{said}");
    ledger.check();
}

#[test]
fn what_is_no_ring_group_is_refused_with_the_value() {
    let ledger = with_three_extensions();
    ledger.ok(&["ringgroup", "add", "600", "--members", "1000"]);
    ledger.ok(&["ringgroup", "add", "601", "--members", "1000", "--destination", "600"]);
    let refused = |arguments: &[&str]| ledger.refused(1, &[&["ringgroup"], arguments].concat());
    for (arguments, says) in [
        (&["add", "602", "--members", "602"][..], "error: ring group 602 would ring itself\n"),
        (&["add", "602", "--members", "1000,600"], "error: member 600 is a ring group\n"),
        (&["add", "602", "--members", "1000,1009"], "error: member 1009 is no extension\n"),
        (&["add", "1000", "--members", "1001"], "error: number 1000 is an extension\n"),
        (&["add", "601", "--members", "1001"], "error: number 601 is a ring group\n"),
        (&["add", "999999999", "--members", "1001"], "error: number 999999999 belongs to ana\n"),
        (
            &["add", "602", "--members", "1000", "--destination", "voicemail:1000"],
            "error: extension 1000 has no voicemail\n",
        ),
        (
            &["add", "602", "--members", "1000", "--destination", "603"],
            "error: destination 603 is no extension and no ring group\n",
        ),
        (&["update", "600", "--destination", "601"], "error: calls would go round: 600 to 601 to 600\n"),
        (&["update", "600", "--change-callerid", "fixed"], "error: a caller id that is fixed needs a number\n"),
        (&["remove", "600"], "error: ring group 601 (Ring group 601) goes on to 600\n"),
        (&["show", "602"], "error: no ring group 602\n"),
    ] {
        let said = refused(arguments);
        assert!(said.starts_with(says), "{arguments:?}: {said}");
    }
    for (flag, value, says) in [
        ("--members", "", "a ring group without members rings nobody"),
        ("--members", "1000,1000", "member 1000 stands there twice"),
        ("--members", "1000&SIP/x", "is not a member"),
        ("--ring-time", "301", "`301` is not a ring time: expected 1 to 300 seconds"),
        ("--strategy", "random", "is not a strategy"),
        ("--cid-name-prefix", "${SHELL(id)}", "is not a prefix of names"),
        ("--music-on-hold-ringing", "a)", "is not a class of music on hold"),
    ] {
        let said = ledger.refused(2, &["ringgroup", "update", "600", flag, value]);
        assert!(said.contains(says), "{said}");
    }
    let taken = ledger.refused(1, &["callerid", "add", "bob", "600"]);
    assert_eq!(taken, "error: number 600 is a ring group\nhint: billctl ringgroup show 600\n");
    ledger.ok(&["ringgroup", "remove", "600,601"]);
    ledger.check();
}

//! What Asterisk is given of the extensions and ring groups, and how it gets there.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::json;

use crate::support::Ledger;

/// Makes a ledger beside a folder of Asterisk's with a file that an operator wrote.
fn with_etc() -> (Ledger, PathBuf) {
    let ledger = Ledger::with_ana_and_bob(60);
    let etc = ledger.folder.path().join("asterisk");
    fs::create_dir(&etc).unwrap();
    fs::write(etc.join("pjsip.conf"), "; by hand\n[transport-udp]\ntype=transport").unwrap();
    ledger.configure(&format!("[asterisk]\netc = \"{}\"\n", etc.display()));
    (ledger, etc)
}

#[test]
fn the_same_books_render_the_same_bytes_and_no_name_leaves_its_place() {
    let (ledger, _) = with_etc();
    let name = "Ana; [x] #include ${SHELL(id)}, B";
    ledger.ok(&["extension", "add", "--user", "ana", "--name", name, "--voicemail", "yes"]);
    ledger.ok(&["extension", "add", "--user", "bob", "--tech", "sip", "--name", name]);
    let render = |folder: &str| {
        let folder = ledger.folder.path().join(folder);
        ledger.ok(&["asterisk", "render", folder.to_str().unwrap()]);
        let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        ["pjsip.conf", "sip.conf", "extensions.conf", "hints.conf", "voicemail.conf"].map(read)
    };
    let [pjsip, sip, extensions, hints, voicemail] = render("one");
    assert_eq!(render("two"), [&pjsip, &sip, &extensions, &hints, &voicemail].map(String::as_str));
    let shown = "callerid=\"Ana\\; [x] #include ${SHELL(id)}, B\" <1000>\n";
    assert!(pjsip.contains(shown) && pjsip.contains("accountcode=ana\n") && !pjsip.contains("1001"), "{pjsip}");
    assert!(sip.contains("[1001](celcombiller-phone)\n") && sip.contains("accountcode=bob\n"), "{sip}");
    assert!(voicemail.contains(",Ana  [x] #include ${SHELL(id)}  B,\n"), "{voicemail}");
    assert!(hints.contains("exten => 1000,hint,PJSIP/1000\nexten => 1001,hint,SIP/1001\n"), "{hints}");
    assert!(!extensions.contains("SHELL") && !extensions.contains("Ana"), "names are no part of the dialplan");
    let mode = fs::metadata(ledger.folder.path().join("one/pjsip.conf")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640, "it holds secrets");
}

#[test]
fn what_is_installed_stands_beside_what_was_written_by_hand() {
    let (ledger, etc) = with_etc();
    ledger.ok(&["extension", "add", "--user", "ana"]);
    let secret = ledger.json(&["extension", "show", "1000", "--secret"])["secret"].as_str().unwrap().to_owned();
    let diff = ledger.ok(&["asterisk", "install", "--dry-run"]);
    assert!(diff.contains("+#tryinclude celcombiller/pjsip.conf") && diff.contains("+password=****"), "{diff}");
    assert!(!diff.contains(&secret) && !etc.join("celcombiller").exists());
    ledger.ok(&["asterisk", "install"]);
    let read = |name: &str| fs::read_to_string(etc.join(name)).unwrap();
    assert_eq!(read("pjsip.conf"), "; by hand\n[transport-udp]\ntype=transport\n#tryinclude celcombiller/pjsip.conf\n");
    assert_eq!(
        read("extensions.conf"),
        "#tryinclude celcombiller/extensions.conf\n#tryinclude celcombiller/hints.conf\n"
    );
    assert_eq!(read("pjsip.conf.before-celcombiller"), "; by hand\n[transport-udp]\ntype=transport");
    assert!(!etc.join("sip.conf").exists(), "there is no chan_sip here");
    let first = read("celcombiller/pjsip.conf");
    assert_eq!(ledger.json(&["asterisk", "install"]), json!([]), "nothing is left to do");
    assert_eq!(ledger.ok(&["asterisk", "install", "--dry-run"]), "");
    ledger.ok(&["extension", "add", "--user", "bob"]);
    ledger.ok(&["asterisk", "install"]);
    assert!(read("celcombiller/pjsip.conf").contains("[1001]"));
    assert_eq!(read("celcombiller.backup/pjsip.conf"), first);
    assert_eq!(read("pjsip.conf").matches("#tryinclude").count(), 1);
}

#[test]
fn what_an_operator_keeps_under_our_name_stops_an_install_before_anything_is_touched() {
    let (ledger, etc) = with_etc();
    ledger.ok(&["extension", "add", "--user", "ana"]);
    let theirs = etc.join("celcombiller/queues.conf");
    fs::create_dir(etc.join("celcombiller")).unwrap();
    fs::write(&theirs, "; by hand\n").unwrap();
    let said = ledger.refused(1, &["asterisk", "install"]);
    assert_eq!(
        said,
        format!(
            "error: {} is not one of ours, and the folder it is in is replaced\nhint: mv it elsewhere\n",
            theirs.display()
        )
    );
    assert_eq!(fs::read_dir(etc.join("celcombiller")).unwrap().count(), 1);
    assert!(!etc.join("extensions.conf").exists());
    fs::remove_file(&theirs).unwrap();
    ledger.ok(&["asterisk", "install"]);
}

#[test]
fn a_file_of_asterisks_stays_a_link_with_its_rights() {
    let (ledger, etc) = with_etc();
    ledger.ok(&["extension", "add", "--user", "ana"]);
    let elsewhere = ledger.folder.path().join("extensions-by-hand.conf");
    fs::write(&elsewhere, "[default]\n").unwrap();
    fs::set_permissions(&elsewhere, PermissionsExt::from_mode(0o600)).unwrap();
    std::os::unix::fs::symlink(&elsewhere, etc.join("extensions.conf")).unwrap();
    ledger.ok(&["asterisk", "install"]);
    assert!(fs::symlink_metadata(etc.join("extensions.conf")).unwrap().is_symlink());
    assert!(
        fs::read_to_string(&elsewhere).unwrap().starts_with("[default]\n#tryinclude celcombiller/extensions.conf\n")
    );
    assert_eq!(fs::metadata(&elsewhere).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_reload_wants_what_the_books_say_and_an_asterisk() {
    let (ledger, etc) = with_etc();
    ledger.ok(&["extension", "add", "--user", "ana"]);
    let said = ledger.refused(1, &["asterisk", "reload"]);
    assert_eq!(
        said,
        format!("error: what is in {} is not what the books say\nhint: billctl asterisk install\n", etc.display())
    );
    ledger.ok(&["asterisk", "install"]);
    ledger.configure(&format!("[asterisk]\netc = \"{}\"\nprogram = \"false\"\n", etc.display()));
    let said = ledger.refused(3, &["asterisk", "reload"]);
    assert!(said.starts_with("error: no Asterisk answers `dialplan reload`"), "{said}");
}

#[test]
fn ten_thousand_extensions_are_imported_and_rendered() {
    let (ledger, _) = with_etc();
    let table = ledger.folder.path().join("phones.csv");
    let rows: String = (10_000..20_000).map(|number| format!("{number},ana,yes\n")).collect();
    fs::write(&table, format!("extension,user,voicemail\n{rows}")).unwrap();
    assert_eq!(ledger.json(&["extension", "import", table.to_str().unwrap()])["added"], 10_000);
    let folder = ledger.folder.path().join("rendered");
    ledger.ok(&["asterisk", "render", folder.to_str().unwrap()]);
    let hints = fs::read_to_string(folder.join("hints.conf")).unwrap();
    assert_eq!(hints.matches("hint,PJSIP/1").count(), 10_000);
}

#[test]
fn a_group_leaves_out_who_is_not_to_be_disturbed_and_rings_where_a_member_forwards() {
    let (ledger, _) = with_etc();
    ledger.ok(&["extension", "add", "1000", "--user", "ana", "--do-not-disturb", "yes"]);
    ledger.ok(&["extension", "add", "1001", "--user", "ana", "--forward-always", "5511999990000"]);
    ledger.ok(&["extension", "add", "1002", "--user", "bob"]);
    let group = |number: &str, strategy: &str, members: &str| {
        ledger.ok(&["ringgroup", "add", number, "--strategy", strategy, "--members", members]);
    };
    group("600", "ringall", "1000,1001,5511#");
    group("601", "ringall-prim", "1000,1002");
    group("602", "hunt-prim", "1001,1002");
    let folder = ledger.folder.path().join("rendered");
    ledger.ok(&["asterisk", "render", folder.to_str().unwrap()]);
    let dialplan = fs::read_to_string(folder.join("extensions.conf")).unwrap();
    let steps = |number: &str| {
        let from = dialplan.find(&format!("exten => {number},1,Set(__CELCOMBILLER_GROUP_PAYER=")).unwrap();
        let lines = dialplan[from..].lines().skip(3).map(|line| line.trim_start_matches(" same => ").to_owned());
        lines.take_while(|line| line.starts_with('n')).collect::<Vec<_>>()
    };
    let (first, outside) = ("Local/1001@celcombiller-members/n", "Local/5511@celcombiller-away/n");
    assert_eq!(steps("600"), [format!("n,Dial({first}&{outside},20,i)"), "n(nobody),Hangup(19)".to_owned()]);
    assert_eq!(steps("601"), ["n(nobody),Hangup(19)"], "the primary is not to be disturbed, so nobody is");
    let second = "Local/1002@celcombiller-members/n";
    assert_eq!(
        steps("602"),
        [format!("n,Dial({first},20,i)"), format!("n,Dial({second},20,i)"), "n(nobody),Hangup(19)".to_owned()],
        "the primary forwards at once, so everybody is rung"
    );
    assert!(
        dialplan
            .contains("Gosub(celcombiller-forward,s,1(ana))\n same => n,Goto(celcombiller-outside,5511999990000,1)")
    );
}

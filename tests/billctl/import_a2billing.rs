//! A dump of an A2Billing, made up here, comes into new books.

use std::fs;

use serde_json::{Value, json};

use crate::support::Ledger;

/// As mysqldump writes it: tables by name, several rows to a statement, some with columns named.
const DUMP: &str = r#"-- MySQL dump 10.13  Distrib 5.7.33, for Linux (x86_64)
--
-- Host: localhost    Database: mya2billing
/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40000 ALTER TABLE `cc_call` DISABLE KEYS; not; a; statement; */;
SET NAMES utf8;

DROP TABLE IF EXISTS `cc_call`;
CREATE TABLE `cc_call` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `sessiontime` int(11) DEFAULT NULL COMMENT 'seconds, as `told` (by Asterisk)',
  `sessionbill` float DEFAULT NULL,
  `note` enum('a,b',')') DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `by_time` (`sessiontime`,`id`)
) ENGINE=MyISAM AUTO_INCREMENT=4 DEFAULT CHARSET=utf8;
INSERT INTO `cc_call` VALUES (1,60,0.1,NULL),(2,30,1.2e-05,'a,b'),(3,NULL,NULL,')');
CREATE TABLE `cc_callerid` (`id` bigint, `cid` varchar(100), `id_cc_card` bigint, `activated` char(1));
INSERT INTO `cc_callerid` VALUES (1,'493012345',1,'t'),(2,'493012346',1,'t'),(3,'493012345',2,'t'),
  (4,'anonymous',2,'t'),(5,'493012349',2,'f'),(6,'493012399',77,'t');
CREATE TABLE `cc_card` (`id` bigint, `creationdate` timestamp, `firstusedate` timestamp, `expirationdate` timestamp,
  `enableexpire` int, `expiredays` int, `username` varchar(50), `useralias` varchar(50), `uipass` varchar(50),
  `credit` decimal(15,5), `tariff` int, `status` int, `lastname` varchar(50), `firstname` varchar(50),
  `simultaccess` int, `typepaid` int, `creditlimit` int, `language` char(5), `id_group` int, `blob` blob);
LOCK TABLES `cc_card` WRITE;
INSERT INTO `cc_card` VALUES
(1,'2026-01-01 00:00:00',NULL,'2027-03-01 00:00:00',1,0,'1000000001','ana','secret',12.34500,1,1,'O\'Hara; (x)','Ana',1,0,0,'en',1,0x00ff),
(2,'2026-01-01 00:00:00','2026-02-01 00:00:00','0000-00-00 00:00:00',2,30,'1000000002','bob','secret','-3.00001',1,1,'','Bob \Z[31m''s \"\\',0,1,5,'de',2,X'00'),
(3,'2026-01-01 00:00:00',NULL,NULL,2,30,'1000000003','eva','secret',-2.50000,9,5,_utf8'Müller',NULL,0,0,100,'??',1,_binary 'a;b');
INSERT INTO `cc_card` (`id`, `username`, `credit`, `status`, `tariff`, `simultaccess`, `typepaid`) VALUES (4,'1000000001',7.00000,1,1,0,0);
INSERT INTO `cc_card` (`id`, `username`, `credit`, `status`, `tariff`, `simultaccess`, `typepaid`) VALUES (5,'no-number',1.50000,1,1,0,0);
REPLACE INTO mya2billing.cc_card (id, username, credit, status, tariff) VALUES (6,'493012346',0.00000,1,1);
UNLOCK TABLES;
CREATE TABLE `cc_card_group` (`id` int, `name` varchar(50));
INSERT INTO `cc_card_group` VALUES (1,'DEFAULT'),(2,'shops');
CREATE TABLE `cc_config` (`id` int, `config_key` varchar(100), `config_value` varchar(100));
INSERT INTO `cc_config` VALUES (1,'base_currency','eur');
CREATE TABLE `cc_logpayment` (`id` int, `payment` decimal(15,5));
INSERT INTO `cc_logpayment` VALUES (1,11.90000),(2,1.19000);
CREATE TABLE `cc_logrefill` (`id` int, `credit` decimal(15,5));
INSERT INTO `cc_logrefill` VALUES (1,10.00000);
CREATE TABLE `cc_ratecard` (`id` int, `idtariffplan` int, `dialprefix` char(30), `buyrate` decimal(15,5),
  `rateinitial` decimal(15,5), `initblock` int, `billingblock` int, `connectcharge` decimal(15,5), `startdate` timestamp,
  `stopdate` timestamp NULL, `starttime` smallint, `endtime` smallint, `stepchargea` decimal(15,5), `chargea` decimal(15,5),
  `timechargea` int, `billingblocka` int);
INSERT INTO `cc_ratecard` VALUES
 (1,1,'49',0.02000,0.10000,60,60,0.05000,'2020-01-01 00:00:00','2030-01-01 00:00:00',0,10079,0.00000,0.00000,0,0),
 (2,2,'49',0.01000,0.12000,1,1,0.00000,'2020-01-01 00:00:00',NULL,0,10079,0.00000,0.00000,0,0),
 (3,2,'44',0.01000,0.10000,6,6,0.02000,'2020-01-01 00:00:00',NULL,0,10079,0.00000,0.20000,60,10),
 (4,2,'_43X.',0.01000,0.10000,1,1,0.00000,'2020-01-01 00:00:00',NULL,0,10079,0.00000,0.00000,0,0);
CREATE TABLE `cc_tariffgroup` (`id` int, `tariffgroupname` char(50), `lcrtype` int);
INSERT INTO `cc_tariffgroup` VALUES (1,'Retail',0);
CREATE TABLE `cc_tariffgroup_plan` (`idtariffgroup` int, `idtariffplan` int);
INSERT INTO `cc_tariffgroup_plan` VALUES (1,1),(1,2);
DELIMITER ;;
CREATE PROCEDURE `charm`() BEGIN INSERT INTO cc_card VALUES ('it''s no row'); END ;;
DELIMITER ;
-- Dump completed on 2026-11-21  3:00:00
"#;

fn dump(ledger: &Ledger, text: &str) -> String {
    let file = ledger.folder.path().join("dump.sql");
    fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

fn remarks(report: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let remarks = report["remarks"].as_array().unwrap().iter();
    remarks.map(|remark| format!("{}: {}", text(&remark["row"]), text(&remark["remark"]))).collect()
}

#[test]
fn cards_come_with_credit_numbers_groups_and_prices() {
    let ledger = Ledger::new("EUR");
    let file = dump(&ledger, DUMP);
    let rehearsed = ledger.json(&["import", "a2billing", &file, "--no-history", "--dry-run"]);
    assert_eq!(ledger.json(&["user", "list"]), json!([]), "a dry run changes nothing");
    let report = ledger.json(&["import", "a2billing", &file, "--no-history"]);
    assert_eq!(report["remarks"], rehearsed["remarks"]);
    assert_eq!((&report["added"], &report["left_out"]), (&3.into(), &3.into()));
    // 12.345 - 3.00001 - 2.5 + 7 + 1.5
    assert_eq!(
        (&report["balance_there"], &report["balance_here"], &report["balance_left_out"]),
        (&"15.34499".into(), &"6.84499".into(), &"8.5".into())
    );
    assert_eq!(
        report["history"],
        json!([
            {"kind": "refills", "rows": 1, "sum": "10", "taken": 0, "taken_sum": "0"},
            {"kind": "payments", "rows": 2, "sum": "13.09", "taken": 0, "taken_sum": "0"},
            {"kind": "seconds of calls", "rows": 3, "sum": "90", "taken": 0, "taken_sum": "0"},
            {"kind": "charges of calls", "rows": 3, "sum": "0.100012", "taken": 0, "taken_sum": "0"},
        ])
    );
    assert_eq!(
        remarks(&report),
        [
            "caller id 493012349: not in use there",
            "rate 4: not taken: dialprefix: `_43X.` is a pattern: expected leading digits",
            "rate 1: not taken: call plan Retail prefers another",
            "caller id 493012399: it is of no card",
            "card 1000000002: caller id 493012345 not taken: it is of card 1000000001",
            "card 1000000002: caller id not taken: `anonymous` is not a phone number: expected 1 to 15 digits",
            "card 1000000003: `??` is not a language: expected 2 to 8 letters, such as de, or pt_BR",
            "card 1000000003: its call plan is not there: it has the tariff standard",
            "card 1000000003: suspended, because its status is 5",
            "tariff Retail: made with 2 rates, 0 were over",
            "card 1000000003: owes 2.5, more than the credit limit 0, which is raised to it",
            "card 1000000001: not taken, balance 7: another before it has the same name",
            "card no-number: not taken, balance 1.5: it has no number of its own to call from",
            "card 493012346: not taken, balance 0: it has no number of its own to call from",
        ]
    );
    let shown = |user: &str| ledger.json(&["user", "show", user]);
    let (ana, bob, eva) = (shown("1000000001"), shown("1000000002"), shown("1000000003"));
    assert_eq!((&ana["name"], &ana["clid"]), (&"Ana O'Hara; (x)".into(), &"493012345".into()));
    assert_eq!((&ana["tariff"], &ana["groups"]), (&"Retail".into(), &json!(["DEFAULT"])));
    assert_eq!((&ana["max_calls"], &ana["expires"]), (&Value::Null, &"2027-03-01T00:00:00Z".into()));
    assert_eq!(ledger.json(&["callerid", "list", "1000000001"]).as_array().unwrap().len(), 2);
    assert_eq!(bob["name"], "Bob [31m's \"\\", "no name can write on the operator's terminal");
    assert_eq!((&bob["clid"], &bob["max_calls"]), (&"1000000002".into(), &1.into()));
    assert_eq!((&bob["credit_limit"], &bob["available"]), (&"5".into(), &"1.99999".into()));
    assert_eq!(bob["expires"], "2026-03-03T00:00:00Z", "thirty days after its first use");
    assert_eq!((&eva["name"], &eva["status"], &eva["available"]), (&"Müller".into(), &"suspended".into(), &"0".into()));
    let price = |number: &str| {
        let quote = ledger.json(&["rate", "quote", number, "--tariff", "Retail", "--seconds", "90"]);
        quote["charge"].as_str().unwrap().to_owned()
    };
    assert_eq!(price("4930"), "0.18", "the ratecard that costs least");
    assert_eq!(price("4420"), "0.27", "0.02, a minute at 0.20 and half a minute at 0.10");
    ledger.check();

    let again = ledger.json(&["import", "a2billing", &file]);
    assert_eq!((&again["added"], &again["balance_here"]), (&0.into(), &report["balance_here"]));
    ledger.check();
}

#[test]
fn a_dump_that_was_cut_is_refused_wherever_it_was_cut() {
    let ledger = Ledger::new("EUR");
    for (cut, told) in [
        ("-- Dump completed", "the dump ends without `-- Dump completed`, so it was cut"),
        ("(2,'2026-01-01", "dump.sql line 28: the dump ends in the middle of a statement, so it was cut"),
        ("Bob ", "in the middle of a statement"),
        ("Z[31m", "in the middle of a statement"),
        ("_binary", "in the middle of a statement"),
        (") ENGINE", "in the middle of a statement"),
        ("`told`", "in the middle of a statement"),
        ("statement; */", "in the middle of a statement"),
        ("it''s no row", "in the middle of a statement"),
        ("UNLOCK TABLES", "without `-- Dump completed`"),
    ] {
        let (before, _) = DUMP.split_once(cut).unwrap();
        let file = dump(&ledger, before);
        let said = ledger.refused(1, &["import", "a2billing", &file]);
        assert!(said.contains(told) && said.contains("hint: make it again"), "{cut}: {said}");
        assert_eq!(ledger.json(&["user", "list"]), json!([]), "nothing was changed");
    }
    let begins = DUMP.find("SET NAMES").unwrap();
    for end in (begins..DUMP.find("-- Dump completed").unwrap()).step_by(41).filter(|&end| DUMP.is_char_boundary(end)) {
        let said = ledger.refused(1, &["import", "a2billing", &dump(&ledger, &DUMP[..end])]);
        assert!(said.contains("so it was cut"), "{}: {said}", &DUMP[end - 20..end]);
    }
    assert_eq!(ledger.json(&["user", "list"]), json!([]));
    assert_eq!(ledger.json(&["tariff", "list"]).as_array().unwrap().len(), 1);
}

#[test]
fn what_is_no_dump_or_of_another_currency_is_refused() {
    let ledger = Ledger::new("EUR");
    for (text, told) in [
        ("", "there is no statement: this is no dump"),
        ("hello world", "the dump ends in the middle of a statement"),
        ("SELECT 1;", "has no cards (cc_card)"),
        ("INSERT INTO cc_card VALUES (1);", "line 1: what the columns of cc_card are was not said before"),
        ("INSERT INTO cc_card (id, credit) VALUES (1);", "1 values under 2 columns of cc_card"),
        ("INSERT INTO cc_card (id) VALUES (1 2);", "`2` stands after a value"),
        ("INSERT INTO cc_card (id) VALUES (0xZZ);", "`ZZ` are no hexadecimal digits"),
        ("INSERT INTO cc_card (id) SELECT 1;", "an INSERT into cc_card without VALUES"),
    ] {
        let said = ledger.refused(1, &["import", "a2billing", &dump(&ledger, text)]);
        assert!(said.contains(told), "{text}: {said}");
    }
    let said = ledger.refused(1, &["import", "a2billing", &dump(&ledger, &DUMP.replace("'eur'", "'usd'"))]);
    assert!(said.contains("its cards have USD, and these books count EUR"), "{said}");
    let seconds = Ledger::new("seconds");
    let said = seconds.refused(1, &["import", "a2billing", &dump(&seconds, DUMP)]);
    assert!(said.contains("its cards have EUR, and these books count seconds"), "{said}");
}

#[test]
fn cards_come_with_who_their_holders_are() {
    let ledger = Ledger::new("EUR");
    let file = dump(
        &ledger,
        "INSERT INTO cc_card (id, username, credit, status, tariff, simultaccess, address, city, state, country, zipcode,
             phone, email, company_name, vat_rn, tag, language) VALUES
         (1, '1001', 1, 1, 1, 1, ' Rua Augusta 1 ', 'São Paulo', 'SP', 'BRA', '01305-000', '+55 11', 'ana@example.org',
             'Oito & Cia', 'BR 1', 'vip, berlin', 'pt_BR'),
         (2, '1002', 2, 1, 1, 1, 'a\\nb', '', '', '', NULL, '', 'bob@nowhere', '', '', 'x y', '');",
    );
    let report = ledger.json(&["import", "a2billing", &file]);
    assert_eq!((&report["added"], &report["balance_here"]), (&2.into(), &"3".into()));
    let contact = |user: &str| {
        let shown = ledger.json(&["user", "show", user]);
        let keys =
            ["address", "city", "state", "country", "zipcode", "phone", "email", "company_name", "notes", "language"];
        json!([keys.map(|key| shown[key].clone()), shown["tags"]])
    };
    assert_eq!(
        contact("1001"),
        json!([
            [
                "Rua Augusta 1",
                "São Paulo",
                "SP",
                "BRA",
                "01305-000",
                "+55 11",
                "ana@example.org",
                "Oito & Cia",
                "VAT number BR 1",
                "pt_BR"
            ],
            ["berlin", "vip"]
        ])
    );
    assert_eq!(contact("1002"), json!([[null, null, null, null, null, null, null, null, null, null], ["x", "y"]]));
    let remarks = remarks(&report);
    let told = |fact: &str| remarks.iter().any(|remark| remark.starts_with(&format!("card 1002: {fact}")));
    assert!(told("its address is left out: `a\\nb` is not a line of text"), "{remarks:?}");
    assert!(told("its email is left out: `bob@nowhere` is not an e-mail address"), "{remarks:?}");
    ledger.check();
}

/// Two cards with a past: the second owed more than it may owe now, and its past explains all that it has.
const PAST: &str = r#"
INSERT INTO cc_call (id, uniqueid, card_id, starttime, sessiontime, calledstation, sessionbill, terminatecauseid, src, buycost,
    id_trunk) VALUES
(1,'1767600000.1',1,'2026-01-05 08:00:00',60,'4930123',0.50,1,'493012345',0.20000,7),
(2,'1767600000.1',1,'2026-01-05 08:05:00',0,'4930124',-0,3,'Ana \Z[31m',0.10000,8),
(3,'1767600000.2',1,'2026-01-05 08:04:00',6,'+3314',2.4e-06,1,'',NULL,NULL),
(4,'two words',1,'2026-01-06 08:00:00',6,'4930',0.25,1,'',NULL,NULL),
(5,'1767600000.3',1,'2026-01-06 08:00:00',6,'sip:ana',0.125,1,'',NULL,NULL),
(6,'1767600000.4',1,'2999-01-06 08:00:00',6,'4930',0.01,1,'',NULL,NULL),
(7,'1767600000.5',1,'0000-00-00 00:00:00',6,'4930',0.01,1,'',NULL,NULL),
(8,'1767600000.6',1,'2026-01-06 08:00:00',-6,'4930',0.01,1,'',NULL,NULL),
(9,'1767600000.7',1,'2026-01-06 08:00:00',6,'4930',-0.01,1,'',NULL,NULL),
(10,'1767600000.8',2,'2026-01-02 08:00:00',600,'4930',20,1,'',NULL,NULL),
(11,'1767600000.9',77,'2026-01-02 08:00:00',600,'4930',20,1,'',NULL,NULL),
(12,'1767600000.10',1,'2026-01-05 08:06:00',0,'4930124',NULL,2,'',NULL,NULL);
INSERT INTO cc_card (id, username, credit, status, tariff, simultaccess, typepaid, creditlimit) VALUES
(1,'1001',8.34500,1,1,1,0,0),(2,'1002',-3,1,1,1,1,5);
INSERT INTO cc_logpayment (id, card_id, payment, id_logrefill) VALUES
(1,1,11.90000,1),(2,1,5.00000,NULL),(3,1,11.90000,1),(4,1,0.50000,2),(5,2,99.00000,1);
INSERT INTO cc_logrefill (id, card_id, date, credit, description) VALUES
(1,1,'2026-01-01 10:00:00',10.00000,'welcome \Z[31mback'),(2,1,'2026-01-02 10:00:00',1.00000,NULL),
(3,1,'2026-01-04 10:00:00',-2.00000,'SIM'),(4,1,'0000-00-00 00:00:00',4.00000,NULL),
(5,2,'2026-01-01 10:00:00',1.00000,NULL),(6,2,'2026-01-03 10:00:00',16.00000,NULL);
INSERT INTO cc_ratecard (id, idtariffplan, dialprefix, buyrate, rateinitial, initblock, billingblock, startdate) VALUES
(1,1,'49',0.02000,0.10000,60,60,'2020-01-01 00:00:00');
INSERT INTO cc_tariffgroup (id, tariffgroupname, lcrtype) VALUES (1,'Retail',0);
INSERT INTO cc_tariffgroup_plan (idtariffgroup, idtariffplan) VALUES (1,1);
INSERT INTO cc_trunk (id_trunk, trunkcode) VALUES (7,'carrier'),(8,'elsewhere');
"#;

#[test]
fn the_past_of_a_card_leads_to_its_credit() {
    let ledger = Ledger::new("EUR");
    ledger.ok(&["trunk", "add", "carrier", "--dial", "SIP/{number}@carrier"]);
    let file = dump(&ledger, PAST);
    let rehearsed = ledger.json(&["import", "a2billing", &file, "--dry-run"]);
    assert_eq!(ledger.json(&["cdr", "list"]), json!([]), "a dry run changes nothing");
    let report = ledger.json(&["import", "a2billing", &file]);
    assert_eq!((&report["history"], &report["remarks"]), (&rehearsed["history"], &rehearsed["remarks"]));
    assert_eq!(
        (&report["balance_there"], &report["balance_here"], &report["balance_left_out"]),
        (&"5.345".into(), &"5.345".into(), &"0".into())
    );
    assert_eq!(
        report["history"],
        json!([
            {"kind": "refills", "rows": 6, "sum": "30", "taken": 5, "taken_sum": "26"},
            {"kind": "payments", "rows": 5, "sum": "128.3", "taken": 1, "taken_sum": "11.9"},
            {"kind": "seconds of calls", "rows": 12, "sum": "1290", "taken": 5, "taken_sum": "666"},
            {"kind": "charges of calls", "rows": 12, "sum": "40.8950024", "taken": 5, "taken_sum": "20.500002"},
        ])
    );
    let stays = "stays there, its money is in the opening entry";
    assert_eq!(
        remarks(&report)[..7],
        [
            format!("call 9: {stays}: its charge is none"),
            format!("call 8: {stays}: its seconds are none"),
            format!("call 6: {stays}: its time is none, or not over; so do 1 more"),
            format!("call 4: {stays}: its uniqueid is none"),
            format!("call 5: {stays}: what was dialled is no number"),
            "payment 3: stays there: another has paid for its refill".to_owned(),
            "payment 2: stays there: it is of no refill".to_owned(),
        ]
    );
    assert_eq!(remarks(&report)[7], format!("refill 4: {stays}: its time is none, or not over"));

    let lost = "history: 1 refills and calls are of 1 who are not there".to_owned();
    assert!(remarks(&report).contains(&lost), "{:?}", remarks(&report));
    let history = |user: &str| {
        let listed = ledger.json(&["balance", "history", user]);
        let line = |entry: &Value| {
            let text = |key: &str| entry[key].as_str().unwrap_or("-").to_owned();
            ["time", "kind", "amount", "balance_after", "actor", "note", "call"].map(text).join(" ")
        };
        listed.as_array().unwrap().iter().rev().map(line).collect::<Vec<_>>()
    };
    let actor = ledger.json(&["balance", "history", "1001"])[5]["actor"].as_str().unwrap().to_owned();
    assert_eq!(
        history("1001"),
        [
            &format!("2026-01-01T09:59:59Z opening -0.154998 -0.154998 {actor} credit in A2Billing before its past -"),
            "2026-01-01T10:00:00Z refill 10 9.845002 import welcome [31mback -",
            "2026-01-02T10:00:00Z refill 1 10.845002 import - -",
            "2026-01-04T10:00:00Z fee -2 8.845002 import SIM -",
            "2026-01-05T08:00:00Z charge -0.5 8.345002 import - 1767600000.1#1",
            "2026-01-05T08:04:00Z charge -0.000002 8.345 import - 1767600000.2#1",
        ]
    );
    assert_eq!(
        history("1002"),
        [
            "2026-01-01T10:00:00Z refill 1 1 import - -",
            "2026-01-02T08:00:00Z charge -20 -19 import - 1767600000.8#1",
            "2026-01-03T10:00:00Z refill 16 -3 import - -",
        ],
        "what the past explains wholly needs no opening entry"
    );
    let bob = ledger.json(&["user", "show", "1002"]);
    assert_eq!((&bob["credit_limit"], &bob["available"]), (&"5".into(), &"2".into()), "the limit is what it is there");

    let calls = ledger.json(&["cdr", "list", "--user", "1001"]);
    let keys = ["call", "clid", "dialled", "tariff", "prefix", "disposition", "billsec", "charge", "cost", "trunk"];
    let listed: Vec<_> =
        calls.as_array().unwrap().iter().rev().map(|call| json!(keys.map(|key| call[key].clone()))).collect();
    assert_eq!(
        json!(listed),
        json!([
            ["1767600000.1#1", "493012345", "4930123", "Retail", "49", "ANSWERED", 60, "0.5", "0.2", "carrier"],
            ["1767600000.2#1", "", "3314", "imported", "", "ANSWERED", 6, "0.000002", null, null],
            ["1767600000.1#2", "Ana [31m", "4930124", "Retail", "49", "NO ANSWER", 0, "0", null, null],
            ["1767600000.10#1", "", "4930124", "Retail", "49", "BUSY", 0, "0", null, null],
        ]),
        "a channel that dialled twice made two attempts"
    );
    let payments = ledger.json(&["payment", "list"]);
    assert_eq!(
        payments.as_array().unwrap().len(),
        1,
        "a refill is of its own card, and no less was paid than credited"
    );
    let payment = &payments[0];
    assert_eq!(
        [&payment["username"], &payment["gross"], &payment["vat"], &payment["net"]],
        ["1001", "11.9", "19", "10"]
    );
    let summary = ledger.json(&["cdr", "summary", "--by", "user"]);
    assert_eq!((&summary[0]["username"], &summary[0]["revenue"]), (&"1002".into(), &"20".into()), "{summary}");
    ledger.check();

    let again = ledger.json(&["import", "a2billing", &file]);
    assert_eq!((&again["added"], &again["before"], &again["balance_here"]), (&0.into(), &2.into(), &"5.345".into()));
    assert_eq!(again["history"][0]["taken"], 0);
    let moved = PAST.replace("8.34500", "9.34500").replace(",-3,1", ",-2,1");
    let there = ledger.json(&["import", "a2billing", &dump(&ledger, &moved)]);
    assert_eq!(
        (&there["before"], &there["balance_here"], &there["balance_left_out"]),
        (&2.into(), &"5.345".into(), &"2".into())
    );
    assert!(remarks(&there).contains(&"card 1002: came before with -3, and has -2 there now".to_owned()));
    ledger.check();
}

#[test]
fn a_card_whose_past_is_beyond_the_books_stays_out_alone() {
    let ledger = Ledger::new("EUR");
    let file = dump(
        &ledger,
        "INSERT INTO cc_card (id, username, credit, status, tariff) VALUES (1,'1001',-9000000000000,1,1),(2,'1002',7,1,1);
         INSERT INTO cc_logrefill (id, card_id, date, credit) VALUES (1,1,'2026-01-01 10:00:00',9000000000000),
         (2,2,'2026-01-01 10:00:00',6);",
    );
    let report = ledger.json(&["import", "a2billing", &file]);
    assert_eq!((&report["added"], &report["left_out"]), (&1.into(), &1.into()));
    assert_eq!((&report["balance_here"], &report["balance_left_out"]), (&"7".into(), &"-9000000000000".into()));
    assert_eq!(report["history"][0]["taken_sum"], "6");
    let said = remarks(&report);
    assert!(said.last().unwrap().ends_with("its past is more than the books can hold"), "{said:?}");
    ledger.check();
}

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
    let rehearsed = ledger.json(&["import", "a2billing", &file, "--dry-run"]);
    assert_eq!(ledger.json(&["user", "list"]), json!([]), "a dry run changes nothing");
    let report = ledger.json(&["import", "a2billing", &file]);
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
            {"left_there": "refills", "rows": 1, "sum": "10"},
            {"left_there": "payments", "rows": 2, "sum": "13.09"},
            {"left_there": "seconds of calls", "rows": 3, "sum": "90"},
            {"left_there": "charges of calls", "rows": 3, "sum": "0.100012"},
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

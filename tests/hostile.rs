//! Hostile input: whatever comes out of the pipe in the place of an environment block, a reply or a channel's
//! variable, and whatever is dialled, nothing is dialled that the books have not granted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says where")]

mod support;

use std::io::{self, Write};
use std::process::{ChildStdin, Output};

use celcombiller::agi::stand_in::{Answer, CalleeBehaviour, Channel, words};
use serde_json::json;
use support::{Ended, Ledger, commands, converse, is_dial, pipes};

const CALLER: &str = "celcombiller-caller";
const REDUCER: &str = "celcombiller-reducer";
const UNIQUEID: &str = "1763690000.12";
const CALL: &str = "1763690000.12#1";
const ANA: &str = "999999999";
const BOB: &str = "999999998";

fn ana_calls_bob() -> Channel {
    Channel::new(UNIQUEID, ANA, BOB)
}

/// Returns the lines of a block as Asterisk writes it, the blank one among them.
fn block() -> Vec<String> {
    let block = ana_calls_bob().environment(&["authorise"]);
    block.lines().map(str::to_owned).collect()
}

fn text(lines: &[String]) -> Vec<u8> {
    lines.iter().flat_map(|line| format!("{line}\n").into_bytes()).collect()
}

/// Has a program hear these bytes and then nothing more; returns what it said.
fn hears(ledger: &Ledger, program: &str, bytes: &[u8]) -> Output {
    let mut child = ledger.start(program, &[]);
    // A program that has heard enough ends, and the rest of a long block meets a closed pipe.
    drop(child.stdin.take().unwrap().write_all(bytes));
    child.wait_with_output().unwrap()
}

/// Asserts that both programs end at once with an error and in silence.
fn is_no_block(ledger: &Ledger, what: &str, bytes: &[u8]) {
    for program in [CALLER, REDUCER] {
        let output = hears(ledger, program, bytes);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{program}, {what}: {told}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{program}, {what}");
        assert!(told.starts_with(&format!("{program}: malformed AGI environment: ")), "{program}, {what}: {told}");
    }
}

fn is_untouched(ledger: &Ledger) {
    assert_eq!(ledger.json(&["hold", "list", "--all"]), json!([]));
    assert_eq!(ledger.balance("ana"), ("600".to_owned(), "0".to_owned()));
    ledger.check();
}

#[test]
fn a_block_that_lacks_repeats_or_misplaces_a_line_is_none() {
    let ledger = Ledger::with_ana_and_bob(600);
    let whole = block();
    // The last two are an argument, which may be missing, and the blank line.
    let keys = whole.len() - 2;
    for place in 0..keys {
        let line = &whole[place];
        let mut lines = whole.clone();
        lines.remove(place);
        is_no_block(&ledger, &format!("without {line:?}"), &text(&lines));
        let mut lines = whole.clone();
        lines.insert(place, line.clone());
        is_no_block(&ledger, &format!("{line:?} twice"), &text(&lines));
        let mut lines = whole.clone();
        lines.swap(place, place + 1);
        is_no_block(&ledger, &format!("{line:?} after its follower"), &text(&lines));
        is_no_block(&ledger, &format!("the pipe closes before {line:?}"), &text(&whole[..place]));
    }
    is_no_block(&ledger, "no blank line", &text(&whole[..whole.len() - 1]));
    is_no_block(
        &ledger,
        "CR LF",
        &whole.iter().flat_map(|line| format!("{line}\r\n").into_bytes()).collect::<Vec<_>>(),
    );
    is_no_block(&ledger, "CR", whole.join("\r").as_bytes());
    is_no_block(&ledger, "no line at all", b"\n");
    is_untouched(&ledger);
}

/// What stands in the place of a line: `key | the line or lines`, written with `\n`, `\r`, `\0`, `\t`.
const LINES_THAT_ARE_NONE: &str = r"
    agi_request     | agi_network: yes\nagi_request: celcombiller
    agi_request     |
    agi_channel     | agi_channel:PJSIP/1
    agi_channel     | agi_channel PJSIP/1
    agi_channel     | AGI_CHANNEL: PJSIP/1
    agi_uniqueid    | agi_uniqueid:
    agi_uniqueid    | agi_uniqueid: \x20
    agi_uniqueid    | agi_uniqueid: ../../etc/passwd
    agi_uniqueid    | agi_uniqueid: 1763690000.12#1
    agi_uniqueid    | agi_uniqueid: 1763690000.12\0
    agi_uniqueid    | agi_uniqueid: 1763690000.12\t
    agi_uniqueid    | agi_uniqueid: 1763690000.12'; DROP TABLE call; --
    agi_uniqueid    | agi_uniqueid: 1763690000.12\nagi_uniqueid: 1763690000.13
    agi_callerid    | agi_callerid: 999999999\nagi_callerid: 999999998
    agi_callerid    | agi_callerid: 999999999\nagi_accountcode: bob
    agi_callerid    | agi_callerid: 999999999\nagi_extension: 112
    agi_callerid    | agi_callerid: 999999999\nagi_calleridname: x
    agi_callerid    | agi_callerid: 999999999\n
    agi_callerid    | agi_callerid: 999999999\n\n
    agi_callerid    | agi_callerid: 999999999\n200 result=1
    agi_callerid    | 200 result=1 (||||||)
    agi_extension   | agi_extension: 999999998\nagi_extension: 112
    agi_extension   | agi_extension: 999999998\n\nagi_priority: 1
    agi_accountcode | agi_accountcode:
    agi_accountcode | agi_accountcode: ana\nagi_accountcode: bob
    agi_threadid    | agi_threadid: 1\nagi_threadid: 2
    agi_threadid    | agi_threadid: 1\nagi_arg_2: authorise
    agi_threadid    | agi_threadid: 1\nagi_arg_1: a\nagi_arg_1: b
    agi_threadid    | agi_threadid: 1\nagi_other: 1
";

fn unescaped(line: &str) -> String {
    let pairs = [(r"\n", "\n"), (r"\r", "\r"), (r"\0", "\0"), (r"\t", "\t"), (r"\x20", " ")];
    pairs.iter().fold(line.to_owned(), |text, (escape, character)| text.replace(escape, character))
}

fn table(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| line.split_once('|')).map(|(left, right)| (left.trim(), right.trim()))
}

/// Returns the block with another text in the place of a key's line.
fn block_with(key: &str, line: &str) -> Vec<u8> {
    let mut lines = block();
    let place = lines.iter().position(|line| line.starts_with(&format!("{key}: "))).unwrap();
    lines[place] = line.to_owned();
    text(&lines)
}

#[test]
fn a_block_with_a_line_that_asterisk_does_not_write_is_none() {
    let ledger = Ledger::with_ana_and_bob(600);
    for (key, line) in table(LINES_THAT_ARE_NONE) {
        is_no_block(&ledger, line, &block_with(key, &unescaped(line)));
    }
    is_no_block(&ledger, "an extension of 100 KiB", &block_with("agi_extension", &"9".repeat(100 * 1024)));
    let long = format!("agi_extension: {}", "9".repeat(100 * 1024));
    is_no_block(&ledger, "100 KiB of an extension", &block_with("agi_extension", &long));
    is_no_block(&ledger, "100 KiB without a line", &[b'9'; 100 * 1024]);
    is_no_block(&ledger, "100 KiB of lines", "agi_request: x\n".repeat(7000).as_bytes());
    let arguments: String = (1..7000).map(|number| format!("agi_arg_{number}: x\n")).collect();
    let with_arguments = [text(&block()[..20]), arguments.into_bytes()].concat();
    is_no_block(&ledger, "100 KiB of arguments", &with_arguments);
    is_no_block(&ledger, "NUL", &[0; 4096]);
    is_no_block(&ledger, "no UTF-8", &[0xff; 4096]);
    is_no_block(&ledger, "UTF-16", &text(&block()).iter().flat_map(|&byte| [byte, 0]).collect::<Vec<_>>());
    is_untouched(&ledger);
}

/// What is odd but whole is read as it stands: the key, its value, and the verdict.
const ODD_CALLERS: &[(&str, &[u8], &str)] = &[
    ("agi_callerid", b"999999999\0", "UNKNOWN_CALLER"),
    ("agi_callerid", b"\xff\xfe999999999", "UNKNOWN_CALLER"),
    ("agi_callerid", b"999999999\r", "UNKNOWN_CALLER"),
    ("agi_callerid", b" 999999999", "UNKNOWN_CALLER"),
    ("agi_callerid", b"999999999 ", "UNKNOWN_CALLER"),
    ("agi_callerid", b"", "UNKNOWN_CALLER"),
    ("agi_callerid", b"999999999' OR '1'='1", "UNKNOWN_CALLER"),
    ("agi_callerid", "\u{665}\u{665}\u{665}".as_bytes(), "UNKNOWN_CALLER"),
    ("agi_callerid", b"\"\\${SHELL(id)}", "UNKNOWN_CALLER"),
    ("agi_calleridname", b"Zo\xeb \"O'Neil\" & agi_extension: 112", "GRANTED"),
    ("agi_calleridname", b"\0", "GRANTED"),
    ("agi_context", b"caf\xe9", "GRANTED"),
];

#[test]
fn an_odd_caller_in_a_whole_block_is_nobody_and_an_odd_name_is_only_a_name() {
    let ledger = Ledger::with_ana_and_bob(600);
    for (counter, &(key, value, status)) in ODD_CALLERS.iter().enumerate() {
        let mut channel = Channel::new(&format!("1763690000.{counter}"), ANA, BOB);
        let line = [key.as_bytes(), b": ", value].concat();
        let bytes: Vec<u8> = channel
            .environment(&[])
            .lines()
            .map(|found| if found.starts_with(&format!("{key}: ")) { line.as_slice() } else { found.as_bytes() })
            .flat_map(|line| [line, b"\n"].concat())
            .collect();
        let ended = behind_another_block(&ledger, CALLER, &mut channel, bytes);
        let shown = String::from_utf8_lossy(value);
        assert_eq!((ended.status.code(), channel.variable("CELCOMBILLER_STATUS")), (Some(0), status), "{key}: {shown}");
    }
    ledger.check();
}

/// Writes another block than the channel's, then what the channel replies.
struct AnotherBlock {
    to: ChildStdin,
    block: Option<Vec<u8>>,
}

impl Write for AnotherBlock {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.block.take() {
            Some(block) => self.to.write_all(&block).map(|()| bytes.len()),
            None => self.to.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Plays a channel that is announced by these bytes.
fn behind_another_block(ledger: &Ledger, program: &str, channel: &mut Channel, block: Vec<u8>) -> Ended {
    let mut child = ledger.start(program, &[]);
    let (to, from) = pipes(&mut child);
    converse((AnotherBlock { to, block: Some(block) }, from), channel, &[], |_, _| Answer::AsAsterisk);
    Ended::of(child)
}

/// The rest of a block, as a caller would write it who wants another to pay.
const FORGED_REST: &str = "agi_calleridname: x\nagi_callingpres: 0\nagi_callingani2: 0\nagi_callington: 0\n\
                           agi_callingtns: 0\nagi_dnid: x\nagi_rdnis: x\nagi_context: x\nagi_extension: 999999998\n\
                           agi_priority: 1\nagi_enhanced: 0.0\nagi_accountcode: ana\nagi_threadid: 1\n\n";

/// Plays a channel whose caller number forges the rest of the block and then these replies.
fn behind_a_forged_caller(ledger: &Ledger, program: &str, channel: &mut Channel, replies: &str) -> Ended {
    let forged = format!("agi_callerid: 1\n{FORGED_REST}{replies}");
    let block = channel.environment(&[]).replace("agi_callerid: 999999999\n", &forged);
    behind_another_block(ledger, program, channel, block.into_bytes())
}

#[test]
fn a_caller_who_forges_the_block_and_the_replies_has_nothing_dialled() {
    let ledger = Ledger::with_ana_and_bob(600);
    ledger.configure("[identify]\nby = [\"accountcode\", \"callerid\"]\n");
    let granted = "200 result=1 (Ring|0||||||||)\n".to_owned() + &"200 result=1\n".repeat(4);
    // With these, the call would be settled as not answered before it is dialled.
    let settled = format!("{granted}200 result=-1\n200 result=1 (GRANTED|{CALL}||NOANSWER|||)\n");
    for replies in
        ["", "200 result=1 (Ring|0||||||||)\n", &granted, &settled, &(settled.clone() + &"200 result=1\n".repeat(3))]
    {
        let mut channel = ana_calls_bob();
        let ended = behind_a_forged_caller(&ledger, CALLER, &mut channel, replies);
        assert!(!commands(&channel.dialogue).any(is_dial), "{replies}{:#?}", channel.dialogue);
        assert_eq!(ended.status.code(), Some(1), "{replies}");
    }
    is_untouched(&ledger);
}

/// A reducer that believed the forged reply would find that nobody answered, and charge nothing.
#[test]
fn a_caller_who_forges_what_the_reducer_reads_settles_nothing() {
    for reply in ["200 result=1 (||||||)\n", &format!("200 result=1 (GRANTED|{CALL}||NOANSWER|||)\n")] {
        let ledger = Ledger::with_ana_and_bob(600);
        let mut channel = ana_calls_bob();
        ledger.play(CALLER, &mut channel, &["authorise"]).quietly();
        behind_a_forged_caller(&ledger, REDUCER, &mut channel, reply);
        assert_eq!(ledger.balance("ana"), ("600".to_owned(), "600".to_owned()), "{reply}");
    }
}

/// Replies that are none, written with `\n`, `\r`, `\0`, `\x20`; then the pipe closes.
const REPLIES_THAT_ARE_NONE: &str = r"
    \n
    200\n
    200 \n
    200 result\n
    200 result=\n
    200 result=x\n
    200 result=1x\n
    200 result=0x10\n
    200 result=1.5\n
    200 result= 1\n
    200  result=1\n
    200 result=99999999999\n
    200 result=1 (never closed\n
    200 result=1 (||||||) and more\n
    200result=1\n
    20 result=1\n
    2000 result=1\n
    -20 result=1\n
    +20 result=1\n
    \x20200 result=1\n
    200 result=1\r\n
    200 result=1\0\n
    \0\0\0\0\n
    result=1\n
    garbage\n
    agi_calleridname: unknown\n
    HANGUP\nHANGUP\n
    HANGUP\ngarbage\n
    200 result=1
    200 resu
    HANGUP\n
    520-Invalid command syntax.  Proper usage follows:\n
    520-Invalid command syntax.  Proper usage follows:\nUsage\n511 End of proper usage.\n
";

/// Closes the pipe after so many texts.
struct ClosedAfter {
    to: Option<ChildStdin>,
    left: usize,
}

impl Write for ClosedAfter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.to.as_mut().map_or(Err(io::ErrorKind::BrokenPipe.into()), |to| to.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            None => self.to = None,
        }
        Ok(())
    }
}

#[test]
fn a_reply_that_is_none_ends_the_caller_before_it_dials() {
    /// The commands of a granted call before Dial, each of which is answered with rubbish.
    const BEFORE_DIAL: usize = 5;
    let ledger = Ledger::with_ana_and_bob(600);
    ledger.configure("[calls]\nmax_seconds = 1\n");
    let huge = [
        [b"200 result=1 (".as_slice(), &[b'x'; 100 * 1024], b")\n"].concat(),
        [b'2'; 100 * 1024].to_vec(),
        [0xff; 4096].to_vec(),
        [b"520-Usage\n".as_slice(), "usage\n".repeat(1000).as_bytes()].concat(),
    ];
    let listed = REPLIES_THAT_ARE_NONE.lines().map(str::trim).filter(|line| !line.is_empty());
    let replies: Vec<_> = listed.map(|line| unescaped(line).into_bytes()).chain(huge).collect();
    for (counter, reply) in replies.iter().enumerate() {
        for place in 1..=BEFORE_DIAL {
            let mut channel = Channel::new(&format!("{counter}.{place}"), ANA, BOB);
            let mut child = ledger.start(CALLER, &[]);
            let (to, from) = pipes(&mut child);
            let to = ClosedAfter { to: Some(to), left: place };
            let mut heard = 0;
            converse((to, from), &mut channel, &[], |_, _| {
                heard += 1;
                if heard == place { Answer::Raw(reply.clone()) } else { Answer::AsAsterisk }
            });
            let what: String = String::from_utf8_lossy(reply).chars().take(80).collect();
            assert_eq!(Ended::of(child).status.code(), Some(1), "{what:?} to command {place}");
            assert_eq!(heard, place, "{what:?} to command {place}: nothing more is said");
            assert!(!commands(&channel.dialogue).any(is_dial));
        }
    }
    ledger.ok(&["hold", "expire", "--as-of", "2099-01-01"]);
    assert_eq!(ledger.balance("ana"), ("600".to_owned(), "0".to_owned()));
    ledger.check();
}

#[test]
fn a_reply_to_dial_that_is_none_leaves_the_call_to_the_reducer() {
    let ledger = Ledger::in_euros();
    for (counter, line) in REPLIES_THAT_ARE_NONE.lines().map(str::trim).filter(|line| !line.is_empty()).enumerate() {
        let mut channel = Channel::new(&format!("1763690000.{counter}"), ANA, BOB);
        let mut child = ledger.start(CALLER, &[]);
        let (to, from) = pipes(&mut child);
        let to = ClosedAfter { to: Some(to), left: 6 };
        converse((to, from), &mut channel, &[], |_, command| match is_dial(command) {
            true => Answer::Raw(unescaped(line).into_bytes()),
            false => Answer::AsAsterisk,
        });
        assert_eq!(Ended::of(child).status.code(), Some(1), "{line}");
        assert!(commands(&channel.dialogue).last().is_some_and(is_dial), "{line}");
        let left = [("DIALSTATUS", "ANSWER"), ("ANSWEREDTIME_MS", "0")];
        channel.variables.extend(left.map(|(name, value)| (name.to_owned(), value.to_owned())));
        ledger.hang_up(&mut channel).quietly();
        assert_eq!(channel.variable("CELCOMBILLER_CHARGE"), "0.05", "{line}");
    }
    ledger.check();
}

/// `variable | value | what Dial is given after the number, or that nothing is dialled`
const VARIABLES: &str = r"
    CHANNEL(state)                              | Up\x20                      | 40,iS(60)
    CHANNEL(state)                              | 6                           | 40,iS(60)
    CHANNEL(state)                              | Up\|0\|1                    | nothing
    CHANNEL(state)                              | \|\|\|\|\|\|\|\|            | nothing
    TIMEOUT(absolute)                           | nan                         | 40,iS(60)
    TIMEOUT(absolute)                           | -1.000                      | 40,iS(60)
    TIMEOUT(absolute)                           | 1e9                         | 40,iS(60)
    TIMEOUT(absolute)                           | 99999999999999999999.000    | 40,iS(60)
    TIMEOUT(absolute)                           | .                           | 40,iS(60)
    DIALPLAN_EXISTS(celcombiller-answered,s,1)  | yes                         | 40,iS(60)
    DIALPLAN_EXISTS(celcombiller-answered,s,1)  | 1)S(9999                    | 40,iS(60)
    DIALPLAN_EXISTS(celcombiller-answered,s,1)  | \|                          | nothing
    CELCOMBILLER_CALL                           | 1763690000.12               | 40,iS(60)
    CELCOMBILLER_CALL                           | 1763690000.12#              | 40,iS(60)
    CELCOMBILLER_CALL                           | 1763690000.12#0             | 40,iS(60)
    CELCOMBILLER_CALL                           | 1763690000.12#-1            | 40,iS(60)
    CELCOMBILLER_CALL                           | 1763690000.12#x             | 40,iS(60)
    CELCOMBILLER_CALL                           | 1763690000.12#99999999999   | 40,iS(60)
    CELCOMBILLER_CALL                           | 1763690000.13#1             | 40,iS(60)
    CELCOMBILLER_CALL                           | #1                          | 40,iS(60)
    CELCOMBILLER_CALL                           | ../../etc/passwd#1          | 40,iS(60)
    CELCOMBILLER_CALL                           | a\|b                        | nothing
    CELCOMBILLER_STATUS                         | a\|b                        | nothing
    CELCOMBILLER_BILLSEC                        | x                           | 40,iS(60)
    DIALSTATUS                                  | ANSWER                      | 40,iS(60)
    DIALSTATUS                                  | a\|b                        | nothing
    ANSWEREDTIME                                | x                           | 40,iS(60)
    ANSWEREDTIME                                | \|                          | nothing
    CELCOMBILLER_ANSWERED                       | x.y                         | 40,iS(60)
    CELCOMBILLER_ANSWERED                       | )                           | 40,iS(60)
";

#[test]
fn a_variable_of_the_wrong_type_is_as_good_as_none_and_one_too_many_ends_the_caller() {
    for case in VARIABLES.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let hidden = case.replace(r"\|", "\0");
        let [name, value, dialled] = hidden.split('|').map(str::trim).collect::<Vec<_>>().try_into().unwrap();
        let ledger = Ledger::with_ana_and_bob(60);
        let mut channel = ana_calls_bob();
        channel.callee = CalleeBehaviour::Fails("BUSY");
        channel.variables.insert(name.to_owned(), value.replace('\0', "|").replace(r"\x20", " "));
        let ended = ledger.play(CALLER, &mut channel, &[]);
        let said: Vec<_> = commands(&channel.dialogue).filter(|command| is_dial(command)).collect();
        if dialled == "nothing" {
            assert_eq!((ended.status.code(), said.len()), (Some(1), 0), "{case}");
            assert_eq!(ledger.json(&["hold", "list", "--all"]), json!([]), "{case}");
        } else {
            let data = format!("EXEC \"Dial\" \"SIP/IMSI001010000000002@127.0.0.1:5062,{dialled}\"");
            assert_eq!((ended.status.code(), said), (Some(0), vec![data.as_str()]), "{case}");
            assert_eq!(channel.variable("CELCOMBILLER_CALL"), CALL, "{case}");
            assert_eq!(ledger.balance("ana"), ("60".to_owned(), "0".to_owned()), "{case}");
        }
    }
}

/// What is no number, between `[` and `]`.
const NO_NUMBERS: &str = r#"
    []  [ ]  [+]  [++999999998]  [-999999998]  [999999998 ]  [ 999999998]  [9999 99998]  [9999-99998]
    [1234567890123456]  [+1234567890123456]  [00000000000000000000]  [99999999x]  [x]  [h]  [s]  [i]  [bob]
    [999999998&999999999]  [999999998&Local/999999999@users]  [&999999998]  [999999998/60]  [SIP/999999998]
    [PJSIP/999999998@carrier]  [999999998@carrier]  [999999998,60]  [999999998,60,g]  [999999998,,S()]
    [999999998(60)]  [999999998)]  [999999998%0A]  [%39]  [999999998"]  ["999999998"]  [999999998"\]  [\]  [999999998\]
    [999999998']  ['; DROP TABLE call; --]  [${EXTEN}]  [${SHELL(id)}]  [$[1+1]]  [999999998|60]  [999999998;60]
    [999999998#]  [*100#]  [#]  [999999998^]  [999999998!]  [999999998.]  [1e5]  [0x10]  [_X.]  [٩٩٩]  [９９９]
    [IMSI]  [IMSI12345]  [IMSI0010100000000021]  [imsi001010000000002]  [IMSI001010000000002&x]  [IMSI+0010100]
    [IMSIIMSI001010000000002]  [+IMSI001010000000002]  [IMSI 001010000000002]  [999999998	]  [<999999998>]
"#;

#[test]
fn what_is_no_number_is_refused_as_invalid_and_not_dialled() {
    let ledger = Ledger::with_ana_and_bob(600);
    ledger.configure("[dial]\noffnet = \"PJSIP/{number}@carrier\"\n[free]\nnumbers = [\"112\"]\n");
    let dialled = |extension: &str, arguments: &[&str]| {
        let mut channel = Channel::new(UNIQUEID, ANA, extension);
        ledger.play(CALLER, &mut channel, arguments).quietly();
        assert_eq!(channel.variable("CELCOMBILLER_STATUS"), "INVALID_NUMBER", "[{extension}] {arguments:?}");
        let words: Vec<_> = commands(&channel.dialogue).map(words).collect();
        assert_eq!(words.len(), 2, "{words:?}");
        assert_eq!((words[1].len(), words[1][0].as_str(), words[1][2].as_str()), (3, "VERBOSE", "1"), "{words:?}");
    };
    let cases: Vec<_> = NO_NUMBERS
        .lines()
        .flat_map(|line| line.trim().split("  ["))
        .filter(|case| !case.is_empty())
        .map(|case| case.strip_prefix('[').unwrap_or(case).strip_suffix(']').unwrap())
        .collect();
    assert!(cases.len() > 60, "{cases:?}");
    for no_number in cases {
        dialled(no_number, &[]);
        dialled(BOB, &[&format!("to={no_number}")]);
    }
    is_untouched(&ledger);
}

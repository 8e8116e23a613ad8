//! What is attempted, and which doors take it as text; all others refuse it.

use std::collections::BTreeMap;
use std::thread;

use crate::doors::DOORS;
use crate::table::table;

/// Doors that take the same, and how the table calls them.
const SAME: [(&str, &str); 2] =
    [("name tariff group trunk batch actor", "names"), ("data variable caller-name", "values")];

/// `attempt -> doors that take it as text`
const ATTEMPTS: &str = r#"
    ana                                          -> username names note account-code phone prefix values id sound
    5511999990002                                -> username names note number dialled phone prefix values id sound
    5511&PJSIP/900@carrier                       -> names note phone values
    PJSIP/900,30,g                               -> names note phone values
    PJSIP/900@carrier                            -> names note phone values channel toml
    PJSIP/{number}@carrier                       -> names note dial phone values channel toml
    PJSIP/{number},30,g                          -> names note phone values
    PJSIP/{number}&Local/900@default             -> names note dial phone values channel toml
    PJSIP{number}/900                            -> names note phone values
    {username}/900                               -> names note phone values
    PJSIP/{number}|30                            -> names note phone values channel
    PJSIP/{number}"                              -> names note values channel
    ${SHELL(id)}                                 -> names note phone values
    $[1+1]                                       -> names note phone values
    a\nApplication: System                       -> note
    a\r\nData: id                                -> note
    a\n[general]\nallowguest=yes                 -> note
    a; comment                                   -> names note phone values
    a;-- comment --;                             -> names note phone values
    a #comment                                   -> names note phone
    #include /etc/passwd                         -> names note phone values
    [general]                                    -> names note phone values
    "> <sip:eve@example.org>                     -> names note values
    a,4711,eve@example.org                       -> names note phone values
    eve@example.org,|sh                          -> names note phone values
    eve@example.org                              -> username names note phone mail values
    a|b^c                                        -> names note phone values
    a=>b                                         -> names note values
    =1+1                                         -> names note phone values
    +cmd|' /C calc'!A0                           -> names note phone values
    -2+3                                         -> names note phone values
    -2                                           -> names note phone prefix values id sound
    @SUM(A1)                                     -> names note phone values
    \t=1+1                                       -> note
    '=1+1                                        -> names note phone values
    ''@x                                         -> names note phone values
    ＝1+1                                         -> names note phone values
    \e[2J\e[31mred                               -> note
    \u{9b}31m                                    -> note
    \e]0;title\a                                 -> note
    \u{202e}drawkcab                             -> note
    a\u{200b}b                                   -> note
    a\u{2028}b                                   -> note
    a\rb                                         -> note
    a\nerror: forged                             -> note
    a\nforged 1                                  -> note
    <script>alert(1)</script>                    -> names note values
    "><img src=x onerror=alert(1)>               -> names note values
    &lt;script&gt;                               -> names note phone values
    a"} 1\nforged 2                              -> note
    ","admin":true,"x":"                         -> names note values
    a\\                                          -> names note values
    '; DROP TABLE account; --                    -> names note phone values
    ' OR '1'='1                                  -> names note phone values
    %s%n%x                                       -> names note phone values
    ``id``                                       -> names note phone values
    $(touch pwned)                               -> names note phone values
    ;id                                          -> names note phone values
    ../../etc/passwd                             -> names note phone prefix values sound
    /etc/passwd                                  -> names note phone prefix values sound
    .hidden                                      -> names note phone prefix values sound
    a/b                                          -> names note phone prefix values channel toml sound
    vm-youhave&beep                              -> names note phone values
    "\n[database]\npath = "x"\n#                 -> note
    """                                          -> names note values
    --help                                       -> names note phone prefix values id sound
    -v                                           -> names note phone prefix values id sound
    {number}                                     -> names note phone values
    ٣٣                                           -> names note phone prefix values
    🦀                                            -> names note phone values
    ` `                                          -> note prefix
"#;

/// Returns an attempt without the quotes that keep its blanks, and with what its escapes stand for.
fn unescaped(attempt: &str) -> String {
    let bare = attempt.strip_prefix('`').and_then(|attempt| attempt.strip_suffix('`')).unwrap_or(attempt);
    let pairs = [
        (r"\n", "\n"),
        (r"\r", "\r"),
        (r"\t", "\t"),
        (r"\e", "\u{1b}"),
        (r"\a", "\u{7}"),
        (r"\u{9b}", "\u{9b}"),
        (r"\u{202e}", "\u{202e}"),
        (r"\u{2028}", "\u{2028}"),
        (r"\u{200b}", "\u{200b}"),
        (r"\\", "\\"),
    ];
    pairs.iter().fold(bare.to_owned(), |text, (escape, character)| text.replace(escape, character))
}

#[test]
fn every_door_takes_an_attempt_as_text_or_refuses_it() {
    let attempts: Vec<_> = ATTEMPTS
        .lines()
        .filter_map(|line| Some(line.rsplit_once("->")?.0.trim()))
        .map(|attempt| (attempt, unescaped(attempt)))
        .collect();
    let texts: Vec<&str> = attempts.iter().map(|(_, text)| text.as_str()).collect();
    let taken: Vec<(&str, Vec<bool>)> = thread::scope(|scope| {
        let doors: Vec<_> = DOORS.iter().map(|(name, door)| (name, scope.spawn(|| door(&texts)))).collect();
        doors.into_iter().map(|(name, door)| (*name, door.join().expect("the door holds"))).collect()
    });
    let verdicts: BTreeMap<&str, String> = (attempts.iter().enumerate())
        .map(|(place, (attempt, _))| {
            let doors: Vec<_> = taken.iter().filter(|(_, taken)| taken[place]).map(|(name, _)| *name).collect();
            (*attempt, SAME.iter().fold(doors.join(" "), |doors, (all, same)| doors.replace(all, same)))
        })
        .collect();
    table(ATTEMPTS, |attempt| verdicts[attempt].clone());
}

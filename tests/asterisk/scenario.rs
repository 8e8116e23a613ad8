//! SIPp scenarios as text: a phone's part of one call.

use std::fmt::Write;

/// What a phone does from the answer on.
#[derive(Clone, Debug)]
pub(crate) enum Then {
    Stays,
    /// Stays, and sends sound all the time.
    Speaks,
    HangsUpAfter(u32),
    /// Hangs up after the milliseconds in this field of the call's line in a [`Load`](crate::load::Load)'s list.
    HangsUpAsListed(u8),
    /// Presses a key half a second after the answer, as telephones do beside their sound (RFC 4733), and stays.
    Presses(char),
    /// Hands its peer over to another extension (REFER, a blind transfer) and is gone.
    Refers {
        after: u32,
        to: String,
    },
}

/// How a called phone takes a call.
#[derive(Clone, Debug)]
pub(crate) enum Callee {
    Answers {
        ring: u32,
        then: Then,
    },
    Rejects(&'static str),
    /// Rings for so many milliseconds, and is refused by its network then.
    RejectsAfter(u32, &'static str),
    RingsOn,
}

/// What a calling phone does.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    Talks(Then),
    CancelsAfter(u32),
    /// Hangs up so long after early media was opened.
    CancelsEarlyMediaAfter(u32),
}

/// A caller that talks until somebody else ends the call.
pub(crate) const STAYS: Caller = Caller::Talks(Then::Stays);

/// A callee that rings for two seconds before it answers.
pub(crate) fn answers(then: Then) -> Callee {
    Callee::Answers { ring: 2000, then }
}

/// Where a phone that speaks finds its sound: G.711, beside the scenario.
pub(crate) const VOICE: &str = "voice.ulaw";

/// Where SIPp's package has keys, each as a capture with the payload type that Asterisk offers.
const KEYS: &str = "/usr/share/sip-tester/dtmf_2833_";

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<scenario name="phone">
"#;

const SDP: &str = "Content-Type: application/sdp
Content-Length: [len]

v=0
o=phone 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000
";

/// The same of a phone that has keys.
const SDP_WITH_KEYS: &str = "Content-Type: application/sdp
Content-Length: [len]

v=0
o=phone 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0 101
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
";

const NO_BODY: &str = "Content-Length: 0\n\n";

/// Returns the scenario of a phone that calls `to` and says that it is `from`, a From header's display name and address.
pub(crate) fn caller(from: &str, to: &str, caller: &Caller) -> String {
    let request = |method: &str, tag: &str, body: &str| {
        format!(
            "{method} sip:{to}@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bK-[pid]-[call_number]
From: {from};tag=caller[pid]
To: <sip:{to}@[remote_ip]:[remote_port]>{tag}
Call-ID: [call_id]
CSeq: 1 {method}
Contact: <sip:phone@[local_ip]:[local_port]>
Max-Forwards: 70
{body}"
        )
    };
    let mut xml = HEAD.to_owned();
    send(&mut xml, &request("INVITE", "", SDP));
    match caller {
        Caller::Talks(then) => {
            for code in ["100", "180", "183"] {
                optional(&mut xml, code);
            }
            for code in
                ["403", "404", "408", "480", "484", "486", "487", "488", "500", "501", "502", "503", "600", "603"]
            {
                writeln!(xml, r#"<recv response="{code}" optional="true" next="refused"/>"#).unwrap();
            }
            writeln!(xml, r#"<recv response="200"><action>{NEAR_IS_FROM}{TARGET}</action></recv>"#).unwrap();
            send(&mut xml, &in_dialog("ACK", 1, ""));
            after_the_answer(&mut xml, then);
            xml += r#"<nop next="over"/><label id="refused"/>"#;
            send(&mut xml, &request("ACK", "[peer_tag_param]", NO_BODY));
            xml += r#"<label id="over"/>"#;
        }
        Caller::CancelsAfter(millis) | Caller::CancelsEarlyMediaAfter(millis) => {
            let code = if matches!(caller, Caller::CancelsAfter(_)) { 180 } else { 183 };
            optional(&mut xml, "100");
            writeln!(xml, r#"<recv response="{code}"/><pause milliseconds="{millis}"/>"#).unwrap();
            send(&mut xml, &request("CANCEL", "", NO_BODY));
            xml += r#"<recv response="200"/><recv response="487"/>"#;
            send(&mut xml, &request("ACK", "[peer_tag_param]", NO_BODY));
        }
    }
    finished(&xml)
}

/// Returns the scenario of a phone that registers, and is answered with `code`.
pub(crate) fn register(number: &str, secret: &str, code: u16) -> String {
    let request = |cseq: u8, authentication: &str| {
        format!(
            "REGISTER sip:[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:{number}@[remote_ip]>;tag=phone[pid]
To: <sip:{number}@[remote_ip]>
Call-ID: [call_id]
CSeq: {cseq} REGISTER
Contact: <sip:{number}@[local_ip]:[local_port]>
Max-Forwards: 70
Expires: 600
{authentication}{NO_BODY}"
        )
    };
    let mut xml = HEAD.to_owned();
    send(&mut xml, &request(1, ""));
    xml += r#"<recv response="401" auth="true"/>"#;
    send(&mut xml, &request(2, &authentication(number, secret)));
    writeln!(xml, r#"<recv response="{code}"/>"#).unwrap();
    finished(&xml)
}

fn authentication(number: &str, secret: &str) -> String {
    format!("[authentication username={number} password={secret}]\n")
}

/// Returns the scenario of a registered phone that calls.
pub(crate) fn extension_caller(number: &str, secret: &str, to: &str, plan: &Caller) -> String {
    let from = format!("<sip:{number}@[remote_ip]>");
    let asked_for = format!("<sip:{to}@[remote_ip]:[remote_port]>");
    let request = |method: &str, tag: &str, body: &str| {
        format!(
            "{method} sip:{to}@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bK-first-[pid]-[call_number]
From: {from};tag=caller[pid]
To: {asked_for}{tag}
Call-ID: [call_id]
CSeq: 0 {method}
Contact: <sip:{number}@[local_ip]:[local_port]>
Max-Forwards: 70
{body}"
        )
    };
    let mut first = String::new();
    send(&mut first, &request("INVITE", "", SDP));
    first += r#"<recv response="401" auth="true"/>"#;
    send(&mut first, &request("ACK", "[peer_tag_param]", NO_BODY));
    // From here on as any caller, with the proof of who it is in the INVITE.
    let rest = caller(&from, to, plan);
    let rest = rest.strip_prefix(HEAD).unwrap();
    let proof = format!("CSeq: 1 INVITE\n{}", authentication(number, secret));
    format!("{HEAD}{first}{}", rest.replacen("CSeq: 1 INVITE\n", &proof, 1))
}

/// Returns the scenario of a phone that is called.
pub(crate) fn callee(callee: &Callee) -> String {
    let mut xml = HEAD.to_owned();
    // Asked whether it is there, which SIPp takes for a call.
    xml += r#"<recv request="OPTIONS" optional="true" next="there"/>"#;
    writeln!(xml, r#"<recv request="INVITE"><action>{TARGET}{CSEQ}</action></recv>"#).unwrap();
    match callee {
        Callee::Answers { ring, then } => {
            reply_first(&mut xml, "180 Ringing", "[last_CSeq:]", NO_BODY);
            writeln!(xml, r#"<pause milliseconds="{ring}"/>"#).unwrap();
            let sdp = if matches!(then, Then::Presses(_)) { SDP_WITH_KEYS } else { SDP };
            reply_first(&mut xml, "200 OK", "[last_CSeq:]", sdp);
            writeln!(xml, r#"<recv request="ACK"><action>{NEAR_IS_TO}</action></recv>"#).unwrap();
            after_the_answer(&mut xml, then);
        }
        Callee::Rejects(status) => {
            reply_first(&mut xml, status, "[last_CSeq:]", NO_BODY);
            xml += r#"<recv request="ACK"/>"#;
        }
        Callee::RejectsAfter(millis, status) => {
            reply_first(&mut xml, "180 Ringing", "[last_CSeq:]", NO_BODY);
            writeln!(xml, r#"<pause milliseconds="{millis}"/>"#).unwrap();
            reply_first(&mut xml, status, "[last_CSeq:]", NO_BODY);
            xml += r#"<recv request="ACK"/>"#;
        }
        Callee::RingsOn => {
            reply_first(&mut xml, "180 Ringing", "[last_CSeq:]", NO_BODY);
            xml += r#"<recv request="CANCEL"/>"#;
            reply_first(&mut xml, "200 OK", "[last_CSeq:]", NO_BODY);
            reply_first(&mut xml, "487 Request Terminated", "CSeq: [$cseq] INVITE", NO_BODY);
            xml += r#"<recv request="ACK"/>"#;
        }
    }
    xml += r#"<nop next="over"/><label id="there"/>"#;
    reply_first(&mut xml, "200 OK", "[last_CSeq:]", NO_BODY);
    xml += r#"<label id="over"/>"#;
    finished(&xml)
}

const NEAR_IS_FROM: &str = r#"<ereg regexp=".*" search_in="hdr" header="From:" assign_to="near"/><ereg regexp=".*" search_in="hdr" header="To:" assign_to="far"/>"#;
const NEAR_IS_TO: &str = r#"<ereg regexp=".*" search_in="hdr" header="To:" assign_to="near"/><ereg regexp=".*" search_in="hdr" header="From:" assign_to="far"/>"#;
const TARGET: &str = r#"<ereg regexp="sip:[^>]*" search_in="hdr" header="Contact:" assign_to="target"/>"#;
const CSEQ: &str = r#"<ereg regexp="[0-9]+" search_in="hdr" header="CSeq:" assign_to="cseq"/>"#;

/// Closes the scenario; SIPp refuses one with a variable that nothing refers to.
fn finished(xml: &str) -> String {
    let assigned =
        ["near", "far", "target", "cseq"].into_iter().filter(|name| xml.contains(&format!("assign_to=\"{name}\"")));
    let references: String = assigned.map(|name| format!("<Reference variables=\"{name}\"/>\n")).collect();
    format!("{xml}{references}</scenario>\n")
}

fn after_the_answer(xml: &mut String, then: &Then) {
    match then {
        Then::Stays => await_bye(xml),
        Then::Speaks => {
            writeln!(xml, r#"<nop><action><exec rtp_stream="{VOICE},-1,0,PCMU/8000"/></action></nop>"#).unwrap();
            await_bye(xml);
        }
        Then::HangsUpAfter(millis) => {
            writeln!(xml, r#"<pause milliseconds="{millis}"/>"#).unwrap();
            hang_up(xml);
        }
        Then::HangsUpAsListed(field) => {
            writeln!(
                xml,
                r#"<nop><action><assignstr assign_to="listed" value="[field{field}]"/><todouble assign_to="millis" variable="listed"/></action></nop><pause variable="millis"/>"#
            )
            .unwrap();
            hang_up(xml);
        }
        Then::Presses(key) => {
            *xml += r#"<pause milliseconds="500"/>"#;
            writeln!(xml, r#"<nop><action><exec play_pcap_audio="{KEYS}{key}.pcap"/></action></nop>"#).unwrap();
            await_bye(xml);
        }
        Then::Refers { after, to } => {
            writeln!(xml, r#"<pause milliseconds="{after}"/>"#).unwrap();
            let refer_to = format!("Refer-To: <sip:{to}@127.0.0.1>\n");
            send(xml, &in_dialog("REFER", 2, &refer_to));
            *xml += r#"<recv response="202"/>"#;
        }
    }
}

fn hang_up(xml: &mut String) {
    send(xml, &in_dialog("BYE", 2, ""));
    *xml += r#"<recv response="200"/>"#;
}

fn await_bye(xml: &mut String) {
    *xml += r#"<recv request="BYE"/>"#;
    reply(xml, "200 OK");
}

fn optional(xml: &mut String, code: &str) {
    writeln!(xml, r#"<recv response="{code}" optional="true"/>"#).unwrap();
}

/// Returns a request inside the dialogue, from the near end to the far end.
fn in_dialog(method: &str, cseq: u8, headers: &str) -> String {
    format!(
        "{method} [$target] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From:[$near]
To:[$far]
Call-ID: [call_id]
CSeq: {cseq} {method}
Contact: <sip:phone@[local_ip]:[local_port]>
Max-Forwards: 70
{headers}{NO_BODY}"
    )
}

/// Replies inside the dialogue.
fn reply(xml: &mut String, status: &str) {
    send(xml, &response(status, "", "[last_CSeq:]", NO_BODY));
}

/// Replies to what opens the dialogue, with the tag that the phone gives it.
fn reply_first(xml: &mut String, status: &str, cseq: &str, body: &str) {
    send(xml, &response(status, ";tag=callee[pid]", cseq, body));
}

fn response(status: &str, tag: &str, cseq: &str, body: &str) -> String {
    format!(
        "SIP/2.0 {status}
[last_Via:]
[last_From:]
[last_To:]{tag}
[last_Call-ID:]
{cseq}
Contact: <sip:phone@[local_ip]:[local_port]>
{body}"
    )
}

fn send(xml: &mut String, message: &str) {
    writeln!(xml, "<send><![CDATA[\n\n{message}\n]]></send>").unwrap();
}

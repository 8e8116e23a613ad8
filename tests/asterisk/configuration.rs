//! The files that an Asterisk of the lab starts from: those in `etc/`, with a few places filled in.

use std::path::Path;
use std::{env, fs};

use crate::ledger::Ledger;
use crate::program::copy_program;
use crate::version::Version;

/// What sets one Asterisk of the lab apart from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Setup {
    /// The celcombiller configuration below `[database]`.
    pub(crate) celcombiller: &'static str,
    /// Whether `billctl init` has made a ledger.
    pub(crate) ledger: bool,
    /// Whether the dialplan notes the instant of the callee's answer.
    pub(crate) stamps_answers: bool,
    /// Whether calls arrive in the dialplan that `billctl asterisk dialplan` prints.
    pub(crate) shipped_dialplan: bool,
    pub(crate) end_before_h: bool,
    /// Whether `chan_sip`, which only 16 has, answers beside PJSIP.
    pub(crate) chan_sip: bool,
    /// Whether it has voicemail, for extensions.
    pub(crate) extensions: bool,
}

const ANSWERED: &str = "
[celcombiller-answered]
exten => s,1,Set(MASTER_CHANNEL(CELCOMBILLER_ANSWERED)=${STRFTIME(,,%s.%3q)})
 same => n,Return()
";

/// What the operator writes once into the file that `cdr_custom` appends to.
const CUSTOM_HEADER: &str = "uniqueid,start,end,billsec,disposition,clid,src,dst,dcontext,dstchannel,accountcode\n";

/// In the lab a user's number is also the port that the user's phone listens on.
pub(crate) const BY_PJSIP: &str = r#"
[dial]
onnet = "PJSIP/openbts/sip:IMSI{imsi}@127.0.0.1:{number}"
ring_seconds = 5
"#;

impl Setup {
    pub(crate) const PLAIN: Self = Self {
        celcombiller: BY_PJSIP,
        ledger: true,
        stamps_answers: true,
        shipped_dialplan: false,
        end_before_h: true,
        chan_sip: false,
        extensions: false,
    };
}

/// How a call arrives: the dialplan's context, chosen by the address that it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialplan {
    Last,
    Hangup,
    Argument,
    Announced,
    Twice,
    ReducedTwice,
    Authorised,
    Anything,
    Coded,
    Seed,
    Trunk,
    Shipped,
}

impl Dialplan {
    const ALL: [Self; 12] = [
        Self::Last,
        Self::Hangup,
        Self::Argument,
        Self::Announced,
        Self::Twice,
        Self::ReducedTwice,
        Self::Authorised,
        Self::Anything,
        Self::Coded,
        Self::Seed,
        Self::Trunk,
        Self::Shipped,
    ];

    fn context(self) -> &'static str {
        match self {
            Self::Last => "last",
            Self::Hangup => "hangup",
            Self::Argument => "argument",
            Self::Announced => "announced",
            Self::Twice => "twice",
            Self::ReducedTwice => "reduced-twice",
            Self::Authorised => "authorised",
            Self::Anything => "anything",
            Self::Coded => "coded",
            Self::Seed => "seed",
            Self::Trunk => "trunk",
            Self::Shipped => "celcombiller",
        }
    }

    pub(crate) fn address(self) -> String {
        format!("127.0.0.{}", 11 + self as u8)
    }

    fn endpoint(self) -> String {
        let (context, address) = (self.context(), self.address());
        let account_code = if self == Self::Coded { "accountcode = office\n" } else { "" };
        format!(
            "[{context}](phone)\ncontext = {context}\n{account_code}\n[{context}]\ntype = identify\nendpoint = {context}\nmatch = {address}\n\n"
        )
    }
}

/// The ports of one Asterisk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    pub(crate) pjsip: u16,
    pub(crate) sip: u16,
    /// Where a phone listens that the configuration names by its port.
    pub(crate) phone: u16,
}

/// Writes everything that Asterisk and our executables read below `folder`, which they see as `/lab`.
pub(crate) fn write(folder: &Path, version: Version, setup: &Setup, ports: Ports) {
    for name in ["etc", "agi-bin", "var", "spool", "run", "log/cdr-csv", "log/cdr-custom", "data"] {
        fs::create_dir_all(folder.join(name)).unwrap();
    }
    let etc = |name: &str, text: String| fs::write(folder.join("etc").join(name), text).unwrap();
    let yes_or_no = |yes: bool| if yes { "yes" } else { "no" };
    let modules = version.modules().display().to_string();
    let noload = if setup.chan_sip { "" } else { "noload = chan_sip" };
    let endpoints: String = Dialplan::ALL.into_iter().map(Dialplan::endpoint).collect();
    let pjsip = include_str!("etc/pjsip.conf").replace("{pjsip_port}", &ports.pjsip.to_string());
    etc("asterisk.conf", include_str!("etc/asterisk.conf").replace("{modules}", &modules));
    let modules = include_str!("etc/modules.conf").replace("{noload}", noload);
    etc("modules.conf", if setup.extensions { modules.replace("noload = app_voicemail\n", "") } else { modules });
    etc("logger.conf", include_str!("etc/logger.conf").to_owned());
    etc("rtp.conf", include_str!("etc/rtp.conf").to_owned());
    etc("cdr.conf", include_str!("etc/cdr.conf").replace("{endbeforehexten}", yes_or_no(setup.end_before_h)));
    etc("cdr_custom.conf", include_str!("etc/cdr_custom.conf").to_owned());
    etc("cdr_sqlite3_custom.conf", include_str!("etc/cdr_sqlite3_custom.conf").to_owned());
    // Asterisk writes no header.
    fs::write(folder.join("log/cdr-custom/Custom.csv"), CUSTOM_HEADER).unwrap();
    etc("pjsip.conf", pjsip.replace("{dialplans}", &endpoints));
    etc("sip.conf", include_str!("etc/sip.conf").replace("{sip_port}", &ports.sip.to_string()));
    let celcombiller = format!("[database]\npath = \"/lab/data/celcombiller.db\"\n{}", setup.celcombiller);
    fs::write(folder.join("celcombiller.toml"), celcombiller.replace("{phone_port}", &ports.phone.to_string()))
        .unwrap();
    etc("extensions.conf", dialplan(folder, setup));
    etc("voicemail.conf", "[general]\nformat = wav\n".to_owned());
    etc("musiconhold.conf", "[jazz]\nmode = files\ndirectory = /lab/data/jazz\n".to_owned());
    fs::create_dir(folder.join("data/jazz")).unwrap();
    // One second of silence in G.711.
    for sound in ["data/prompt.ulaw", "data/jazz/blue.ulaw"] {
        fs::write(folder.join(sound), [0xff; 8000]).unwrap();
    }
    install(&folder.join("agi-bin"));
}

/// Puts the executables under test where Asterisk looks for AGI programs.
fn install(agi_bin: &Path) {
    for name in ["caller", "reducer"] {
        let shipped = executables().join(format!("celcombiller-{name}"));
        let installed = agi_bin.join(format!("celcombiller_{name}"));
        copy_program(&shipped, &installed);
    }
}

fn dialplan(folder: &Path, setup: &Setup) -> String {
    let mut text = include_str!("etc/extensions.conf").to_owned();
    if setup.shipped_dialplan {
        text += &Ledger::at(folder).run(&["asterisk", "dialplan"]);
    } else if setup.stamps_answers {
        text += ANSWERED;
    }
    text
}

/// Returns the folder of the executables under test.
pub(crate) fn executables() -> std::path::PathBuf {
    let named = env::var_os("CELCOMBILLER_EXECUTABLES").map(Into::into);
    named.unwrap_or_else(|| Path::new(env!("CARGO_BIN_EXE_billctl")).parent().unwrap().to_owned())
}

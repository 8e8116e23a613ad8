//! Many calls from one SIPp, or to one, each by its line of a list and whatever becomes of the others.

use std::process::Child;

use crate::dialogue::Dialogue;
use crate::eventually::eventually;
use crate::lab::Lab;
use crate::phone::Papers;
use crate::port;

/// The SIPp; it is put away with the value.
pub(crate) struct Load {
    process: Child,
    papers: Papers,
}

impl Load {
    /// Makes a call for each line, so many a second, with what the scenario reads as `[field0]` and so on.
    pub(crate) fn calling(lab: &Lab, address: &str, scenario: &str, lines: &[Vec<String>], a_second: usize) -> Self {
        let papers = Papers::new(lab, scenario);
        let mut sipp = papers.sipp(address, port::free());
        sipp.args(["-m", &lines.len().to_string(), "-r", &a_second.to_string(), "-l", &lines.len().to_string()]);
        sipp.args(["-inf", "list.csv", &format!("127.0.0.1:{}", lab.ports.pjsip)]);
        papers.write("list.csv", list(lines).as_bytes());
        Self { process: sipp.spawn().expect("setpriv starts"), papers }
    }

    /// Takes every call to the port, by the next line.
    pub(crate) fn waiting(lab: &Lab, port: u16, scenario: &str, lines: &[Vec<String>]) -> Self {
        let papers = Papers::new(lab, scenario);
        papers.write("list.csv", list(lines).as_bytes());
        let process = papers.sipp("127.0.0.1", port).args(["-inf", "list.csv"]).spawn().expect("setpriv starts");
        eventually("the phone listens", || port::has_listener(port).then_some(()));
        Self { process, papers }
    }

    /// Returns what was said in each call up to now.
    pub(crate) fn calls(&mut self) -> Vec<Dialogue> {
        let ended = self.process.try_wait().expect("sipp is our child");
        // It ends with 1 where a call did not go as its scenario says.
        assert!(ended.is_none_or(|status| matches!(status.code(), Some(0 | 1))), "{ended:?}\n{}", self.papers.record());
        Dialogue::of_each_call(&self.papers.read("short"))
    }
}

fn list(lines: &[Vec<String>]) -> String {
    let lines: String = lines.iter().map(|fields| fields.join(";") + "\n").collect();
    format!("SEQUENTIAL\n{lines}")
}

impl Drop for Load {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

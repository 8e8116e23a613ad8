//! A user of a lab with a SIM, a balance and a phone.

use serde_json::Value;

use crate::configuration::Dialplan;
use crate::lab::Lab;
use crate::phone::Phone;
use crate::port;
use crate::scenario::{self, Callee, Caller};

pub(crate) struct Subscriber<'lab> {
    lab: &'lab Lab,
    pub(crate) name: String,
    pub(crate) number: String,
    pub(crate) imsi: String,
    funds: u64,
    port: u16,
}

impl Lab {
    /// Adds a user with so many seconds.
    pub(crate) fn subscriber(&self, funds: u64) -> Subscriber<'_> {
        let port = port::free();
        let (name, number, imsi) = (format!("user{port}"), port.to_string(), format!("0010100000{port}"));
        self.ledger().run(&["user", "add", &name, "--clid", &number, "--imsi", &imsi]);
        if funds > 0 {
            self.ledger().run(&["balance", "add", &name, &funds.to_string()]);
        }
        Subscriber { lab: self, name, number, imsi, funds, port }
    }

    /// Calls `to` into the dialplan, with this in the From header.
    pub(crate) fn call_from(&self, from: &str, dialplan: Dialplan, to: &str, caller: &Caller) -> Phone {
        Phone::calling(self, &dialplan.address(), self.ports.pjsip, &scenario::caller(from, to, caller))
    }
}

impl Subscriber<'_> {
    /// Calls `to` into the dialplan.
    pub(crate) fn calls(&self, dialplan: Dialplan, to: &str, caller: &Caller) -> Phone {
        let from = format!("<sip:{}@[local_ip]:[local_port]>", self.number);
        self.lab.call_from(&from, dialplan, to, caller)
    }

    /// Waits for a call.
    pub(crate) fn takes_a_call(&self, callee: &Callee) -> Phone {
        Phone::waiting(self.lab, self.port, &scenario::callee(callee))
    }

    pub(crate) fn cdrs(&self) -> Vec<Value> {
        self.lab.ledger().list(&["cdr", "list", "--user", &self.name])
    }

    /// Asserts that the user's only call ended so and cost so many seconds, in every place that says so.
    pub(crate) fn assert_charged(&self, disposition: &str, seconds: u64) {
        let cdrs = self.cdrs();
        let [cdr] = &cdrs[..] else { panic!("one call is one CDR: {cdrs:#?}") };
        assert_eq!(cdr["disposition"], disposition, "{cdr:#}");
        assert_eq!(cdr["billsec"], seconds, "{cdr:#}");
        assert_eq!(cdr["charge"], seconds.to_string(), "{cdr:#}");
        assert_eq!(cdr["overrun"], 0, "{cdr:#}");
        self.assert_spent(seconds);
    }

    /// Asserts that so many seconds are gone and nothing is held.
    pub(crate) fn assert_spent(&self, seconds: u64) {
        let left = (self.funds - seconds).to_string();
        let balance = self.lab.ledger().read(&["balance", "show", &self.name]);
        assert_eq!(balance["balance"], left, "{balance:#}");
        assert_eq!(balance["held"], "0", "{balance:#}");
        assert_eq!(balance["available"], left, "{balance:#}");
    }
}

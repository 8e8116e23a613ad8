//! Who does which operation, and the ends of processes.

use super::effect::Effect;
use super::life::{How, Life, Step};
use super::operation::Operation;
use super::process::{Ending, Process, vanish};

impl Life<'_> {
    /// Has some process do something, unless there is nothing of the kind to be done.
    pub(super) fn perform(&mut self, operation: Operation) -> Result<Option<Step>, String> {
        match operation {
            Operation::Authorise => Ok(self.authorise()),
            Operation::AuthoriseAgain => self.authorise_again(),
            Operation::HangUp => self.hang_up(),
            Operation::Reduce => self.reduce(),
            Operation::PostKept => self.post_kept(),
            Operation::Acknowledge => Ok(self.acknowledge()),
            Operation::Kill => Ok(self.kill()),
            Operation::Leave => Ok(self.leave()),
            Operation::ExpireHolds => self.expire_holds(),
            Operation::Release => self.release(),
            Operation::TopUp => self.top_up().map(Some),
            Operation::Withdraw => self.withdraw().map(Some),
            Operation::Transfer => self.transfer().map(Some),
            Operation::Refill => self.refill().map(Some),
            Operation::Reverse => self.reverse().map(Some),
            Operation::CreditLimit => self.credit_limit().map(Some),
            Operation::IssueVouchers => self.issue_vouchers().map(Some),
            Operation::RedeemVoucher => self.redeem_voucher(),
            Operation::WrongCode => self.wrong_code().map(Some),
            Operation::CreditGroups => self.credit_groups().map(Some),
            Operation::GiveBundle => self.give_bundle().map(Some),
            Operation::EndBundle => self.end_bundle(),
            Operation::ExpireBundles => self.expire_bundles().map(Some),
            Operation::ChangeRate => self.change_rate().map(Some),
            Operation::ChangeTariff => self.change_tariff().map(Some),
        }
    }

    fn acknowledge(&mut self) -> Option<Step> {
        let owing: Vec<_> = (0..self.processes.len()).filter(|&at| self.processes[at].owes).collect();
        let process = self.processes.swap_remove(*self.chance.one_of(&owing)?);
        self.expect_a_fault();
        Some(self.ended(process, Ending::Stays))
    }

    /// Ends a process, or everybody's.
    fn leave(&mut self) -> Option<Step> {
        if self.chance.percent(25) {
            // The last to close tidies up; of these a fault strikes the first that it can.
            self.expect_a_fault();
            let all = std::mem::take(&mut self.processes);
            let ended: Vec<_> = all.into_iter().map(|process| self.ended(process, Ending::Closes).how).collect();
            let all_done = ended.iter().all(|how| *how != How::Failed);
            let owed = ended.contains(&How::Done(true));
            return Some(Step { effect: Effect::Nothing, how: if all_done { How::Done(owed) } else { How::Failed } });
        }
        let process = self.any_process()?;
        let ending = if self.chance.percent(50) { Ending::Leaves } else { Ending::Closes };
        self.expect_a_fault();
        Some(self.ended(process, ending))
    }

    fn kill(&mut self) -> Option<Step> {
        let process = self.any_process()?;
        vanish(&self.disk, process);
        Some(Step { effect: Effect::Nothing, how: How::Done(false) })
    }

    fn any_process(&mut self) -> Option<Process> {
        let place = usize::try_from(self.chance.below(self.processes.len() as u64)).ok()?;
        (place < self.processes.len()).then(|| self.processes.swap_remove(place))
    }

    /// Has a process sync what it owes, if anything, and end so.
    fn ended(&mut self, process: Process, ending: Ending) -> Step {
        let owes = process.owes;
        let how = match self.end(process, ending) {
            Ok(()) if !self.disk.is_dead() => How::Done(owes),
            _ => How::Failed,
        };
        Step { effect: Effect::Nothing, how }
    }
}

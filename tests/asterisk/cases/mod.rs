//! What must be true of real calls, by subject.

mod announcements;
mod attempts;
mod authorised;
mod billable_seconds;
mod bundles;
mod call_files;
mod campaigns;
mod crowd;
mod extensions;
mod fail_closed;
mod free_numbers;
mod hostile;
mod identity;
mod nets;
mod pycall;
mod reconcile;
mod refusals;
mod ring_groups;
mod routes;
mod seed;
mod shipped_dialplan;
mod static_executables;
mod stress;
mod unreachable;
mod warnings;

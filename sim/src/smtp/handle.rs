//! The other side of the server: faults, and what came of it all.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::DropGuard;

use super::Shared;
use super::faults::{Fault, Scope};
use super::options::Options;
use super::record::{Command, Counters, Mail};
use super::state::State;

/// The running mail server. Clones are the same one; it lives until its simulation stops. Connections that hang are ended
/// when the last clone is dropped.
#[derive(Clone)]
pub struct MailSandbox(Arc<Held>);

struct Held {
    shared: Arc<Shared>,
    _abandoned: DropGuard,
}

impl MailSandbox {
    pub(super) fn new(shared: Arc<Shared>) -> MailSandbox {
        let abandoned = shared.abandoned.clone().drop_guard();
        MailSandbox(Arc::new(Held { shared, _abandoned: abandoned }))
    }

    fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        self.0.shared.look(look)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        self.0.shared.change(change)
    }

    /// Where it takes letters.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.0.shared.address
    }

    /// The same as a URL: `smtp://127.0.0.1:2525`, or `smtps://` where TLS comes first.
    #[must_use]
    pub fn url(&self) -> String {
        let is_implicit = self.look(|state| matches!(state.options.tls, super::Tls::Implicit(_)));
        let scheme = if is_implicit { "smtps" } else { "smtp" };
        format!("{scheme}://{}", self.address())
    }

    /// What to open in a browser to read the letters.
    #[must_use]
    pub fn page_url(&self) -> String {
        format!("http://{}", self.0.shared.page_address)
    }

    /// Changes what the server is like, for connections that are yet to come; the ports stay.
    pub fn configure(&self, change: impl FnOnce(&mut Options)) {
        self.change(|state| change(&mut state.options));
    }

    /// Lets the next `times` that come to this stage fail, or all until [`MailSandbox::heal`]. Faults that wait for the
    /// same are met in their order.
    pub fn plan(&self, scope: Scope, fault: Fault, times: impl Into<Option<u32>>) {
        let times = times.into();
        self.change(|state| state.plan.add(scope, fault, times));
    }

    /// Answers this recipient's first letter with 450 4.7.1, and all others until so long after it, by the simulation's
    /// clock.
    pub fn greylist(&self, recipient: &str, wait: Duration) {
        self.change(|state| state.greylist(recipient, wait));
    }

    /// Drops planned faults and greylists; what hangs hangs on.
    pub fn heal(&self) {
        self.change(State::heal);
    }

    /// Lets all connections go on that hang now.
    pub fn release(&self) {
        self.0.shared.released.send_modify(|count| *count += 1);
    }

    /// The letters that are kept, oldest first.
    #[must_use]
    pub fn messages(&self) -> Vec<Mail> {
        self.look(|state| state.mails.iter().cloned().collect())
    }

    /// The letters for one address, oldest first.
    #[must_use]
    pub fn messages_for(&self, address: &str) -> Vec<Mail> {
        let mut mails = self.messages();
        mails.retain(|mail| mail.is_for(address));
        mails
    }

    /// The last commands of all connections, oldest first.
    #[must_use]
    pub fn commands(&self) -> Vec<Command> {
        self.look(|state| state.commands.iter().cloned().collect())
    }

    /// How often things happened.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.look(|state| state.counters)
    }

    /// Forgets letters and commands; the counters and faults stay.
    pub fn clear(&self) {
        self.change(State::forget);
    }

    /// Waits until `check` holds; it is asked now and after every change. Wrap it in a time-out where it may never hold.
    pub async fn wait_for(&self, mut check: impl FnMut(&MailSandbox) -> bool) {
        let mut changes = self.0.shared.changed.subscribe();
        loop {
            changes.mark_unchanged();
            if check(self) || changes.changed().await.is_err() {
                return;
            }
        }
    }
}

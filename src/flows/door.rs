//! What other processes of the cluster ask of this one: heard only with the cluster's signature.

use crate::actors::admission::Admission;
use crate::actors::cluster::Cluster;
use crate::actors::letter;
use crate::drivers::peer;
use crate::drivers::peer::Peers;
use crate::drivers::peer::Subject;

/// The headers that tell when a message was signed, and its signature.
pub const SIGNED: [&str; 2] = [peer::AT_HEADER, peer::SIGNATURE_HEADER];
/// Where commands for auctions come.
pub const COMMAND: &str = Subject::Command.path();
/// Where a process is asked to look at the database now.
pub const LOOK: &str = Subject::Look.path();

/// Why a message was not listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unheard {
    /// Its signature is not the cluster's, or too old.
    Forged,
    /// It cannot be read.
    Unreadable,
}

/// What the door needs.
#[derive(Clone)]
pub struct Door {
    /// Where commands are decided.
    pub admission: Admission,
    /// This process among the others.
    pub cluster: Cluster,
    /// Who tells whether a message is genuine.
    pub peers: Peers,
}

impl Door {
    /// Has a command decided here; answers with the letter that says what came of it. `signed` is what the headers of
    /// [`SIGNED`] say.
    ///
    /// # Errors
    /// [`Unheard`].
    pub async fn command(&self, signed: [&str; 2], body: &[u8]) -> Result<Vec<u8>, Unheard> {
        self.check(Subject::Command, signed, body)?;
        let (auction, command) = letter::read_command(body).map_err(|_| Unheard::Unreadable)?;
        Ok(letter::write_outcome(self.admission.command_here(auction, command).await))
    }

    /// Has the picture of the cluster renewed.
    ///
    /// # Errors
    /// [`Unheard`].
    pub fn look(&self, signed: [&str; 2], body: &[u8]) -> Result<(), Unheard> {
        self.check(Subject::Look, signed, body)?;
        self.cluster.look();
        Ok(())
    }

    fn check(&self, subject: Subject, [at, signature]: [&str; 2], body: &[u8]) -> Result<(), Unheard> {
        if self.peers.is_genuine(subject, at, signature, body) { Ok(()) } else { Err(Unheard::Forged) }
    }
}

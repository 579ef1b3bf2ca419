//! A process' place: the only one on its file, or one of several on a server.

use std::fs::File;
use std::fs::TryLockError;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix_server::ServerHandle;
use anyhow::Context as _;

use crate::actors::admission::Admission;
use crate::actors::bidders::Bidders;
use crate::actors::cluster::Cluster;
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::drivers::bus::Bus;
use crate::drivers::peer::Peers;
use crate::flows::door::Door;
use crate::flows::fleet;
use crate::flows::fleet::Fleet;
use crate::flows::fleet::NotAlone;
use crate::flows::hear;
use crate::flows::keys::Keys;
use crate::http::peer;
use crate::http::server;
use crate::persistence::Db;
use crate::persistence::alone::Alone;
use crate::persistence::file_of;

/// How long commands may take that were let in.
const SETTLE_WITHIN: Duration = Duration::from_millis(500);
/// How long the others may take to be told that this process leaves.
const LEAVE_WITHIN: Duration = Duration::from_secs(2);

/// A place that was taken; nobody is heard yet.
pub(super) struct Place {
    pub(super) cluster: Cluster,
    pub(super) fleet: Option<Fleet>,
    door: Option<(TcpListener, Peers)>,
    alone: Option<Sole>,
}

/// What keeps a second server out where there may be but one.
enum Sole {
    /// Beside the file.
    File(File),
    /// In the server.
    Server(Alone),
}

/// What a place is told of the process.
pub(super) struct Known<'a> {
    pub(super) bidders: &'a Bidders,
    pub(super) bus: &'a Bus,
}

/// A place that is kept.
pub(super) struct Membership {
    fleet: Option<Arc<Fleet>>,
    kept: Option<tokio::task::JoinHandle<anyhow::Error>>,
    door: Option<ServerHandle>,
    /// Held as long as this lives.
    _file: Option<File>,
}

impl Place {
    /// Takes a place: among the servers of the cluster, or as the only one.
    pub(super) async fn take(
        config: &Config,
        db: &Db,
        clock: &Clock,
        keys: &Keys,
        known: Known<'_>,
    ) -> anyhow::Result<Self> {
        let Some(address) = config.cluster.listens_at() else {
            let alone = match file_of(&config.database.url) {
                Some(file) => Some(Sole::File(lock(file)?)),
                None => fleet::be_alone(db).await?.map(Sole::Server),
            };
            return Ok(Self { cluster: Cluster::alone(), fleet: None, door: None, alone });
        };
        // The address first: who listens there has survived whoever did before.
        let listener = server::bind(address).context("cluster.address cannot be used")?;
        let reached_at = config.cluster.reached_at(listener.local_addr()?);
        let peers = Peers::new(&keys.secret_for("peers"), clock.clone()).context("no way to the other servers")?;
        let joined = Fleet::join(db.clone(), clock.clone(), reached_at).await;
        let (fleet, number) = joined.context("no place among the servers of this database")?;
        let cluster = Cluster::member(number, peers.clone(), known.bidders.clone(), known.bus.clone());
        let fleet = Some(fleet.keeping(cluster.clone()));
        Ok(Self { cluster, fleet, door: Some((listener, peers)), alone: None })
    }

    /// Hears the others from here on, and keeps the place.
    pub(super) fn open(self, app: &App) -> anyhow::Result<Membership> {
        let admission = &app.admission;
        let Self { cluster, fleet, door, alone } = self;
        let door = match door {
            Some((listener, peers)) => {
                let (address, server) = peer::serve(listener, Door { admission: admission.clone(), cluster, peers })?;
                tracing::info!(%address, "hearing the other servers");
                let handle = server.handle();
                tokio::spawn(server);
                Some(handle)
            }
            None => None,
        };
        let fleet = fleet.map(Arc::new);
        let (mut kept, mut file) = (None, None);
        match (fleet.clone(), alone) {
            (Some(fleet), _) => {
                let admission = admission.clone();
                actix::spawn(hear::hear(app.bus.listen(), app.db.clone(), admission.clone(), app.broadcasters.clone()));
                kept = Some(actix::spawn(async move { fleet.keep(admission).await.into() }));
            }
            (None, Some(Sole::Server(alone))) => {
                kept = Some(actix::spawn(async move {
                    alone.keep().await;
                    NotAlone.into()
                }));
            }
            (None, Some(Sole::File(lock))) => file = Some(lock),
            (None, None) => {}
        }
        Ok(Membership { fleet, kept, door, _file: file })
    }
}

impl Membership {
    /// Resolves when the place is lost, with the reason.
    pub(super) async fn lost(&mut self) -> anyhow::Error {
        match &mut self.kept {
            Some(kept) => kept.await.unwrap_or_else(anyhow::Error::from),
            None => std::future::pending().await,
        }
    }

    /// Gives the place up. What is in flight gets a moment; what is not written by then is refused.
    pub(super) async fn leave(&self, admission: &Admission) {
        if let Some(fleet) = &self.fleet {
            let _ = tokio::time::timeout(SETTLE_WITHIN, admission.settled()).await;
            match tokio::time::timeout(LEAVE_WITHIN, fleet.leave()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "the other servers must wait for this one's lease to run out"),
                Err(_) => tracing::warn!("the other servers could not be told in time that this one leaves"),
            }
        }
        if let Some(door) = &self.door {
            door.stop(false).await;
        }
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        if let Some(kept) = &self.kept {
            kept.abort();
        }
    }
}

/// Locks a file's neighbour for as long as the process lives. The database's own locks are shared: the operator's verbs
/// write while a server runs, but a second server would decide on what it does not see.
fn lock(file: &Path) -> anyhow::Result<File> {
    let file = file.display();
    let path = format!("{file}-lock");
    let lock = File::create(&path).with_context(|| format!("{path} cannot be made"))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => anyhow::bail!(
            "another server runs on {file}: stop it, or name another file in database.url; several servers share a MySQL"
        ),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("{path} cannot be locked")),
    }
}

//! One world, its clock, and the servers that tell about it.

use std::future::IntoFuture;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::world::World;

/// Tells the time. Nothing here reads the system's clock.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How long connections may finish after the stop; a client that does not read must not hold up the program.
const STOP_GRACE: Duration = Duration::from_secs(1);

/// A world and the servers that tell about it. Clones are the same one; its servers run until [`Simulation::stop`].
#[derive(Clone)]
pub struct Simulation(Arc<Inner>);

struct Inner {
    world: Mutex<World>,
    clock: Clock,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// Takes a lock whose holder may have panicked: the data is a simulation's, and half a change of it is harmless.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Simulation {
    /// A world that goes by this clock, and no server yet.
    #[must_use]
    pub fn new(world: World, clock: Clock) -> Simulation {
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        Simulation(Arc::new(Inner { world: Mutex::new(world), clock, tasks, stop }))
    }

    /// Changes the world as it stands now: `simulation.edit(|world| world.rename(id, "new"))`.
    pub fn edit<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.world())
    }

    /// The world, in which time has passed until now: nobody else needs to step it.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        let now = (self.0.clock)();
        let mut world = lock(&self.0.world);
        world.step(now);
        world
    }

    /// Is cancelled when the simulation stops.
    pub(crate) fn stopping(&self) -> &CancellationToken {
        &self.0.stop
    }

    /// Runs a server, which ends by itself once the simulation stops, or is ended a moment later.
    pub(crate) fn run<S>(&self, name: &'static str, server: S)
    where
        S: IntoFuture<Output = io::Result<()>, IntoFuture: Send> + Send + 'static,
    {
        let stop = self.0.stop.clone();
        let too_long = async move {
            stop.cancelled().await;
            tokio::time::sleep(STOP_GRACE).await;
        };
        self.0.tasks.spawn(async move {
            tokio::select! {
                result = async { server.await } => {
                    if let Err(error) = result {
                        tracing::warn!("the simulated {name} stopped: {error}");
                    }
                }
                () = too_long => {}
            }
        });
    }

    /// Ends all servers, and waits until they have ended.
    pub async fn stop(&self) {
        self.0.stop.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }
}

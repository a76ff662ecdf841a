//! Stopped at every statement, and started again.

use tubebell::bus::ksqldb::MIGRATIONS;

use super::rig::Rig;

/// How many statements change something when all is made: two for the ledger, and five for each file.
const STATEMENTS: u64 = 2 + 5 * MIGRATIONS.len() as u64;

// All kills: it takes some seconds.
#[tokio::test]
async fn whoever_is_killed_at_any_statement_leaves_what_the_next_one_completes() {
    let whole = Rig::new().await;
    whole.apply().await.unwrap();
    assert_eq!(whole.server.executed().len() as u64, STATEMENTS);
    for kill in 0..=STATEMENTS {
        let rig = Rig::new().await;
        rig.server.client_dies_after(kill);
        let died = rig.apply().await.unwrap_err();
        let when = format!("killed at statement {kill} ({died})");
        assert_eq!(rig.server.executed().len() as u64, kill, "{when}");
        rig.server.client_dies_after(None);
        rig.apply().await.unwrap_or_else(|error| panic!("{when}: {error}"));
        rig.all_stands(&when);
        for migration in MIGRATIONS {
            assert_eq!(rig.made(migration.object), 1, "{when}: {}", migration.object);
        }
        rig.simulation.stop().await;
    }
}

#[tokio::test]
async fn whoever_is_killed_again_and_again_comes_to_the_end() {
    let rig = Rig::new().await;
    let mut deaths = 0;
    loop {
        // Two write down that a file is begun.
        rig.server.client_dies_after(3);
        if rig.apply().await.is_ok() {
            break;
        }
        deaths += 1;
        assert!(deaths < 2 * STATEMENTS, "it comes to no end");
    }
    rig.server.client_dies_after(None);
    rig.all_stands("after many deaths");
    for migration in MIGRATIONS {
        assert_eq!(rig.made(migration.object), 1, "{}", migration.object);
    }
}

#[tokio::test]
async fn status_after_a_kill_tells_what_goes_on() {
    let rig = Rig::new().await;
    // The ledger, then one file and of the next its beginning and its statement.
    rig.server.client_dies_after(2 + 5 + 3);
    rig.apply().await.unwrap_err();
    rig.server.client_dies_after(None);
    let found: Vec<String> =
        rig.status().await.iter().take(3).map(|file| format!("{:?}", file.found)).collect();
    assert_eq!(found, ["Ok(Stands)", "Ok(Finish)", "Ok(Make)"]);
}

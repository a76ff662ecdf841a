//! The command line: what is asked for, which tool does it, and with what the program ends.
//!
//! One file per tool. Each gets a [`Context`] (configuration, store, standard output) and returns a [`Fault`] where it
//! could not do what was asked; [`main`] alone writes errors and picks the exit code. The tools work beside a running
//! gateway.

mod apply;
mod backup;
mod check;
mod context;
mod dead_letters;
mod destinations;
mod export;
mod fault;
mod init;
mod invite;
#[cfg(feature = "kafka")]
mod ksql;
#[cfg(feature = "kafka")]
mod parked;
mod people;
mod preview;
mod send_test;
mod shut;
mod terminal;
pub mod watch_file;
mod why;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::app::StartError;
use crate::model::UnixMillis;
use context::Context;
use fault::Fault;

/// Self-hosted alerting gateway for YouTube numbers.
#[derive(Debug, Parser)]
#[command(name = "tubebell", version, about, disable_help_subcommand = true)]
struct Cli {
    /// The configuration [default: config/tubebell.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Shows everything at work, with a simulated YouTube and nothing to set up
    Demo(DemoArgs),
    /// Writes a commented configuration, and says where to get each key
    Init(init::Args),
    /// Runs the gateway
    Run,
    /// Says everything that is wrong with the configuration, then tries what it names
    Check(check::Args),
    /// Makes watches from a file
    Apply(apply::Args),
    /// Writes the running watches as a file for `apply`
    Export(export::Args),
    /// Writes a copy of the database, beside a running gateway
    Backup(backup::Args),
    /// Shows a message with sample values, as the templates make it
    Preview(preview::Args),
    /// Lists messages that could not be delivered, or sends them again
    DeadLetters(dead_letters::Args),
    /// Lists where messages go and what keeps them from arriving, or makes a destination on again
    Destinations(destinations::Args),
    /// Lists who may talk to the bot, or puts somebody out
    People(people::Args),
    /// Makes an invitation to the bot, or withdraws one
    Invite(invite::Args),
    /// Sends a sample message to a destination, and says what is answered
    Test(send_test::Args),
    /// Makes the streams and tables of ksqlDB, or says how far they are
    #[cfg(feature = "kafka")]
    Ksql(ksql::Args),
    /// Lists records of Kafka's that could not be read, or writes them back
    #[cfg(feature = "kafka")]
    Parked(parked::Args),
    /// Says why there was, or was not, a message about a video
    Why(why::Args),
}

#[derive(Debug, clap::Args)]
struct DemoArgs {
    /// Plays a recording (CSV) instead of a made-up world
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
    /// How many times faster than life
    #[arg(long, value_name = "N", value_parser = speed, requires = "replay")]
    speed: Option<f64>,
    /// The port of the demo's page on this machine; 0: any that is free
    #[arg(long, value_name = "N")]
    port: Option<u16>,
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if speed.is_finite() && speed > 0.0 => Ok(speed),
        _ => Err("write a number above 0".to_owned()),
    }
}

/// Does what the command line asks; returns 0 when done, 1 when it failed, 2 for wrong usage or configuration.
///
/// `now` is when the program started: a tool is one moment.
#[must_use]
pub fn main(
    arguments: impl IntoIterator<Item = OsString>,
    environment: Vec<(OsString, OsString)>,
    now: UnixMillis,
) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version end here too, with 0; nobody is left to be told that they could not be written.
            drop(error.print());
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(fault::WRONG));
        }
    };
    let context = Context::new(cli.config, environment, now);
    match dispatch(&context, cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => fault.report(),
    }
}

fn dispatch(context: &Context, command: Command) -> Result<(), Fault> {
    match command {
        Command::Demo(DemoArgs { replay, speed, port }) => {
            Ok(crate::demo::run(crate::demo::Options { replay, speed, port })?)
        }
        Command::Init(args) => init::run(context, &args),
        Command::Run => {
            let config = context.config()?;
            match config.lacking_for_run() {
                lines if lines.is_empty() => match crate::app::run(&config) {
                    Ok(()) => Ok(()),
                    Err(StartError::Configuration(lines)) => Err(Fault::configuration(lines)),
                    Err(StartError::Templates(lines)) => Err(Fault::templates(lines)),
                    Err(error) => Err(Fault::failed(error.to_string())),
                },
                lines => Err(Fault::configuration(lines)),
            }
        }
        Command::Check(args) => check::run(context, &args),
        Command::Apply(args) => apply::run(context, &args),
        Command::Export(args) => export::run(context, &args),
        Command::Backup(args) => backup::run(context, &args),
        Command::Preview(args) => preview::run(context, &args),
        Command::DeadLetters(args) => dead_letters::run(context, args),
        Command::Destinations(args) => destinations::run(context, &args),
        Command::People(args) => people::run(context, args),
        Command::Invite(args) => invite::run(context, &args),
        Command::Test(args) => send_test::run(context, &args),
        #[cfg(feature = "kafka")]
        Command::Ksql(args) => ksql::run(context, &args),
        #[cfg(feature = "kafka")]
        Command::Parked(args) => parked::run(context, &args),
        Command::Why(args) => why::run(context, &args),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_video_whose_id_begins_with_a_dash_is_no_option() {
        let cli = Cli::try_parse_from(["tubebell", "why", "-abcdefghij"]).unwrap();
        assert!(matches!(cli.command, Command::Why(args) if args.video == "-abcdefghij"));
    }
}

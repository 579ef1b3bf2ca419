//! What `mazad load` can be told.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;

/// What a phase of the load does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Bids spread over `--auctions` requests.
    Bids,
    /// Bids on one request.
    Hot,
    /// Reads of the five best bids, in a room for each of `--room-bids`.
    Ranked,
    /// `GET /health/live`: what the same server does when it has nothing to do.
    Health,
    /// Bids at `--fanout-rate` in `--rooms` that `--watchers` sockets watch.
    Fanout,
    /// Bids over `--auctions` with every fifth exchange a ranked read, watched by `--watchers`.
    Mixed,
    /// `--closing` of `--armed` auctions end while bidders bid on `--auctions` others and one merchant floods one that
    /// ends.
    Closing,
}

/// Drives a running server and reports what it did.
///
/// Merchants and customers are written to the server's database beforehand and get tokens signed with its key;
/// everything else goes through the public API.
#[derive(Args, Clone, Debug)]
pub struct LoadOptions {
    /// The server.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub url: String,
    /// The server's data folder, with its `SQLite` file (`mazad.sqlite`) and its key; without it, what the configuration says.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// What to do, in this order.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "health,bids,hot,ranked,fanout")]
    pub what: Vec<What>,
    /// Requests to bid on.
    #[arg(long, default_value_t = 100)]
    pub auctions: usize,
    /// Merchants that bid on each request.
    #[arg(long, default_value_t = 100)]
    pub merchants: usize,
    /// Keep-alive connections that bid or read, one exchange in flight on each.
    #[arg(long, visible_alias = "bidders", default_value_t = 64)]
    pub connections: usize,
    /// Sockets that watch, in fanout, mixed and closing.
    #[arg(long, default_value_t = 1_000)]
    pub watchers: usize,
    /// Requests that are watched, in fanout.
    #[arg(long, default_value_t = 1)]
    pub rooms: usize,
    /// Bids per second in fanout.
    #[arg(long, default_value_t = 50)]
    pub fanout_rate: u64,
    /// Auctions that are open at the same time, in closing.
    #[arg(long, default_value_t = 10_000)]
    pub armed: usize,
    /// How many of them end in the measured seconds: half at one instant, half over the whole time.
    #[arg(long, default_value_t = 2_000)]
    pub closing: usize,
    /// Bids per second on the auctions that do not end, in closing.
    #[arg(long, default_value_t = 500)]
    pub closing_rate: u64,
    /// Bids per second from one merchant on the auction that ends last, in closing; 40 is twenty times the limit.
    #[arg(long, default_value_t = 40)]
    pub flood_rate: u64,
    /// Starts per second in the other phases (open loop); 0: as fast as answers come (closed loop).
    #[arg(long, default_value_t = 0)]
    pub rate: u64,
    /// Measured seconds of each phase.
    #[arg(long, default_value_t = 10)]
    pub duration: u64,
    /// Seconds before that which do not count.
    #[arg(long, default_value_t = 2)]
    pub warmup: u64,
    /// Items of each request, and lines of each bid.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=50))]
    pub items: u8,
    /// Live bids in the room that is read, one ranked phase for each.
    #[arg(long, value_delimiter = ',', default_value = "10,1000")]
    pub room_bids: Vec<usize>,
    /// Bids per second that the server takes from one merchant in one request; 0: any number.
    #[arg(long, default_value_t = 2)]
    pub bids_per_second: u32,
    /// Bids that the server takes from one merchant in one request, ever.
    #[arg(long, default_value_t = 120)]
    pub bids_per_merchant: u32,
    /// The server's process, for its processor time and memory.
    #[arg(long)]
    pub pid: Option<u32>,
    /// Appends the report to this file, as one line of JSON.
    #[arg(long)]
    pub json: Option<PathBuf>,
}

impl LoadOptions {
    /// The options in one line, as they can be given again.
    #[must_use]
    pub fn line(&self) -> String {
        let what: Vec<String> =
            self.what.iter().filter_map(What::to_possible_value).map(|v| v.get_name().into()).collect();
        let room_bids: Vec<String> = self.room_bids.iter().map(usize::to_string).collect();
        format!(
            "--what {} --auctions {} --merchants {} --connections {} --watchers {} --rooms {} --fanout-rate {} \
             --armed {} --closing {} --closing-rate {} --flood-rate {} --rate {} --duration {} --warmup {} --items {} \
             --room-bids {} --bids-per-second {} --bids-per-merchant {}",
            what.join(","),
            self.auctions,
            self.merchants,
            self.connections,
            self.watchers,
            self.rooms,
            self.fanout_rate,
            self.armed,
            self.closing,
            self.closing_rate,
            self.flood_rate,
            self.rate,
            self.duration,
            self.warmup,
            self.items,
            room_bids.join(","),
            self.bids_per_second,
            self.bids_per_merchant
        )
    }

    /// Whether the limits per merchant leave room for `rate` over `auctions` requests.
    ///
    /// # Errors
    /// Says how many merchants it would take.
    pub fn check_rate(&self, rate: u64, auctions: usize) -> anyhow::Result<()> {
        let pairs = u64::try_from(auctions * self.merchants)?;
        let total = rate * (self.duration + self.warmup);
        let by_total = total.div_ceil(u64::from(self.bids_per_merchant.saturating_sub(1).max(1)));
        let by_second = if self.bids_per_second == 0 { 0 } else { rate.div_ceil(u64::from(self.bids_per_second)) };
        // A quarter more: each pair keeps a little more than the least distance, and a connection that has used all of its
        // own pairs waits.
        let needed = by_total.max(by_second) * 5 / 4;
        anyhow::ensure!(
            pairs >= needed,
            "{rate}/s over {auctions} request(s) needs {needed} merchants x requests within the limits of {} bids per second \
             and {} in all, and there are {pairs}: raise --merchants or --auctions, or the server's limits together with \
             --bids-per-second and --bids-per-merchant",
            self.bids_per_second,
            self.bids_per_merchant
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Verb {
        #[command(flatten)]
        options: LoadOptions,
    }

    #[test]
    fn the_line_reads_back_as_the_same_options() {
        let first = Verb::parse_from(["load", "--what", "bids,mixed", "--rate", "500", "--bidders", "8"]).options;
        assert_eq!((first.rate, first.connections), (500, 8));
        let line = first.line();
        let again = Verb::parse_from(std::iter::once("load").chain(line.split(' '))).options;
        assert_eq!(again.line(), line);
    }

    #[test]
    fn a_rate_that_the_limits_forbid_is_refused_beforehand() {
        let options = Verb::parse_from(["load", "--merchants", "100"]).options;
        assert!(options.check_rate(160, 1).is_ok());
        assert!(options.check_rate(180, 1).is_err(), "two a second of a hundred merchants leaves nothing to spare");
        assert!(options.check_rate(16_000, 100).is_ok());
        let few =
            Verb::parse_from(["load", "--merchants", "100", "--bids-per-merchant", "10", "--bids-per-second", "0"]);
        assert!(few.options.check_rate(180, 1).is_err());
    }
}

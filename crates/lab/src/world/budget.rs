//! The budgets of API calls: how many a Region takes before it answers `Rate exceeded`.
//!
//! ELBv2's are as AWS documents them ("Request throttling for the Elastic Load Balancing API"): per
//! account and Region a bucket of tokens for all actions together (40, and 10 more a second), and
//! one for RegisterTargets and DeregisterTargets (20, and 4 more a second). A call takes a token
//! from each bucket that it belongs to. A call that finds one of them empty is refused: it is not
//! carried out, and takes no token (whether AWS charges a refused call is not documented). The
//! bucket of the Describe actions is left out: it is as large as the one for all actions, and so
//! never the first to be empty. "A set number of tokens each second" is modelled as a continuous
//! refill.
//!
//! EC2's is that of its Describe actions (AWS docs: "Request throttling for the Amazon EC2 API",
//! "Non-mutating actions": 100, and 20 more a second).
//!
//! RDS publishes no budget. The one here is invented, so that a caller must find out by itself how
//! fast it may go. The other services take any number of calls.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Service;

/// The budgets of an account in a Region, and what was taken from them.
#[derive(Clone, Debug)]
pub struct Budgets {
    elbv2: Bucket,
    registration: Bucket,
    rds: Bucket,
    ec2: Bucket,
    tallies: BTreeMap<String, Tally>,
}

/// The calls of one operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All of them.
    pub calls: u32,
    /// Those that were refused.
    pub throttled: u32,
    /// When the first of them came, in world time.
    pub first: Duration,
    /// When the latest of them came.
    pub last: Duration,
}

impl Budgets {
    /// The budgets of ELBv2 and EC2 as documented, and the invented one of RDS: 30 calls, and 10
    /// more a second.
    pub fn documented() -> Budgets {
        Budgets {
            elbv2: Bucket::new(40, Duration::from_millis(100)),
            registration: Bucket::new(20, Duration::from_millis(250)),
            rds: Bucket::new(30, Duration::from_millis(100)),
            ec2: Bucket::new(100, Duration::from_millis(50)),
            tallies: BTreeMap::new(),
        }
    }

    /// The same beside a rival (a console, Terraform, a controller) that uses half of ELBv2's
    /// budgets all the time. The rival makes no calls of its own here: what is left beside it are
    /// buckets of half the size that refill at half the rate.
    pub fn beside_a_rival() -> Budgets {
        let whole = Budgets::documented();
        Budgets { elbv2: whole.elbv2.half(), registration: whole.registration.half(), ..whole }
    }

    /// What was called, by operation.
    pub fn tallies(&self) -> &BTreeMap<String, Tally> {
        &self.tallies
    }

    /// Takes a call's tokens, if there are enough, and counts the call.
    pub(super) fn take(&mut self, now: Duration, service: Service, operation: &str) -> bool {
        let buckets: &mut [&mut Bucket] = match (service, operation) {
            (Service::Rds, _) => &mut [&mut self.rds],
            (Service::Elbv2, "RegisterTargets" | "DeregisterTargets") => {
                &mut [&mut self.elbv2, &mut self.registration]
            }
            (Service::Elbv2, _) => &mut [&mut self.elbv2],
            (Service::Ec2, _) => &mut [&mut self.ec2],
            _ => &mut [],
        };
        let admitted = buckets.iter().all(|bucket| bucket.has_token(now));
        if admitted {
            buckets.iter_mut().for_each(|bucket| bucket.take(now));
        }
        let new = Tally { first: now, ..Tally::default() };
        let tally = self.tallies.entry(operation.to_owned()).or_insert(new);
        tally.calls += 1;
        tally.throttled += u32::from(!admitted);
        tally.last = now;
        admitted
    }
}

/// A bucket of tokens. It is kept as the moment at which it will be full, which makes a continuous
/// refill exact.
#[derive(Clone, Debug)]
struct Bucket {
    size: u32,
    /// The time in which one token comes back.
    refill: Duration,
    full_at: Duration,
}

impl Bucket {
    fn new(size: u32, refill: Duration) -> Bucket {
        Bucket { size, refill, full_at: Duration::ZERO }
    }

    fn half(self) -> Bucket {
        Bucket { size: self.size / 2, refill: self.refill * 2, ..self }
    }

    fn has_token(&self, now: Duration) -> bool {
        self.full_at.saturating_sub(now) <= self.refill * (self.size - 1)
    }

    fn take(&mut self, now: Duration) {
        self.full_at = self.full_at.max(now) + self.refill;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// How many of many calls, all made at one moment, are carried out.
    fn admitted(budgets: &mut Budgets, now: Duration, service: Service, operation: &str) -> usize {
        (0..100).filter(|_| budgets.take(now, service, operation)).count()
    }

    #[test]
    fn elbv2_takes_what_aws_documents_and_a_rival_leaves_half_of_it() {
        for (mut budgets, reads, writes) in [
            (Budgets::documented(), [40, 10], [20, 4]),
            (Budgets::beside_a_rival(), [20, 5], [10, 2]),
        ] {
            let mut others = budgets.clone();
            let mut read =
                |now| admitted(&mut budgets, now, Service::Elbv2, "DescribeTargetHealth");
            assert_eq!([read(SECOND), read(2 * SECOND)], reads);
            let mut write = |now| admitted(&mut others, now, Service::Elbv2, "RegisterTargets");
            assert_eq!([write(SECOND), write(2 * SECOND)], writes);
        }
    }

    #[test]
    fn registrations_and_reads_share_the_accounts_bucket_and_rds_has_its_own() {
        let mut budgets = Budgets::documented();
        let mut take = |operation, service| admitted(&mut budgets, SECOND, service, operation);
        assert_eq!(take("DeregisterTargets", Service::Elbv2), 20);
        assert_eq!(take("RegisterTargets", Service::Elbv2), 0);
        assert_eq!(take("DescribeTags", Service::Elbv2), 20);
        assert_eq!(take("DescribeDBClusters", Service::Rds), 30);
        assert_eq!(take("Publish", Service::Sns), 100);
        let throttled = budgets.tallies()["RegisterTargets"];
        assert_eq!((throttled.calls, throttled.throttled), (100, 100));
    }

    #[test]
    fn a_bucket_never_holds_more_than_its_size() {
        let mut budgets = Budgets::documented();
        let hour = Duration::from_secs(3600);
        for now in [hour, 2 * hour] {
            assert_eq!(admitted(&mut budgets, now, Service::Elbv2, "DescribeTags"), 40);
        }
    }
}

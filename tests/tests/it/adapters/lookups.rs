//! Lookups: what the servers say now, and nothing else.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use hickory_resolver::proto::op::ResponseCode;
use writerlink_aws::dns::DnsResolver;
use writerlink_core::evidence::Answer;
use writerlink_core::failure::LookupError;
use writerlink_core::ports::Resolver;
use writerlink_core::target::Family;
use writerlink_core::topology::HostName;

use super::dns_server::{Asked, DnsServer, Over, Say, living, record, records};

const NAME: &str = "orders.cluster-x.eu-west-1.rds.amazonaws.com";

async fn ask(servers: &[&DnsServer], name: &str, family: Family) -> Result<Answer, LookupError> {
    let servers: Vec<_> = servers.iter().map(|server| server.address).collect();
    DnsResolver::new(&servers).unwrap().lookup(&name.parse().unwrap(), family).await
}

async fn saying(say: impl Fn() -> Say + Send + Sync + 'static) -> DnsServer {
    DnsServer::start(move |_, _| say()).await
}

fn shown(answer: &Answer) -> String {
    let aliases: Vec<&str> = answer.aliases.iter().map(HostName::as_str).collect();
    format!("{aliases:?} {:?}", answer.addresses)
}

#[tokio::test]
async fn the_chain_of_cnames_is_told_in_order() {
    let server = saying(|| {
        records(&[
            &format!("{NAME} CNAME middle.example.com"),
            "middle.example.com CNAME Orders-2.x.eu-west-1.rds.amazonaws.com",
            "orders-2.x.eu-west-1.rds.amazonaws.com A 10.20.1.7",
        ])
    })
    .await;
    let answer = ask(&[&server], NAME, Family::V4).await.unwrap();
    assert_eq!(
        shown(&answer),
        r#"["middle.example.com", "orders-2.x.eu-west-1.rds.amazonaws.com"] [10.20.1.7]"#
    );
    assert_eq!(server.questions(), [format!("{NAME}. A Udp")]);
}

#[tokio::test]
async fn a_chain_that_ends_in_another_zone_is_asked_to_its_end() {
    let server = DnsServer::start(|question, _| match question {
        "end.example.com. A" => records(&["end.example.com A 10.20.1.7"]),
        _ => records(&[&format!("{NAME} CNAME end.example.com")]),
    })
    .await;
    let answer = ask(&[&server], NAME, Family::V4).await.unwrap();
    assert_eq!(shown(&answer), r#"["end.example.com"] [10.20.1.7]"#);
}

#[tokio::test]
async fn records_beside_the_chain_are_ignored() {
    let server = saying(|| {
        records(&[
            "elsewhere.example.com A 10.66.6.6",
            &format!("{NAME} CNAME end.example.com"),
            "end.example.com A 10.20.1.7",
            "stray.example.com CNAME end.example.com",
            &format!("{NAME} A 10.66.6.7"),
        ])
    })
    .await;
    let answer = ask(&[&server], NAME, Family::V4).await.unwrap();
    assert_eq!(shown(&answer), r#"["end.example.com"] [10.20.1.7]"#);
}

#[tokio::test]
async fn a_chain_that_bites_its_tail_gives_no_address() {
    let server = saying(|| {
        records(&[&format!("{NAME} CNAME b.example.com"), &format!("b.example.com CNAME {NAME}")])
    })
    .await;
    assert_eq!(ask(&[&server], NAME, Family::V4).await, Err(LookupError::NoAddress));
}

/// An older answer may be given by any cache on the way that holds any link of the chain.
#[tokio::test]
async fn an_answer_can_be_as_old_as_the_longest_time_to_live_of_its_chain() {
    let alias = format!("{NAME} CNAME end.example.com");
    for (links, longest) in [
        (
            [
                (60, alias.as_str()),
                (5, "end.example.com A 10.20.1.7"),
                (5, "end.example.com A 10.20.1.8"),
            ],
            60,
        ),
        (
            [
                (5, alias.as_str()),
                (60, "end.example.com A 10.20.1.7"),
                (5, "end.example.com A 10.20.1.8"),
            ],
            60,
        ),
        (
            [
                (5, alias.as_str()),
                (5, "end.example.com A 10.20.1.7"),
                (60, "end.example.com A 10.20.1.8"),
            ],
            60,
        ),
        (
            [
                (5, alias.as_str()),
                (7, "end.example.com A 10.20.1.7"),
                (900, "stray.example.com A 10.20.1.7"),
            ],
            7,
        ),
    ] {
        let told: Vec<(u32, String)> =
            links.iter().map(|(ttl, text)| (*ttl, (*text).to_owned())).collect();
        let server = saying(move || {
            Say::Records(told.iter().map(|(ttl, text)| living(*ttl, text)).collect())
        })
        .await;
        let answer = ask(&[&server], NAME, Family::V4).await.unwrap();
        assert_eq!(answer.ttl, Duration::from_secs(longest), "{links:?}");
    }
}

#[tokio::test]
async fn a_chain_that_needs_a_second_question_can_be_as_old_as_its_first_link() {
    let server = DnsServer::start(|question, _| match question {
        "end.example.com. A" => Say::Records(vec![living(5, "end.example.com A 10.20.1.7")]),
        _ => Say::Records(vec![living(60, &format!("{NAME} CNAME end.example.com"))]),
    })
    .await;
    let answer = ask(&[&server], NAME, Family::V4).await.unwrap();
    assert_eq!(answer.ttl, Duration::from_secs(60));
}

#[tokio::test]
async fn several_addresses_come_in_ascending_order() {
    let server = saying(|| {
        records(&[
            &format!("{NAME} A 10.20.2.9"),
            &format!("{NAME} A 10.20.1.7"),
            &format!("{NAME} A 10.20.1.10"),
        ])
    })
    .await;
    let answer = ask(&[&server], NAME, Family::V4).await.unwrap();
    assert_eq!(shown(&answer), "[] [10.20.1.7, 10.20.1.10, 10.20.2.9]");
}

#[tokio::test]
async fn the_family_chooses_the_record() {
    let server = DnsServer::start(|question, _| match question.ends_with("AAAA") {
        true => records(&[&format!("{NAME} AAAA fd12::7")]),
        false => Say::Records(vec![]),
    })
    .await;
    assert_eq!(shown(&ask(&[&server], NAME, Family::V6).await.unwrap()), "[] [fd12::7]");
    assert_eq!(ask(&[&server], NAME, Family::V4).await, Err(LookupError::NoAddress));
}

#[tokio::test]
async fn an_answer_is_never_remembered() {
    let asked = AtomicUsize::new(0);
    let server = saying(move || match asked.fetch_add(1, Ordering::SeqCst) {
        0 => records(&[&format!("{NAME} A 10.20.1.7")]),
        1 => Say::Code(ResponseCode::NXDomain),
        _ => records(&[&format!("{NAME} A 10.20.2.9")]),
    })
    .await;
    let resolver = DnsResolver::new(&[server.address]).unwrap();
    let name = NAME.parse().unwrap();
    assert_eq!(shown(&resolver.lookup(&name, Family::V4).await.unwrap()), "[] [10.20.1.7]");
    assert_eq!(resolver.lookup(&name, Family::V4).await, Err(LookupError::NxDomain));
    assert_eq!(shown(&resolver.lookup(&name, Family::V4).await.unwrap()), "[] [10.20.2.9]");
}

#[tokio::test]
async fn two_lookups_at_once_are_two_questions() {
    let server = saying(|| records(&[&format!("{NAME} A 10.20.1.7")])).await;
    let resolver = DnsResolver::new(&[server.address]).unwrap();
    let name = NAME.parse().unwrap();
    let (one, two) =
        tokio::join!(resolver.lookup(&name, Family::V4), resolver.lookup(&name, Family::V4));
    assert_eq!(one, two);
    assert_eq!(server.questions().len(), 2);
}

#[tokio::test]
async fn what_a_server_says_of_the_name_is_sorted() {
    for (code, wanted) in [
        (ResponseCode::NXDomain, LookupError::NxDomain),
        (ResponseCode::NoError, LookupError::NoAddress),
        (ResponseCode::ServFail, LookupError::Refused("SERVFAIL".to_owned())),
        (ResponseCode::Refused, LookupError::Refused("REFUSED".to_owned())),
    ] {
        let server = saying(move || Say::Code(code)).await;
        assert_eq!(ask(&[&server], NAME, Family::V4).await, Err(wanted), "{code}");
    }
}

#[tokio::test]
async fn silence_ends_in_about_five_seconds_as_a_timeout() {
    let of = async |count| {
        let mut servers = Vec::new();
        for _ in 0..count {
            servers.push(saying(|| Say::Silence).await);
        }
        let begun = Instant::now();
        let servers: Vec<_> = servers.iter().collect();
        assert_eq!(ask(&servers, NAME, Family::V4).await, Err(LookupError::Timeout));
        let took = begun.elapsed();
        assert!(
            took > Duration::from_millis(4_800) && took < Duration::from_millis(5_400),
            "{took:?}"
        );
    };
    tokio::join!(of(1), of(3));
}

/// The first question is not given up for the second.
#[tokio::test]
async fn an_answer_after_three_seconds_counts_beside_a_dead_server_too() {
    let of = async |delay, dead| {
        let good = || records(&[&format!("{NAME} A 10.20.1.7")]);
        let slow = DnsServer::slow(Duration::from_millis(delay), move |_, _| good()).await;
        let mut servers = Vec::new();
        for _ in 0..dead {
            servers.push(saying(|| Say::Hang).await);
        }
        servers.push(slow);
        let servers: Vec<_> = servers.iter().collect();
        let answer = ask(&servers, NAME, Family::V4).await.unwrap();
        assert_eq!(shown(&answer), "[] [10.20.1.7]", "{delay} {dead}");
    };
    tokio::join!(of(1_500, 0), of(3_000, 0), of(3_000, 1), of(3_000, 2));
}

#[tokio::test]
async fn a_server_that_says_nothing_useful_is_passed_over() {
    let good = saying(|| records(&[&format!("{NAME} A 10.20.1.7")])).await;
    let silent = saying(|| Say::Silence).await;
    let broken = saying(|| Say::Code(ResponseCode::ServFail)).await;
    let answer = ask(&[&silent, &broken, &good], NAME, Family::V4).await.unwrap();
    assert_eq!(shown(&answer), "[] [10.20.1.7]");
}

#[tokio::test]
async fn what_the_first_server_says_of_the_name_is_final() {
    let first = saying(|| Say::Code(ResponseCode::NXDomain)).await;
    let second = saying(|| records(&[&format!("{NAME} A 10.66.6.6")])).await;
    assert_eq!(ask(&[&first, &second], NAME, Family::V4).await, Err(LookupError::NxDomain));
    assert!(second.questions().is_empty());
}

#[tokio::test]
async fn an_answer_too_long_for_udp_is_fetched_over_tcp() {
    let server = DnsServer::start(|_, over| match over {
        Over::Udp => Say::Truncated,
        Over::Tcp => records(&[&format!("{NAME} A 10.20.1.7")]),
    })
    .await;
    let answer = ask(&[&server], NAME, Family::V4).await.unwrap();
    assert_eq!(shown(&answer), "[] [10.20.1.7]");
    assert_eq!(server.questions().last(), Some(&format!("{NAME}. A Tcp")));
}

#[tokio::test]
async fn a_short_name_is_asked_as_it_stands_and_no_hosts_file_answers_it() {
    let hosts = std::fs::read_to_string("/etc/hosts").unwrap_or_default();
    let listed = hosts.lines().filter(|line| !line.trim_start().starts_with('#'));
    let listed: Vec<&str> = listed.flat_map(|line| line.split_whitespace().skip(1)).collect();
    let own = listed.iter().find(|name| !name.contains("localhost") && name.is_ascii()).copied();
    for name in ["orders"].into_iter().chain(own) {
        let server = saying(|| Say::Code(ResponseCode::NXDomain)).await;
        assert_eq!(ask(&[&server], name, Family::V4).await, Err(LookupError::NxDomain));
        assert_eq!(server.questions(), [format!("{name}. A Udp")]);
    }
}

/// The code speaks of the last name of a chain (RFC 6604, 3). A record beside it must not lead
/// traffic anywhere.
#[tokio::test]
async fn a_name_that_does_not_exist_has_no_address_whatever_records_are_beside_the_code() {
    let alias = format!("{NAME} CNAME end.example.com");
    let own = format!("{NAME} A 10.66.6.6");
    for beside in [
        &[own.as_str()][..],
        &["end.example.com A 10.66.6.6"],
        &[alias.as_str()],
        &[alias.as_str(), "end.example.com A 10.66.6.6"],
        &[alias.as_str(), own.as_str()],
    ] {
        let told: Vec<_> = beside.iter().map(|text| record(text)).collect();
        let server = DnsServer::start(move |question, _| match question {
            // Whoever asked for the alias' target would be told.
            "end.example.com. A" => records(&["end.example.com A 10.66.6.6"]),
            _ => Say::Both(ResponseCode::NXDomain, told.clone()),
        })
        .await;
        assert_eq!(
            ask(&[&server], NAME, Family::V4).await,
            Err(LookupError::NxDomain),
            "{beside:?}"
        );
    }
    let server = DnsServer::start(move |question, _| match question {
        "end.example.com. A" => {
            Say::Both(ResponseCode::NXDomain, vec![record("end.example.com A 10.66.6.6")])
        }
        _ => records(&[&format!("{NAME} CNAME end.example.com")]),
    })
    .await;
    assert_eq!(ask(&[&server], NAME, Family::V4).await, Err(LookupError::NxDomain));
}

#[tokio::test]
async fn any_other_code_is_no_answer_whatever_records_are_beside_it() {
    for (code, word) in [
        (ResponseCode::ServFail, "SERVFAIL"),
        (ResponseCode::Refused, "REFUSED"),
        (ResponseCode::NotImp, "NOTIMP"),
        (ResponseCode::NotAuth, ""),
        (ResponseCode::Unknown(13), ""),
    ] {
        let server =
            saying(move || Say::Both(code, vec![record(&format!("{NAME} A 10.66.6.6"))])).await;
        match ask(&[&server], NAME, Family::V4).await {
            Err(LookupError::Refused(said)) => {
                assert!(word.is_empty() || said == word, "{code}: {said}")
            }
            other => panic!("{code}: {other:?}"),
        }
    }
}

/// RFC 6891, 6.2.2: a server that does not know EDNS answers FORMERR, or NOTIMP, and is asked again
/// without it.
#[tokio::test]
async fn a_server_that_does_not_know_edns_is_asked_again_without_it_at_once() {
    for code in [ResponseCode::FormErr, ResponseCode::NotImp] {
        let server = DnsServer::hearing(move |asked| match asked.edns {
            true => Say::Code(code),
            false => records(&[&format!("{NAME} A 10.20.1.7")]),
        })
        .await;
        let second = saying(|| records(&[&format!("{NAME} A 10.66.6.6")])).await;
        let answer = ask(&[&server, &second], NAME, Family::V4).await.unwrap();
        assert_eq!(shown(&answer), "[] [10.20.1.7]", "{code}");
        assert!(second.questions().is_empty());
        assert_eq!(
            server.questions(),
            [format!("{NAME}. A Udp"), format!("{NAME}. A Udp without EDNS")]
        );
    }
}

/// Old servers answer without the question, which proves nothing of what the answer belongs to: it
/// is not believed. Others drop what has EDNS, or a firewall does.
#[tokio::test]
async fn a_server_that_cannot_be_understood_with_edns_is_asked_without_it_over_either_way() {
    let deaf: [fn() -> Say; 3] = [
        || Say::Bare(ResponseCode::FormErr),
        || Say::Silence,
        || Say::Code(ResponseCode::ServFail),
    ];
    for deaf in deaf {
        let say = move |asked: &Asked<'_>| match asked.edns {
            true => deaf(),
            false => records(&[&format!("{NAME} A 10.20.1.7")]),
        };
        for server in [DnsServer::hearing(say).await, DnsServer::hearing_udp(say).await] {
            let answer = ask(&[&server], NAME, Family::V4).await.unwrap();
            assert_eq!(shown(&answer), "[] [10.20.1.7]", "{:?}", server.questions());
        }
    }
}

#[tokio::test]
async fn silence_over_udp_is_tried_once_over_tcp_within_the_same_time() {
    let beside = async |others: usize| {
        let quiet = DnsServer::start(|_, over| match over {
            Over::Udp => Say::Silence,
            Over::Tcp => records(&[&format!("{NAME} A 10.20.1.7")]),
        })
        .await;
        let mut servers = Vec::new();
        for _ in 0..others {
            servers.push(saying(|| Say::Hang).await);
        }
        servers.push(quiet);
        let begun = Instant::now();
        let asked: Vec<_> = servers.iter().collect();
        let answer = ask(&asked, NAME, Family::V4).await.unwrap();
        assert_eq!(shown(&answer), "[] [10.20.1.7]");
        assert!(begun.elapsed() < Duration::from_millis(5_200), "{:?}", begun.elapsed());
        let questions = servers[others].questions();
        let over_tcp = questions.iter().filter(|question| question.contains("Tcp")).count();
        assert_eq!(over_tcp, 1, "{questions:?}");
    };
    tokio::join!(beside(0), beside(1), beside(2));
}

#[tokio::test]
async fn a_lookup_ends_in_five_seconds_however_the_servers_fail() {
    let troubles: [fn(&Asked<'_>) -> Say; 4] = [
        |_| Say::Hang,
        |_| Say::Truncated,
        |asked| match asked.over {
            Over::Udp => Say::Truncated,
            Over::Tcp => Say::Hang,
        },
        |asked| match asked.edns {
            true => Say::Code(ResponseCode::FormErr),
            false => Say::Hang,
        },
    ];
    let of = async |trouble, count| {
        let mut servers = Vec::new();
        for _ in 0..count {
            servers.push(DnsServer::hearing(trouble).await);
        }
        let begun = Instant::now();
        let asked: Vec<_> = servers.iter().collect();
        ask(&asked, NAME, Family::V4).await.unwrap_err();
        begun.elapsed()
    };
    let cases = troubles.into_iter().flat_map(|trouble| [of(trouble, 1), of(trouble, 3)]);
    for (number, took) in join_all(cases).await.into_iter().enumerate() {
        assert!(took < Duration::from_millis(5_400), "{number}: {took:?}");
    }
}

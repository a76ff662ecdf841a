//! What `/metrics` says of a running gateway, and that the alert rules, the dashboard and the document speak of that.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use tubebell::app::Gateway;

use crate::story::{ANA, Story, recorded, watched};
use crate::wait::until;

/// One series and its value.
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

/// A scrape, read strictly.
struct Scrape {
    /// Type by name, without the endings of samples.
    families: BTreeMap<String, String>,
    samples: Vec<Sample>,
}

fn word(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_')
}

/// The labels between braces. Their values are words or numbers here, so they hold no quote, comma or brace.
fn labels(text: &str) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    for pair in text.split(',').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or_else(|| panic!("{text}"));
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap();
        assert!(word(name), "{text}");
        assert!(labels.insert(name.to_owned(), value.to_owned()).is_none(), "twice: {text}");
    }
    labels
}

impl Scrape {
    /// Reads the text format of `OpenMetrics`; panics where it is not kept to.
    fn read(text: &str) -> Scrape {
        let body = text.strip_suffix("# EOF\n").expect("it ends with its mark");
        let mut scrape = Scrape { families: BTreeMap::new(), samples: Vec::new() };
        let (mut helped, mut seen) = (BTreeSet::new(), BTreeSet::new());
        let mut family = String::new();
        for line in body.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').unwrap();
                assert!(helped.insert(name.to_owned()) && help.len() > 5, "{line}");
                family = name.to_owned();
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').unwrap();
                assert_eq!(name, family, "{line}");
                let kinds = ["counter", "gauge", "histogram", "info"];
                assert!(kinds.contains(&kind), "{line}");
                let new = scrape.families.insert(name.to_owned(), kind.to_owned()).is_none();
                assert!(new && word(name) && name.starts_with("tubebell_"), "{line}");
            } else if let Some(rest) = line.strip_prefix("# UNIT ") {
                let (name, unit) = rest.split_once(' ').unwrap();
                assert!(name == family && name.ends_with(&format!("_{unit}")), "{line}");
            } else {
                let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line:?}"));
                assert!(seen.insert(series.to_owned()), "twice: {line}");
                let (name, inside) = match series.split_once('{') {
                    Some((name, rest)) => (name, rest.strip_suffix('}').unwrap()),
                    None => (series, ""),
                };
                let ending = name.strip_prefix(&*family).unwrap_or_else(|| panic!("{line}"));
                let endings: &[&str] = match &*scrape.families[&family] {
                    "counter" => &["_total"],
                    "info" => &["_info"],
                    "histogram" => &["_bucket", "_sum", "_count"],
                    _ => &[""],
                };
                assert!(endings.contains(&ending), "{line}");
                let value = value.parse().unwrap_or_else(|_| panic!("{line}"));
                let labels = labels(inside);
                scrape.samples.push(Sample { name: name.to_owned(), labels, value });
            }
        }
        scrape
    }

    fn sum(&self, name: &str, wanted: impl Fn(&BTreeMap<String, String>) -> bool) -> f64 {
        let samples = self.samples.iter();
        samples.filter(|s| s.name == name && wanted(&s.labels)).map(|s| s.value).sum()
    }

    fn value(&self, name: &str) -> f64 {
        self.sum(name, |_| true)
    }

    fn outcome(&self, outcome: &str) -> f64 {
        self.sum("tubebell_alerts_total", |labels| labels["outcome"] == outcome)
    }

    /// Names as a document has them, with the type and the labels.
    fn documented(&self) -> BTreeMap<String, (String, BTreeSet<String>)> {
        let families = self.families.iter().map(|(family, kind)| {
            let name = match kind.as_str() {
                "counter" => format!("{family}_total"),
                "info" => format!("{family}_info"),
                _ => family.clone(),
            };
            let own = |sample: &&Sample| {
                sample.name == name
                    || kind == "histogram" && sample.name.starts_with(family.as_str())
            };
            let labels = self.samples.iter().filter(own).flat_map(|sample| sample.labels.keys());
            let labels = labels.filter(|label| *label != "le").cloned().collect();
            (name, (kind.clone(), labels))
        });
        families.collect()
    }
}

/// What a gateway says, once rows were counted.
async fn scraped(gateway: &Gateway) -> String {
    let url = format!("http://{}/metrics", gateway.web.unwrap());
    let mut text = String::new();
    until("that rows are counted", async || {
        text = reqwest::get(&url).await.unwrap().text().await.unwrap();
        Scrape::read(&text).value("tubebell_counted_time_seconds") > 0.0
    })
    .await;
    text
}

/// A gateway that has told one change.
async fn told() -> (Story, Gateway) {
    let mut story = Story::quick().await;
    story.more = "[web]\nlisten = \"127.0.0.1:0\"\n\
                  [webhook]\nsecret = \"whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0\"\n"
        .to_owned();
    let gateway = watched(&story, "views every 1000").await;
    story.set_counts(1005, None);
    story.hears("passed 1,000").await;
    recorded(&gateway).await;
    (story, gateway)
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn file(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A metric that an expression speaks of, with the values that it wants of each label.
type Selector = (String, Vec<(String, Vec<String>)>);

/// All metrics that a text speaks of.
fn selectors(text: &str) -> Vec<Selector> {
    let mut found = Vec::new();
    for (start, _) in text.match_indices("tubebell_") {
        let rest = text.get(start..).unwrap();
        let end = rest.find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'));
        let (name, rest) = rest.split_at(end.unwrap_or(rest.len()));
        let inside = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let mut wanted = Vec::new();
        for matcher in inside.map_or("", |(inside, _)| inside).split(',') {
            let matcher = matcher.trim();
            let Some((label, value)) = matcher.split_once('=') else { continue };
            let value = value.trim_start_matches('~').trim_matches('"');
            if !value.starts_with('$') {
                let values = value.split('|').map(str::to_owned).collect();
                wanted.push((label.trim_end_matches('!').to_owned(), values));
            }
        }
        found.push((name.to_owned(), wanted));
    }
    found
}

/// All texts of a JSON document.
fn texts(json: &serde_json::Value) -> Vec<&str> {
    match json {
        serde_json::Value::String(text) => vec![text],
        serde_json::Value::Array(items) => items.iter().flat_map(texts).collect(),
        serde_json::Value::Object(fields) => fields.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_dashboard_and_document_speak_of_what_a_running_gateway_says() {
    let (story, gateway) = told().await;
    let scrape = Scrape::read(&scraped(&gateway).await);
    let dashboard: serde_json::Value =
        serde_json::from_str(&file("config/grafana-dashboard.json")).unwrap();
    let rules = file("config/prometheus-alerts.yml");
    let mut spoken_of = selectors(&rules);
    assert!(spoken_of.len() > 20, "{spoken_of:?}");
    spoken_of.extend(texts(&dashboard).into_iter().flat_map(selectors));
    spoken_of.extend(selectors(&file("README.md")));
    for (name, wanted) in &spoken_of {
        let mut own = scrape.samples.iter().filter(|sample| sample.name == *name).peekable();
        assert!(own.peek().is_some(), "{name} is not said by a running gateway");
        let own: Vec<_> = own.collect();
        for (label, values) in wanted.iter().filter(|(label, _)| label != "job") {
            for value in values {
                let there = own.iter().any(|sample| sample.labels.get(label) == Some(value));
                assert!(there, "there is no {name}{{{label}=\"{value}\"}}");
            }
        }
    }
    // The document lists each, with its type and labels, and nothing else.
    let document = file("docs/metrics.md");
    let mut listed = BTreeMap::new();
    for line in document.lines().filter(|line| line.starts_with("| `tubebell_")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let labels = cells[3].split('`').skip(1).step_by(2).map(str::to_owned).collect();
        listed.insert(cells[1].trim_matches('`').to_owned(), (cells[2].to_owned(), labels));
    }
    assert_eq!(listed, scrape.documented());
    gateway.stop().await;
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scrape_adds_up_and_says_nothing_of_whom_or_what() {
    let (story, gateway) = told().await;
    let text = scraped(&gateway).await;
    let scrape = Scrape::read(&text);
    assert_eq!(scrape.outcome("created"), 1.0);
    let open = scrape.outcome("created") + scrape.outcome("replayed")
        - scrape.outcome("sent")
        - scrape.outcome("cancelled")
        - scrape.outcome("dead");
    assert_eq!((open, scrape.value("tubebell_waiting_alerts")), (0.0, 0.0));
    assert_eq!(scrape.value("tubebell_unaccounted_alerts"), 0.0);
    // Ways that an alert takes agree with each other.
    let told = |labels: &BTreeMap<String, String>| labels["channel"] == "telegram";
    assert_eq!(scrape.sum("tubebell_send_latency_seconds_count", told), 1.0);
    let changed = |labels: &BTreeMap<String, String>| labels["sight"] == "changed";
    assert!(scrape.sum("tubebell_routed_snapshots_total", changed) >= 1.0);
    assert!(scrape.value("tubebell_snapshots_total") >= 2.0);
    assert_eq!(scrape.value("tubebell_poller_up"), 1.0);
    let bucket = |name: &str| scrape.sum(name, |labels| labels["bucket"] == "stats");
    let units = bucket("tubebell_youtube_used_units") + bucket("tubebell_youtube_left_units");
    assert_eq!(units, 10_000_000.0);
    let tables = scrape.samples.iter().filter(|sample| sample.name == "tubebell_store_rows");
    assert_eq!(tables.count(), 24);
    // No ids, titles, addresses or secrets: labels are words of ours, numbers of buckets, or our version.
    for sample in &scrape.samples {
        for (label, value) in &sample.labels {
            let ours = value.split('-').all(word) || value.is_empty();
            assert!(ours || ["le", "version"].contains(&label.as_str()), "{label}={value}");
        }
    }
    let token = story.telegram.token();
    for secret in ["AIza", "whsec", "gonna", "dQw4w9WgXcQ", "127.0.0.1", &token] {
        assert!(!text.contains(secret), "{secret} in\n{text}");
    }
    // Seconds may have any digits.
    let mut numbers = text.split(|c: char| !c.is_ascii_digit() && c != '.');
    let ana = ANA.to_string();
    assert!(!numbers.any(|number| number == ana), "{ana} in\n{text}");
    gateway.stop().await;
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sums_over_alerts_go_on_over_a_restart() {
    let (story, gateway) = told().await;
    gateway.stop().await;
    let gateway = story.start().await;
    let scrape = Scrape::read(&scraped(&gateway).await);
    assert_eq!((scrape.outcome("created"), scrape.outcome("sent")), (1.0, 1.0));
    assert_eq!(scrape.sum("tubebell_store_rows", |labels| labels["table"] == "alert"), 1.0);
    // What the process itself counts begins anew.
    assert_eq!(scrape.value("tubebell_notifications_total"), 0.0);
    gateway.stop().await;
    story.end().await;
}

#[test]
fn what_breaks_the_format_is_seen() {
    let refused = |text: &str| std::panic::catch_unwind(|| drop(Scrape::read(text))).is_err();
    let good =
        "# HELP tubebell_a What it is.\n# TYPE tubebell_a counter\ntubebell_a_total{b=\"c\"} 1\n";
    assert!(!refused(&format!("{good}# EOF\n")));
    assert!(refused(good), "no end");
    assert!(refused(&format!("{good}{good}# EOF\n")), "twice");
    let bad = good.replace("_total", "");
    assert!(refused(&format!("{bad}# EOF\n")), "no ending");
    let bad = good.replace("} 1", "} one");
    assert!(refused(&format!("{bad}# EOF\n")), "no number");
    let bad = good.replace("tubebell_a_total", "tubebell_b_total");
    assert!(refused(&format!("{bad}# EOF\n")), "another family");
}

#[test]
fn every_rule_says_how_bad_it_is_and_the_way_out() {
    let rules = file("config/prometheus-alerts.yml");
    let mut parts = rules.split("      - alert: ").skip(1).peekable();
    assert!(parts.peek().is_some());
    for rule in parts {
        for part in ["expr: ", "labels: { severity: ", "summary: ", "description: >-\n"] {
            assert!(rule.contains(part), "no `{part}` in {rule}");
        }
    }
}

#[test]
fn the_dashboard_can_be_imported_into_any_grafana() {
    let dashboard: serde_json::Value =
        serde_json::from_str(&file("config/grafana-dashboard.json")).unwrap();
    assert!(dashboard["id"].is_null() && dashboard["schemaVersion"].as_u64().unwrap() >= 36);
    assert_eq!(dashboard["templating"]["list"][0]["type"], "datasource");
    let panels = dashboard["panels"].as_array().unwrap();
    let rows: Vec<&str> = panels
        .iter()
        .filter(|panel| panel["type"] == "row")
        .map(|row| row["title"].as_str().unwrap())
        .collect();
    assert_eq!(rows, ["At a glance", "Polling", "Routing", "Delivery", "Store"]);
    let mut ids = BTreeSet::new();
    let mut places: Vec<[u64; 4]> = Vec::new();
    for panel in panels {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}");
        let place = ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64().unwrap());
        let [x, y, w, h] = place;
        assert!(x + w <= 24 && h > 0, "{panel}");
        let apart = |other: &[u64; 4]| {
            x + w <= other[0]
                || other[0] + other[2] <= x
                || y + h <= other[1]
                || other[1] + other[3] <= y
        };
        assert!(places.iter().all(apart), "{panel} lies over another");
        places.push(place);
        for target in panel["targets"].as_array().into_iter().flatten() {
            assert_eq!(target["datasource"]["uid"], "${datasource}", "{panel}");
            let expr = target["expr"].as_str().unwrap();
            assert!(expr.contains("$instance") && !expr.contains("[5m]"), "{expr}");
        }
    }
}

/// Prometheus' own tool judges the rules where it is installed.
#[test]
fn promtool_takes_the_rules_and_their_tests() {
    let promtool = |arguments: &[&str], input: &Path| {
        std::process::Command::new("promtool").args(arguments).arg(input).output()
    };
    for (arguments, path) in [
        (["check", "rules"], "config/prometheus-alerts.yml"),
        (["test", "rules"], "tests/fixtures/prometheus-alerts.test.yml"),
    ] {
        let Ok(output) = promtool(&arguments, &root().join(path)) else {
            crate::skipped("no promtool, so nobody judges the alert rules");
            return;
        };
        let said = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    }
}

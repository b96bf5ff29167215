//! The report: one HTML page that holds the recordings and verdicts as JSON, and a script that
//! draws them. It needs nothing from the network, and a Content-Security-Policy forbids it to ask.

use serde::Serialize;

use super::{Recording, Verdict};

const PAGE: &str = include_str!("report/page.html");
const STYLE: &str = include_str!("report/page.css");
const SCRIPT: &str = include_str!("report/page.js");

#[derive(Serialize)]
struct Run<'a> {
    recording: &'a Recording,
    verdict: &'a Verdict,
}

/// The page that shows what was played, in the order in which it is given.
pub fn page(played: &[(Recording, Verdict)]) -> String {
    let runs: Vec<Run<'_>> =
        played.iter().map(|(recording, verdict)| Run { recording, verdict }).collect();
    let json = serde_json::to_string(&runs).expect("a recording has no map whose keys are no text");
    // The script element ends at the first `</script`, also inside a JSON text.
    let json = json.replace('<', "\\u003c");
    let page = PAGE.replace("/* page.css */", STYLE).replace("/* page.js */", SCRIPT);
    // Last: whatever the recordings contain is not replaced.
    page.replacen("/* played */", &json, 1)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::scenario::recording::{Call, Incident, LinkRecording};

    const HOSTILE: &str = "\"'</script><script>alert(1)</script><!-- /* played */ $& \\";

    fn hostile() -> (Recording, Verdict) {
        let text = || HOSTILE.to_owned();
        let call = Call {
            at: 1.5,
            service: text(),
            operation: text(),
            targets: Some(text()),
            link: None,
            outcome: text(),
        };
        let recording = Recording {
            title: text(),
            handler: text(),
            incidents: vec![Incident { at: 1.25, what: text() }],
            links: vec![LinkRecording { name: text(), ..LinkRecording::default() }],
            calls: vec![call],
            ..Recording::default()
        };
        (recording, Verdict { faults: vec![text()], ..Verdict::default() })
    }

    #[test]
    fn the_page_holds_the_recording_whatever_its_texts_are() {
        let (recording, verdict) = hostile();
        let page = page(&[(recording.clone(), verdict.clone())]);
        let (_, rest) = page.split_once("id=\"played\">").expect("it has data");
        let (data, rest) = rest.split_once("</script>").expect("the data ends");
        let data: Value = serde_json::from_str(data).expect("it is JSON");
        assert_eq!(data, json!([{ "recording": recording, "verdict": verdict }]));
        assert_eq!(rest.matches("<script").count(), 1, "the page's own script follows");
        assert!(!page.contains("alert(1)</"));
    }

    #[test]
    fn the_page_asks_nothing_of_the_network() {
        let page = page(&[hostile()]);
        // A name of a namespace is no address.
        let page = page.replace("http://www.w3.org/2000/svg", "");
        for foreign in ["http:", "https:", "src=", "<link", "@import", "@font-face", "import("] {
            assert!(!page.contains(foreign), "{foreign}");
        }
        assert_eq!(page.matches("url(").count(), page.matches("url(#").count());
        assert!(page.contains("default-src 'none'"));
    }
}

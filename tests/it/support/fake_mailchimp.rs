//! A fake of Mailchimp's API: one account, one audience, on a loopback port.
//!
//! Its rules are facts about the Marketing API, each marked with its source: "spec"
//! is the published OpenAPI document, "docs" the reference and help pages, and
//! "stricter" marks what Mailchimp accepts and our client should not do. The fake
//! reads and writes HTTP by hand, because it must cut connections at chosen moments.

mod words;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use words::{CampaignBody, ContentBody, JSON, TestBody, from_base64, no_content, ok, problem};

pub const KEY: &str = "canary0123456789abcdef-us6";
pub const LIST: &str = "a1b2c3d4e5";

pub struct FakeMailchimp {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
    serving: tokio::task::JoinHandle<()>,
}

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 429 as problem+json; nothing is done. (docs: 10 connections at once)
    TooMany,
    /// 403 with a page instead of JSON; nothing is done. (docs: throttling)
    BareForbidden,
    /// The connection ends before the call is handled.
    CutBefore,
    /// The call is handled, and the connection ends before the answer.
    CutAfter,
    /// The call is handled, and from then on nothing is answered.
    DeadAfter,
    /// The call is handled, and the answer is a 500.
    BrokenAfter,
    /// Nothing is done, and the answer is a 500 that repeats the authorization and an address.
    Leaky,
    /// The call is handled, and the answer has 5 MB too many.
    Huge,
    /// The call is handled, and the answer leads elsewhere.
    Redirect,
}

#[derive(Default)]
pub struct State {
    pub campaigns: Vec<Campaign>,
    /// Every call as it came, without its query.
    pub calls: Vec<String>,
    pub tests: Vec<(String, Vec<String>)>,
    /// The ids of the campaigns that went out, once for each time.
    pub sends: Vec<String>,
    pub list_is_empty: bool,
    /// Every connection ends before its call is handled.
    pub is_dead: bool,
    /// What is done to html before it is kept.
    pub rewrite_html: Option<fn(&str) -> String>,
    faults: Vec<(String, Fault)>,
}

pub struct Campaign {
    pub id: String,
    pub status: &'static str,
    pub settings: Value,
    pub recipients: Value,
    pub html: String,
    pub text: String,
}

impl FakeMailchimp {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { address, state, serving }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// The next call of this kind, such as `POST …/actions/send`, goes wrong.
    pub fn fail_next(&self, call: &str, fault: Fault) {
        self.state().faults.push((call.to_owned(), fault));
    }

    /// How many calls of this kind came.
    pub fn count(&self, call: &str) -> usize {
        self.state().calls.iter().filter(|seen| is_kind(seen, call)).count()
    }

    /// How many times a campaign went out.
    pub fn sends(&self) -> usize {
        self.state().sends.len()
    }

    /// How many campaigns there are.
    pub fn campaigns(&self) -> usize {
        self.state().campaigns.len()
    }

    /// How many faults nobody met.
    pub fn unmet_faults(&self) -> usize {
        self.state().faults.len()
    }

    /// Puts a campaign there, as somebody else would.
    pub fn plant(&self, title: &str, status: &'static str) -> String {
        let mut state = self.state();
        let id = state.next_id();
        state.campaigns.push(Campaign {
            id: id.clone(),
            status,
            settings: json!({ "title": title }),
            recipients: json!({ "list_id": LIST }),
            html: String::new(),
            text: String::new(),
        });
        id
    }
}

impl Drop for FakeMailchimp {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A call that came.
struct Call {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    authorization: String,
    body: Vec<u8>,
}

struct Answer {
    status: u16,
    headers: &'static str,
    body: Vec<u8>,
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let Some(call) = read_call(&mut stream).await else { return };
    let answer = state.lock().unwrap().handle(&call);
    let Some(answer) = answer else { return };
    let head = format!(
        "HTTP/1.1 {} Fake\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n",
        answer.status,
        answer.body.len(),
        answer.headers
    );
    // A client may hang up on an answer that is too large.
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(&answer.body).await;
    let _ = stream.shutdown().await;
}

async fn read_call(stream: &mut TcpStream) -> Option<Call> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).ok()?;
    let header = |wanted: &str| {
        head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned())
        })
    };
    let length: usize = header("content-length").map_or(0, |text| text.parse().unwrap());
    while bytes.len() < head_end + 4 + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let mut words = head.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let query = query.split('&').filter_map(|pair| pair.split_once('='));
    Some(Call {
        method,
        path: path.to_owned(),
        query: query.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        authorization: header("authorization").unwrap_or_default(),
        body: bytes[head_end + 4..].to_vec(),
    })
}

/// `POST …/x` is every POST whose path ends in `/x`.
fn is_kind(seen: &str, kind: &str) -> bool {
    match kind.split_once(" …") {
        Some((method, end)) => seen.starts_with(&format!("{method} ")) && seen.ends_with(end),
        None => seen == kind,
    }
}

impl State {
    fn handle(&mut self, call: &Call) -> Option<Answer> {
        let seen = format!("{} {}", call.method, call.path);
        self.calls.push(seen.clone());
        if self.is_dead {
            return None;
        }
        let fault = self.faults.iter().position(|(kind, _)| is_kind(&seen, kind));
        let fault = fault.map(|at| self.faults.remove(at).1);
        match fault {
            // Stricter: the real one asks for no wait, and this is longer than any test.
            Some(Fault::TooMany) => {
                let answer = problem(429, "Too Many Requests", "slow down");
                return Some(Answer { headers: "Retry-After: 3600\r\n", ..answer });
            }
            Some(Fault::BareForbidden) => {
                let body = b"<html>Forbidden</html>".to_vec();
                return Some(Answer { status: 403, headers: "Content-Type: text/html\r\n", body });
            }
            Some(Fault::CutBefore) => return None,
            Some(Fault::Leaky) => {
                let detail = format!("for {KEY} and secret.editor@example.org");
                return Some(problem(500, &detail, &detail));
            }
            _ => {}
        }
        let answer = self.route(call);
        match fault {
            Some(Fault::CutAfter) => None,
            Some(Fault::DeadAfter) => {
                self.is_dead = true;
                None
            }
            Some(Fault::BrokenAfter) => Some(problem(500, "Internal Error", "")),
            Some(Fault::Huge) => {
                let body = vec![b' '; answer.body.len() + 5 * 1024 * 1024];
                Some(Answer { status: 200, headers: JSON, body })
            }
            Some(Fault::Redirect) => Some(Answer {
                status: 307,
                headers: "Location: http://127.0.0.1:9/3.0/elsewhere\r\n",
                body: Vec::new(),
            }),
            _ => Some(answer),
        }
    }

    fn route(&mut self, call: &Call) -> Answer {
        // docs: Basic authentication, any user name, the key as the password.
        let credentials = call.authorization.strip_prefix("Basic ").map(from_base64);
        if credentials.is_none_or(|text| text.split_once(':').is_none_or(|(_, key)| key != KEY)) {
            return problem(401, "API Key Invalid", "Your API key may be invalid.");
        }
        let parts: Vec<&str> = call.path.split('/').skip(1).collect();
        match (call.method.as_str(), parts.as_slice()) {
            ("GET", ["3.0", "campaigns"]) => self.list(call),
            ("POST", ["3.0", "campaigns"]) => self.create(call),
            (_, ["3.0", "campaigns", id, rest @ ..]) => {
                match self.campaigns.iter().position(|campaign| campaign.id == **id) {
                    Some(at) => self.one(at, rest, call),
                    None => problem(404, "Resource Not Found", "no such campaign"),
                }
            }
            _ => problem(404, "Resource Not Found", "no such path"),
        }
    }

    fn list(&self, call: &Call) -> Answer {
        // spec: count is 10 if left out, and at most 1000.
        let count: usize = call.query("count").map_or(10, |text| text.parse().unwrap());
        let offset: usize = call.query("offset").map_or(0, |text| text.parse().unwrap());
        if count > 1000 {
            return problem(400, "Invalid Resource", "count is at most 1000");
        }
        let of_list = |c: &&Campaign| {
            call.query("list_id").is_none_or(|list| c.recipients["list_id"] == list)
        };
        let all: Vec<_> = self.campaigns.iter().filter(of_list).collect();
        let page: Vec<_> = all.iter().skip(offset).take(count).map(|c| c.shown()).collect();
        ok(call, json!({ "campaigns": page, "total_items": all.len() }))
    }

    fn create(&mut self, call: &Call) -> Answer {
        let Ok(body) = serde_json::from_slice::<CampaignBody>(&call.body) else {
            return problem(400, "Invalid Resource", "the body breaks the schema");
        };
        // spec: the type is required, and one of five.
        if body.kind.as_deref() != Some("regular") {
            return problem(400, "Invalid Resource", "type is required");
        }
        let id = self.next_id();
        let campaign = Campaign {
            id,
            status: "save",
            settings: body.settings,
            recipients: body.recipients,
            html: String::new(),
            text: String::new(),
        };
        let shown = campaign.shown();
        self.campaigns.push(campaign);
        ok(call, shown)
    }

    fn one(&mut self, at: usize, rest: &[&str], call: &Call) -> Answer {
        let is_draft = self.campaigns[at].status == "save";
        match (call.method.as_str(), rest) {
            ("GET", []) => {
                let answer = ok(call, self.campaigns[at].shown());
                // docs: sending takes its time, so it shows before sent does.
                if self.campaigns[at].status == "sending" {
                    self.campaigns[at].status = "sent";
                }
                answer
            }
            // docs: what is scheduled, under way or sent cannot be changed.
            ("PATCH" | "PUT", _) if !is_draft => {
                problem(400, "Bad Request", "the campaign can no longer be changed")
            }
            ("PATCH", []) => self.update(at, call),
            ("PUT", ["content"]) => self.put_content(at, call),
            ("GET", ["content"]) => {
                let Campaign { html, text, .. } = &self.campaigns[at];
                let body = json!({ "html": html, "plain_text": text, "archive_html": html });
                ok(call, body)
            }
            ("GET", ["send-checklist"]) => {
                let items = self.checklist(at);
                let is_ready = items.iter().all(|item| item["type"] != "error");
                ok(call, json!({ "is_ready": is_ready, "items": items }))
            }
            ("POST", ["actions", "test"]) => self.test(at, call),
            ("POST", ["actions", "send"]) => self.send(at),
            _ => problem(404, "Resource Not Found", "no such path"),
        }
    }

    fn update(&mut self, at: usize, call: &Call) -> Answer {
        match serde_json::from_slice::<CampaignBody>(&call.body) {
            Ok(CampaignBody { kind: None, settings, recipients, .. }) => {
                self.campaigns[at].settings = settings;
                self.campaigns[at].recipients["list_id"] = recipients["list_id"].clone();
                ok(call, self.campaigns[at].shown())
            }
            _ => problem(400, "Invalid Resource", "the body breaks the schema"),
        }
    }

    fn put_content(&mut self, at: usize, call: &Call) -> Answer {
        let Ok(body) = serde_json::from_slice::<ContentBody>(&call.body) else {
            return problem(400, "Invalid Resource", "the body breaks the schema");
        };
        // spec: a text part that is left out is made out of the html.
        let generated = || "** generated **\n".to_owned();
        let rewrite = self.rewrite_html.unwrap_or(str::to_owned);
        self.campaigns[at].html = rewrite(&body.html);
        self.campaigns[at].text = body.plain_text.unwrap_or_else(generated);
        ok(call, json!({ "html": self.campaigns[at].html }))
    }

    /// spec: items of three types; docs: what an item complains about.
    fn checklist(&self, at: usize) -> Vec<Value> {
        let campaign = &self.campaigns[at];
        let item = |is_good: bool, heading: &str, details: &str| {
            let level = if is_good { "success" } else { "error" };
            json!({ "type": level, "id": 1, "heading": heading, "details": details })
        };
        // spec: reply_to may be left out of a draft, and is required to send.
        let has_reply_to = campaign.settings["reply_to"].as_str().is_some_and(|to| !to.is_empty());
        vec![
            item(!self.list_is_empty, "List", "the list has recipients, or has none"),
            item(!campaign.html.is_empty(), "Content", "there is content, or none"),
            item(has_reply_to, "Replies", "replies go somewhere, or nowhere"),
            json!({ "type": "warning", "id": 2, "heading": "Tracking", "details": "is off" }),
        ]
    }

    fn test(&mut self, at: usize, call: &Call) -> Answer {
        let Ok(body) = serde_json::from_slice::<TestBody>(&call.body) else {
            return problem(400, "Invalid Resource", "the body breaks the schema");
        };
        // spec: html or plaintext, in exactly these spellings.
        if !["html", "plaintext"].contains(&body.send_type.as_str()) || body.test_emails.is_empty()
        {
            return problem(400, "Invalid Resource", "the body breaks the schema");
        }
        if self.campaigns[at].html.is_empty() {
            return problem(400, "Bad Request", "the campaign has no content");
        }
        self.tests.push((body.send_type, body.test_emails));
        no_content()
    }

    fn send(&mut self, at: usize) -> Answer {
        let is_ready = self.checklist(at).iter().all(|item| item["type"] != "error");
        // docs: this is what comes of a second send, and of a bad checklist.
        if self.campaigns[at].status != "save" || !is_ready {
            return problem(400, "Bad Request", "Your Campaign is not ready to send.");
        }
        self.campaigns[at].status = "sending";
        self.sends.push(self.campaigns[at].id.clone());
        // spec: 204, and no body.
        no_content()
    }

    fn next_id(&self) -> String {
        format!("{:010x}", 0xc0ffee + self.campaigns.len())
    }
}

impl Campaign {
    fn shown(&self) -> Value {
        let web_id = u64::from_str_radix(&self.id, 16).unwrap();
        json!({
            "id": self.id, "web_id": web_id, "type": "regular", "status": self.status,
            "settings": self.settings, "recipients": self.recipients, "emails_sent": 0,
        })
    }
}

impl Call {
    fn query(&self, wanted: &str) -> Option<&str> {
        let found = self.query.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.as_str())
    }
}

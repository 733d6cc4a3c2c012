//! The little of WebDriver that the tests speak, to a chromedriver of their own on the loopback.
//!
//! Driver and browser run in a process group of their own, which ends with this object, also when a test
//! panics. Time limits are there so that nothing hangs for ever, and are far beyond what is needed.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

const REQUEST_TIMEOUT: Duration = Duration::from_secs(120);
const DRIVER: &str = "chromedriver";

/// Whether pages may run scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scripts {
    On,
    Off,
}

/// A browser with one page.
pub(crate) struct Browser {
    driver: Child,
    agent: ureq::Agent,
    /// Address of the session.
    session: String,
}

impl Browser {
    /// Starts one.
    ///
    /// # Errors
    /// Why there is none: no chromedriver, or one that cannot start Chromium.
    pub(crate) fn start(scripts: Scripts) -> Result<Self, String> {
        let mut driver = Command::new(DRIVER)
            .arg("--port=0")
            .process_group(0)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{DRIVER}: {error}"))?;
        let lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines.map_while(Result::ok).find_map(|line| {
            let port = line.split_once("started successfully on port ")?.1;
            port.trim_end_matches('.').parse::<u16>().ok()
        });
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(REQUEST_TIMEOUT))
            .build()
            .into();
        let mut browser = Self { driver, agent, session: String::new() };
        let port = port.ok_or_else(|| format!("{DRIVER} names no port"))?;
        let address = format!("http://127.0.0.1:{port}/session");
        let made = browser.post(&address, &capabilities(scripts));
        let id = made["sessionId"].as_str().ok_or_else(|| format!("no Chromium: {made}"))?;
        browser.session = format!("{address}/{id}");
        Ok(browser)
    }

    /// Loads a page and waits for it.
    pub(crate) fn open(&self, url: &str) {
        self.command("url", &json!({ "url": url }));
    }

    /// What a script returns that runs in the page, whatever the page's policy.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.command("execute/sync", &json!({"script": script, "args": []}))
    }

    /// Presses a key and lets it go.
    pub(crate) fn press(&self, key: &str) {
        let keys = json!([{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]);
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": keys});
        self.command("actions", &json!({ "actions": [keyboard] }));
    }

    /// Moves the mouse to a place of the window.
    pub(crate) fn point_at(&self, x: &Value, y: &Value) {
        let moves = json!([{"type": "pointerMove", "duration": 0, "x": x, "y": y}]);
        let mouse = json!({"type": "pointer", "id": "mouse", "actions": moves});
        self.command("actions", &json!({ "actions": [mouse] }));
    }

    /// Whether the first element that a selector finds can be seen.
    pub(crate) fn is_shown(&self, selector: &str) -> bool {
        let found = self.command("element", &json!({"using": "css selector", "value": selector}));
        let id = found.as_object().and_then(|found| found.values().next()?.as_str());
        let id = id.unwrap_or_else(|| panic!("{selector}: {found}"));
        let url = format!("{}/element/{id}/displayed", self.session);
        let mut answer = self.agent.get(&url).call().unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        serde_json::from_str::<Value>(&text).unwrap()["value"] == json!(true)
    }

    /// Everything the console has said.
    pub(crate) fn console(&self) -> Vec<String> {
        let said = self.command("se/log", &json!({"type": "browser"}));
        said.as_array().unwrap().iter().map(Value::to_string).collect()
    }

    /// A command of Chromium's own protocol.
    pub(crate) fn devtools(&self, command: &str, parameters: &Value) {
        self.command("goog/cdp/execute", &json!({"cmd": command, "params": parameters}));
    }

    fn command(&self, command: &str, body: &Value) -> Value {
        let value = self.post(&format!("{}/{command}", self.session), body);
        assert!(value.get("error").is_none(), "{command}: {value}");
        value
    }

    fn post(&self, url: &str, body: &Value) -> Value {
        let request = self.agent.post(url).content_type("application/json");
        let mut answer = request.send(body.to_string()).unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        serde_json::from_str::<Value>(&text).unwrap()["value"].take()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            // The browser closes by itself; the group below is for when it does not.
            let _ = self.agent.delete(&self.session).call();
        }
        let group = format!("-{}", self.driver.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn capabilities(scripts: Scripts) -> Value {
    let blocked = u8::from(scripts == Scripts::Off) + 1;
    json!({"capabilities": {"alwaysMatch": {
        "browserName": "chrome",
        "goog:loggingPrefs": {"browser": "ALL"},
        "goog:chromeOptions": {
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--window-size=1280,900"],
            "prefs": {"profile.managed_default_content_settings.javascript": blocked},
        },
    }}})
}

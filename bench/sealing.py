"""How long a phone takes to seal 4 KB for 12 recipients: the product's own code in Chromium, plain and four times
slowed.
"""

import base64
import os
import subprocess

from playwright.sync_api import Page

from bench import chromium
from bench.figures import Figure
from tests import age_reader
from tests.e2e.conftest import ROOT

GOAL_MS, GOAL_SLOW_MS = 80, 400
SLOWED = 4
TIMES = 15
ENTRY = 'export { sealFor } from "./src/core/seal.ts";\n'
# The keys are random each time, as in a real list, so that nothing prepared for one key serves another.
RUN = """async ([keys, text, times]) => {
  const took = [];
  for (let time = 0; time < times; time += 1) {
    const begun = performance.now();
    const sealed = await window.bench.sealFor(keys[time], text, 12);
    took.push(performance.now() - begun);
    if (sealed.length !== 22882) throw new Error(String(sealed.length));
  }
  return took.sort((a, b) => a - b)[Math.floor(times / 2)];
}"""


def measure() -> list[Figure]:
    """Return seal.ms and seal.slow_ms: medians."""
    script = _bundle()
    keys = [[age_reader.new_identity()[1] for _ in range(12)] for _ in range(TIMES)]
    with chromium.browser() as browser:
        page = browser.new_page()
        # A secure origin, as the browser's own cryptography asks for.
        page.route("http://localhost/", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
        page.goto("http://localhost/")
        page.add_script_tag(content=script)
        plain = _run(page, keys)
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
        slow = _run(page, keys)
    return [
        Figure("seal.ms", plain, "ms, median", f"<= {GOAL_MS}", plain <= GOAL_MS),
        Figure("seal.slow_ms", slow, "ms, median, 4x slowed", f"<= {GOAL_SLOW_MS}", slow <= GOAL_SLOW_MS),
    ]


def _run(page: Page, keys: list[list[str]]) -> float:
    text = base64.b64encode(os.urandom(3000)).decode()[:4000]
    return round(float(page.evaluate(RUN, [keys, text, TIMES])), 1)


def _bundle() -> str:
    """Build the sealing code as the product's own pages are built: same bundler, same alias, minified."""
    command = ["node_modules/.bin/esbuild", "--bundle", "--format=iife", "--global-name=bench", "--minify"]
    command += ["--target=es2022", "--platform=browser", "--alias:@noble/curves/nist.js=./src/core/no_nist_curves.ts"]
    done = subprocess.run(command, cwd=ROOT / "browser", check=True, input=ENTRY, capture_output=True, text=True)
    return done.stdout

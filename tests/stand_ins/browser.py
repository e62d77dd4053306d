"""A headless Chromium that opens one file, does what a script says and hands back what it wrote. Nothing is mocked."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WHY_NOT = "Chromium is not installed here"
_LIMIT_S = 100


def visited(page: str, deeds: str) -> Any:
    """What `deeds` (JavaScript, may `await`) returns on `page`, through the page's own policy and without a network."""
    script = (
        "<script>addEventListener('load', async () => { const out = document.createElement('pre'); out.id = 'found';"
        "try { out.textContent = JSON.stringify(await (async () => {" + deeds + "})()); }"
        "catch (error) { out.textContent = JSON.stringify('error: ' + error); } document.body.append(out); });</script>"
    )
    with tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as folder:
        file = Path(folder) / "page.html"
        file.write_text(page.replace("</body>", script + "</body>"), encoding="utf-8")
        done = subprocess.run(
            [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage",
             f"--user-data-dir={folder}/profile", "--host-resolver-rules=MAP * ~NOTFOUND",
             "--virtual-time-budget=60000", "--dump-dom", file.as_uri()],
            capture_output=True, text=True, check=False, timeout=_LIMIT_S,
        )  # fmt: skip
    found = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, (done.returncode, done.stderr[-2000:], done.stdout[-2000:])
    return json.loads(html.unescape(found[1]))

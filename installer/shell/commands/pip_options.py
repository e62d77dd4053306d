"""The options of pip, by what they mean here; `-` means that nothing follows from it. Data only."""

from __future__ import annotations

SWITCHES = {
    "-U": "upgrade", "--upgrade": "upgrade", "--pre": "pre", "--no-deps": "no-deps", "--no-dependencies": "no-deps",
    "--force-reinstall": "reinstall", "-I": "reinstall", "--ignore-installed": "reinstall", "--no-index": "no-index",
    "--user": "user", "--break-system-packages": "system", "--require-virtualenv": "venv",
    "--no-build-isolation": "no-build-isolation",
    **dict.fromkeys(("-q", "--quiet", "-v", "--verbose", "-y", "--yes", "--no-cache-dir", "--no-cache",
        "--no-input", "--no-color", "--disable-pip-version-check", "--use-pep517",
        "--no-use-pep517", "--prefer-binary", "--no-warn-script-location", "--no-warn-conflicts",
        "--require-hashes", "--no-clean", "--dry-run", "--compile", "--no-compile", "--ignore-requires-python",
        "--isolated", "--debug", "--check-build-dependencies", "--no-python-version-warning"), "-"),
}  # fmt: skip
VALUED = {
    "-i": "index-url", "--index-url": "index-url", "--pypi-url": "index-url", "--extra-index-url": "extra-index-url",
    "-f": "find-links", "--find-links": "find-links", "-r": "requirement", "--requirement": "requirement",
    "-c": "constraint", "--constraint": "constraint", "-e": "editable", "--editable": "editable",
    "-t": "target", "--target": "target", "--prefix": "target", "--root": "target", "--python": "python",
    "--only-binary": "only-binary", "--no-binary": "no-binary", "--upgrade-strategy": "upgrade-strategy",
    **dict.fromkeys(("--timeout", "--default-timeout", "--retries", "--trusted-host", "--cache-dir",
        "--progress-bar", "--log", "--proxy", "--cert", "--client-cert", "--platform", "--python-version",
        "--implementation", "--abi", "--config-settings", "-C", "--global-option", "--root-user-action",
        "--report", "--src", "-d", "--dest", "--exists-action", "--use-feature", "--use-deprecated",
        "--keyring-provider", "--resume-retries"), "-"),
}  # fmt: skip

"""Secrets of many kinds, planted where a program may find them. None was ever valid."""

import base64
import json

PEM = (
    "-----BEGIN RSA PRIVATE KEY-----\n"
    + "\n".join(base64.b64encode(bytes(range(n, n + 48))).decode() for n in range(0, 144, 48))
    + "\nAbCd12==\n-----END RSA PRIVATE KEY-----"
)
OPENSSH = PEM.replace("RSA", "OPENSSH").replace("AAEC", "b3Bl")
JWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
A, D = "abcdefghijklmnop", "0123456789"

BY_NAME = {
    "HF_TOKEN": "hf_" + A + "QRSTUVWXYZ01234567",
    "OPENAI_API_KEY": "sk-proj-" + A + D,
    "ANTHROPIC_API_KEY": "sk-ant-api03-" + A + D,
    "MY_SERVICE_KEY": "zX81-service-value",
    "DB_PASS": "correct horse battery",
    "GPG_PASSPHRASE": 'pa"ss\\phrase',
    "PASSPHRASE": "it's a phrase",
    "MYSQL_PWD": "pwd-of-mysql-7",
    "SESSION_COOKIE": "sid=Zm9vYmFy; path=/",
    "AUTHORIZATION": "Basic dXNlcjpwYXNzd29yZDE=",
    "X_TOKEN": "status",
    "JUPYTER_TOKEN": "jup-ünïcödé-9",
    "PGPASSWORD": "pg<pass>&word",
    "REDISCLI_AUTH": "redis auth 55",
    "WANDB_API_KEY": "0f" * 20,
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzPLANTED0",
    "AZURE_STORAGE_CONNECTION_STRING": "AccountName=x;AccountKey=c2VjcmV0c2VjcmV0MTIzNA==",
    "SSH_PRIVATE_KEY": PEM,
    "GCP_SERVICE_ACCOUNT_KEY": json.dumps({"private_key": OPENSSH, "type": "service_account"}, indent=1),
    "SLACK_WEBHOOK": "https://hooks.slack.com/services/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",
    "GITHUB_PAT": "github_pat_11AAAAAAA0" + A + "_" + A,
}
BY_LOOKS = {
    "NVIDIA_NGC": "nvapi-" + A + D + "-_" + A,
    "SLACK": "xoxb-1234567890-1234567890-" + A,
    "GMAPS": "AIzaSy" + A + D + "ABCDE-_",
    "GH": "ghp_" + A + D + "ABCDEFGHIJ",
    "GITLAB": "glpat-" + A + "1234",
    "PLAIN_JWT": JWT,
    "AWS_ID": "AKIAIOSFODNN7PLANTED"[:20].replace("9", "2"),
    "PYPI": "pypi-AgEIcHlwaS5vcmc" + A + A,
    "NPM": "npm_" + A + D + "ABCDEFGHIJ",
    "DOCKER": "dckr_pat_" + A + "123",
    "RUNPOD": "rpa_" + A.upper() + D + "ABCDEFGH",
    "STRIPE": "sk_live_" + A + D,
    "SENDGRID": "SG." + A + "123456." + A + D,
}
IN_ADDRESSES = {
    "UV_INDEX_URL": ("https://deploy:index-secret-1@packages.example/simple", "index-secret-1"),
    "HTTPS_PROXY": ("http://user:proxy-secret-2@proxy.example:3128", "proxy-secret-2"),
    "DATABASE_URL": ("postgres://app:db/secret/3@db.example:5432/app", "db/secret/3"),
    "REDIS_URL": ("redis://:redis-secret-4@cache.example:6379/0", "redis-secret-4"),
    "BROKER": ("amqp://guest:mq%40secret5@mq.example//", "mq%40secret5"),
}
ENVIRONMENT = {**BY_NAME, **BY_LOOKS, **{name: url for name, (url, _) in IN_ADDRESSES.items()}}
SECRETS = {**BY_NAME, **BY_LOOKS, **{name: secret for name, (_, secret) in IN_ADDRESSES.items()}}
assert len(SECRETS) >= 33


def found(text: str, *, but: tuple[str, ...] = ()) -> list[str]:
    """The names of the secrets that came out in `text`: whole, or as one of their lines."""
    return [
        name
        for name, secret in SECRETS.items()
        if name not in but and any(part in text for part in (secret, *parts(secret)))
    ]


def parts(secret: str) -> list[str]:
    return [line for line in secret.splitlines() if len(line) >= 12 and "-----" not in line and '"type"' not in line]

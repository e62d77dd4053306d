"""What names a secret, and what only sounds like it."""

import pytest

from installer.core.recipes import rules
from installer.core.secrets import names_a_secret, names_a_secret_in_text

SECRET = (
    "HF_TOKEN", "HF_TOKEN_2", "HFTOKEN", "X_TOKEN", "token", "TOKEN", "AWS_SESSION_TOKEN", "JUPYTER_TOKEN",
    "accessToken", "FOO_KEY", "API_KEY", "API_KEY_1", "OPENAI_API_KEY", "apiKey", "x-api-key", "--api-key",
    "SIGNING_KEY_2", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "DJANGO_SECRET_KEY", "clientSecret", "secret",
    "DB_PASS", "RCLONE_CONFIG_PASS", "PGPASSWORD", "PASSPHRASE", "GPG_PASSPHRASE", "MYSQL_PWD", "SESSION_COOKIE",
    "COOKIES", "AUTHORIZATION", "JWT", "GITHUB_PAT", "SENTRY_DSN", "REDISCLI_AUTH",
    "AZURE_STORAGE_CONNECTION_STRING", "SLACK_WEBHOOK", "--hf-token", "--ssl-keyfile-password", "VLLM_API_KEY",
    "SGLANG_S3_SECRET_ACCESS_KEY", "SSHPASS", "GOOGLE_APPLICATION_CREDENTIALS",
)  # fmt: skip
NONE = (
    "MAX_TOKENS", "max_tokens", "TIKTOKEN_RS_CACHE_DIR", "TIKTOKEN_ENCODINGS_BASE", "TOKENIZERS_PARALLELISM",
    "TOKENIZER", "PAD_TOKEN", "eos_token_id", "num_tokens", "first_token_ms", "--max-num-batched-tokens",
    "--tokenizer", "--long-prefill-token-threshold", "SGLANG_INIT_NEW_TOKEN_RATIO",
    "VLLM_MULTI_STREAM_GEMM_TOKEN_THRESHOLD", "SGLANG_SIMULATE_ACC_TOKEN_MODE", "HF_TOKEN_PATH", "SSL_KEYFILE",
    "--ssl-keyfile", "GOOGLE_API_KEY_FILE", "PATH", "PWD", "OLDPWD", "OLD_PWD", "HOME", "KEY", "XAUTHORITY",
    "SSH_AUTH_SOCK", "GIT_ASKPASS", "SSH_ASKPASS", "UV_KEYRING_PROVIDER", "PUBLIC_KEY", "MONKEY", "hotkey",
    "COMPASS", "BYPASS", "CUDA_HOME", "--allow-credentials", "HF_HUB_DISABLE_IMPLICIT_TOKEN", "PASS_THROUGH",
)  # fmt: skip


@pytest.mark.parametrize("name", SECRET)
def test_it_names_a_secret(name: str) -> None:
    assert names_a_secret(name)


@pytest.mark.parametrize("name", NONE)
def test_it_names_none(name: str) -> None:
    assert not names_a_secret(name)
    assert not names_a_secret_in_text(name)


def test_in_code_a_key_is_mostly_that_of_a_table() -> None:
    assert not any(map(names_a_secret_in_text, ("sort_key", "routing_key", "next_token", "cache-key", "pad_token")))
    assert all(map(names_a_secret_in_text, ("api_key", "hf_token", "token", "private-key", "MY_SERVICE_KEY")))


def test_a_recipe_goes_by_the_same_definition() -> None:
    assert "secret" in rules.variable("DB_PASS")
    assert "secret" in rules.flag("--admin-api-key")
    assert not rules.variable("TIKTOKEN_RS_CACHE_DIR")
    assert not rules.variable("VLLM_MULTI_STREAM_GEMM_TOKEN_THRESHOLD")
    assert not rules.flag("--long-prefill-token-threshold")

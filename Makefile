.PHONY: check fast format snapshots bench

check:      ## everything that CI runs
	./check
fast:       ## without what starts a real engine
	./check --fast
format:
	.venv/bin/ruff format . && .venv/bin/ruff check --fix .
snapshots:  ## accept the screens as they look now
	.venv/bin/pytest tests/ui -q --snapshot-update
bench:      ## measure against plain uv and pip (downloads about 10 GB)
	.venv/bin/python -m bench

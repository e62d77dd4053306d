.PHONY: check fast newest lock format languages snapshots bench faults dist

COMPILE = .venv/bin/uv pip compile --universal --python-version 3.10 --generate-hashes --group build --no-annotate \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

check:      ## everything that CI runs
	./check
fast:       ## without what starts a real engine
	./check --fast
newest:     ## the same with the newest packages that pyproject.toml allows
	./check --newest
lock:       ## the packages of deploy-tui itself: what is newest now, and fits pyproject.toml
	$(COMPILE) -q --upgrade --extra dev -o requirements/dev.txt pyproject.toml
	$(COMPILE) -q --upgrade --constraints requirements/dev.txt -o requirements/run.txt pyproject.toml
	echo 'pyinfra>=3.10,<3.11' | $(subst --group build,,$(COMPILE)) -q --upgrade -o installer/host/carrier/requirements.txt -
format:
	.venv/bin/ruff format . && .venv/bin/ruff check --fix .
languages:  ## the catalogues of installer/locale, brought up to what the code says
	.venv/bin/python -m tests.translations
snapshots:  ## accept the screens as they look now
	.venv/bin/pytest tests/ui -q --snapshot-update
bench:      ## measure against plain uv and pip (downloads about 10 GB)
	.venv/bin/python -m bench
N ?= 30
faults:     ## N faults in a row (N=500 for an afternoon); SEED=… for the same ones again
	.venv/bin/python -m tests.faults --count $(N) $(if $(SEED),--seed $(SEED))
dist:       ## wheel, source distribution and one file, each tried once
	./dist.sh

# One command per habit. Everything is installed into .venv on first use; later calls only compare file times.

PYTHON ?= python3
FLOOR := 3.11
PY := .venv/bin/python
LOCKS := requirements.lock requirements-dev.lock requirements-build.lock
RUNTIME := .venv/.runtime-installed
DEV := .venv/.dev-installed
LOCK_CHECKED := .venv/.lock-checked

# A company's own certificate authority is in the system's store, which pip users expect to be enough.
export UV_SYSTEM_CERTS ?= 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check bench lock clean
.PHONY: check-lint check-format check-imports check-env check-diagram check-locales check-types check-lock

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name text; do \
		printf '  make %-7s %s\n' "$$name" "$$text"; done
	@echo
	@echo '  Arguments are passed on: make run ARGS="--sandbox", make test ARGS="-k ledger"'
	@echo '  Another interpreter:     make PYTHON=python3.13 run'

run: $(RUNTIME) ## Start Drawbridge (without any token: a playground in the browser)
	@$(PY) -m bot run $(ARGS)

test: $(DEV) ## Run the tests
	@$(PY) -m pytest $(ARGS)

check: check-lint check-format check-imports check-env check-diagram check-locales check-lock check-types ## Lint, format, types, import rules, texts, generated files and lock in date

bench: $(DEV) ## Measure against a minimal bot, in ratios
	@$(PY) -m bench $(ARGS)

lock: $(DEV) ## Write the locks anew, keeping versions that still fit (all newest: ARGS=--upgrade)
	@$(call compile,,$(ARGS))

clean: ## Remove what these commands made, but neither data/ nor .env
	rm -rf .venv build dist ./*.egg-info .*_cache .hypothesis
	find bot tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

# --- the parts of check -----------------------------------------------------------------------------

check-lint: $(DEV)
	@$(PY) -m ruff check

check-format: $(DEV)
	@$(PY) -m ruff format --check

check-imports: $(DEV)
	@.venv/bin/lint-imports --no-logo

check-types: $(DEV)
	@$(PY) -m mypy

check-lock: $(LOCK_CHECKED)

check-env: $(DEV)
	@$(PY) -m bot env --check .env.example

check-diagram: $(DEV)
	@$(PY) -m bot diagram --check docs/architecture.md

check-locales: $(DEV)
	@$(PY) -m pytest -q -n0 tests/i18n

# --- the locks --------------------------------------------------------------------------------------

# One resolution for every platform and every Python from the floor up. It starts from the versions and hashes
# the output file already has, so a release that came out since changes nothing. The negations overrule what
# the machine's own configuration might ask for: a lock names no place to download from.
UV_COMPILE = $(PY) -m uv pip compile --quiet --universal --python-version $(FLOOR) --generate-hashes \
	--custom-compile-command 'make lock' \
	--no-emit-index-url --no-emit-find-links --no-emit-index-annotation --no-emit-build-options

BUILD_REQUIRES = $(PY) -c 'import tomllib; \
	print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")'

# $(call compile,folder/,further options): the development lock agrees with the runtime lock.
define compile
$(UV_COMPILE) $(2) --output-file $(1)requirements.lock pyproject.toml >/dev/null && \
$(UV_COMPILE) $(2) --output-file $(1)requirements-dev.lock \
	--extra dev --constraint requirements.lock pyproject.toml >/dev/null && \
$(BUILD_REQUIRES) | $(UV_COMPILE) $(2) --output-file $(1)requirements-build.lock \
	--constraint requirements-dev.lock - >/dev/null
endef

# The answer depends on these files alone, so it is asked once for each state of them.
$(LOCK_CHECKED): $(DEV) pyproject.toml $(LOCKS)
	@if grep -nE '://|^ *--?(e|f|i|r|c|index|extra|find|trusted)|^[^#]* @ ' $(LOCKS); then \
		echo 'check-lock: a lock names packages and hashes, never a place; run make lock' >&2; exit 1; fi
	@rm -rf .venv/lock-check && mkdir .venv/lock-check && cp $(LOCKS) .venv/lock-check/
	@($(call compile,.venv/lock-check/,)) || { status=$$?; if [ $$status -eq 1 ]; \
		then echo 'check-lock: pyproject.toml asks for what cannot be had together, see above'; \
		else echo 'check-lock: could not ask the package registry, see above: the lock is neither right nor wrong'; \
		fi >&2; exit 1; }
	@for lock in $(LOCKS); do cmp -s $$lock .venv/lock-check/$$lock || { diff $$lock .venv/lock-check/$$lock \
		| grep -vE -e '--hash=' | head -n 20; \
		echo "check-lock: $$lock is not what pyproject.toml asks for; run make lock" >&2; exit 1; }; done
	@touch $@

# --- the virtual environment ------------------------------------------------------------------------

# $(call install,arguments of pip install): with uv where there is one, otherwise with the pip that Python brings.
define install
if uv --version >/dev/null 2>&1; then \
	uv pip install --quiet --python $(PY) $(1); \
else \
	$(PY) -m pip --version >/dev/null 2>&1 || $(ensure_pip); \
	$(PY) -m pip install --quiet --disable-pip-version-check $(1); \
fi
endef

# Output is kept back so that Ctrl-C shows no traceback; Debian and Ubuntu package ensurepip apart.
define ensure_pip
said=$$($(PY) -m ensurepip --default-pip 2>&1) || { \
	[ -z "$$said" ] || echo "$$said" | tail -n 1; \
	echo "There is neither uv nor pip for $(PYTHON) here. Install one of them" \
		"(Debian, Ubuntu: apt install python$$($(PY) -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv)" \
		"and repeat."; exit 1; } >&2
endef

$(PY):
	@said=$$("$(PYTHON)" -c 'import sys; print(sys.version.split()[0]); \
		sys.exit(sys.version_info < tuple(map(int, "$(FLOOR)".split("."))))' 2>/dev/null) || { \
		echo "Drawbridge needs Python $(FLOOR) or newer; $(PYTHON) is $${said:-not there}." \
			"Name another one: make PYTHON=python3.13" >&2; exit 1; }
	@rm -rf .venv
	@said=$$("$(PYTHON)" -m venv --without-pip .venv 2>&1) || { echo "$$said" >&2; exit 1; }

# An interpreter that is gone (upgraded, or the folder moved) takes what was installed for it along.
.PHONY: new-interpreter
$(RUNTIME): $(shell test -x $(PY) || echo new-interpreter)

$(RUNTIME): $(PY) pyproject.toml requirements.lock requirements-build.lock
	@echo 'Installing the locked packages into .venv ...'
	@$(call install,--require-hashes -r requirements.lock -r requirements-build.lock)
	@$(call install,--no-deps --no-build-isolation --editable .)
	@touch $@

$(DEV): $(RUNTIME) requirements-dev.lock
	@echo 'Installing the development tools into .venv ...'
	@$(call install,--require-hashes -r requirements-dev.lock)
	@touch $@

ARG PYTHON_VERSION=3.13

FROM python:${PYTHON_VERSION}-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_PYTHON=/opt/venv/bin/python \
    PIP_ROOT_USER_ACTION=ignore
WORKDIR /app
# No pip in this environment: the image's own installs into it and stays behind in this stage.
RUN python -m venv --without-pip /opt/venv
COPY requirements.lock requirements-build.lock ./
RUN pip install --require-hashes -r requirements.lock -r requirements-build.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot ./bot
COPY locales ./locales
# Installed in place, as on a developer's machine, so that both find their data files alike.
# The compiled files carry no times: they stay valid however the layers are copied.
RUN pip install --no-deps --no-build-isolation --editable . \
 && pip uninstall --yes setuptools \
 && python -m compileall -q --invalidation-mode unchecked-hash bot

FROM python:${PYTHON_VERSION}-slim
LABEL org.opencontainers.image.title="Drawbridge" \
      org.opencontainers.image.description="Draw and edit images from your chats: self-hosted, restartable, honest about money." \
      org.opencontainers.image.licenses="MIT"
# Fixed numbers, so that the owner of a mounted folder can be set before the first start.
RUN groupadd --gid 10001 drawbridge \
 && useradd --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin drawbridge \
 && install -d -o 10001 -g 10001 -m 0750 /data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
# The C library gives the memory of a decoded image back only when it is told to.
ENV PATH=/opt/venv/bin:$PATH \
    MALLOC_MMAP_THRESHOLD_=1000000 \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DATA_DIR=/data \
    HTTP_HOST=0.0.0.0 \
    HTTP_PORT=8080
WORKDIR /app
USER 10001:10001
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
# http.client and not urllib: a proxy set for the container must not be asked about the container itself.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['HTTP_PORT']), timeout=4); c.request('GET', '/healthz'); sys.exit(c.getresponse().status != 200)"]
# Exec form: Drawbridge itself is process 1 and gets the SIGTERM of "docker stop".
ENTRYPOINT ["drawbridge"]
CMD ["run"]

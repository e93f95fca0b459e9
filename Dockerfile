# Two stages: the first has a compiler and the installer, the second only what runs. Non-root, read-only friendly.
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /build
COPY requirements/uv.txt requirements/base.txt ./
RUN python -m venv /opt/plumbline \
    && /opt/plumbline/bin/pip install --no-cache-dir --require-hashes -r uv.txt \
    && /opt/plumbline/bin/uv pip install --python /opt/plumbline/bin/python --no-cache --no-deps --require-hashes -r base.txt \
    && /opt/plumbline/bin/pip uninstall -y uv

FROM python:3.11-slim-bookworm
ENV PATH=/opt/plumbline/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings.production LOG_FORMAT=json
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin plumbline \
    && mkdir -p /app /var/lib/plumbline/anchors && chown -R plumbline /var/lib/plumbline
COPY --from=build /opt/plumbline /opt/plumbline
WORKDIR /app
COPY manage.py Procfile ./
COPY config config
COPY kernel kernel
COPY accounts accounts
COPY instruments instruments
COPY exchanges exchanges
COPY templates templates
COPY static static
# Static files need no secret and no database; the values below are for this one command and are in no layer's env.
RUN SECRET_KEY=build ENCRYPTION_KEYS=k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= AUDIT_SIGNING_KEY=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= \
    DATABASE_URL=postgres://build@localhost/build REDIS_URL=redis://localhost ALLOWED_HOSTS=build \
    SITE_ADDRESS=https://build python manage.py collectstatic --noinput
USER plumbline
ENV AUDIT_ANCHOR_DIR=/var/lib/plumbline/anchors
ENV PRIVATE_DIR=/var/lib/plumbline/private
ENV CANDLE_STORE=/var/lib/plumbline/candles
VOLUME /var/lib/plumbline
EXPOSE 8000 8001
ENTRYPOINT ["/app/deploy/process"]
COPY deploy/process deploy/process
CMD ["web"]

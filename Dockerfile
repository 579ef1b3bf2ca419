# syntax=docker/dockerfile:1
# mazad as an image: built in one stage, run in another that has nothing of the first but the binary.
#   docker build -t mazad .
#   docker run --read-only --tmpfs /tmp -v mazad:/data -p 127.0.0.1:8080:8080 mazad

FROM node:24-bookworm-slim AS web
WORKDIR /web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY web .
RUN npm run build

FROM rust:1.95-bookworm AS build
# What aws-lc and SQLite are compiled with.
RUN apt-get update && apt-get install --yes --no-install-recommends cmake clang && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY Cargo.toml Cargo.lock ./
COPY benches benches
COPY config config
COPY migrations migrations
COPY src src
COPY --from=web /web/dist web/dist
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/build/target \
    cargo build --release --locked --bin mazad && install -m 755 target/release/mazad /mazad

FROM debian:bookworm-slim
# Certificates for what it calls: messages, payments, sign-in, buckets.
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin mazad \
    && install -d -o 10001 -g 10001 -m 750 /data
COPY --from=build /mazad /usr/local/bin/mazad
USER 10001:10001
WORKDIR /data
VOLUME /data
ENV MAZAD__HTTP__ADDRESS=0.0.0.0:8080 \
    MAZAD__DATABASE__URL=sqlite:///data/mazad.sqlite \
    MAZAD__AUTH__KEY_DIR=/data \
    MAZAD__FILES__PATH=/data/files \
    LOG_FORMAT=json
EXPOSE 8080
# It ends within ten seconds of SIGTERM.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=2s --start-period=60s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /health/ready HTTP/1.0\\r\\n\\r\\n' >&3 && head -1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["mazad"]
CMD ["serve"]

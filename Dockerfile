# Small and without a shell: the binary, glibc, and a folder that it may write to. Certificates and time zones are
# inside the binary.

FROM rust:1.95-slim-bookworm AS build
# For librdkafka, which is built from source; OpenSSL itself is in the image below.
RUN apt-get update \
    && apt-get install -y --no-install-recommends g++ libssl-dev make pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# Both caches outlive a change of the sources, so that a second build compiles tubebell alone.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked \
    && install -D target/release/tubebell /out/tubebell \
    && mkdir /out/data

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /out/tubebell /usr/local/bin/tubebell
# A new volume takes over the owner of the folder it is mounted on.
COPY --from=build --chown=65532:65532 /out/data /var/lib/tubebell
# The default database, sqlite://tubebell.db, is made here.
WORKDIR /var/lib/tubebell
VOLUME /var/lib/tubebell
# Inside a container 127.0.0.1 is reached by nobody; which ports are published is decided outside.
ENV TUBEBELL_WEB__LISTEN=0.0.0.0:8080
EXPOSE 8080
# No HEALTHCHECK: there is no HTTP client inside, and `tubebell check` would ask YouTube and Telegram each time.
# /healthz and /readyz are for the orchestrator; a process that fails exits and is restarted.
ENTRYPOINT ["tubebell"]
CMD ["run", "--config", "/etc/tubebell/tubebell.toml"]

# syntax=docker/dockerfile:1
FROM swift:6.3-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpq-dev libsqlite3-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY Package.swift ./
COPY Sources Sources
COPY Tests Tests
RUN swift build -c release --product headrace --static-swift-stdlib \
    && install -D "$(swift build -c release --static-swift-stdlib --show-bin-path)/headrace" /out/headrace

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libpq5 libsqlite3-0 tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home headrace \
    && install -d -o headrace -g headrace /project /project/.headrace
COPY --from=build /out/headrace /usr/local/bin/headrace
USER headrace
WORKDIR /project
# A volume here keeps the state; a health check belongs to the command that is run, see docker-compose.yml.
VOLUME /project/.headrace
ENTRYPOINT ["headrace"]
CMD ["--help"]

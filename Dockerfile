# The images of Hone: static binaries, no shell, not root. docs/operations.md says how the service is used in a
# container, docs/kubernetes.md how in a cluster.
#
#   docker build --build-arg VERSION=1.0 -t hone .                          # the service and the command line
#   docker build --build-arg VERSION=1.0 -t collector --target collector .  # beside a trial, in its pod
#   docker build -t digits --target digits .                                # the example
#   docker run -p 7070:7070 -v hone:/data hone
#
# `make images` builds the same without Docker, reproducibly.

FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
ARG TARGETARCH
ENV CGO_ENABLED=0 GOOS=linux GOARCH=$TARGETARCH
RUN mkdir -p /out && mkdir -m 0700 /out/data

FROM build AS build-collector
RUN go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/collector ./cmd/collector

FROM build AS build-digits
RUN go build -trimpath -ldflags "-s -w" -o /out/digits ./examples/digits

FROM build AS build-hone
RUN go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/hone ./cmd/hone

FROM scratch AS collector
ARG VERSION=dev
LABEL org.opencontainers.image.title="Hone collector" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.source="https://github.com/hone-tuner/hone" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build-collector /out/collector /collector
USER 65532:65532
WORKDIR /
ENTRYPOINT ["/collector"]

FROM scratch AS digits
LABEL org.opencontainers.image.title="Hone example: digits" \
      org.opencontainers.image.source="https://github.com/hone-tuner/hone" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build-digits /out/digits /digits
USER 65532:65532
WORKDIR /
ENTRYPOINT ["/digits"]

# The last one is what `docker build` makes.
FROM scratch AS hone
ARG VERSION=dev
LABEL org.opencontainers.image.title="Hone" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.source="https://github.com/hone-tuner/hone" \
      org.opencontainers.image.licenses="Apache-2.0"
# For HTTPS to others: a remote suggestion service.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build-hone /out/hone /hone
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
WORKDIR /data
VOLUME /data
# Everything that reaches the port needs a token; the first start writes one to /data/admin.token.
ENV HONE_DATA=/data/hone \
    HONE_SERVE_LISTEN=0.0.0.0:7070 \
    HONE_SERVE_TOKEN_FILE=/data/admin.token \
    HONE_SERVE_LOG_FORMAT=json
EXPOSE 7070
ENTRYPOINT ["/hone"]
CMD ["serve"]

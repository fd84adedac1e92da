# The service as an image: one static binary, no shell, not root. docs/operations.md says how it is used.
#
#   docker build --build-arg VERSION=1.0 -t hone .
#   docker run -p 7070:7070 -v hone:/data hone

FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/hone ./cmd/hone
RUN mkdir -m 0700 /out/data

FROM scratch
# For HTTPS to others: a remote suggestion service.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/hone /hone
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

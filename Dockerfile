# syntax=docker/dockerfile:1

# The manager alone in an image: one static program, no shell, no package manager, no root, nothing it needs to write.
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
ENV CGO_ENABLED=0 GOMODCACHE=/cache/mod GOCACHE=/cache/build

COPY go.mod go.sum ./
RUN --mount=type=cache,target=/cache go mod download

COPY . .
ARG TARGETOS
ARG TARGETARCH
ARG VERSION=dev
ARG COMMIT=unknown
# timetzdata: schedules name time zones, and the image has no zone files.
RUN --mount=type=cache,target=/cache \
    GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -tags timetzdata -ldflags "-s -w \
    -X github.com/plimsoll-dev/plimsoll/cmd/internal/version.Version=$VERSION \
    -X github.com/plimsoll-dev/plimsoll/cmd/internal/version.Commit=$COMMIT" \
    -o /out/plimsoll ./cmd/plimsoll

FROM scratch
# Event sources are asked over TLS.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/plimsoll /plimsoll
USER 65532:65532
EXPOSE 8080 8081 9443
ENTRYPOINT ["/plimsoll"]

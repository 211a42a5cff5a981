# What decides which packages npm installs. A new version number or script leaves it as it is, so nothing is reinstalled.
FROM node:24-bookworm-slim AS manifest
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN node -e " \
  const edit = (file, change) => fs.writeFileSync(file, JSON.stringify(change(JSON.parse(fs.readFileSync(file))))); \
  edit('package.json', ({ type, dependencies, devDependencies, allowScripts }) => ({ type, dependencies, devDependencies, allowScripts })); \
  edit('package-lock.json', (lock) => { delete lock.version; delete lock.packages[''].version; return lock; })"

FROM node:24-bookworm-slim AS base
WORKDIR /app
COPY --from=manifest /app ./

FROM base AS build
# No scripts here: "prepare" would build, and the sources are not there yet. They come later so that a changed source
# does not install everything anew. Only the package "node" needs its script, which fetches the binary.
RUN npm ci --ignore-scripts && npm rebuild node
COPY package.json build.mjs tsconfig.json ./
COPY src src
RUN npm run bundle && chmod +x dist/cli/main.js

FROM base AS dependencies
RUN npm ci --omit=dev --ignore-scripts
# better-sqlite3 brings its C sources and a binary for each of eight platforms, 27 MB in all. The image needs one
# binary, that of the platform which this stage runs on. A layout it does not know fails here, not in a container.
# Of the others, it needs no types, source maps, pages and tests. Their licenses stay.
RUN cd node_modules/better-sqlite3 \
  && rm -r deps src \
  && find prebuilds -type f ! -name "linux-$(node -p process.arch).node" -delete \
  && node -e "new (require('better-sqlite3'))(':memory:')" \
  && cd .. \
  && find . -type f '(' -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.map' -o -name '*.md' ')' ! -iname '*licen[cs]e*' -delete \
  && find . -maxdepth 3 -type d '(' -name test -o -name tests -o -name benchmark -o -name benchmarks ')' -prune -exec rm -r '{}' +

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="contentstack-tokens-mock" \
  org.opencontainers.image.description="A local server that emulates the Tokens API of Contentstack" \
  org.opencontainers.image.licenses="MIT"
WORKDIR /app
# `container` turns off the warning about 0.0.0.0: here, the published ports decide who reaches the server.
ENV NODE_ENV=production \
  container=oci \
  TOKENS_MOCK_HOST=0.0.0.0 \
  TOKENS_MOCK_DATA_DIRECTORY=/data
# The state is kept in memory. /data is for those who mount a volume: a new one gets the owner that the folder has here.
RUN mkdir /data && chown node:node /data \
  && ln -s /app/dist/cli/main.js /usr/local/bin/contentstack-tokens-mock
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY fixtures fixtures
COPY package.json LICENSE ./
USER node
EXPOSE 4747
# Reads the same environment as the server: set another port with TOKENS_MOCK_PORT, not with --port.
# Every 250 ms until the server has started, every 30 s after. The start period is for a container with little processor time.
HEALTHCHECK --start-period=300s --start-interval=250ms --interval=30s --timeout=20s --retries=3 \
  CMD ["contentstack-tokens-mock", "healthcheck"]
# Without a shell or npm in between, so that SIGTERM reaches the server. Flags can follow: docker run IMAGE --profile live
ENTRYPOINT ["contentstack-tokens-mock"]

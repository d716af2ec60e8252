# The command line as an image: docker build -t faultline . && docker run --rm -v "$PWD:/project" faultline run scenarios
FROM node:22-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && chmod +x dist/cli/main.js && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:22-slim
ENV NODE_ENV=production
WORKDIR /opt/faultline
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/dist ./dist
COPY schema ./schema
COPY scenarios ./scenarios
COPY LICENSE ./
# Reports go to /project, a folder that is mounted or this one.
RUN ln -s /opt/faultline/dist/cli/main.js /usr/local/bin/faultline && mkdir /project && chown node:node /project
USER node
WORKDIR /project
ENTRYPOINT ["faultline"]
CMD ["--help"]

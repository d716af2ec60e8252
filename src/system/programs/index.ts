// What a node runs, for `runLive` and for scenarios in code.
export { defineProgram } from "./define-program.ts";
export { every } from "./every.ts";
export { haNode } from "./ha-node/ha-node.ts";
export type { HaNodeConfig } from "./ha-node/config.ts";
export { isolationDevice } from "./isolation-device/isolation-device.ts";
export { SimOfdClient } from "./ofd/client.ts";
export type { SimOfdClientOptions } from "./ofd/client.ts";
export { ofdServer } from "./ofd/server.ts";
export type { OfdConfig } from "./ofd/server.ts";
export { Adapter } from "./pos-adapter/adapter.ts";
export type { AdapterParts } from "./pos-adapter/adapter.ts";
export type { PosAdapterConfig } from "./pos-adapter/config.ts";
export { posAdapter } from "./pos-adapter/pos-adapter.ts";
export type { RywProxyConfig } from "./ryw-proxy/config.ts";
export { rywProxy } from "./ryw-proxy/ryw-proxy.ts";
export { SimRedisClient } from "./redis/client.ts";
export type { SimRedisClientOptions } from "./redis/client.ts";
export { redisServer } from "./redis/server.ts";

import { createRequire, syncBuiltinESMExports } from "node:module";

/** A call by which node code left the simulation. */
export interface Escape {
  readonly node: string;
  readonly api: string;
  readonly stack: string;
}

/** Thrown into the node code that tried. */
export class EscapeError extends Error {
  override name = "EscapeError";
  readonly api: string;
  readonly node: string;
  constructor(api: string, node: string) {
    super(`Node "${node}" called ${api}. Simulated code takes time, timers, randomness and I/O from its NodeEnv.`);
    this.api = api;
    this.node = node;
  }
}

/** Who runs now: set while node code runs, read by the traps. One process runs one event at a time, so one variable is enough. */
export const running: {
  node: string | undefined;
  onEscape: ((escape: Escape) => void) | undefined;
  onError: ((error: unknown) => void) | undefined;
} = {
  node: undefined,
  onEscape: undefined,
  onError: undefined,
};

type AnyFunction = (...args: unknown[]) => unknown;
type Owner = Record<string, unknown>;

function escaped(api: string): void {
  const node = running.node;
  if (node === undefined) return;
  const error = new EscapeError(api, node);
  running.onEscape?.({ node, api, stack: error.stack ?? "" });
  throw error;
}

const require = createRequire(import.meta.url);

/** Members trapped, by the module or global that owns them. `*` traps every function of a module. */
const MODULE_TRAPS: Readonly<Record<string, readonly string[] | "*">> = {
  "node:crypto": [
    "randomUUID",
    "randomBytes",
    "randomInt",
    "randomFill",
    "randomFillSync",
    "getRandomValues",
    "generateKeyPair",
    "generateKeyPairSync",
    "pbkdf2",
    "scrypt",
  ],
  "node:timers": ["setTimeout", "setInterval", "setImmediate"],
  "node:timers/promises": ["setTimeout", "setInterval", "setImmediate"],
  "node:fs": "*",
  "node:fs/promises": "*",
  "node:net": ["connect", "createConnection", "createServer"],
  "node:http": ["request", "get", "createServer"],
  "node:https": ["request", "get", "createServer"],
  "node:dns": ["lookup", "resolve"],
  "node:dgram": ["createSocket"],
  "node:child_process": "*",
  "node:worker_threads": ["Worker"],
  "node:os": ["hostname", "loadavg", "freemem", "uptime", "networkInterfaces"],
};
const GLOBAL_TRAPS: readonly string[] = ["setTimeout", "setInterval", "setImmediate", "fetch"];
const PROCESS_TRAPS: readonly string[] = ["uptime", "cpuUsage", "memoryUsage", "resourceUsage"];

interface Patch {
  readonly owner: object;
  readonly key: string;
  readonly descriptor: PropertyDescriptor;
}

let installed = 0;
let patches: Patch[] = [];

function replace(owner: object, key: string, value: unknown): void {
  const descriptor = Object.getOwnPropertyDescriptor(owner, key);
  if (descriptor === undefined || descriptor.configurable !== true) return;
  patches.push({ owner, key, descriptor });
  Object.defineProperty(owner, key, {
    value,
    configurable: true,
    enumerable: descriptor.enumerable ?? true,
    writable: true,
  });
}

function trapFunction(owner: object, key: string, api: string): void {
  const original = (owner as Owner)[key];
  if (typeof original !== "function") return;
  replace(
    owner,
    key,
    new Proxy(original as AnyFunction, {
      apply(target, self, args): unknown {
        escaped(api);
        return Reflect.apply(target, self, args);
      },
      construct(target, args, newTarget): object {
        escaped(`new ${api}`);
        return Reflect.construct(target, args, newTarget) as object;
      },
    }),
  );
}

function trapDate(): void {
  const Real = Date;
  const now = new Proxy(Real.now, {
    apply(): number {
      escaped("Date.now");
      return Real.now();
    },
  });
  replace(
    globalThis,
    "Date",
    new Proxy(Real, {
      apply(target): string {
        escaped("Date()");
        return target();
      },
      construct(target, args, newTarget): object {
        if (args.length === 0) escaped("new Date()");
        return Reflect.construct(target, args, newTarget) as object;
      },
      get(target, key): unknown {
        return key === "now" ? now : (Reflect.get(target, key) as unknown);
      },
    }),
  );
}

/** nextTick and queueMicrotask are drained with the event, so they are allowed; what they throw belongs to the node. */
function guardCallback(owner: object, key: string): void {
  const original = (owner as Owner)[key] as AnyFunction;
  replace(owner, key, function (this: unknown, callback: AnyFunction, ...args: unknown[]): unknown {
    const onError = running.node === undefined ? undefined : running.onError;
    if (onError === undefined) return Reflect.apply(original, this, [callback, ...args]);
    const guarded = (...given: unknown[]): void => {
      try {
        callback(...given);
      } catch (error) {
        onError(error);
      }
    };
    return Reflect.apply(original, this, [guarded, ...args]);
  });
}

function install(): void {
  trapDate();
  trapFunction(Math, "random", "Math.random");
  const Performance = Object.getPrototypeOf(performance) as object;
  for (const key of ["now", "mark", "measure", "toJSON"]) trapFunction(Performance, key, `performance.${key}`);
  const Crypto = Object.getPrototypeOf(globalThis.crypto) as object;
  for (const key of ["randomUUID", "getRandomValues"]) trapFunction(Crypto, key, `crypto.${key}`);
  for (const key of GLOBAL_TRAPS) trapFunction(globalThis, key, key);
  for (const key of PROCESS_TRAPS) trapFunction(process, key, `process.${key}`);
  const bigint = process.hrtime.bigint.bind(process.hrtime);
  trapFunction(process, "hrtime", "process.hrtime");
  replace(process.hrtime, "bigint", () => {
    escaped("process.hrtime.bigint");
    return bigint();
  });
  trapFunction(AbortSignal, "timeout", "AbortSignal.timeout");
  trapFunction(Atomics, "wait", "Atomics.wait");
  guardCallback(process, "nextTick");
  guardCallback(globalThis, "queueMicrotask");
  for (const [name, members] of Object.entries(MODULE_TRAPS)) {
    const owner = require(name) as Owner;
    const keys =
      members === "*"
        ? Object.keys(owner).filter((key) => typeof owner[key] === "function" && !isClassName(key))
        : members;
    for (const key of keys) trapFunction(owner, key, `${name}.${key}`);
  }
  syncBuiltinESMExports();
}

function isClassName(key: string): boolean {
  const first = key.charCodeAt(0);
  return (first >= 65 && first <= 90) || first === 95;
}

function uninstall(): void {
  for (const { owner, key, descriptor } of patches.reverse()) Object.defineProperty(owner, key, descriptor);
  patches = [];
  syncBuiltinESMExports();
}

/** Installs the traps until the returned function is called; runs that overlap share them. */
export function trapEscapes(): () => void {
  if (installed++ === 0) install();
  let released = false;
  return () => {
    if (released) return;
    released = true;
    if (--installed === 0) uninstall();
  };
}

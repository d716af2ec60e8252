/**
 * What a call that leaves the simulation does: `read` only gives a value that no seed decides, `act` begins something in the real
 * world (a timer, a request, a thread) whose end would come from outside.
 */
export type EscapeKind = "read" | "act";

/** What is trapped of one owner. */
export interface TrapRow {
  readonly owner: object;
  /** Its name in front of a member's, as people write it; `""` for a global. */
  readonly name: string;
  /** Names of its members, or which of its functions. */
  readonly members: readonly string[] | ((key: string) => boolean);
  readonly kind: EscapeKind | ((key: string) => EscapeKind);
  /** Whether a call with these arguments leaves the simulation; default always. */
  readonly when?: (args: readonly unknown[]) => boolean;
}

/** Node's modules whose functions reach the real world, by what they do. `load` is `require`. */
export function moduleRows(load: (name: string) => object): TrapRow[] {
  const row = (name: string, members: TrapRow["members"], kind: TrapRow["kind"] = "act"): TrapRow => ({
    owner: load(name),
    name,
    members,
    kind,
  });
  const prototypeOf = (name: string, type: string): object =>
    (load(name) as Record<string, { prototype: object }>)[type]?.prototype ?? {};
  const zlib = load("node:zlib");
  return [
    row("node:crypto", CRYPTO_READS, "read"),
    row("node:crypto", CRYPTO_ACTS),
    { ...row("node:crypto", ["sign", "verify"]), when: (args) => typeof args.at(-1) === "function" },
    row("node:timers", ["setTimeout", "setInterval", "setImmediate"]),
    row("node:timers/promises", ["setTimeout", "setInterval", "setImmediate"]),
    row("node:fs", isFunctionName, (key) => (SYNC_READS.has(key) ? "read" : "act")),
    row("node:fs/promises", isFunctionName),
    row("node:net", ["connect", "createConnection", "createServer"]),
    { ...row("node:net", ["connect"]), owner: prototypeOf("node:net", "Socket"), name: "node:net.Socket" },
    { ...row("node:net", ["listen"]), owner: prototypeOf("node:net", "Server"), name: "node:net.Server" },
    row("node:http", ["request", "get", "createServer"]),
    row("node:https", ["request", "get", "createServer"]),
    row("node:dns", isFunctionName),
    row("node:dgram", ["createSocket"]),
    row("node:child_process", isFunctionName),
    row("node:worker_threads", ["Worker"]),
    row("node:os", isFunctionName, "read"),
    // What has a synchronous twin works on another thread, and ends when that is done.
    row("node:zlib", (key) => `${key}Sync` in zlib || /^create[A-Z]/.test(key)),
  ];
}

const CRYPTO_READS = [
  ...["randomUUID", "randomBytes", "randomInt", "randomFillSync", "getRandomValues"],
  ...["generateKeyPairSync", "generateKeySync", "generatePrimeSync"],
];
const CRYPTO_ACTS = [
  ...["randomFill", "generateKeyPair", "generateKey", "generatePrime", "checkPrime", "pbkdf2", "scrypt", "hkdf"],
];
/** Of the file system, what only looks. */
const SYNC_READS: ReadonlySet<string> = new Set([
  ...["readFileSync", "existsSync", "statSync", "lstatSync", "accessSync", "readdirSync", "realpathSync"],
]);

/** Whether a module's export is called like a function, and not like a class or something private. */
function isFunctionName(key: string): boolean {
  const first = key.charCodeAt(0);
  return !((first >= 65 && first <= 90) || first === 95);
}

/** Globals, and what belongs to them. Dates and `process.env` are not here: they take more than a call. */
export function globalRows(): TrapRow[] {
  const prototypeOf = (value: object): object => Object.getPrototypeOf(value) as object;
  const world = globalThis as unknown as Record<string, object | undefined>;
  const rows: TrapRow[] = [
    { owner: globalThis, name: "", members: GLOBAL_ACTS, kind: "act" },
    { owner: globalThis, name: "", members: ["WeakRef", "FinalizationRegistry"], kind: "read" },
    { owner: WeakRef.prototype, name: "WeakRef", members: ["deref"], kind: "read" },
    { owner: FinalizationRegistry.prototype, name: "FinalizationRegistry", members: ["register"], kind: "read" },
    { owner: Math, name: "Math", members: ["random"], kind: "read" },
    { owner: prototypeOf(performance), name: "performance", members: PERFORMANCE, kind: "read" },
    { owner: prototypeOf(globalThis.crypto), name: "crypto", members: ["randomUUID", "getRandomValues"], kind: "read" },
    { owner: prototypeOf(globalThis.crypto.subtle), name: "crypto.subtle", members: isFunctionName, kind: "act" },
    { owner: process, name: "process", members: PROCESS_READS, kind: "read" },
    { owner: process, name: "process", members: ["exit", "reallyExit", "abort", "kill", "chdir"], kind: "act" },
    { owner: AbortSignal, name: "AbortSignal", members: ["timeout"], kind: "act" },
    { owner: Atomics, name: "Atomics", members: ["wait", "waitAsync"], kind: "act" },
    ...localeRows(),
  ];
  const { navigator, Temporal, WebAssembly } = world as {
    navigator?: object;
    Temporal?: { Now?: object };
    WebAssembly?: object;
  };
  if (navigator !== undefined)
    rows.push({ owner: prototypeOf(navigator), name: "navigator", members: NAVIGATOR, kind: "read" });
  if (WebAssembly !== undefined) rows.push({ owner: WebAssembly, name: "WebAssembly", members: WASM, kind: "act" });
  if (Temporal?.Now !== undefined)
    rows.push({ owner: Temporal.Now, name: "Temporal.Now", members: isFunctionName, kind: "read" });
  return rows;
}

const GLOBAL_ACTS = [
  ...["setTimeout", "setInterval", "setImmediate", "fetch"],
  ...["WebSocket", "EventSource", "MessageChannel", "BroadcastChannel"],
];
const PERFORMANCE = ["now", "mark", "measure", "toJSON", "timeOrigin", "nodeTiming", "eventLoopUtilization"];
const PROCESS_READS = [
  ...["pid", "ppid", "cwd", "hrtime", "uptime", "cpuUsage", "memoryUsage", "resourceUsage", "getActiveResourcesInfo"],
  ...["availableMemory", "constrainedMemory"],
];
const WASM = ["compile", "instantiate", "compileStreaming", "instantiateStreaming"];
const NAVIGATOR = ["hardwareConcurrency", "language", "languages", "platform", "userAgent"];

/** Locale and time zone of the machine: asked for wherever a call names none of its own. */
function localeRows(): TrapRow[] {
  const inLocale = (index: number) => (args: readonly unknown[]) => args[index] === undefined;
  const inZone = (args: readonly unknown[]): boolean =>
    args[0] === undefined || (args[1] as { timeZone?: unknown } | undefined)?.timeZone === undefined;
  const of = (owner: object, name: string, members: readonly string[], when?: TrapRow["when"]): TrapRow => ({
    owner,
    name,
    members,
    kind: "read",
    ...(when === undefined ? {} : { when }),
  });
  const date = "Date.prototype";
  return [
    of(Intl, "Intl", ["DateTimeFormat"], inZone),
    of(Intl, "Intl", INTL, inLocale(0)),
    of(String.prototype, "String.prototype", ["localeCompare"], inLocale(1)),
    of(String.prototype, "String.prototype", ["toLocaleUpperCase", "toLocaleLowerCase"], inLocale(0)),
    of(Number.prototype, "Number.prototype", ["toLocaleString"], inLocale(0)),
    of(BigInt.prototype, "BigInt.prototype", ["toLocaleString"], inLocale(0)),
    of(Date.prototype, date, ["toLocaleString", "toLocaleDateString", "toLocaleTimeString"], inZone),
    of(Date.prototype, date, ["toString", "toDateString", "toTimeString", "getTimezoneOffset"]),
    of(Date.prototype, date, ["getFullYear", "getMonth", "getDate", "getDay", "getHours", "getMinutes"]),
    of(Date.prototype, date, ["setFullYear", "setMonth", "setDate", "setHours", "setMinutes"]),
  ];
}

const INTL = [
  ...["NumberFormat", "Collator", "PluralRules", "RelativeTimeFormat", "ListFormat", "Segmenter", "DurationFormat"],
];

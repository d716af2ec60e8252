import { createRequire, syncBuiltinESMExports } from "node:module";
import { globalRows, moduleRows, type EscapeKind, type TrapRow } from "./escape-table.ts";

/** A call by which node code left the simulation. */
export interface Escape {
  readonly node: string;
  /** As people write it: `Math.random`, `new Date()`, `process.env.HOME`, `node:fs.readFileSync`. */
  readonly api: string;
  readonly kind: EscapeKind;
  /** From the caller on. */
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
  /** Hears of an escape. @returns whether the call may go on nevertheless. */
  onEscape: ((escape: Escape) => boolean) | undefined;
  /** Takes what node code threw in a callback, or rejected without a handler. */
  onError: ((error: unknown, isRejection?: boolean) => void) | undefined;
} = {
  node: undefined,
  onEscape: undefined,
  onError: undefined,
};

type AnyFunction = (...args: unknown[]) => unknown;

interface Call {
  readonly api: string;
  readonly kind: EscapeKind;
  /** The trap's own function: the stack begins above it. */
  readonly trap: (...args: never[]) => unknown;
}

/** A stack whose first frame is the runtime's own. */
const FROM_NODE = /^ {4}at (?:[^\n]*\()?node:/;

function escaped({ api, kind, trap }: Call): void {
  const node = running.node;
  if (node === undefined) return;
  // Whoever writes the stack down (a source map may be read for it) is not the node.
  running.node = undefined;
  let isAllowed: boolean | undefined;
  const error = new EscapeError(api, node);
  try {
    Error.captureStackTrace(error, trap);
    const stack = error.stack ?? "";
    // The runtime asks its own questions while a node runs: the console whether it may colour, a warning for the process's number.
    if (kind === "read" && FROM_NODE.test(stack.slice(stack.indexOf("\n    at ") + 1))) return;
    isAllowed = running.onEscape?.({ node, api, kind, stack });
  } finally {
    running.node = node;
  }
  if (isAllowed !== true) throw error;
}

/** One member of one owner, and what stands in its place while runs go on. */
interface Trap {
  readonly owner: object;
  readonly key: string;
  /** Makes the replacement; `undefined` when there is nothing to trap. */
  readonly make: (original: PropertyDescriptor) => PropertyDescriptor | undefined;
  /** What was made, and of what: whoever replaced the member since (fake timers do) gets a new one. */
  made?: { readonly of: unknown; readonly replacement: PropertyDescriptor | undefined };
}

function functionTrap(original: AnyFunction, api: string, row: Pick<TrapRow, "kind" | "when">, key: string): unknown {
  const kind = typeof row.kind === "function" ? row.kind(key) : row.kind;
  // Who takes a callback begins something.
  const kindOf = (args: readonly unknown[]): EscapeKind => (typeof args.at(-1) === "function" ? "act" : kind);
  const leaves = (args: readonly unknown[]): boolean => running.node !== undefined && (row.when?.(args) ?? true);
  const handler = {
    apply: (target: AnyFunction, self: unknown, args: unknown[]): unknown => {
      if (leaves(args)) escaped({ api, kind: kindOf(args), trap: handler.apply });
      return Reflect.apply(target, self, args);
    },
    construct: (target: AnyFunction, args: unknown[], newTarget: AnyFunction): object => {
      if (leaves(args)) escaped({ api: `new ${api}`, kind, trap: handler.construct });
      return Reflect.construct(target, args, newTarget) as object;
    },
  };
  return new Proxy(original, handler);
}

/** Traps a member: a call of a function, or the reading of anything else. */
function memberTrap(row: TrapRow, key: string): Trap {
  const api = row.name === "" ? key : `${row.name}.${key}`;
  return {
    owner: row.owner,
    key,
    make(original) {
      if (original.configurable !== true) return undefined;
      const { enumerable = true } = original;
      const get = Reflect.get(original, "get") as ((this: unknown) => unknown) | undefined;
      // What begins something is trapped where it begins, also where its name is looked up first.
      const value: unknown =
        get !== undefined && row.kind === "act" ? Reflect.apply(get, row.owner, []) : original.value;
      if (typeof value === "function")
        return {
          configurable: true,
          enumerable,
          writable: true,
          value: functionTrap(value as AnyFunction, api, row, key),
        };
      const kind = typeof row.kind === "function" ? row.kind(key) : row.kind;
      const read = function (this: unknown): unknown {
        if (running.node !== undefined) escaped({ api, kind, trap: read });
        return get === undefined ? value : Reflect.apply(get, this, []);
      };
      const set = Reflect.get(original, "set") as ((value: unknown) => void) | undefined;
      return { configurable: true, enumerable, get: read, ...(set === undefined ? {} : { set }) };
    },
  };
}

function trapsOf(row: TrapRow): Trap[] {
  const { owner, members } = row;
  const isFunction = (key: string): boolean => typeof Object.getOwnPropertyDescriptor(owner, key)?.value === "function";
  const keys =
    typeof members === "function"
      ? Object.getOwnPropertyNames(owner).filter((key) => key !== "constructor" && members(key) && isFunction(key))
      : members.filter((key) => Object.hasOwn(owner, key));
  return keys.map((key) => memberTrap(row, key));
}

/** `Date` itself: a time that is given is computed with, the present one or the machine's time zone is not. */
function dateTraps(): Trap[] {
  const made = new WeakMap<object, object>();
  const dateOf = (Real: DateConstructor): object => {
    const nowTrap = (): number => {
      escaped({ api: "Date.now", kind: "read", trap: nowTrap });
      return Real.now();
    };
    const now = new Proxy(() => Real.now(), { apply: nowTrap });
    const handler = {
      apply: (target: DateConstructor): string => {
        escaped({ api: "Date()", kind: "read", trap: handler.apply });
        return target();
      },
      construct: (target: DateConstructor, args: unknown[], newTarget: DateConstructor): object => {
        if (args.length === 0) escaped({ api: "new Date()", kind: "read", trap: handler.construct });
        if (args.length > 1) escaped({ api: "new Date(year, month, …)", kind: "read", trap: handler.construct });
        return Reflect.construct(target, args, newTarget) as object;
      },
      get: (target: DateConstructor, key: string | symbol): unknown =>
        key === "now" ? now : (Reflect.get(target, key) as unknown),
    };
    return new Proxy(Real, handler);
  };
  const trap = (owner: object, key: string): Trap => ({
    owner,
    key,
    make({ value, enumerable = false }) {
      const real = value as DateConstructor;
      if (!made.has(real)) made.set(real, dateOf(real));
      return { configurable: true, writable: true, enumerable, value: made.get(real) };
    },
  });
  return [trap(globalThis, "Date"), trap(Date.prototype, "constructor")];
}

/** `process.env`, each variable by its name. */
function environmentTrap(): Trap {
  return {
    owner: process,
    key: "env",
    make({ value, enumerable = true }) {
      const touch = (what: string, trap: unknown): void => {
        if (running.node !== undefined) escaped({ api: `process.env${what}`, kind: "read", trap: trap as AnyFunction });
      };
      const handler = {
        get: (target: Record<string, string>, key: string | symbol): unknown => {
          if (typeof key === "string") touch(`.${key}`, handler.get);
          return Reflect.get(target, key);
        },
        set: (target: Record<string, string>, key: string | symbol, value: unknown) => Reflect.set(target, key, value),
        has: (target: Record<string, string>, key: string | symbol): boolean => {
          if (typeof key === "string") touch(`.${key}`, handler.has);
          return Reflect.has(target, key);
        },
        ownKeys: (target: Record<string, string>): (string | symbol)[] => {
          touch("", handler.ownKeys);
          return Reflect.ownKeys(target);
        },
      };
      const env = new Proxy(value as Record<string, string>, handler);
      return { configurable: true, writable: true, enumerable, value: env };
    },
  };
}

function hrtimeBigintTrap(): Trap {
  return {
    owner: process.hrtime,
    key: "bigint",
    make(original) {
      const real = original.value as () => bigint;
      const trap = (): bigint => {
        escaped({ api: "process.hrtime.bigint", kind: "read", trap });
        return real();
      };
      return { ...original, value: trap };
    },
  };
}

/** What guards stand for. */
const guarded = new WeakMap<object, AnyFunction>();

/**
 * nextTick and queueMicrotask are drained with the event, so they are allowed; what they throw belongs to the node.
 *
 * A test runner puts its own nextTick in this place for each of its calls and takes it away a tick later, which may be in the middle of a run: the
 * guard stays, and what was assigned is what stands here afterwards.
 */
function callbackGuard(owner: object, key: string): Trap {
  return {
    owner,
    key,
    make(descriptor) {
      const found = descriptor.value as AnyFunction;
      const original = guarded.get(found) ?? found;
      const guard = function (this: unknown, callback: AnyFunction, ...args: unknown[]): unknown {
        const onError = running.node === undefined ? undefined : running.onError;
        if (onError === undefined) return Reflect.apply(original, this, [callback, ...args]);
        const caught = (...given: unknown[]): void => {
          try {
            callback(...given);
          } catch (error) {
            onError(error);
          }
        };
        return Reflect.apply(original, this, [caught, ...args]);
      };
      guarded.set(guard, original);
      const { enumerable = true } = descriptor;
      return {
        enumerable,
        configurable: true,
        get: () => guard,
        set: (value: AnyFunction) => {
          const patch = patches.find((one) => one.owner === owner && one.key === key);
          if (patch !== undefined) patch.descriptor = { ...patch.descriptor, value: guarded.get(value) ?? value };
        },
      };
    },
  };
}

let traps: readonly Trap[] | undefined;

function allTraps(): readonly Trap[] {
  const load = createRequire(import.meta.url) as (name: string) => object;
  return [
    ...dateTraps(),
    ...[...globalRows(), ...moduleRows(load)].flatMap(trapsOf),
    hrtimeBigintTrap(),
    environmentTrap(),
    callbackGuard(process, "nextTick"),
    callbackGuard(globalThis, "queueMicrotask"),
  ];
}

interface Patch {
  readonly owner: object;
  readonly key: string;
  /** What stands there when the traps are gone. */
  descriptor: PropertyDescriptor;
}

let installed = 0;
let patches: Patch[] = [];

type RejectionListener = (reason: unknown, promise: Promise<unknown>) => void;
let rejectionListeners: RejectionListener[] = [];

/** While node code runs its rejections belong to the node, not to the test runner around us. */
const onRejection: RejectionListener = (reason, promise) => {
  if (running.node !== undefined) running.onError?.(reason, true);
  else for (const listener of rejectionListeners) listener(reason, promise);
};

/** Where they lead to a file they write with the file system's functions, as these are when somebody first asks for the stream. */
const consoleStreams = (): unknown => [process.stdout, process.stderr];

function install(): void {
  consoleStreams();
  traps ??= allTraps();
  for (const trap of traps) {
    const { owner, key } = trap;
    const descriptor = Object.getOwnPropertyDescriptor(owner, key);
    if (descriptor === undefined) continue;
    const source: unknown = "value" in descriptor ? descriptor.value : Reflect.get(descriptor, "get");
    if (trap.made === undefined || trap.made.of !== source)
      trap.made = { of: source, replacement: trap.make(descriptor) };
    if (trap.made.replacement === undefined) continue;
    patches.push({ owner, key, descriptor });
    Object.defineProperty(owner, key, trap.made.replacement);
  }
  rejectionListeners = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", onRejection);
  syncBuiltinESMExports();
}

function uninstall(): void {
  process.removeListener("unhandledRejection", onRejection);
  for (const listener of rejectionListeners) process.on("unhandledRejection", listener);
  rejectionListeners = [];
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

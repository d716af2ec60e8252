import type { Leak } from "../run/checkup.ts";

/** What to write instead, by the beginning of what was called. */
const INSTEAD: readonly (readonly [RegExp, string])[] = [
  [
    /^(new Date|Date|Temporal)/,
    "take the time from env.clock: wall() for a date, monotonic() for durations and deadlines",
  ],
  [/^Intl|[lL]ocale|^navigator/, "name the locale and the time zone in the call, or compare by code unit"],
  [/^(performance|process\.(hrtime|uptime)|Temporal)/, "measure with env.clock.monotonic()"],
  [/^Math\.random|^crypto\.(randomUUID|getRandom)|^node:crypto\./, "draw from env.random"],
  [/^(crypto\.subtle|WebAssembly|node:zlib)/, "use a synchronous function that computes the same"],
  [/^(set(Timeout|Interval|Immediate)|node:timers|AbortSignal|a real timer|Atomics)/, "create a timer with env.timers"],
  [/^process\.env|^process\.(pid|ppid|cwd)|^node:os/, "hand it to the program in its config"],
  [
    /^(new )?(WeakRef|FinalizationRegistry)/,
    "keep a plain reference and drop it at a moment of your own: collection comes when it comes",
  ],
  [/^(node:fs|a read or write)/, "use env.disk; what the scenario itself needs is read before it is defined"],
  [
    /^(fetch|node:(net|http|https|dns|dgram)|new (WebSocket|EventSource)|a real (connection|look-up))/,
    "send with env.transport",
  ],
  [
    /^(new )?(node:(worker_threads|child_process)|MessageChannel|BroadcastChannel|another)/,
    "run it on a node of its own, as a program",
  ],
  [/^process\.(exit|abort|kill|reallyExit)/, "throw: an error that leaves a program ends its node, and no other"],
];

/** One sentence on what to do about a leak. */
export function adviceFor({ kind, what }: Pick<Leak, "kind" | "what">): string {
  if (kind === "rejection")
    return "await the promise, or give it a catch: unhandled it ends the process, here the node";
  if (kind === "outside")
    return "something real called back: wait for env.timers, env.transport or env.disk, and import before the run";
  return INSTEAD.find(([names]) => names.test(what))?.[1] ?? "take it from the program's NodeEnv";
}

/** What to do when two runs part where nothing was seen to leak. */
export const PARTING_ADVICE =
  "what is computed when the file is loaded, or kept from an earlier run, is no part of the seed: take it from env or config when the program starts";

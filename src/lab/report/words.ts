import type { Fields, Plain } from "../../trace/plain.ts";
import { formatSeconds } from "../../trace/units.ts";
import type { MessageTone, Tone } from "./model.ts";

/** An integer with commas between thousands. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** `1 rule`, `3 rules`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** `n1`, `n1 and n2`, `n1, n2 and n3`. */
export function listWords(names: readonly string[]): string {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} and ${names[names.length - 1] ?? ""}`;
}

const TONES: Readonly<Record<string, Tone>> = {
  leader: "leader",
  primary: "leader",
  candidate: "candidate",
  "pre-candidate": "pre-candidate",
  follower: "follower",
  replica: "follower",
};

/** What a state looks like: its colour, the letter that stands for it, its words, and whether it is worth drawing. */
export interface StateLook {
  readonly tone: Tone;
  readonly letter: string;
  readonly words: string;
  readonly isShown: boolean;
}

// Values that say "nothing to see": the state is then only in the table of a moment.
const QUIET: Readonly<Record<string, readonly string[]>> = {
  writable: ["no"],
  fence: ["open", "none"],
  coordinator: ["healthy", "resolved"],
  health: ["healthy"],
  breaker: ["closed"],
  lock: ["free", "none"],
};

/** Looks of a state on the main band (role, or the first state of a program without roles). */
export function mainLook(key: string, value: string, fields: Fields): StateLook {
  const tone = TONES[value] ?? "plain";
  const letter = (value.charAt(0) || "–").toUpperCase();
  return { tone, letter, words: key === "role" ? roleWords(value, fields) : value.replaceAll("_", " "), isShown: true };
}

function roleWords(value: string, fields: Fields): string {
  const term = fields["term"] === undefined ? "" : `, term ${String(fields["term"])}`;
  if (value !== "follower") return value + (value === "pre-candidate" ? "" : term);
  const leader = fields["leader"];
  if (leader === undefined) return value + term;
  return leader === "" ? "follower, no leader" : `follower of ${String(leader)}${term}`;
}

/** Looks of a state on a sub-band. */
export function subLook(key: string, value: string, fields: Fields): StateLook {
  const isShown = !(QUIET[key] ?? []).includes(value);
  const words = subWords(key, value, fields);
  const tone: Tone = key === "writable" ? "access" : key === "fence" && isShown ? "fence" : "plain";
  return { tone, letter: "", words, isShown };
}

function subWords(key: string, value: string, fields: Fields): string {
  const text = value.replaceAll("_", " ");
  const epoch = fields["epoch"] === undefined ? "" : `, epoch ${String(fields["epoch"])}`;
  if (key === "writable") return value === "yes" ? `may write${epoch}` : "may not write";
  if (key === "fence")
    return value === "fenced" ? "fenced: writes refused" : value === "failed" ? "fence failed" : text;
  if (key === "coordinator") return text;
  if (key === "lock" || key === "breaker")
    return fields["token"] === undefined ? `${key} ${text}` : `${key} ${text}, token ${String(fields["token"])}`;
  return `${key} ${text}`;
}

/** A message type in words: without its protocol, hyphens as spaces. */
export function messageWords(type: string): { readonly one: string; readonly many: string; readonly isReply: boolean } {
  const dot = type.indexOf(".");
  const protocol = dot < 0 ? "" : type.slice(0, dot);
  const name = type.slice(dot + 1).replaceAll("-", " ") || type;
  const one = protocol === "" || protocol === "raft" ? name.replace(/^(pre) /, "$1-") : `${protocol} ${name}`;
  const many = /[^aeiou]y$/.test(one) ? `${one.slice(0, -1)}ies` : `${one}s`;
  return { one, many, isReply: /(?:^|[.-])(?:reply|ack|response|answer)$/.test(type) };
}

/** How a type of message between two nodes is drawn. */
export function messageTone(type: string): MessageTone {
  if (/vote|timeout-now|transfer|elect/.test(type)) return "decisive";
  if (/append|replicat|entries/.test(type)) return "append";
  if (/^detector\.|\.(?:ping|pong|gossip|probe)\b/.test(type)) return "background";
  return "routine";
}

/** Why messages did not arrive, to follow their count; `cut` names the fault when there is more than one. */
export function dropWords(reason: string, fault: string, isOnlyCut: boolean): string {
  const by = fault === "" ? "" : ` (${fault})`;
  switch (reason) {
    case "partition":
      return isOnlyCut || fault === "" ? "lost to the cut" : `lost to ${fault}`;
    case "loss":
      return `lost on the way${by}`;
    case "crashed":
      return "lost, receiver down";
    case "stale-connection":
      return "lost, old connection";
    case "queue-full":
      return `lost, queue full${by}`;
    case "unknown-node":
      return "lost, no such node";
    default:
      return `lost: ${reason}${by}`;
  }
}

/** An operation on its bar: `x=26`, `x` for a read, the operation's name when it has no key. */
export function operationWords(name: string, key: string, value: Plain): string {
  const inner =
    value !== null && typeof value === "object" && "value" in value
      ? (value as { readonly value: Plain }).value
      : value;
  const subject = key === "" ? name : name === "write" ? key : `${name} ${key}`;
  if (inner === null) return subject;
  return shorten(`${subject}=${typeof inner === "string" ? inner : JSON.stringify(inner)}`, 24);
}

/** Cuts a text that a user's program made to what fits in a drawing. */
export function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/** A moment without superfluous zeros for captions: `10 s`, `10.25 s`. */
export function shortSeconds(micros: number): string {
  return formatSeconds(micros).replace(/\.?0+ s$/, " s");
}

import type { Fields } from "../../trace/plain.ts";
import { formatDuration } from "../../trace/units.ts";

type Spec = Readonly<Record<string, unknown>>;

/** A fault as its start record tells it. */
export interface ToldFault {
  readonly id: string;
  readonly kind: string;
  readonly spec: Spec;
  readonly groups: readonly (readonly string[])[];
}

export function readFault(id: string, fields: Fields): ToldFault {
  const parse = (key: string): unknown =>
    typeof fields[key] === "string" ? (JSON.parse(fields[key]) as unknown) : undefined;
  return {
    id,
    kind: String(fields["kind"] ?? "fault"),
    spec: (parse("spec") as Spec | undefined) ?? {},
    groups: (parse("groups") as string[][] | undefined) ?? [],
  };
}

/** `n1, n2 and n3`; long lists are counted. */
export function list(names: readonly string[]): string {
  if (names.length > 6) return `${names.slice(0, 4).join(", ")} and ${String(names.length - 4)} more`;
  return names.length < 2 ? (names[0] ?? "nobody") : `${names.slice(0, -1).join(", ")} and ${names.at(-1) as string}`;
}

/** `n1 n2`, as sides of a split are written. */
function side(names: readonly string[]): string {
  return names.length > 8 ? `${names.slice(0, 6).join(" ")} and ${String(names.length - 6)} more` : names.join(" ");
}

function everybody(fault: ToldFault): string[] {
  return [...new Set(fault.groups.flat())];
}

function isSplit(fault: ToldFault): boolean {
  return fault.kind === "partition";
}

const NETWORK_KINDS = new Set(
  "partition flap delay jitter loss burst-loss duplicate reorder bandwidth queue-limit blackhole corrupt hold".split(
    " ",
  ),
);

/** Whether the fault is about links, so that its end is a healing. */
export function isNetworkFault(fault: ToldFault): boolean {
  return NETWORK_KINDS.has(fault.kind);
}

/** One sentence: what begins. */
export function beginning(fault: ToldFault): string {
  const all = everybody(fault);
  const who = list(all);
  const one = all.length === 1;
  switch (fault.kind) {
    case "partition":
      return beginningOfShape(fault, textOf(fault.spec["shape"], "split"));
    case "flap":
      return `Again and again: ${lowerFirst(beginningOfShape(fault, shapeOf(fault.spec["shape"])))}`;
    case "delay":
    case "jitter":
      return `Messages ${scope(all)} begin to arrive ${fault.kind === "delay" ? "late" : "irregularly"}.`;
    case "loss":
      return `Messages ${scope(all)} begin to get lost.`;
    case "burst-loss":
      return `Messages ${scope(all)} begin to get lost in bursts.`;
    case "bandwidth":
      return `Links ${all.length === 0 ? "between nodes" : `of ${who}`} become narrow (${textOf(fault.spec["rate"], "?")}).`;
    case "queue-limit":
      return `Of messages ${scope(all)} only ${textOf(fault.spec["messages"], "?")} fit on a link at once.`;
    case "corrupt":
      return `Messages ${scope(all)} begin to arrive altered.`;
    case "duplicate":
      return `Messages ${scope(all)} begin to arrive twice.`;
    case "reorder":
      return `Messages ${scope(all)} begin to overtake each other.`;
    case "blackhole":
      return `Messages ${scope(all)} begin to vanish without a word.`;
    case "hold":
      return `Messages ${scope(all)} are held back.`;
    case "release":
      return `Messages ${scope(all)} that were held back arrive.`;
    case "dns-stale":
      return beginningOfStaleName(fault);
    case "skew":
      return `The wall clock of ${who} is off by ${amount(fault.spec["offset"])}.`;
    case "step":
      return `The wall clock of ${who} steps by ${amount(fault.spec["by"])}.`;
    case "drift":
      return `The clock of ${who} drifts by ${textOf(fault.spec["ppm"], "?")} ppm.`;
    case "strobe":
      return `The wall clock of ${who} jumps by ${amount(fault.spec["offset"])} and back, again and again.`;
    case "freeze":
      return `The wall clock of ${who} stands still.`;
    case "smear":
      return `The wall clock of ${who} moves slowly by ${amount(fault.spec["by"])}.`;
    case "wrong-at-boot":
      return `From now on the wall clock of ${who} is off by ${amount(fault.spec["offset"])} after a boot.`;
    case "leap-second":
      return `A leap second: the wall clock of ${who} repeats one second.`;
    case "crash":
      return `${who} ${one ? "loses" : "lose"} power.`;
    case "kill":
      return `The process of ${who} is killed.`;
    case "restart":
      return `${who} ${one ? "is" : "are"} restarted.`;
    case "restart-loop":
      return `${who} ${one ? "goes" : "go"} down soon after each start.`;
    case "slow":
      return `${who} ${one ? "becomes" : "become"} slow (${textOf(fault.spec["factor"], "?")} times).`;
    case "rolling-restart":
      return `${who} are restarted in turn.`;
    case "pause":
      return `${who} ${one ? "is" : "are"} paused.`;
    case "disk-slow":
      return `The disk of ${who} becomes slow.`;
    case "disk-lose-unsynced":
      return `From now on a power loss of ${who} loses what was not synced.`;
    case "disk-torn-write":
      return `From now on a power loss of ${who} tears the last write.`;
    case "wipe":
      return `${who} ${one ? "loses its disk" : "lose their disks"}.`;
    case "disk-full":
      return `The disk of ${who} is full.`;
    case "disk-fsync-fails":
      return `Syncs of the disk of ${who} begin to fail.`;
    case "disk-read-only":
      return `The disk of ${who} takes no more changes.`;
    case "disk-stuck":
      return `The disk of ${who} is stuck.`;
    case "bit-rot":
      return `Bits rot on the disk of ${who}.`;
    case "shared-disk":
      return `${who} ${one ? "is" : "are"} started on the disk of ${list(fault.groups[1] ?? [])}.`;
    case "order":
      return `${who} ${one ? "is" : "are"} told: ${orderText(fault.spec["order"])}.`;
    case "ofd-fails":
      return `Every registration at ${who} fails.`;
    case "ofd-timeout-after-accept":
      return `${who} ${one ? "accepts" : "accept"} registrations and ${one ? "answers" : "answer"} none.`;
    case "ofd-slow":
      return `${who} ${one ? "becomes" : "become"} slow (${amount(fault.spec["by"])}).`;
    case "ofd-duplicate-delivery":
      return `${who} ${one ? "handles" : "handle"} every registration twice.`;
    default:
      return `The fault ${fault.id} (${fault.kind}) starts${all.length > 0 ? ` on ${who}` : ""}.`;
  }
}

function beginningOfStaleName({ groups }: ToldFault): string {
  const [senders = [], names = [], [to] = []] = groups;
  const name = `the name ${list(names)}`;
  if (to === undefined) return `${list(senders)} can no longer resolve ${name}.`;
  return `${list(senders)} ${senders.length === 1 ? "resolves" : "resolve"} ${name} to ${to}.`;
}

function beginningOfShape(fault: ToldFault, shape: string): string {
  const [a = [], b = [], ...more] = fault.groups;
  switch (shape) {
    case "split":
      if (more.length > 0)
        return `The network splits into ${String(fault.groups.length)} sides: ${fault.groups.map(side).join(" | ")}.`;
      return `The network splits: ${side(a)} on one side, ${side(b)} on the other.`;
    case "isolate":
      return `${list(a)} ${a.length === 1 ? "is" : "are"} cut off from everybody.`;
    case "deaf":
      return `${list(a)} ${a.length === 1 ? "hears" : "hear"} nobody any more, but can still send.`;
    case "mute":
      return `Nobody hears ${list(a)} any more.`;
    case "one-way":
      return `${list(a)} still ${a.length === 1 ? "hears" : "hear"} ${list(b)}, but not the other way round.`;
    case "bridge":
      return `The network splits but for a bridge: ${fault.groups.map(side).join(" | ")}.`;
    case "majorities-ring":
      return `Each of ${list(everybody(fault))} hears another majority.`;
    case "hub-loss":
      return `The hub ${list(fault.groups.at(-1) ?? [])} is lost; ${fault.groups.length > 1 ? `left are ${fault.groups.slice(0, -1).map(side).join(" | ")}` : "nobody hears anybody"}.`;
    case "random-halves":
      return `The network splits in halves: ${fault.groups.map(side).join(" | ")}.`;
    case "chain":
      return `The network becomes a chain: ${everybody(fault).join(" – ")}.`;
    case "links":
      return `Links are cut: ${list(linksOf(fault))}.`;
    default:
      return `The network is cut (${shape}): ${fault.groups.map(side).join(" | ")}.`;
  }
}

/** `n1–n2` for both directions, `n1→n2` for one; groups come in pairs of sender and receiver. */
function linksOf(fault: ToldFault): string[] {
  const arrow = fault.spec["both"] === true ? "–" : "→";
  return fault.groups.flatMap((from, i) =>
    i % 2 === 1 ? [] : [`${from.join(" ")}${arrow}${(fault.groups[i + 1] ?? []).join(" ")}`],
  );
}

function scope(names: readonly string[]): string {
  return names.length === 0 ? "between nodes" : `of ${list(names)}`;
}

function textOf(value: unknown, otherwise: string): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : otherwise;
}

/** A signed duration; specs in records are as written, or parsed. */
function amount(value: unknown): string {
  const text = typeof value === "number" ? formatDuration(value) : textOf(value, "some time");
  return text.replace(/^(?=\d)/, "+").replace("-", "−");
}

function shapeOf(inner: unknown): string {
  return typeof inner === "object" && inner !== null && "shape" in inner ? String(inner.shape) : "split";
}

function lowerFirst(text: string): string {
  return ["The ", "Each ", "Links "].some((start) => text.startsWith(start))
    ? text.charAt(0).toLowerCase() + text.slice(1)
    : text;
}

/** One sentence: what ends; `""` when the end is no event of its own. */
export function ending(fault: ToldFault): string {
  const all = everybody(fault);
  const who = list(all);
  const one = all.length === 1;
  if (isSplit(fault)) return "The network heals.";
  switch (fault.kind) {
    case "flap":
      return "The network stops flapping.";
    case "delay":
    case "jitter":
    case "loss":
    case "burst-loss":
    case "duplicate":
    case "reorder":
    case "bandwidth":
    case "queue-limit":
    case "blackhole":
    case "corrupt":
      return "The network is as before.";
    case "hold":
      return `Messages ${scope(all)} that were held back arrive.`;
    case "dns-stale":
      return `The name ${list(fault.groups[1] ?? [])} is resolved as before.`;
    case "crash":
    case "kill":
    case "wipe":
      return `${who} ${one ? "starts" : "start"} again.`;
    case "disk-full":
      return `The disk of ${who} has room again.`;
    case "disk-fsync-fails":
      return `Syncs of the disk of ${who} succeed again.`;
    case "disk-read-only":
      return `The disk of ${who} takes changes again.`;
    case "disk-stuck":
      return `The disk of ${who} goes on.`;
    case "shared-disk":
      return `${who} ${one ? "is" : "are"} started on ${one ? "its own disk" : "their own disks"} again.`;
    case "restart-loop":
      return `${who} ${one ? "stays" : "stay"} up again.`;
    case "slow":
      return `${who} ${one ? "is" : "are"} as fast as before.`;
    case "pause":
      return `${who} ${one ? "goes" : "go"} on.`;
    case "disk-slow":
      return `The disk of ${who} is as fast as before.`;
    case "ofd-fails":
    case "ofd-timeout-after-accept":
    case "ofd-slow":
    case "ofd-duplicate-delivery":
      return `${who} ${one ? "works" : "work"} as before.`;
    case "freeze":
      return `The wall clock of ${who} runs again.`;
    case "skew":
    case "drift":
    case "strobe":
    case "smear":
    case "wrong-at-boot":
      return `The clock of ${who} is set right.`;
    case "rolling-restart":
      return "Every node was restarted.";
    case "step":
    case "leap-second":
    case "restart":
    case "disk-lose-unsynced":
    case "disk-torn-write":
    case "release":
    case "bit-rot":
    case "order":
      return "";
    default:
      return `The fault ${fault.id} ends.`;
  }
}

/** `raft.reconfigure, remove n1 n2`. */
function orderText(order: unknown): string {
  const { type, ...more } = (order ?? {}) as Spec;
  const parts = Object.entries(more).map(([key, value]) => {
    const text = Array.isArray(value) ? value.join(" ") : typeof value === "string" ? value : JSON.stringify(value);
    return `${key} ${text}`;
  });
  return [String(type), ...parts].join(", ");
}

const NO_WRITES: Readonly<Record<string, string>> = {
  "no-lease": "a majority has not answered for one lease",
  "not-leader": "it no longer leads",
  fenced: "it is fenced",
  "old-epoch": "a newer epoch exists",
  coordinator: "its coordinator saw a split",
  unhealthy: "it is not healthy",
  "not-ready": "its write access was taken back",
};

/** Why a node stopped taking writes, in plain words; `""` when unknown. */
export function whyNoWrites(reason: string): string {
  return NO_WRITES[reason] ?? reason;
}

const DETECTIONS: Readonly<Record<string, string>> = {
  "elected-without-quorum": "leads without a quorum",
  "writable-without-lease": "could write without a lease",
  "old-epoch": "leads an old epoch",
  "dual-leader": "is not the only leader",
  "detector-error": "cannot tell whether it still leads",
};

export function whatDetected(reason: string): string {
  return DETECTIONS[reason] ?? reason;
}

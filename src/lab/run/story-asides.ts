import type { Fields } from "../../trace/plain.ts";
import type { PointRecord, StateRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { formatCount } from "../report/words.ts";

/** A line beside the thread of who leads. `what` is its sort, of which a node gets a few. */
export interface Aside {
  readonly about: string;
  readonly what: string;
  readonly text: string;
  readonly weight: number;
}

/** The records {@link Asides} lives by. */
export const ASIDE_TRIGGERS: readonly string[] = [
  "state:health",
  "state:writable",
  "state:process",
  "point:lost-found",
  "point:promotion.wait",
  "point:isolation",
  "point:raft.transfer",
];

const SICK: Readonly<Record<string, string>> = {
  disk_full: "its disk is full",
  disk_slow: "its disk is slow",
  event_loop_lag: "its timers run late",
  clock: "its wall clock is not the others'",
};

/** What happens beside the thread of who leads: sickness, handovers, promotions that wait, two who write, what was left behind. */
export class Asides {
  readonly #handsOverTo = new Map<string, string>();
  /** Who said last that it takes writes, and runs. */
  readonly #writers = new Set<string>();
  readonly #paused = new Set<string>();
  #lastIsolation = "";

  tell(record: StateRecord | PointRecord): Aside | undefined {
    if (record.kind === "state") return this.#state(record);
    const { node, name, fields } = record;
    switch (name) {
      case "lost-found":
        return { about: node, what: "left behind", text: leftBehind(node, fields), weight: 3 };
      case "promotion.wait":
        return { about: node, what: "promotion", text: waiting(node, fields), weight: 3 };
      case "isolation":
        return this.#isolated(fields);
      case "raft.transfer":
        if (fields["outcome"] === "started") this.#handsOverTo.set(node, String(fields["target"]));
        else if (fields["outcome"] !== "sent") this.#handsOverTo.delete(node);
        return undefined;
      default:
        return undefined;
    }
  }

  /** To whom a node is handing leadership over; `""` for nobody. */
  handsOverTo(node: string): string {
    return this.#handsOverTo.get(node) ?? "";
  }

  /** A device may be asked twice for the same. */
  #isolated(fields: Fields): Aside | undefined {
    const target = String(fields["target"]);
    const isConfirmed = fields["confirmed"] === true;
    const answer = `${target} ${String(fields["epoch"])} ${String(isConfirmed)}`;
    if (answer === this.#lastIsolation) return undefined;
    this.#lastIsolation = answer;
    const text = isConfirmed
      ? `The isolation device has cut ${target} off.`
      : `Nobody confirms that ${target} is cut off.`;
    return { about: target, what: "isolation", text, weight: 3 };
  }

  #state({ node, key, value, fields }: StateRecord): Aside | undefined {
    if (key === "health") {
      if (value !== "unhealthy") return undefined;
      const reason = String(fields["reason"]);
      return { about: node, what: "health", text: `${node} is unhealthy: ${SICK[reason] ?? reason}.`, weight: 3 };
    }
    if (key === "process") {
      if (value === "paused") this.#paused.add(node);
      else this.#paused.delete(node);
      if (value === "down") this.#writers.delete(node);
      return undefined;
    }
    if (key !== "writable") return undefined;
    if (value !== "yes") {
      this.#writers.delete(node);
      return undefined;
    }
    // Of one that is paused nobody knows what it believes.
    const other = [...this.#writers].find((one) => one !== node && !this.#paused.has(one));
    this.#writers.add(node);
    if (other === undefined) return undefined;
    return { about: node, what: "two writers", text: `${node} takes writes, and ${other} has not stopped.`, weight: 1 };
  }
}

/** What one node alone had, and the present primary has not. */
function leftBehind(node: string, fields: Fields): string {
  const txids = String(fields["txids"]);
  const [first = 0, last = first] = txids.split("-").map(Number);
  const count = last - first + 1;
  const [what, fate] =
    count === 1
      ? [`transaction ${txids}`, "it is lost"]
      : [`transactions ${txids}`, `these ${formatCount(count)} are lost`];
  return `${node} has ${what} that the primary has not: ${fate} to the cluster, and kept in ${String(fields["path"])}.`;
}

function waiting(node: string, fields: Fields): string {
  const wait = formatSeconds(Number(fields["waitMs"]) * 1_000);
  if (fields["policy"] === "isolate")
    return `${node} takes no writes before the old primary is cut off for certain, or ${wait} have passed.`;
  return `${node} takes no writes for ${wait}: then the old primary's lease is over for certain.`;
}

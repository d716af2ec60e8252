import type { Micros } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { list } from "./story-words.ts";

interface Return {
  /** The leader it follows, `""` while none. */
  follows: string;
  /** −1 when it followed already at the end of the fault. */
  followsAfter: Micros;
  /** When it was first on the primary's chain of transactions; −1 when it was all along, or there is none. */
  streamsAfter: Micros;
  isHealthy: boolean;
  /** −1 when it was healthy already. */
  healthyAfter: Micros;
}

/** Nodes that lost something during one fault, and how they came back after its end. */
export class Returns {
  readonly #nodes = new Map<string, Return>();
  #endedAt: Micros = -1;
  #isClosed = false;

  has(node: string): boolean {
    return this.#nodes.has(node);
  }

  /** The node must come back. After the end of the fault, what happens to it is another story. */
  lost(node: string): void {
    if (this.#endedAt >= 0) return;
    this.#nodes.set(node, { follows: "", followsAfter: -1, streamsAfter: -1, isHealthy: false, healthyAfter: -1 });
  }

  /** The node leads: it need not come back. */
  forget(node: string): void {
    if (this.#endedAt < 0) this.#nodes.delete(node);
  }

  end(time: Micros): void {
    this.#endedAt = time;
  }

  /** Another fault began: what comes back from now on is its story. */
  close(): void {
    if (this.#endedAt >= 0) this.#isClosed = true;
  }

  /** What was so already when the fault ended. */
  found(node: string, state: { readonly follows: string; readonly isHealthy: boolean }): void {
    this.#nodes.set(node, { ...state, followsAfter: -1, streamsAfter: -1, healthyAfter: -1 });
  }

  follows(node: string, leader: string, time: Micros): void {
    const one = this.#nodes.get(node);
    if (this.#endedAt < 0 || this.#isClosed || one === undefined || one.follows !== "") return;
    one.follows = leader;
    one.followsAfter = time - this.#endedAt;
  }

  streams(node: string, time: Micros): void {
    const one = this.#nodes.get(node);
    if (this.#endedAt < 0 || this.#isClosed || one === undefined || one.streamsAfter >= 0) return;
    one.streamsAfter = time - this.#endedAt;
  }

  healthy(node: string, time: Micros): void {
    const one = this.#nodes.get(node);
    if (this.#endedAt < 0 || this.#isClosed || one === undefined || one.isHealthy) return;
    one.isHealthy = true;
    one.healthyAfter = time - this.#endedAt;
  }

  /** Nodes that never followed anybody again, though nothing else went wrong. */
  missing(): string[] {
    if (this.#isClosed) return [];
    return [...this.#nodes].filter(([, one]) => one.follows === "").map(([node]) => node);
  }

  /** ` X follows Y after D and is healthy after D.` for a few, a summary for many; `""` for nobody. */
  text(): string {
    const told = [...this.#nodes].filter(([, one]) =>
      [one.followsAfter, one.streamsAfter, one.healthyAfter].some((after) => after >= 0),
    );
    if (told.length > 2) return summary(told);
    return told.map(([node, one]) => ` ${sentence(node, one)}`).join("");
  }
}

function sentence(node: string, one: Return): string {
  const parts = [
    ...(one.followsAfter < 0 ? [] : [`follows ${one.follows} ${after(one.followsAfter)}`]),
    ...(one.streamsAfter < 0 ? [] : [`is on the primary's chain after ${formatSeconds(one.streamsAfter)}`]),
    ...(one.healthyAfter < 0 ? [] : [`is healthy after ${formatSeconds(one.healthyAfter)}`]),
  ];
  return `${node} ${list(parts)}.`;
}

/** When, after the heal: nothing takes `0.000 s`. */
function after(micros: Micros): string {
  return micros < 500 ? "at once" : `after ${formatSeconds(micros)}`;
}

function summary(told: readonly (readonly [string, Return])[]): string {
  const leaders = [...new Set(told.map(([, one]) => one.follows).filter((leader) => leader !== ""))];
  const last = (of: (one: Return) => Micros): Micros => Math.max(...told.map(([, one]) => of(one)));
  const nodes = told.map(([node]) => node);
  const follows = last((one) => one.followsAfter);
  const streams = last((one) => one.streamsAfter);
  const healthy = last((one) => one.healthyAfter);
  const parts = [
    ...(follows < 0 ? [] : [`follow ${list(leaders)} within ${formatSeconds(follows)}`]),
    ...(streams < 0 ? [] : [`are on the primary's chain within ${formatSeconds(streams)}`]),
    ...(healthy < 0 ? [] : [`are healthy within ${formatSeconds(healthy)}`]),
  ];
  return ` ${list(nodes)} ${list(parts)}.`;
}

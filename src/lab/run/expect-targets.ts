import type { FaultRecord } from "../../trace/record.ts";
import { parseWho, type Who } from "../scenario/targets.ts";

interface StartedFault {
  readonly groups: readonly (readonly string[])[];
  readonly roles: Readonly<Record<string, readonly string[]>>;
}

/** Whom the faults of a run meant, as their start records say. */
export class FaultTargets {
  readonly #nodes: readonly string[];
  readonly #started = new Map<string, StartedFault>();

  /** @param nodes The cluster's nodes, whom `all` means. */
  constructor(nodes: readonly string[]) {
    this.#nodes = nodes;
  }

  remember(record: FaultRecord): void {
    const read = (key: string): unknown => {
      const text = record.fields[key];
      return typeof text === "string" ? JSON.parse(text) : undefined;
    };
    const groups = (read("groups") ?? []) as StartedFault["groups"];
    const roles = (read("roles") ?? {}) as StartedFault["roles"];
    this.#started.set(record.fault, { groups, roles });
  }

  /** The nodes a target means now; none while its fault has not started. */
  resolve(target: string): readonly string[] {
    return this.#resolve(parseWho(target));
  }

  #resolve(who: Who): readonly string[] {
    switch (who.kind) {
      case "all":
        return this.#nodes;
      case "node":
        return [who.node];
      case "group":
        return this.#started.get(who.fault)?.groups[who.index] ?? [];
      case "role":
        return this.#started.get(who.fault)?.roles[who.role] ?? [];
      case "not": {
        const others = this.#resolve(who.who);
        return others.length === 0 ? [] : this.#nodes.filter((node) => !others.includes(node));
      }
    }
  }
}

import type { PointRecord, TraceRecord } from "../../../trace/record.ts";
import type { TraceListener } from "../../../trace/listeners.ts";
import type { Cluster } from "../cluster.ts";
import { textOf } from "./fields.ts";

/** `unknown`: a power loss left either the old or the new name. */
export type Presence = "absent" | "present" | "unknown";

/** One marker file of one node: what its programs see, and what a power loss would leave. */
export interface Marker {
  visible: Presence;
  durable: Presence;
  /** Its name has existed at any time. */
  existed: boolean;
  directory: string;
}

export const PRIMARY = ".primary";
export const BLOCKED = ".primary.blocked";

/** The marker files `.primary` and `.primary.blocked` of each member, from what its disk did. */
export class MarkerView implements TraceListener {
  readonly triggers = [
    "point:disk.write",
    "point:disk.rename",
    "point:disk.remove",
    "point:disk.sync-dir",
    "state:process",
  ];
  readonly #cluster: Cluster;
  readonly #primary: readonly Marker[];
  readonly #blocked: readonly Marker[];
  readonly #isLifted: Uint8Array;

  constructor(cluster: Cluster) {
    const make = (): Marker => ({ visible: "absent", durable: "absent", existed: false, directory: "" });
    this.#cluster = cluster;
    this.#primary = cluster.ids.map(make);
    this.#blocked = cluster.ids.map(make);
    this.#isLifted = new Uint8Array(cluster.size);
  }

  primary(member: number): Readonly<Marker> {
    return this.#primary[member] as Marker;
  }
  blocked(member: number): Readonly<Marker> {
    return this.#blocked[member] as Marker;
  }

  /** A `.primary` was written after the last `.primary.blocked`: epochs only grow, so the newer marker is the valid one. */
  isLifted(member: number): boolean {
    return this.#isLifted[member] === 1;
  }

  /**
   * Why the disk does not bear out a claim that the node is fenced; `undefined` when it does: no `.primary` is left, for good,
   * and if there ever was one, `.primary.blocked` is there, for good.
   */
  missingEvidence(member: number): string | undefined {
    const primary = this.primary(member);
    const blocked = this.blocked(member);
    if (primary.visible === "present") return "its .primary is still there";
    if (primary.existed && blocked.visible === "absent") return "there is no .primary.blocked";
    if (primary.durable === "present" && primary.visible === "absent")
      return "its .primary would be back after a power loss (its directory is not synced)";
    if (primary.existed && blocked.durable === "absent" && blocked.visible === "present")
      return "its .primary.blocked would be gone after a power loss (its directory is not synced)";
    return undefined;
  }

  on(record: TraceRecord): void {
    const member = this.#cluster.number(record.node);
    if (member < 0) return;
    const both = [this.#primary[member] as Marker, this.#blocked[member] as Marker];
    if (record.kind === "state") {
      if (record.origin !== "world" || record.value !== "down" || record.fields["reason"] === "kill") return;
      for (const marker of both) if (marker.durable !== marker.visible) marker.visible = marker.durable = "unknown";
    } else if (record.kind === "point" && record.origin === "world") {
      this.#onDisk(both, record);
      if (record.name !== "disk.write" && record.name !== "disk.rename") return;
      const name = baseName(textOf(record.fields[record.name === "disk.write" ? "path" : "to"]));
      if (name === PRIMARY || name === BLOCKED) this.#isLifted[member] = name === PRIMARY ? 1 : 0;
    }
  }

  #onDisk(both: readonly Marker[], record: PointRecord): void {
    const path = textOf(record.fields["path"]);
    switch (record.name) {
      case "disk.write":
        appear(both, path);
        return;
      case "disk.remove":
        vanish(both, path);
        return;
      case "disk.rename":
        vanish(both, textOf(record.fields["from"]));
        appear(both, textOf(record.fields["to"]));
        return;
      default:
        for (const marker of both) if (marker.directory === path) marker.durable = marker.visible;
    }
  }
}

/** File name of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function markerOf(both: readonly Marker[], path: string): Marker | undefined {
  const name = baseName(path);
  return name === PRIMARY ? both[0] : name === BLOCKED ? both[1] : undefined;
}

function appear(both: readonly Marker[], path: string): void {
  const marker = markerOf(both, path);
  if (marker === undefined) return;
  marker.visible = "present";
  marker.existed = true;
  for (const one of both) one.directory = path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function vanish(both: readonly Marker[], path: string): void {
  const marker = markerOf(both, path);
  if (marker !== undefined) marker.visible = "absent";
}

import type { PointRecord, StateRecord } from "../../trace/record.ts";

interface Told {
  readonly failureThreshold: number;
  readonly successThreshold: number;
  /** States it went through, as `closed → open (5 failures)`. */
  path: string;
  changes: number;
}

/** Changes of one breaker that are told; the rest are counted. */
const CHANGES_MAX = 12;

/** What breakers did, in words and as paths. */
export class BreakerTale {
  readonly #breakers = new Map<string, Told>();

  made({ node, fields }: PointRecord): void {
    const failureThreshold = Number(fields["failureThreshold"]);
    const successThreshold = Number(fields["successThreshold"]);
    const path = this.#breakers.get(node)?.path ?? "closed";
    // A restarted process has a new breaker.
    this.#breakers.set(node, {
      failureThreshold,
      successThreshold,
      path: path === "closed" ? path : `${path} → (restart) closed`,
      changes: 0,
    });
  }

  /** @returns a sentence, or `""`. */
  changed({ node, value, fields }: StateRecord): string {
    const told = this.#breakers.get(node);
    const reason = String(fields["reason"]);
    if (told === undefined || reason === "created") return "";
    told.changes++;
    if (told.changes > CHANGES_MAX) return "";
    const { failureThreshold, successThreshold } = told;
    switch (reason) {
      case "failures":
        told.path += ` → open (${String(failureThreshold)} failures)`;
        return `${node}'s breaker opens after ${String(failureThreshold)} failed calls in a row.`;
      case "recovery-timeout":
        told.path += " → half-open";
        return `${node}'s breaker is half-open: the next call is a probe.`;
      case "probe-failed":
        told.path += " → open (probe failed)";
        return `${node}'s breaker opens again: the probe failed.`;
      case "recovered":
        told.path += ` → closed (${String(successThreshold)} successes)`;
        return `${node}'s breaker closes after ${String(successThreshold)} successes.`;
      default:
        told.path += ` → ${value} (by hand)`;
        return `${node}'s breaker is set ${value} by hand.`;
    }
  }

  /** What each breaker went through that ever changed. */
  paths(): { readonly node: string; readonly path: string }[] {
    return [...this.#breakers]
      .filter(([, { path }]) => path !== "closed")
      .map(([node, { path, changes }]) => ({
        node,
        path: changes > CHANGES_MAX ? `${path} … ${String(changes - CHANGES_MAX)} more` : path,
      }));
  }
}

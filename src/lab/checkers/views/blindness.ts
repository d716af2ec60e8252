import type { Micros } from "../../../trace/record.ts";
import type { Cluster } from "../cluster.ts";
import type { WorldView } from "./world-view.ts";

/** Rounding of milliseconds and the order of things at one instant. */
const SLACK: Micros = 20_000;

/**
 * Until when a member that last reached a quorum at `reached` may go on believing in one: the detector's window of 1.5·ET, the
 * next ping and the next poll. After a pause of its own it holds what it believed for one more window.
 *
 * @param bound The scenario's bound for window, ping and poll together, where it states one.
 */
export function blindUntil(options: {
  cluster: Cluster;
  world: WorldView;
  member: number;
  reached: Micros;
  bound?: (own: Micros) => Micros;
}): Micros {
  const { cluster, world, member, reached } = options;
  const { electionTimeoutMs, heartbeatMs, pollMs } = cluster.of(member);
  const windowMs = Math.ceil(electionTimeoutMs * 1.5);
  const own = world.longest(member, windowMs + heartbeatMs + pollMs);
  const awake = world.runningSince(member);
  const held = awake > world.upSince(member) ? awake + world.longest(member, windowMs) : awake;
  return Math.max(reached, held) + (options.bound?.(own) ?? own) + SLACK;
}

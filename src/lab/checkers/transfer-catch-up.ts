import type { Micros, PointRecord, RecordId } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import type { CheckerContext } from "./checker.ts";
import { textOf } from "./views/fields.ts";

/** A target that has been there for so long has caught up with its leader: the bound of reintegration. */
const CAUGHT_UP: Micros = 5_000_000;

interface Running {
  readonly target: number;
  readonly since: Micros;
  readonly record: RecordId;
}

/**
 * The first half of a transfer: the target is brought to where the leader's log ends, and then told. Nothing is proposed meanwhile, so
 * with a target that has kept up all along it takes a few messages, and never the whole time a transfer may take.
 *
 * Judged when a transfer is given up: the target had run, linked with the leader both ways and undisturbed, since long before.
 */
export class TransferCatchUp {
  readonly #context: CheckerContext;
  readonly #world;
  /** By leader. */
  readonly #running = new Map<number, Running>();

  constructor(context: CheckerContext) {
    this.#context = context;
    this.#world = context.views.world;
  }

  on(leader: number, record: PointRecord): void {
    const outcome = textOf(record.fields["outcome"]);
    if (outcome === "started") {
      const target = this.#context.cluster.number(textOf(record.fields["target"]));
      this.#running.set(leader, { target, since: record.time, record: record.id });
      return;
    }
    const running = this.#running.get(leader);
    this.#running.delete(leader);
    if (outcome !== "aborted" || running === undefined || running.target < 0) return;
    if (this.#steadySince(leader, running.target) + CAUGHT_UP > running.since) return;
    const { cluster } = this.#context;
    const [from, to] = [cluster.id(leader), cluster.id(running.target)];
    this.#context.judged();
    this.#context.violated({
      record: record.id,
      time: record.time,
      nodes: [from, to],
      message: `${from} gave up at ${formatSeconds(record.time)} handing over to ${to}, begun at ${formatSeconds(running.since)}: it never found ${to} to have everything, though ${to} was within reach all along`,
      expected: `${to} told to campaign within one election timeout`,
      observed: "aborted while the target caught up",
      related: [running.record],
    });
  }

  #steadySince(a: number, b: number): Micros {
    const world = this.#world;
    return Math.max(world.reachableSince(a, b), world.reachableSince(b, a), world.calmSince(a), world.calmSince(b));
  }
}

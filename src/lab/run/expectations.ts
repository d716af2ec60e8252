import type { Micros } from "../../trace/record.ts";
import type { TraceListener } from "../../trace/listeners.ts";
import type { ExpectSpec } from "../scenario/model.ts";
import { SuccessJudge } from "./expect-success.ts";
import { ExpectJudge, type JudgedExpect } from "./expects.ts";

/** Every expectation of a scenario, each with the judge of its sort. */
export class Expectations {
  readonly listeners: readonly TraceListener[];
  readonly #judges: readonly { finish(endTime: Micros): JudgedExpect }[];

  /** @param nodes The cluster's nodes, whom `all` means. */
  constructor(expects: readonly ExpectSpec[], nodes: readonly string[]) {
    const ofStates = new ExpectJudge(
      expects.filter((spec) => spec.state !== undefined),
      nodes,
    );
    const ofSuccess = expects.filter((spec) => spec.state === undefined).map((spec) => new SuccessJudge(spec));
    this.listeners = [ofStates, ...ofSuccess];
    let states: JudgedExpect[] | undefined;
    let next = 0;
    let nextState = 0;
    this.#judges = expects.map((spec) => {
      if (spec.state === undefined) return ofSuccess[next++] as SuccessJudge;
      const place = nextState++;
      return { finish: (endTime) => (states ??= ofStates.finish(endTime))[place] as JudgedExpect };
    });
  }

  /** One outcome an expectation, in their order. Call it once, at the end of the run. */
  finish(endTime: Micros): JudgedExpect[] {
    return this.#judges.map((judge) => judge.finish(endTime));
  }
}

import type { Micros } from "../../trace/record.ts";
import type { BudgetName } from "../scenario/plan-schema.ts";

/** What a random plan may do at most: data, so that a sweep can say what it was. */
export interface Budget {
  /** Nodes down at once at most. */
  readonly downMax: number;
  /** No fault endangers the quorum for `for` at least once in every `every`; absent for no such promise. */
  readonly quorum?: { readonly for: Micros; readonly every: Micros };
}

/** Never more than a minority down; the quorum is back for 10 s in every 30 s. */
export function minorityBudget(nodes: number): Budget {
  return { downMax: Math.floor((nodes - 1) / 2), quorum: { for: 10_000_000, every: 30_000_000 } };
}

/** The budget that a scenario's plan names, for so many nodes. */
export function budgetOf(name: BudgetName, nodes: number): Budget {
  switch (name) {
    case "quorum-returns":
      return minorityBudget(nodes);
    case "minority-down":
      return { downMax: minorityBudget(nodes).downMax };
    case "none":
      return { downMax: nodes };
  }
}

/** From when until when a fault lasts, and what it costs. */
export interface Cost {
  readonly from: Micros;
  readonly to: Micros;
  readonly takesDown: number;
  readonly endangersQuorum: boolean;
}

export function fitsBudget(costs: readonly Cost[], budget: Budget): boolean {
  // The most are down when one of them has just gone down.
  const isTooMany = costs.some(({ from }) => {
    const down = costs.filter((cost) => cost.from <= from && from < cost.to);
    return down.reduce((sum, { takesDown }) => sum + takesDown, 0) > budget.downMax;
  });
  return !isTooMany && (budget.quorum === undefined || quorumComesBack(costs, budget.quorum));
}

/** Whether dangers that follow one another without a pause of `for` are over early enough for such a pause. */
function quorumComesBack(costs: readonly Cost[], { for: pause, every }: NonNullable<Budget["quorum"]>): boolean {
  const dangers = costs.filter((cost) => cost.endangersQuorum).toSorted((a, b) => a.from - b.from);
  let from = -Infinity;
  let to = -Infinity;
  for (const danger of dangers) {
    if (danger.from - to >= pause) from = danger.from;
    to = Math.max(to, danger.to);
    if (to - from > every - pause) return false;
  }
  return true;
}

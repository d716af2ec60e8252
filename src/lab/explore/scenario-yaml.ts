import { Document, isCollection, isSeq, visit } from "yaml";
import type { ScenarioInput } from "../scenario/model.ts";

/** A scenario as people write it: a line for each group of nodes, workload, fault and expectation. */
export function scenarioYaml(input: ScenarioInput): string {
  const written = Object.entries(input).filter(([, value]) => !(Array.isArray(value) && value.length === 0));
  const document = new Document(Object.fromEntries(written));
  visit(document, {
    Pair(_, pair, path) {
      if (path.length > 2 || !isCollection(pair.value)) return undefined;
      if (isSeq(pair.value) && pair.value.items.every(isCollection)) {
        for (const item of pair.value.items) item.flow = true;
      } else pair.value.flow = true;
      return visit.SKIP;
    },
  });
  return document.toString({ lineWidth: 0 });
}

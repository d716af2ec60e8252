import * as fc from "fast-check";
import { knownNames } from "../run/known-names.ts";
import type { LoadedScenario } from "../scenario/model.ts";
import { checkScenario } from "../scenario/validate.ts";

/** Where a value came from: as drawn, with what the other arbitrary knows of it; or with faults left out. */
type Context = { readonly drawn: unknown } | "fewer";

/**
 * Scenarios of another arbitrary, which shrink as that one shrinks them and then by whole faults, one at a time: an arbitrary of plans
 * keeps the faults that each of its plans has, needed or not.
 */
export class FewerFaults extends fc.Arbitrary<LoadedScenario> {
  readonly #plans: fc.Arbitrary<LoadedScenario>;

  constructor(plans: fc.Arbitrary<LoadedScenario>) {
    super();
    this.#plans = plans;
  }

  override generate(random: fc.Random, bias: number | undefined): fc.Value<LoadedScenario> {
    return asDrawn(this.#plans.generate(random, bias));
  }

  override canShrinkWithoutContext(_value: unknown): _value is LoadedScenario {
    return false;
  }

  override shrink(value: LoadedScenario, context: Context): fc.Stream<fc.Value<LoadedScenario>> {
    const fewer = fc.stream(withoutOne(value));
    return context === "fewer" ? fewer : this.#plans.shrink(value, context.drawn).map(asDrawn).join(fewer);
  }
}

function asDrawn(value: fc.Value<LoadedScenario>): fc.Value<LoadedScenario> {
  return new fc.Value(value.value, { drawn: value.context } satisfies Context);
}

function* withoutOne(loaded: LoadedScenario): IterableIterator<fc.Value<LoadedScenario>> {
  const { input, source } = loaded;
  const faults = input.faults ?? [];
  for (const out of faults) {
    // What is expected of a fault makes no sense without it, and is not valid.
    const checked = checkScenario({ ...input, faults: faults.filter((fault) => fault !== out) }, knownNames());
    if (checked.loaded === undefined) continue;
    yield new fc.Value(
      source === undefined ? checked.loaded : { ...checked.loaded, source },
      "fewer" satisfies Context,
    );
  }
}

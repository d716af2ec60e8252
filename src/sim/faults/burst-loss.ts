import { z } from "zod";
import type { Micros } from "../../trace/record.ts";
import type { RngStream } from "../kernel/rng.ts";
import { commonFields, defineFault } from "./fault.ts";
import { affectLinks, linkFields, linkGroups, oneScope } from "./links.ts";
import { drawSpan, isTurnedRound, RANGE_TEXT, spanSchema, type Span } from "./spans.ts";
import { shareSchema } from "./units.ts";

const ALWAYS_PPM = 1_000_000;

interface Bursts {
  readonly burst: Span;
  readonly gap: Span;
  readonly rate?: number | undefined;
}

/** Bursts of one link, as two states that take turns (Gilbert 1960); they pass when somebody sends. */
function burstsOf(
  { burst, gap, rate = ALWAYS_PPM }: Bursts,
  from: Micros,
): (random: RngStream, now: Micros) => boolean {
  let isBurst = false;
  let until = from;
  return (random, now) => {
    while (now >= until) {
      isBurst = !isBurst;
      until += drawSpan(isBurst ? burst : gap, random);
    }
    return random.chance(rate) && isBurst;
  };
}

export const burstLoss = defineFault({
  kind: "burst-loss",
  about:
    "Loses messages in bursts, each link at times of its own, a burst first. Its end lets messages that are sent from then on travel " +
    "as before.",
  touches: "A message that was lost.",
  schema: z
    .strictObject({
      kind: z.literal("burst-loss"),
      ...commonFields,
      ...linkFields,
      burst: spanSchema.describe("How long a burst lasts."),
      gap: spanSchema.describe("How long nothing is lost between two bursts."),
      rate: shareSchema().optional().describe("How many of the messages in a burst; default all."),
    })
    .superRefine(oneScope)
    .superRefine((spec, context) => {
      for (const key of ["burst", "gap"] as const)
        if (isTurnedRound(spec[key])) context.addIssue({ code: "custom", message: RANGE_TEXT, path: [key] });
    }),
  groups: linkGroups,
  start: (context) => {
    const now = context.cluster.kernel.now;
    return affectLinks(context, () => ({ loses: burstsOf(context.spec, now) }));
  },
});

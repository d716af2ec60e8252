import { z } from "zod";
import type { Micros } from "../../trace/record.ts";
import { commonFields, defineFault } from "./fault.ts";
import { cut, shapeGroups, shapeOf, shapeProblems, shapeSchema } from "./partition.ts";
import { drawSpan, isTurnedRound, RANGE_TEXT, spanSchema } from "./spans.ts";
import { durationSchema, shareSchema } from "./units.ts";

const positive = durationSchema({ min: 1 });
const schema = z
  .strictObject({
    kind: z.literal("flap"),
    ...commonFields,
    shape: shapeSchema.describe("The partition that comes and goes."),
    down: spanSchema.optional().describe("How long it is cut in each cycle; a cycle begins with it."),
    up: spanSchema.optional().describe("How long it is whole in each cycle."),
    period: positive.optional().describe("Length of a cycle, with duty instead of down and up."),
    duty: shareSchema().optional().describe("The share of each period in which it is cut."),
  })
  .superRefine((spec, context) => {
    const hasSpans = spec.down !== undefined && spec.up !== undefined && (spec.period ?? spec.duty) === undefined;
    const hasDuty = spec.period !== undefined && spec.duty !== undefined && (spec.down ?? spec.up) === undefined;
    const bad = (message: string, path: string[]): void => context.addIssue({ code: "custom", message, path });
    if (!hasSpans && !hasDuty) bad("either down and up, or period and duty", []);
    const [down, up] = hasDuty ? spansOfDuty(spec) : [1, 1];
    if (down < 1 || up < 1) bad("a share that leaves some time of each period whole and some cut", ["duty"]);
    for (const key of ["down", "up"] as const) {
      if (isTurnedRound(spec[key])) bad(RANGE_TEXT, [key]);
    }
  });

function spansOfDuty(spec: { period?: Micros | undefined; duty?: number | undefined }): [Micros, Micros] {
  const period = spec.period ?? 0;
  // In two parts, so that the product of a long period stays a safe integer.
  const seconds = Math.floor(period / 1_000_000);
  const duty = spec.duty ?? 0;
  const down = seconds * duty + Math.floor(((period - seconds * 1_000_000) * duty) / 1_000_000);
  return [down, period - down];
}

export const flap = defineFault({
  kind: "flap",
  about: "A partition that comes and goes, cut first. Its end makes every link as it was.",
  touches: "A message dropped because its link was cut when it was sent or when it arrived.",
  schema,
  groups: (spec) => shapeGroups(spec.shape),
  problems: (spec) => shapeProblems(spec.shape, ["shape"]),
  start: ({ id, spec, groups, cluster, random, touch, at }) => {
    const shape = shapeOf(spec.shape, groups);
    const [dutyDown, dutyUp] = spansOfDuty(spec);
    const down = spec.down ?? dutyDown;
    const up = spec.up ?? dutyUp;
    let heal = (): void => undefined;
    const cycle = (): void => {
      heal = cut(cluster, shape, { fault: id, touch });
      const healsAt = cluster.kernel.now + drawSpan(down, random);
      const cutsAt = healsAt + drawSpan(up, random);
      at(healsAt, () => {
        heal();
        at(cutsAt, cycle);
      });
    };
    cycle();
    return () => {
      heal();
    };
  },
});

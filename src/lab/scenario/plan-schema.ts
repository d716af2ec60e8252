import { z } from "zod";
import { FAULT_KINDS } from "../../sim/faults/registry.ts";
import { durationSchema } from "../../sim/faults/units.ts";

/** How much a random plan may break at once. */
export const BUDGETS = ["minority-down", "quorum-returns", "none"] as const;
export type BudgetName = (typeof BUDGETS)[number];

/** Targets that mean one node; beside them a plan takes names. */
export const SINGLE_ROLES = ["leader", "any-follower", "random(1)"] as const;

const FAULTS_MAX = 50;
const COUNT_TEXT = 'a number of faults, as 3, or a range of numbers, as "1..5"';
const COUNT = /^\s*(\d{1,3})\s*\.\.\s*(\d{1,3})\s*$/;

/** How many faults, from the fewest to the most. */
export interface CountRange {
  readonly min: number;
  readonly max: number;
}

/** `3`, `1..5`. */
const countSchema = z
  .union([z.int().min(1).max(FAULTS_MAX), z.string().meta({ pattern: COUNT.source })], {
    error: COUNT_TEXT,
  })
  .transform((value, context): CountRange => {
    const match = typeof value === "string" ? COUNT.exec(value) : [value, value, value];
    const range = { min: Number(match?.[1]), max: Number(match?.[2]) };
    if (match !== null && range.min >= 1 && range.min <= range.max && range.max <= FAULTS_MAX) return range;
    context.addIssue({
      code: "custom",
      message: `${COUNT_TEXT}, between 1 and ${String(FAULTS_MAX)}`,
      params: { code: "SCENARIO_PLAN" },
    });
    return z.NEVER;
  });

const kindNames = FAULT_KINDS.map(({ kind }) => kind) as unknown as readonly [string, ...string[]];

/** What a random plan may draw for a scenario: the template's own faults stay beside it. */
export const planSchema = z.strictObject({
  kinds: z
    .array(z.enum(kindNames))
    .min(1)
    .optional()
    .describe("Kinds of faults it draws from; default every kind that a program which is right survives."),
  targets: z
    .array(
      z
        .string({ error: "a node, or a role that means one" })
        .regex(/^(random\(1\)|[a-z][a-z0-9-]{0,31})$/, { error: "a node as n1, or a role that means one node" }),
    )
    .min(1)
    .optional()
    .describe(
      `Whom its faults are about, one node at a time: nodes, ${SINGLE_ROLES.join(", ")}; default these roles, and sides of the cluster.`,
    ),
  count: countSchema.prefault("1..10").describe("How many faults, before the budget: 3, or 1..5."),
  window: z
    .tuple([durationSchema(), durationSchema({ min: 1 })], { error: 'two moments, as ["2s", "40s"]' })
    .optional()
    .describe(
      "From when until when they last; then everything heals. Default from 2s until a third of the run, 20s at most, is left.",
    ),
  budget: z
    .enum(BUDGETS)
    .default("quorum-returns")
    .describe(
      "How much may be broken at once: minority-down never takes down more than a minority, quorum-returns also lets the quorum back for 10s in every 30s, none does not care.",
    ),
});

/** A plan with every default, times in µs. */
export type PlanSpec = z.output<typeof planSchema>;

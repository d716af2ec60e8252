import { z } from "zod";

const valueSchema = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const valuesSchema = z.union([valueSchema, z.array(valueSchema).min(1)], { error: "a value, or a list of values" });

const writtenSchema = z
  .strictObject({
    name: z.string({ error: "what happens, in words" }).min(1).max(120).describe("What happens, in words."),
    node: z.string().optional().describe("The node it happens at; default any."),
    state: z
      .record(z.string(), valuesSchema)
      .optional()
      .describe("States that one node is in at one moment: keys and values."),
    point: z.string().min(1).optional().describe("A point that a program records."),
    fields: z.record(z.string(), valuesSchema).optional().describe("Fields that the point has."),
    complete: z
      .enum(["ok", "fail", "info"])
      .optional()
      .describe("How an operation ends; info: nobody knows whether it took effect."),
  })
  .superRefine((written, context) => {
    const given = [written.state, written.point, written.complete].filter((part) => part !== undefined).length;
    const add = (message: string): void => {
      context.addIssue({ code: "custom", message, params: { code: "SCENARIO_SOMETIMES" } });
    };
    if (given !== 1) add("one of state, point and complete");
    else if (written.fields !== undefined && written.point === undefined) add("fields only beside a point");
    else if (written.state !== undefined && Object.keys(written.state).length === 0) add("a state to look for");
  });

/** Something that should happen sometimes: as data, or by the name of a probe in code. */
export const sometimesSchema = z.union([z.string().min(1), writtenSchema], {
  error: "the name of a probe, or { name, state }",
});

/** What data says should happen, its values as text. */
export type WrittenProbe = z.output<typeof writtenSchema>;

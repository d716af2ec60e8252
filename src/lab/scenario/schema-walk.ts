import type { z } from "zod";
import type { Path } from "./problems.ts";

/** The parts of zod's own description of a schema that are read here. */
interface Def {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly element?: z.ZodType;
  readonly innerType?: z.ZodType;
  readonly in?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly options?: readonly z.ZodType[];
  readonly discriminator?: string;
  readonly getter?: () => z.ZodType;
}

/** Keys an object at `path` may have; for a union those of the branch the value chose by its discriminator, else of all. */
export function fieldsAt(schema: z.ZodType, path: Path, input: unknown): string[] {
  let found: readonly z.ZodType[] = branchesOf(schema, input);
  let value = input;
  for (const part of path) {
    value = typeof value === "object" && value !== null ? (value as Record<string | number, unknown>)[part] : undefined;
    const inner = found.flatMap((branch) => {
      const def = defOf(branch);
      const next = def.shape?.[part] ?? def.element ?? def.valueType;
      return next === undefined ? [] : branchesOf(next, value);
    });
    found = inner;
  }
  return [...new Set(found.flatMap((branch) => Object.keys(defOf(branch).shape ?? {})))];
}

function defOf(schema: z.ZodType): Def {
  return schema._zod.def;
}

/** The object, array and record schemas behind wrappers and unions. */
function branchesOf(schema: z.ZodType, value: unknown): z.ZodType[] {
  const def = defOf(schema);
  if (def.innerType !== undefined) return branchesOf(def.innerType, value);
  if (def.type === "pipe" && def.in !== undefined) return branchesOf(def.in, value);
  if (def.getter !== undefined) return [];
  if (def.options === undefined) return [schema];
  const all = def.options.flatMap((option) => branchesOf(option, value));
  if (def.discriminator === undefined || typeof value !== "object" || value === null) return all;
  const wanted = (value as Record<string, unknown>)[def.discriminator];
  const chosen = all.filter((branch) => {
    const tag = defOf(branch).shape?.[def.discriminator as string];
    const values = tag === undefined ? undefined : (tag._zod.def as { values?: readonly unknown[] }).values;
    return values?.includes(wanted) === true;
  });
  return chosen.length > 0 ? chosen : all;
}

import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { scenarioJsonSchema } from "../lab/scenario/json-schema.ts";

/** Writes the JSON Schema of scenario files, to a file or to stdout. @returns the exit code. */
export async function schemaCommand(out: string | undefined): Promise<number> {
  const text = `${JSON.stringify(scenarioJsonSchema(), undefined, 2)}\n`;
  if (out === undefined) {
    process.stdout.write(text);
    return 0;
  }
  await mkdir(dirname(out), { recursive: true });
  await writeFile(`${out}.tmp`, text);
  await rename(`${out}.tmp`, out);
  return 0;
}

import { fileURLToPath } from "node:url";

/** The script beside this one, compiled or not as this one is. */
export function ownScript(name: string): string {
  const own = fileURLToPath(import.meta.url);
  return own.replace(/own-script(\.[jt]s)$/, `${name}$1`);
}

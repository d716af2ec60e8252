import { SEED_PATTERN } from "../../sim/kernel/rng.ts";

/** Whether a text can be a seed: 1 to 64 of `[0-9A-Za-z._-]`, first a letter or digit. */
export function isSeed(text: string): boolean {
  return SEED_PATTERN.test(text);
}

/** The reference pages as text, by path. */
export function referencePages(parts: {
  readonly faultKinds: unknown;
  readonly scenarioSchema: unknown;
  readonly checkers: unknown;
  /** Who hears whom while a fault as it is written lasts, in a cluster of n1 … n5; `undefined` where it is no partition. */
  readonly hearingOf: (written: unknown) => string | undefined;
}): Readonly<Record<string, string>>;

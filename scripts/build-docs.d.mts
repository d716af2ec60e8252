/** The reference pages as text, by path. */
export function referencePages(parts: {
  readonly faultKinds: unknown;
  readonly scenarioSchema: unknown;
  readonly checkers: unknown;
}): Readonly<Record<string, string>>;

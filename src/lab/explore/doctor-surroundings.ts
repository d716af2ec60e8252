/** Something around a process that a run may not depend on, changed. */
export interface Surroundings {
  /** What it is, for people. */
  readonly name: string;
  /** Variables to set. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Takes every variable away that the runtime itself does not need. */
  readonly isBare?: boolean;
  /** Flags of the runtime. */
  readonly flags?: readonly string[];
  /** Done inside the process before the scenario is loaded. */
  readonly inside?: Inside;
}

export interface Inside {
  /** Added to the machine's clock, ms. */
  readonly clockShiftMs?: number;
  /** Reads of files that were begun together end in the opposite order. */
  readonly reversesReads?: boolean;
  /** Every event is followed by a real turn of the event loop. */
  readonly drain?: "turn";
}

/** Each is unlike what is usual on any machine. */
export const SURROUNDINGS: readonly Surroundings[] = [
  { name: "time zone", environment: { TZ: "Pacific/Chatham" } },
  { name: "locale", environment: { LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8" } },
  { name: "environment variables", isBare: true },
  { name: "date", inside: { clockShiftMs: 400 * 86_400_000 + 12_345_678 } },
  { name: "order of file reads", inside: { reversesReads: true } },
  { name: "turns of the event loop", inside: { drain: "turn" } },
  { name: "memory and hash seeds", flags: ["--random-seed=1729", "--hash-seed=1729", "--max-semi-space-size=1"] },
];

/** All of it at once. */
export const ALL_SURROUNDINGS = SURROUNDINGS;

/** What the runtime and the operating system need to start a process and find its files. */
const NEEDED =
  /^(PATH|HOME|USERPROFILE|TMPDIR|TEMP|TMP|SYSTEMROOT|WINDIR|COMSPEC|PATHEXT|LD_LIBRARY_PATH|NODE_PATH|TZ|LANG|LC_ALL)$/i;

/** The environment of a process in these surroundings. */
export function environmentIn(
  surroundings: readonly Surroundings[],
  own: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  const isBare = surroundings.some((one) => one.isBare === true);
  const kept = Object.entries(own).filter(([name]) => !isBare || NEEDED.test(name));
  return Object.assign(Object.fromEntries(kept), ...surroundings.map(({ environment }) => environment ?? {})) as Record<
    string,
    string | undefined
  >;
}

/** What is to be done inside a process in these surroundings. */
export function insideOf(surroundings: readonly Surroundings[]): Inside {
  return Object.assign({}, ...surroundings.map(({ inside }) => inside ?? {})) as Inside;
}

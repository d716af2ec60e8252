import type { Fields, Plain } from "./plain.ts";
import type { Micros, RecordId } from "./record.ts";
import type { Verdict } from "./verdict.ts";

/** Version of `result.json`. */
export const RESULT_VERSION = 1;

/** What a fault instance did: written by the run, read by report and replay. */
export interface FaultOutcome {
  readonly id: string;
  readonly kind: string;
  /** The fault as written, after defaults. */
  readonly spec: Plain;
  /** −1 when it never started. */
  readonly startedAt: Micros;
  /** −1 when it had not ended when the run did. */
  readonly stoppedAt: Micros;
  /** Groups of nodes the targets meant when it started (one group for most kinds). */
  readonly groups: readonly (readonly string[])[];
  /** What each role in the targets meant: `leader` → `n1`. */
  readonly roles: Readonly<Record<string, readonly string[]>>;
  /** How many things it touched; its kind says what counts. 0 makes a fault that is not `optional` inert. */
  readonly touched: number;
  readonly optional: boolean;
}

/** One assertion of the scenario's `expect` and what came of it. */
export interface ExpectOutcome {
  readonly text: string;
  readonly held: boolean;
  /** When it came true, or the end of its window. */
  readonly at: Micros;
  /** Why it did not hold. */
  readonly reason?: string;
}

/** One line of the story, told from records alone. */
export interface StoryLine {
  readonly time: Micros;
  /** Time since the fault it follows from; −1 for none. */
  readonly since: Micros;
  readonly text: string;
  /** The limit that applies, in grey after the text; `""` for none. */
  readonly limit: string;
  readonly record: RecordId;
}

/** One figure of what a run was about, for people: counted from records, judged by nobody. */
export interface SummaryRow {
  readonly name: string;
  readonly value: string;
  /** Whether it is what one would wish. */
  readonly isGood: boolean;
}

export type Outcome =
  "holds" | "violated" | "inconclusive" | "inert-fault" | "non-deterministic" | "internal-error" | "interrupted";

/** Everything about one run but its records; `result.json`. Plain data. */
export interface RunResult {
  readonly schema: typeof RESULT_VERSION;
  readonly tool: { readonly name: string; readonly version: string };
  /** `process.version` of the run. No equality looks at it. */
  readonly nodeVersion: string;
  /** The scenario after defaults, as JSON. */
  readonly scenario: Plain;
  readonly scenarioName: string;
  /** Where it came from; `path` is relative to the working directory. */
  readonly source?: {
    readonly path: string;
    readonly sha256: string;
    /** Rules asked for in place of the file's own, as `--checks` writes them. */
    readonly checks?: string;
  };
  readonly seed: string;
  /** Nodes in order, with the program each ran; clients are nodes whose `role` is `client`. */
  readonly nodes: readonly {
    readonly id: string;
    readonly program: string;
    readonly role: "node" | "client";
    readonly config: Plain;
  }[];
  readonly faults: readonly FaultOutcome[];
  readonly verdicts: readonly Verdict[];
  readonly expects: readonly ExpectOutcome[];
  readonly story: readonly StoryLine[];
  /** Figures of the run's own subject; empty where there are none. */
  readonly summary: readonly SummaryRow[];
  readonly digest: string;
  readonly endTime: Micros;
  readonly counts: {
    readonly records: number;
    readonly events: number;
    readonly sent: number;
    readonly delivered: number;
    readonly dropped: number;
    readonly operations: number;
    readonly ok: number;
    readonly fail: number;
    readonly info: number;
  };
  readonly outcome: Outcome;
  readonly exitCode: number;
  /** Set when the run itself broke: an escape from determinism, a drain without end, a bug of the tool. */
  readonly error?: { readonly code: string; readonly message: string; readonly node: string; readonly facts: Fields };
  /** Wall times; no equality looks at them. */
  readonly timing: { readonly startedAt: string; readonly wallMs: number };
}

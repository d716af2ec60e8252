import { relative } from "node:path";
import type { TestContext } from "vitest";
import { ScenarioFailure } from "./scenario-failure.ts";
import type { ScenarioSource } from "./scenario-source.ts";

/** `test`, `test.only` or `test.skip` of vitest. */
export type Declare = (
  name: string,
  options: { readonly timeout: number },
  run: (context: TestContext) => Promise<void>,
) => void;

/** A test that runs. */
export interface RunningTest {
  /** Its file, relative to the working directory. */
  readonly file: string;
  readonly name: string;
  /** Aborted when its time is over, or the user ends it. */
  readonly signal: AbortSignal;
}

export interface DeclaredTest {
  readonly name: string;
  /** ms of real time. */
  readonly timeout: number;
  /** The function that the test's file calls: a failure points to where it does. */
  readonly calledAs: (...args: never[]) => unknown;
  readonly run: (test: RunningTest) => Promise<void>;
}

/** Declares a test whose failures point to the line that declares it, since no line of its own runs. */
export function declareTest(declare: Declare, { name, timeout, calledAs, run }: DeclaredTest): void {
  const place = { stack: "" };
  Error.captureStackTrace(place, calledAs);
  const frames = place.stack.split("\n").slice(1).join("\n");
  declare(name, { timeout }, async ({ task, signal }) => {
    try {
      await run({ file: relative(".", task.file.filepath), name, signal });
    } catch (thrown) {
      if (thrown instanceof ScenarioFailure) thrown.stack = `${thrown.name}: ${thrown.message}\n${frames}`;
      throw thrown;
    }
  });
}

/** What a test is given: a scenario, or options that hold one. */
export function optionsOf<Options extends { readonly scenario: ScenarioSource }>(
  given: ScenarioSource | Options,
): Options | { readonly scenario: ScenarioSource } {
  return typeof given === "object" && "scenario" in given ? given : { scenario: given };
}

/** Puts lines below the message of an error; its kind, its stack and its diff stay what they are. */
export function addNotes(thrown: unknown, notes: readonly string[]): void {
  if (thrown instanceof Error) thrown.message = `${thrown.message}\n\n${notes.map((line) => `  ${line}`).join("\n")}`;
}

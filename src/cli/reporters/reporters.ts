import { appendFile } from "node:fs/promises";
import { dirname } from "node:path";
import { writeWhole } from "../../lab/run/write-run.ts";
import { makeFolder, writing } from "../reports-folder.ts";
import { DotReporter } from "./dot.ts";
import { GithubReporter } from "./github.ts";
import { HtmlReporter } from "./html.ts";
import { JsonReporter } from "./json.ts";
import { JsonlReporter } from "./jsonl.ts";
import { JunitReporter } from "./junit.ts";
import { isForPrograms, type ReporterChoice, type ReporterName } from "./names.ts";
import type { ReportedRun, Reporter, RunsEnd } from "./reporter.ts";
import { StoryReporter } from "./story.ts";

/** Where text goes that is in no file. */
export interface Streams {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/** What of the environment reporters look at; GitHub Actions sets both. */
export interface ReporterEnv {
  readonly GITHUB_WORKSPACE?: string | undefined;
  readonly GITHUB_STEP_SUMMARY?: string | undefined;
}

interface Channel {
  readonly reporter: Reporter;
  readonly file: string | undefined;
  write(text: string): void;
  /** Everything written, for a file that appears whole. */
  text: string;
}

/**
 * The reporters of one command, each with its place: a file, or stdout. A format for programs has stdout to itself; what
 * people read then goes to stderr. People always get something: the story, unless they asked for dots.
 */
export class Reporters {
  readonly #channels: readonly Channel[];
  readonly #env: ReporterEnv;

  constructor(choice: ReporterChoice, streams: Streams, env: ReporterEnv) {
    this.#env = env;
    const stdoutIsTaken = choice.names.some((name) => isForPrograms(name) && choice.files[name] === undefined);
    const forPeople = stdoutIsTaken ? streams.stderr : streams.stdout;
    const names: readonly ReporterName[] = choice.names.some((name) => name === "default" || name === "dot")
      ? choice.names
      : ["default", ...choice.names];
    this.#channels = names.map((name) => {
      const file = choice.files[name];
      const stream = isForPrograms(name) ? streams.stdout : forPeople;
      const channel: Channel = {
        reporter: reporterOf(name, { endsWithTally: !stdoutIsTaken, env, file }),
        file,
        text: "",
        write(text) {
          if (file !== undefined) channel.text += text;
          else if (text !== "") stream.write(text);
        },
      };
      return channel;
    });
  }

  /** Finds out before the first run whether the files have a place. */
  async prepare(): Promise<void> {
    for (const { file } of this.#channels)
      if (file !== undefined)
        await makeFolder(dirname(file), "--output-file", "a file whose folder is there or can be");
  }

  run(run: ReportedRun): void {
    for (const channel of this.#channels) channel.write(channel.reporter.run(run));
  }

  /** Writes what comes last, and the files. */
  async end(end: RunsEnd): Promise<void> {
    for (const channel of this.#channels) {
      const { reporter, file } = channel;
      channel.write(reporter.end(end));
      if (file !== undefined) await writing(file, () => writeWhole(file, channel.text));
      const { GITHUB_STEP_SUMMARY: page = "" } = this.#env;
      if (reporter.jobSummary !== undefined && page !== "") {
        const text = reporter.jobSummary(end);
        await writing(page, () => appendFile(page, text));
      }
    }
  }
}

function reporterOf(
  name: ReporterName,
  { endsWithTally, env, file }: { endsWithTally: boolean; env: ReporterEnv; file: string | undefined },
): Reporter {
  switch (name) {
    case "default":
      return new StoryReporter(endsWithTally);
    case "dot":
      return new DotReporter();
    case "github":
      return new GithubReporter(env.GITHUB_WORKSPACE ?? ".");
    case "html":
      return new HtmlReporter(file);
    case "json":
      return new JsonReporter();
    case "jsonl":
      return new JsonlReporter();
    case "junit":
      return new JunitReporter();
  }
}

import { spawn } from "node:child_process";

/** When `run` opens a timeline: always, never, or when a run did not pass. */
export type Opening = boolean | "on-failure";

/** What `--open` may be; alone it is the first. */
export const OPENINGS = ["always", "on-failure", "never"] as const;

const OPENING_OF: Readonly<Record<(typeof OPENINGS)[number], Opening>> = {
  always: true,
  "on-failure": "on-failure",
  never: false,
};

export function openingOf(flag: (typeof OPENINGS)[number] | undefined): Opening | undefined {
  return flag === undefined ? undefined : OPENING_OF[flag];
}

/**
 * `--open` with its value spelt out: it may stand alone before a path, which is not its value.
 *
 * @param args  The command line without program and script.
 */
export function withOpening(args: readonly string[]): string[] {
  return args.map((arg) => (arg === "--open" ? "--open=always" : arg === "--no-open" ? "--open=never" : arg));
}

/** The page to open: the first written one, or the first of a run that did not pass. */
export function pageToOpen(
  opening: Opening,
  pages: readonly { readonly html: string | undefined; readonly exitCode: number }[],
): string | undefined {
  if (opening === false) return undefined;
  return pages.find(({ html, exitCode }) => html !== undefined && (opening === true || exitCode !== 0))?.html;
}

/** A program that opens files as the reader's desktop does. */
export interface Opener {
  readonly command: string;
  readonly args: readonly string[];
}

function openerOf(platform: NodeJS.Platform): Opener {
  if (platform === "darwin") return { command: "open", args: [] };
  // The first argument in quotes would be the window's title.
  if (platform === "win32") return { command: "cmd", args: ["/c", "start", ""] };
  return { command: "xdg-open", args: [] };
}

/** A browser may stay in the foreground; what fails, fails at once. */
const PATIENCE_MS = 1_000;

/** Opens a page in the reader's browser. @returns why not, in words, when that went wrong. */
export function openPage(path: string, opener = openerOf(process.platform)): Promise<string | undefined> {
  const { command, args } = opener;
  const failed = (why: string): string => `${path} was not opened: ${command} ${why}. Open it in a browser yourself.`;
  return new Promise((resolve) => {
    const child = spawn(command, [...args, path], { stdio: "ignore", detached: true });
    const patience = setTimeout(() => {
      resolve(undefined);
    }, PATIENCE_MS);
    const end = (words: string | undefined): void => {
      clearTimeout(patience);
      resolve(words);
    };
    child.on("error", (error: NodeJS.ErrnoException) => {
      end(failed(error.code === "ENOENT" ? "is not on this machine" : `cannot be started (${error.code ?? "?"})`));
    });
    child.on("exit", (code) => {
      end(code === 0 ? undefined : failed(`ended with ${String(code)}`));
    });
    child.unref();
  });
}

import { readdirSync, readFileSync } from "node:fs";

/** One fenced block of a page. */
export interface Snippet {
  readonly page: string;
  readonly line: number;
  readonly language: string;
  readonly text: string;
  /** The file it is, when its first line is a comment that names one. */
  readonly file?: string;
}

/** The pages whose every block is tested. */
export function pages(): string[] {
  const docs = readdirSync("docs").filter((name) => name.endsWith(".md"));
  return ["README.md", ...docs.map((name) => `docs/${name}`)];
}

/** Every fenced block of a page, in order. */
export function snippetsOf(page: string): Snippet[] {
  const snippets: Snippet[] = [];
  let open: { line: number; language: string; lines: string[] } | undefined;
  readFileSync(page, "utf8")
    .split("\n")
    .forEach((line, i) => {
      const fence = /^```(\w*)$/.exec(line);
      if (fence === null) open?.lines.push(line);
      else if (open === undefined) open = { line: i + 2, language: fence[1] ?? "", lines: [] };
      else {
        const file = /^(?:#|\/\/) ([\w.-]+\.(?:ya?ml|m?[jt]s))$/.exec(open.lines[0] ?? "")?.[1];
        const { line: start, language, lines } = open;
        snippets.push({ page, line: start, language, text: `${lines.join("\n")}\n`, ...(file && { file }) });
        open = undefined;
      }
    });
  return snippets;
}

/** A command of a shell block and the exit code that its comment states. */
export interface Command {
  readonly line: string;
  readonly args: readonly string[];
  readonly exit: number;
}

/** The commands of Faultline in a shell block; what else there is sets the place up. */
export function commandsOf(snippet: Snippet): Command[] {
  return snippet.text.split("\n").flatMap((line) => {
    const match = /(?:^|&& )(?:npx )?(?:faultline|node dist\/cli\/main\.js) ([^#]*)(?:# exit (\d+))?$/.exec(line);
    if (match === null) return [];
    return [{ line, args: (match[1] ?? "").trim().split(/\s+/), exit: Number(match[2] ?? 0) }];
  });
}

/** Targets of the links of a page that point into the repository, without their anchors. */
export function linksOf(page: string): string[] {
  const text = readFileSync(page, "utf8").replace(/^```[\s\S]*?^```$/gm, "");
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] ?? "")
    .filter((target) => !/^(https?:|#|mailto:)/.test(target))
    .map((target) => target.replace(/#.*$/, ""));
}

/** The first line that is not in the output in this order; `…` stands for anything, and one space for any number of them. */
export function missingLine(output: string, wanted: string): string | undefined {
  const plain = (line: string): string => line.replace(/\s+/g, " ").trim();
  const rest = output.split("\n").map(plain);
  for (const line of wanted.split("\n").map(plain)) {
    if (line === "") continue;
    const parts = line.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const at = rest.findIndex((one) => new RegExp(`^${parts.join(".*")}$`).test(one));
    if (at < 0) return line;
    rest.splice(0, at + 1);
  }
  return undefined;
}

import { isMap, isNode, isPair, LineCounter, parseDocument, type Document } from "yaml";
import type { Path, Problem } from "./problems.ts";

/** A YAML (or JSON) text read as plain data, and the way back from a path to its line and column. */
export interface YamlSource {
  readonly value: unknown;
  readonly problems: readonly Problem[];
  /** Line and column, from 1, of the value (or its key) at a path; of the nearest thing around it when there is none. */
  locate(path: Path, what: "key" | "value"): { readonly line: number; readonly col: number };
}

/** Reads one document; never throws. */
export function readYaml(text: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const position = (offset: number): { line: number; col: number } => {
    const { line, col } = lines.linePos(Math.min(offset, Math.max(0, text.length - 1)));
    return { line: Math.max(1, line), col: Math.max(1, col) };
  };
  const problems = document.errors.map((error): Problem => {
    const code = error.code === "DUPLICATE_KEY" ? "SCENARIO_DUPLICATE_KEY" : "SCENARIO_SYNTAX";
    return {
      code,
      path: [],
      message: `${error.message.split("\n")[0] ?? "The file is not YAML"}${error.message.endsWith(".") ? "" : "."}`,
      ...position(error.pos[0]),
    };
  });
  let value: unknown;
  if (problems.length === 0) {
    try {
      value = document.toJS({ maxAliasCount: 100 });
    } catch (error) {
      problems.push({
        code: "SCENARIO_SYNTAX",
        path: [],
        message: `${error instanceof Error ? error.message : String(error)}.`,
        line: 1,
        col: 1,
      });
    }
  }
  return {
    value,
    problems,
    locate(path, what) {
      for (let length = path.length; length >= 0; length--) {
        const offset = offsetOf(document, path.slice(0, length), what === "key" && length === path.length);
        if (offset !== undefined) return position(offset);
      }
      return { line: 1, col: 1 };
    },
  };
}

function offsetOf(document: Document, path: Path, wantsKey: boolean): number | undefined {
  const node: unknown = path.length === 0 ? document.contents : document.getIn(path, true);
  const isEmpty = !isNode(node) || node.range?.[0] === node.range?.[1];
  if (path.length > 0 && (wantsKey || isEmpty)) {
    // A value that is not there (`at:`) has no place of its own worth pointing at: its key has.
    const parent: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
    const pair = isMap(parent)
      ? parent.items.find((item) => isPair(item) && String(item.key) === String(path.at(-1)))
      : undefined;
    if (pair !== undefined && isNode(pair.key)) return pair.key.range?.[0];
  }
  return isNode(node) ? node.range?.[0] : undefined;
}

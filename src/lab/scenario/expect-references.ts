import type { ExpectSpec, Scenario } from "./model.ts";
import type { Path, Problem } from "./problems.ts";
import { parseMoment, parseWho, targetsOf, type Who } from "./targets.ts";
import { unknownName } from "./unknown-name.ts";

/** What an expectation may name. */
export interface ExpectNames {
  readonly scenario: Scenario;
  readonly faults: readonly string[];
  /** Nodes and clients. */
  readonly ids: readonly string[];
}

/** Problems of one expectation: whom it is about, what it waits for, and what it wants. */
export function checkExpect(expect: ExpectSpec, path: Path, names: ExpectNames): Problem[] {
  return [...checkShape(expect, path), ...checkMoment(expect, path, names), ...checkSubjects(expect, path, names)];
}

const SUBJECTS = ["node", "some-of", "all-of"] as const;

function checkShape(expect: ExpectSpec, path: Path): Problem[] {
  const problems: Problem[] = [];
  const subjects = SUBJECTS.filter((key) => expect[key] !== undefined);
  const complain = (message: string, expected: string, got?: string): void => {
    problems.push({ code: "SCENARIO_EXPECT", path, message, expected, ...(got === undefined ? {} : { got }) });
  };
  if ((expect.state === undefined) === (expect.succeed === undefined)) {
    complain("An expectation is about a state or about operations.", "either state or succeed");
  } else if (expect.state !== undefined && subjects.length !== 1) {
    const got = subjects.length === 0 ? "none" : subjects.join(" and ");
    complain("An expectation is about one of node, some-of and all-of.", "exactly one of them", got);
  } else if (expect.succeed !== undefined && subjects.length > 0) {
    complain("How many operations succeed is no matter of one node.", "succeed without node, some-of, all-of");
  }
  const isRelative = expect.within !== undefined && expect.after !== undefined && expect.by === undefined;
  const isAbsolute = expect.within === undefined && expect.after === undefined && expect.by !== undefined;
  // What must never happen, and how many operations succeed, may be meant until the end of the run.
  const mayBeOpen =
    (expect.never || expect.succeed !== undefined) && expect.within === undefined && expect.by === undefined;
  if (!isRelative && !isAbsolute && !mayBeOpen) {
    complain("An expectation needs to say until when.", "either within and after, or by");
  }
  return problems;
}

function checkMoment(expect: ExpectSpec, path: Path, { faults }: ExpectNames): Problem[] {
  const { after } = expect;
  if (after === undefined) return [];
  const place = [...path, "after"];
  const moment = parseMoment(after);
  if (moment === undefined) {
    const expected = '"<fault>.start" or "<fault>.stop"';
    return [
      { code: "SCENARIO_EXPECT", path: place, message: `"${after}" is not a moment.`, expected, got: `"${after}"` },
    ];
  }
  return faults.includes(moment.fault) ? [] : [unknownFault(moment.fault, place, faults)];
}

function checkSubjects(expect: ExpectSpec, path: Path, names: ExpectNames): Problem[] {
  const inKeys = Object.entries(expect.state ?? {}).flatMap(([key, value]) =>
    [
      ...[key, value]
        .flat()
        .join(" ")
        .matchAll(/\{([^}]*)\}/g),
    ].flatMap((match) => checkWho(parseWho(match[1] as string), [...path, "state", key], names)),
  );
  const subjects = SUBJECTS.flatMap((key) => {
    const value = expect[key];
    if (value === undefined) return [];
    if (typeof value === "string") return checkWho(parseWho(value), [...path, key], names);
    return value.flatMap((name, i) => checkWho(parseWho(name), [...path, key, i], names));
  });
  return [...subjects, ...inKeys];
}

function checkWho(who: Who, path: Path, names: ExpectNames): Problem[] {
  const { scenario, faults, ids } = names;
  if (who.kind === "all") return [];
  if (who.kind === "not") return checkWho(who.who, path, names);
  if (who.kind === "node") {
    if (ids.includes(who.node)) return [];
    const roles = faults.map((fault) => `${fault}.leader`);
    return [unknownName("SCENARIO_UNKNOWN_NODE", path, `There is no node called "${who.node}".`, who.node, ids, roles)];
  }
  const fault = scenario.faults.find((candidate) => (candidate.id ?? candidate.kind) === who.fault);
  if (fault === undefined) return [unknownFault(who.fault, path, faults)];
  const groups = targetsOf(fault);
  if (who.kind === "group") {
    if (who.index < groups.length) return [];
    const message = `Fault "${who.fault}" has no group ${String(who.index)}.`;
    const expected = `0…${String(groups.length - 1)}`;
    return [{ code: "SCENARIO_UNKNOWN_GROUP", path, message, expected, got: String(who.index) }];
  }
  const roles = [...new Set(groups.flat())].filter((target) => !ids.includes(target));
  if (roles.includes(who.role)) return [];
  const message = `Fault "${who.fault}" does not name the role "${who.role}".`;
  return [unknownName("SCENARIO_UNKNOWN_ROLE", path, message, who.role, roles, [])];
}

function unknownFault(fault: string, path: Path, faults: readonly string[]): Problem {
  return unknownName("SCENARIO_UNKNOWN_FAULT", path, `There is no fault called "${fault}".`, fault, faults, []);
}

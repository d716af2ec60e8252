import { describe, expect, it } from "vitest";
import { ABSENT } from "../../../src/lab/report/diff-model.ts";
import { becauseOf, mergeStories } from "../../../src/lab/report/diff-story.ts";
import type { StoryItem } from "../../../src/lab/report/model.ts";

function item(time: number, text: string, isBad = false): StoryItem {
  return { number: 1, time, since: -1, text, limit: "", isBad, record: -1 };
}
function given(name: string, first: string, second: string): Parameters<typeof becauseOf>[0][number] {
  return { name, first, second, isGiven: true };
}

describe("why two runs part", () => {
  it("names what they were given differently, and what only one has", () => {
    expect(becauseOf([given("scenario.faults.0.at", "10s", "12s")])).toBe(
      "They were not given the same: faults.0.at is 10s in A, 12s in B.",
    );
    expect(becauseOf([given("scenario.faults.0", ABSENT, "{}"), given("version", "1.0.0", "1.1.0")])).toBe(
      "They were not given the same: only B has faults.0 and version is 1.0.0 in A, 1.1.0 in B.",
    );
  });

  it("tells of a seed what it decides", () => {
    expect(becauseOf([given("seed", "7", "8")])).toBe(
      "They were not given the same: seed is 7 in A, 8 in B. All that is random differs from the start.",
    );
  });

  it("counts what a sentence has no room for", () => {
    const facts = ["a", "b", "c", "d", "e"].map((name) => given(`scenario.${name}`, "1", "2"));
    expect(becauseOf(facts)).toMatch(/c is 1 in A, 2 in B and 2 more things, listed below\.$/);
  });

  it("says that nothing explains it when only the judging, or how they ended, differs", () => {
    const facts = [given("scenario.expect.0", ABSENT, "{}"), { name: "outcome", first: "holds", second: "violated" }];
    expect(becauseOf(facts)).toMatch(/^Both were given the same scenario, seed and version and should be the same run/);
  });
});

describe("two stories as one", () => {
  it("pairs steps that say the same at whatever time, and keeps the order of time", () => {
    const steps = mergeStories(
      [item(10, "The network splits."), item(300, "n5 leads after 0.300 s.")],
      [item(10, "The network splits."), item(20, "n1 stops."), item(500, "n5 leads after 0.500 s.")],
    );
    expect(steps.map(({ times, text, other }) => [times, text, other])).toEqual([
      [[10, 10], "The network splits.", ""],
      [[-1, 20], "n1 stops.", ""],
      [[300, 500], "n5 leads after 0.300 s.", "n5 leads after 0.500 s."],
    ]);
  });

  it("does not take one node for another, nor one term for another", () => {
    const steps = mergeStories([item(1, "n1 leads term 1.")], [item(2, "n5 leads term 2.")]);
    expect(steps.map(({ times }) => times)).toEqual([
      [1, -1],
      [-1, 2],
    ]);
  });

  it("keeps every step of both, each once, and what is bad in either is bad", () => {
    const first = ["a", "b", "c", "b"].map((text, place) => item(place, text, text === "c"));
    const second = ["b", "c", "b", "a"].map((text, place) => item(10 + place, text));
    const steps = mergeStories(first, second);
    for (const run of [0, 1] as const) expect(steps.filter(({ times }) => times[run] >= 0).length).toBe(4);
    expect(steps.find(({ text }) => text === "c")).toMatchObject({ times: [2, 11], isBad: true });
  });
});

import { describe, expect, it } from "vitest";
import { buildModel } from "../../../src/lab/report/build-model.ts";
import { messageFound, otherEvents, type Found } from "../../../src/lab/report/viewer/search-events.ts";
import { searchRun } from "../../../src/lab/report/viewer/search.ts";
import { syntheticRun } from "./synthetic.ts";

const { result, trace } = syntheticRun({ isFailing: true, seconds: 20 });
const model = buildModel(result, trace);
const all: readonly Found[] = [
  ...Array.from(model.messages.sent, (_, row) => messageFound(model, row)),
  ...otherEvents(model),
];
const recordsOf = (query: string): readonly number[] => searchRun(model, query).found.map(({ record }) => record);
const isVote = ({ kind, what }: Found): boolean => kind === "message" && what.includes("raft.vote");
const isLeader = ({ kind, what }: Found): boolean => kind === "state" && what.includes("leader");
const comesBefore = (a: Found, b: Found): boolean => a.time < b.time || (a.time === b.time && a.record < b.record);

/** How many of one sort have another before or after them: every pair is looked at. */
function pairs(
  one: (found: Found) => boolean,
  other: (found: Found) => boolean,
  stands: (a: Found, b: Found) => boolean,
): number {
  const others = all.filter(other);
  return all.filter(one).filter((a) => others.some((b) => stands(a, b))).length;
}

describe("a search for what stands before or after something", () => {
  it.each([
    ["type:raft.vote preceded by kind:state candidate", isVote, "candidate", Infinity],
    ["type:raft.vote preceded by kind:state candidate within 5ms", isVote, "candidate", 5_000],
    ["kind:state leader preceded by type:raft.vote", isLeader, "vote", Infinity],
    ["kind:state leader preceded by type:raft.vote within 10ms", isLeader, "vote", 10_000],
  ] as const)("finds with %s what a look at every pair finds", (query, one, word, within) => {
    const other = (found: Found): boolean =>
      word === "vote" ? isVote(found) : found.kind === "state" && found.what.includes(word);
    const wanted = pairs(one, other, (a, b) => comesBefore(b, a) && a.time - b.time <= within);
    const { count } = searchRun(model, query);
    expect(count).toBe(wanted);
    expect(searchRun(model, query.replace("preceded", "not preceded")).count).toBe(all.filter(one).length - wanted);
  });

  it("looks the other way with followed by", () => {
    const wanted = pairs(isVote, isLeader, (a, b) => comesBefore(a, b) && b.time - a.time <= 20_000);
    expect(wanted).toBeGreaterThan(0);
    const votes = searchRun(model, "type:raft.vote").count;
    expect(searchRun(model, "type:raft.vote followed by kind:state leader within 20ms").count).toBe(wanted);
    expect(searchRun(model, "type:raft.vote not followed by kind:state leader within 20ms").count).toBe(votes - wanted);
  });

  it("names the moment that the other was, and how far away", () => {
    const [leader] = searchRun(model, "kind:state n3 leader preceded by type:raft.vote-reply n4->n3").found;
    const reply = all.filter(({ what, who }) => what === "raft.vote-reply" && who === "n4 → n3").pop() as Found;
    expect(leader?.end).toContain(`after e${String(reply.record)}`);
    expect(recordsOf("kind:state n3 leader preceded by type:raft.vote-reply n4->n3")).toEqual([leader?.record]);
  });

  it("takes a record for one before or after itself never, and relations one after the other", () => {
    const states = searchRun(model, "kind:state").count;
    expect(searchRun(model, "kind:state preceded by kind:state").count).toBe(states - 1);
    expect(searchRun(model, "kind:state followed by kind:state").count).toBe(states - 1);
    // A vote behind a candidate that came after the cut.
    const chain = "type:raft.vote preceded by kind:state candidate preceded by kind:fault cut";
    expect(searchRun(model, chain).count).toBe(
      searchRun(model, "type:raft.vote preceded by kind:state candidate").count,
    );
    expect(searchRun(model, `${chain} within 1ms`).count).toBe(0);
  });

  it("narrows both sides by time", () => {
    const { found } = searchRun(model, "kind:state 10s..11s preceded by dropped 10s..10.3s within 300ms");
    expect(found.length).toBeGreaterThan(0);
    for (const { time } of found) expect(time > 10_000_000 && time <= 10_600_000).toBe(true);
  });
});

describe("a search that cannot be asked", () => {
  it.each([
    ["type:raft.vote preceded", 'Word 2, "preceded": "by" was expected after it, as in A preceded by B within 2s.'],
    [
      "type:raft.vote not followed for",
      'Word 3, "followed": "by" was expected after it, as in A not followed by B within 2s.',
    ],
    ["preceded by dropped", 'Word 1, "preceded": it stands between two searches, as in type:vote preceded by dropped.'],
    [
      "dropped not preceded by",
      'Word 3, "preceded": what comes before was expected behind "by", as in preceded by kind:state leader.',
    ],
    [
      "n1 preceded by n2 within soon",
      'Word 6, "soon": a time above zero with its unit was expected here: within 2s, within 500ms.',
    ],
    [
      "n1 preceded by n2 within",
      'Word 5, "within": a time above zero with its unit was expected after it: within 2s, within 500ms.',
    ],
    ["n1 within 2s", 'Word 2, "within": it belongs to a relation, as in A preceded by B within 2s.'],
    [
      "n1 preceded by n2 within 2s dropped",
      'Word 7, "dropped": nothing but a relation may follow within 2s; put the word before within.',
    ],
    ["14s..9s", 'Word 1, "14s..9s": it ends before it begins; the earlier time was expected first, as in 9s..14s.'],
    [
      "kind:stat",
      'Word 1, "kind:stat": one of message, state, point, call, fault and violation was expected after kind:.',
    ],
    [
      "dropped node:n9",
      'Word 2, "node:n9": "n9" is the name of no node and no client; one of them was expected: n1, n2, n3, n4, n5, c1, c2, c3.',
    ],
    ["n1->", 'Word 1, "n1->": a link has a name at both ends, as in n1->n3.'],
    [
      "n1 preceded by n1->n7",
      'Word 4, "n1->n7": "n7" is the name of no node and no client; one of them was expected: n1, n2, n3, n4, n5, c1, c2, c3.',
    ],
  ])("says of %s which word is wrong and what was expected", (query, problem) => {
    const found = searchRun(model, query);
    expect(found.problem).toBe(problem);
    expect(found.count).toBe(0);
  });

  it("is none with a word that only looks like one", () => {
    for (const query of ["within", "by", "pre-vote", "not", "n1-n3", "role:", "-n1->n3"])
      expect(searchRun(model, query).problem).toBe("");
    expect(searchRun(model, "pre-vote").count).toBe(searchRun(model, "type:pre-vote").count);
    expect(searchRun(model, "pre-vote").count).toBeGreaterThan(0);
    expect(searchRun(model, "n1-n3").count).toBe(searchRun(model, "n1->n3").count);
  });
});

describe("a word for what records say", () => {
  it("finds it in states and calls, whatever its name", () => {
    const ofTerm = all.filter(({ kind, what }) => kind === "state" && what.includes("term 2"));
    expect(searchRun(model, "term:2 kind:state").count).toBe(ofTerm.length);
    expect(searchRun(model, "term:2").note).toBe("");
    expect(searchRun(model, "key:x").count).toBeGreaterThan(0);
  });

  it("says where it was looked for when nothing says it, and that messages' contents are not in the page", () => {
    expect(searchRun(model, "term:9").note).toBe(
      "term:9 is looked for in what states, points and calls say, and none says it. What they say of it: 1 and 2. What messages carry is not in this page; faultline report <run> --format ndjson writes it.",
    );
    expect(searchRun(model, "n1 preceded by token:7").note).toContain("None says token. ");
    expect(searchRun(model, "dropped").note).toBe("");
  });
});

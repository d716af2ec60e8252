import { formatSeconds } from "../../trace/units.ts";
import { ABSENT, type DiffFact, type DiffStep } from "./diff-model.ts";
import type { StoryItem } from "./model.ts";
import { listWords, plural, shorten } from "./words.ts";

/** Things a sentence can name. */
const NAMED_MAX = 3;
const VALUE_MAX = 60;

/** What of a scenario says how a run is judged, or what it is for, and decides nothing in it. */
const JUDGING = /^scenario\.(?:expect|checks|about|source)\b/;

/** Why two runs part, as far as what they were given tells. */
export function becauseOf(facts: readonly DiffFact[]): string {
  const given = facts.filter(({ name, isGiven }) => isGiven === true && !JUDGING.test(name));
  const named = given.slice(0, NAMED_MAX).map(differenceWords);
  if (given.length === 0)
    return "Both were given the same scenario, seed and version and should be the same run: something decided that is neither. faultline doctor looks for it.";
  if (given.length > NAMED_MAX) named.push(`${plural(given.length - NAMED_MAX, "more thing")}, listed below`);
  return `They were not given the same: ${listWords(named)}.${given.length === 1 && given[0]?.name === "seed" ? " All that is random differs from the start." : ""}`;
}

function differenceWords({ name, first, second }: DiffFact): string {
  const short = name.replace(/^scenario\./, "");
  if (first === ABSENT) return `only B has ${short}`;
  if (second === ABSENT) return `only A has ${short}`;
  return `${short} is ${shorten(first, VALUE_MAX)} in A, ${shorten(second, VALUE_MAX)} in B`;
}

/** Two stories as one: steps that say the same but for times are one step, as far as their order is the same. */
export function mergeStories(first: readonly StoryItem[], second: readonly StoryItem[]): DiffStep[] {
  const steps = pairUp(first, second).map(([a, b]): DiffStep => {
    const one = (a ?? b) as StoryItem;
    return {
      times: [a?.time ?? -1, b?.time ?? -1],
      text: textOf(one),
      other: a === undefined || b === undefined || textOf(a) === textOf(b) ? "" : textOf(b),
      isBad: a?.isBad === true || b?.isBad === true,
    };
  });
  const when = ({ times }: DiffStep): number => Math.min(...times.filter((time) => time >= 0));
  return steps.sort((x, y) => when(x) - when(y));
}

function textOf({ text, limit }: StoryItem): string {
  return limit === "" ? text : `${text} (${limit})`;
}

type Pair = readonly [StoryItem | undefined, StoryItem | undefined];

/** The longest way through both stories that pairs equal steps. */
function pairUp(first: readonly StoryItem[], second: readonly StoryItem[]): Pair[] {
  const key = ({ text }: StoryItem): string => text.replace(/\d+\.\d+/g, "#");
  const width = second.length + 1;
  const lengths = new Int32Array((first.length + 1) * width);
  for (let i = first.length - 1; i >= 0; i--)
    for (let j = second.length - 1; j >= 0; j--)
      lengths[i * width + j] =
        key(first[i] as StoryItem) === key(second[j] as StoryItem)
          ? (lengths[(i + 1) * width + j + 1] as number) + 1
          : Math.max(lengths[(i + 1) * width + j] as number, lengths[i * width + j + 1] as number);
  const pairs: Pair[] = [];
  let [i, j] = [0, 0];
  while (i < first.length || j < second.length) {
    const [a, b] = [first[i], second[j]];
    const isPair = a !== undefined && b !== undefined && key(a) === key(b);
    if (isPair) pairs.push([first[i++], second[j++]]);
    else if (
      b === undefined ||
      (a !== undefined && (lengths[(i + 1) * width + j] as number) >= (lengths[i * width + j + 1] as number))
    )
      pairs.push([first[i++], undefined]);
    else pairs.push([undefined, second[j++]]);
  }
  return pairs;
}

/** When a step happened in a run; a dash where it did not. */
export function stepTime(time: number): string {
  return time < 0 ? "–" : formatSeconds(time).replace(" s", "");
}

import type { RunResult } from "../../trace/result.ts";
import { formatSeconds } from "../../trace/units.ts";
import type { Micros } from "../../trace/record.ts";
import type { Column } from "./columns.ts";
import type { WriteSpan } from "./model.ts";
import { formatCount, listWords, plural, shorten } from "./words.ts";
import { writeGaps, writeOverlaps } from "./write-row.ts";

const COUNT_WORDS = ["No", "One", "Two", "Three", "Four", "Five", "Six", "Seven"];

export interface HeadlineFacts {
  readonly names: readonly string[];
  readonly writers: readonly WriteSpan[] | undefined;
  readonly acknowledged: Column;
  readonly firstFault: Micros | undefined;
  /** Transactions that some node had and the cluster has not; those of acknowledged writes among them are listed and kept. */
  readonly leftBehind: number;
}

/** The verdict in a few words, and why, in one or two sentences. */
export function headlineOf(
  result: RunResult,
  facts: HeadlineFacts,
): { readonly headline: string; readonly lede: string } {
  switch (result.outcome) {
    case "holds":
      return { headline: "Every rule held", lede: heldLede(result, facts) };
    case "violated":
      return violatedHeadline(result, facts);
    case "inconclusive": {
      const open = result.verdicts.filter((verdict) => verdict.verdict === "inconclusive");
      const first = open[0];
      const reason = first?.reason ?? "a rule could not be judged";
      return {
        headline: shorten(`Not decided: ${first?.title ?? "the run"}`, 70),
        lede: sentence(`${plural(open.length, "rule")} could not be decided. The first: ${reason}`),
      };
    }
    case "inert-fault": {
      const inert = result.faults.filter((fault) => fault.touched === 0 && !fault.optional).map((fault) => fault.id);
      return {
        headline:
          inert.length < 2 ? "The fault touched nothing" : `${formatCount(inert.length)} faults touched nothing`,
        lede: sentence(
          `${listWords(inert)} changed nothing in this run, so what the rules say about it proves nothing`,
        ),
      };
    }
    case "non-deterministic":
      return {
        headline: "The same seed gave two different runs",
        lede: sentence(result.error?.message ?? "The second run's digest differs from the first"),
      };
    case "interrupted":
      return {
        headline: "The run was interrupted",
        lede: `What happened up to ${formatSeconds(result.endTime)} is below; nothing is decided.`,
      };
    case "internal-error":
      return {
        headline: "The run broke off",
        lede: sentence(
          result.error === undefined ? "Faultline itself failed" : `${result.error.code}: ${result.error.message}`,
        ),
      };
  }
}

function violatedHeadline(
  result: RunResult,
  facts: HeadlineFacts,
): { readonly headline: string; readonly lede: string } {
  const violated = result.verdicts.filter((verdict) => verdict.verdict === "violated");
  const unmet = result.expects.filter((expect) => !expect.held);
  const first = [...violated].sort((a, b) => (a.violation?.time ?? 0) - (b.violation?.time ?? 0))[0];
  if (first === undefined) {
    const expect = unmet[0];
    const headline =
      unmet.length < 2
        ? "An expected step did not happen"
        : `${formatCount(unmet.length)} expected steps did not happen`;
    return { headline, lede: expect === undefined ? "" : sentence(expect.reason ?? expect.text) };
  }
  const overlap = writeOverlaps(facts.writers ?? [])[0];
  // Two who write are what the headline says: so does the sentence under it, though another rule was broken before.
  const told =
    violated
      .filter(({ violation }) => violation !== undefined && isIn(overlap, violation.time))
      .sort((a, b) => (a.violation?.time ?? 0) - (b.violation?.time ?? 0))[0] ?? first;
  const lede =
    sentence(told.violation?.message ?? told.rule) +
    (violated.length > 1 ? ` ${plural(violated.length, "rule")} were broken in all.` : "");
  if (overlap !== undefined) {
    const count = COUNT_WORDS[overlap.writers.length] ?? String(overlap.writers.length);
    return { headline: `${count} nodes could write for ${formatSeconds(overlap.to - overlap.from)}`, lede };
  }
  return { headline: `Rule broken: ${shorten(first.title, 60)}`, lede };
}

function isIn(span: { readonly from: Micros; readonly to: Micros } | undefined, at: Micros): boolean {
  return span !== undefined && at >= span.from && at <= span.to;
}

function heldLede(result: RunResult, facts: HeadlineFacts): string {
  const { names, writers, acknowledged, firstFault, leftBehind } = facts;
  const held = result.verdicts.filter((verdict) => verdict.verdict === "holds");
  const judged = held.reduce((sum, verdict) => sum + verdict.judged, 0);
  const plain = `${plural(held.length, "rule")} judged ${formatCount(judged)} records and found nothing wrong.`;
  const gap = writeGaps(writers ?? []).find((candidate) => firstFault !== undefined && candidate.from >= firstFault);
  if (gap === undefined || firstFault === undefined) return receiptsLede(result) + plain;
  const before = names[gap.before] ?? "";
  const after = names[gap.after] ?? "";
  const length = formatSeconds(gap.to - gap.from);
  const who =
    gap.before === gap.after
      ? `${before} could not write for ${length}`
      : `The old leader ${before} gave up writing ${length} before ${after} began`;
  const isNothingLost = leftBehind === 0 && held.some((verdict) => verdict.invariant === "I11");
  const wait = longestGap(acknowledged, firstFault);
  return [
    `${who}${isNothingLost ? ", and no acknowledged write was lost" : ""}.`,
    ...(leftBehind > 0 ? [`${plural(leftBehind, "transaction")} never reached the cluster: listed, and kept.`] : []),
    ...(wait > 0 ? [`Clients waited ${formatSeconds(wait)}.`] : []),
  ].join(" ");
}

/** What became of the receipts, where the run is about them; `""` otherwise, or when not all of them are there once. */
function receiptsLede({ summary }: RunResult): string {
  const value = (name: string): string | undefined => summary.find((row) => row.name === name)?.value;
  const created = value("receipts created");
  const received = value("OFD received");
  if (created === undefined || received === undefined) return "";
  if (value("receipts synced") !== created || value("duplicates") !== "0") return "";
  return `All ${created} receipts reached the OFD, none twice: ${received}. `;
}

/** The longest time without an acknowledgement that ends after `after`; 0 when there is none. */
function longestGap(times: Column, after: Micros): Micros {
  let longest = 0;
  for (let i = 1; i < times.length; i++) {
    const at = times[i] as Micros;
    if (at > after) longest = Math.max(longest, at - (times[i - 1] as Micros));
  }
  return longest;
}

function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

import type { ReportModel } from "../model.ts";

/** Unpacks the model from the page's own data block. */
export async function loadModel(): Promise<ReportModel> {
  const text = document.getElementById("data")?.textContent ?? "";
  const bytes = Uint8Array.from(atob(text.trim()), (character) => character.charCodeAt(0));
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const { model } = (await new Response(unpacked).json()) as { model: ReportModel };
  const { messages } = model;
  return { ...model, messages: { ...messages, sent: sums(messages.sent), record: sums(messages.record) } };
}

function sums(values: readonly number[]): number[] {
  let sum = 0;
  return values.map((value) => (sum += value));
}

import type { ReportModel } from "../model.ts";
import { readBlock } from "../read-block.ts";
import { inflateGzip } from "./inflate.ts";

/** Unpacks the model from the page's own data block. */
export async function loadModel(): Promise<ReportModel> {
  const element = document.getElementById("data");
  const packed = atob(element?.textContent.trim() ?? "");
  const bytes = new Uint8Array(packed.length);
  for (let index = 0; index < packed.length; index++) bytes[index] = packed.charCodeAt(index);
  // Ten million characters that nobody reads again.
  element?.replaceChildren();
  return readBlock(await inflated(bytes));
}

async function inflated(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  if (typeof DecompressionStream === "undefined") return inflateGzip(bytes);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

import { inflateGzip } from "./inflate.ts";

/** The bytes that an element of the page holds, gzip in base64. */
export async function unpacked(id: string): Promise<Uint8Array> {
  const element = document.getElementById(id);
  const packed = atob(element?.textContent.trim() ?? "");
  const bytes = new Uint8Array(packed.length);
  for (let index = 0; index < packed.length; index++) bytes[index] = packed.charCodeAt(index);
  // Ten million characters that nobody reads again.
  element?.replaceChildren();
  if (typeof DecompressionStream === "undefined") return inflateGzip(bytes);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

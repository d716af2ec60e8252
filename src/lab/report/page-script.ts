import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { START_SCRIPT } from "./start-script.ts";

/** A script as a page carries it. */
export interface PageScript {
  /** What the page's policy lets run: the script that starts and the one it unpacks, each by its hash. */
  readonly sources: string;
  readonly html: string;
}

const made = new Map<string, PageScript>();

/** Packs a script as the data of a page is packed, to half its size; a small one beside it unpacks and starts it. */
export function pageScript(script: string): PageScript {
  let page = made.get(script);
  if (page === undefined) {
    const packed = gzipSync(script, { level: 9 }).toString("base64");
    page = {
      sources: [START_SCRIPT, script].map((text) => `'sha256-${sha256(text)}'`).join(" "),
      html: `<script type="text/plain" id="script">${packed}</script>\n<script>${START_SCRIPT}</script>`,
    };
    made.set(script, page);
  }
  return page;
}

function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("base64");
}

import type { DiffModel } from "../diff-model.ts";
import { loadModel } from "./data.ts";
import { DiffViewer } from "./diff-viewer.ts";
import { write } from "./state-table.ts";

async function start(): Promise<void> {
  try {
    const diff = (await loadModel()) as DiffModel;
    new DiffViewer(diff).draw();
    document.documentElement.dataset["ready"] = "yes";
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    write("says-a", `The timelines cannot be drawn in this browser: ${reason}`);
  }
}

void start();

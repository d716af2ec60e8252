import type { ReportModel } from "../model.ts";
import { loadModel } from "./data.ts";
import { write } from "./state-table.ts";
import { Viewer } from "./viewer.ts";

async function start(): Promise<void> {
  const stage = document.getElementById("stage");
  const canvas = document.getElementById("canvas");
  if (stage === null || !(canvas instanceof HTMLCanvasElement)) return;
  try {
    const model = (await loadModel()) as ReportModel;
    new Viewer(model, stage, canvas).draw();
    document.documentElement.dataset["ready"] = "yes";
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    write("says", `The timeline cannot be drawn in this browser: ${reason}`);
  }
}

void start();

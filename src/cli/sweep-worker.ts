import { serveUnits } from "../lab/explore/worker.ts";
import { runSource } from "./run-source.ts";

/** A process that runs units of a sweep for the pool that started it. */
serveUnits(runSource);

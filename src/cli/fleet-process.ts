import type { CarriedPlan } from "../integrations/bullmq/sweep-order.ts";
import { serveUnits } from "../lab/explore/worker.ts";
import { carriedSource } from "./carried-source.ts";

/** A process that runs units of a fleet's sweep for the worker that started it. */
serveUnits((plan) => carriedSource(plan as CarriedPlan));

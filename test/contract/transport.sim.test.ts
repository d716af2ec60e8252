import { describeTransport } from "./transport.contract.ts";
import { simWorld } from "./sim-world.ts";

describeTransport("simulated", simWorld);

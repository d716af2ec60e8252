import { describeTransport } from "./transport.contract.ts";
import { liveWorld } from "./live-world.ts";

describeTransport("live", liveWorld);

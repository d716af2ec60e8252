import { describeTimers } from "./timers.contract.ts";
import { liveWorld } from "./live-world.ts";

describeTimers("live", liveWorld);

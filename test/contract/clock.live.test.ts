import { describeClock } from "./clock.contract.ts";
import { liveWorld } from "./live-world.ts";

describeClock("live", liveWorld);

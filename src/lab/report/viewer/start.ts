import { unpacked } from "./unpack.ts";

/** Runs the page's script, which is in it packed: the policy of the page names both by what they are. */
async function start(): Promise<void> {
  const script = document.createElement("script");
  script.textContent = new TextDecoder().decode(await unpacked("script"));
  document.body.append(script);
}

void start();

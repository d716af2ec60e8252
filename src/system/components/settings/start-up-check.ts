import { silentLog, type Log } from "../../ports/log.ts";
import type { NodeIdResolverPort } from "../../ports/split-brain.ts";
import { getLiteFSSettings, type LiteFSSettings } from "./litefs-settings.ts";
import { PrimaryMarker, requireMount, type MountPort } from "./primary-marker.ts";

export interface StartUpCheckOptions {
  /** The dictionary `LITEFS`. */
  readonly settings: unknown;
  readonly strict?: boolean;
  readonly mount: MountPort;
  readonly nodeId: NodeIdResolverPort;
  readonly log?: Log;
}

/** What a node found out about itself when it started. */
export interface StartUpReport {
  readonly settings: LiteFSSettings;
  /** `disabled`: `ENABLED` is off, and nothing else was looked at. */
  readonly role: "primary" | "replica" | "disabled";
  readonly nodeId?: string;
  readonly primaryHostname?: string;
}

/**
 * What an application does when it starts (the seeds' `LiteFSDjangoConfig`): validates the settings, checks the mount, and logs
 * whether this node is primary or replica. With a static primary the setting says which; else the marker does, until there is a leader.
 *
 * @throws {LiteFSConfigError} when the settings are wrong, the mount is not there or the node has no id.
 */
export function checkLiteFSAtStart(options: StartUpCheckOptions): StartUpReport {
  const { mount, log = silentLog } = options;
  const settings = getLiteFSSettings(options.settings, { strict: options.strict === true });
  if (!settings.isEnabled) {
    log("info", "LiteFS is disabled.");
    return { settings, role: "disabled" };
  }
  requireMount(mount, settings.mountPath);
  const nodeId = options.nodeId.resolveNodeId();
  const { mountPath, markerSemantics: semantics, raft } = settings;
  const marker = new PrimaryMarker({ mount, mountPath, semantics, nodeId });
  const isMarked = marker.isPrimary();
  const isPrimary = settings.leaderElection === "static" ? nodeId === settings.primaryHostname : isMarked;
  if (isPrimary !== isMarked)
    log("warning", "The setting PRIMARY_HOSTNAME and the marker in the mount disagree; the setting counts.", {
      nodeId,
      primaryHostname: settings.primaryHostname,
      isMarked,
    });
  if (settings.detectSplitBrain && raft === undefined && settings.raftAdapter === undefined)
    log(
      "warning",
      "DETECT_SPLIT_BRAIN is on, and neither LEADER_ELECTION nor RAFT_ADAPTER names an election to watch.",
      {
        nodeId,
      },
    );
  const named = settings.leaderElection === "static" ? settings.primaryHostname : marker.primaryHostname();
  const primaryHostname = isPrimary ? nodeId : named;
  const role = isPrimary ? "primary" : "replica";
  log(
    "info",
    isPrimary ? "This node is the primary." : `This node is a replica of ${primaryHostname ?? "nobody yet"}.`,
    {
      nodeId,
      role,
    },
  );
  return { settings, role, nodeId, ...(primaryHostname === undefined ? {} : { primaryHostname }) };
}

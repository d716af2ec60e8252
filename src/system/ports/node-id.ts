/** Name of a node: `[a-z][a-z0-9-]{0,31}`, unique in its cluster. */
export type NodeId = string & { readonly __brand: "NodeId" };

/** Brands a string as a {@link NodeId}. */
export function nodeId(name: string): NodeId {
  return name as NodeId;
}

import { ReportError } from "./report-error.ts";

/** An element of a picture; every call of `append` makes a child and returns it. */
export interface SvgElement {
  append(name: string): SvgElement;
  attr(name: string, value: string | number): SvgElement;
  text(value: string): SvgElement;
}

/** A picture in the making. */
export interface SvgPicture {
  readonly root: SvgElement;
  /** The picture as a well-formed XML document. */
  serialize(): string;
}

/** Makes pictures. The one adapter stands on d3-node, which is optional and slow to load: nobody else imports it. */
export interface SvgRenderer {
  create(width: number, height: number): SvgPicture;
}

/**
 * Loads the renderer.
 *
 * @throws {ReportError} `REPORT_NO_D3_NODE` when the optional package is not installed.
 */
export async function loadSvgRenderer(
  load: () => Promise<typeof import("d3-node")> = () => import("d3-node"),
): Promise<SvgRenderer> {
  let d3node: typeof import("d3-node");
  try {
    d3node = await load();
  } catch (error) {
    throw new ReportError(
      "REPORT_NO_D3_NODE",
      "The overview picture needs the optional package d3-node. Install it with: npm i d3-node",
      { cause: error },
    );
  }
  const { D3Node } = d3node;
  return {
    create(width, height) {
      const d3n = new D3Node();
      const root = d3n.createSVG(width, height, { viewBox: `0 0 ${String(width)} ${String(height)}` });
      // svgString() leaves "<" raw in attributes; only the serializer gives XML that parsers accept.
      return { root, serialize: () => new d3n.window.XMLSerializer().serializeToString(root.node()) };
    },
  };
}

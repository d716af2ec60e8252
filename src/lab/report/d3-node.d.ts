/** The part of d3-node 4 that the overview uses; the package ships no types. */
declare module "d3-node" {
  export interface Selection {
    append(name: string): Selection;
    attr(name: string, value: string | number): Selection;
    text(value: string): Selection;
    node(): unknown;
  }
  export class D3Node {
    readonly window: {
      readonly XMLSerializer: new () => { serializeToString(node: unknown): string };
      readonly DOMParser: new () => { parseFromString(text: string, type: "application/xml" | "text/html"): unknown };
    };
    createSVG(width: number, height: number, attributes?: Readonly<Record<string, string | number>>): Selection;
  }
}

import { D3Node } from "d3-node";

/** The part of the DOM that tests read pages with. */
export interface DomNode {
  readonly id: string;
  readonly tagName: string;
  readonly namespaceURI: string;
  readonly textContent: string;
  getAttribute(name: string): string | null;
  getAttributeNames(): string[];
  querySelector(selector: string): DomNode | null;
  querySelectorAll(selector: string): Iterable<DomNode>;
}

/** Parses with the DOM that d3-node brings along. @returns the root element; a `parsererror` inside it for text that is not XML. */
export function parse(text: string, type: "application/xml" | "text/html"): DomNode {
  const parser = new new D3Node().window.DOMParser();
  return (parser.parseFromString(text, type) as { readonly documentElement: DomNode }).documentElement;
}

/** All elements that a selector finds. */
export function all(root: DomNode, selector: string): readonly DomNode[] {
  return [...root.querySelectorAll(selector)];
}

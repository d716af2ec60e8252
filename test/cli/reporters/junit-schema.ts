import { readFileSync } from "node:fs";
import { validateXML } from "xmllint-wasm";

const SCHEMA = readFileSync(new URL("junit.xsd", import.meta.url), "utf8");

/** What the common JUnit schema finds wrong with a document; nothing in a good one. */
export async function junitProblems(xml: string): Promise<string[]> {
  const { errors } = await validateXML({
    xml: { fileName: "junit.xml", contents: xml },
    schema: { fileName: "junit.xsd", contents: SCHEMA },
  });
  return errors.map(({ message }) => message);
}

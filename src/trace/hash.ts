const C1 = 0x9e3779b1;
const C2 = 0x85ebca77;
const C3 = 0xc2b2ae3d;

/** Two independent 32-bit hashes of a text, by UTF-16 unit. */
export function hashText(text: string): readonly [number, number] {
  let a = 0x811c9dc5 | 0;
  let b = 0x2545f491 | 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, C1);
    b = (b << 13) | (b >>> 19);
  }
  a = Math.imul(a ^ text.length, C2);
  b = Math.imul(b ^ text.length, C3);
  return [a ^ (a >>> 15), b ^ (b >>> 13)];
}

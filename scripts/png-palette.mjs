import { crc32, deflateSync, inflateSync } from "node:zlib";

const SIGNATURE = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
const COLOURS_MAX = 256;
/** How many entries of the palette the most frequent colours have. */
const EXACT = 48;

/** The same PNG with 256 of its colours, every other one as the nearest of them: a third of the size for a drawing. */
export function withPalette(png) {
  const { width, height, pixels } = decode(png);
  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const palette = paletteOf(counts);
  const index = new Map();
  for (const colour of counts.keys()) index.set(colour, nearest(colour, palette));
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) rows[y * (width + 1) + 1 + x] = index.get(pixels[y * width + x]);
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  // 8 bits a pixel, colours from a palette.
  head.set([8, 3, 0, 0, 0], 8);
  const colours = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", head),
    chunk("PLTE", colours),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** The areas' own colours, exactly, and of the edges between them the most frequent colour of each of the most frequent shades. */
function paletteOf(counts) {
  const byCount = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  const exact = byCount.slice(0, EXACT).map(([colour]) => colour);
  const shades = new Map();
  for (const [colour, count] of byCount.slice(EXACT)) {
    const shade = shades.get(colour & 0xf0f0f0) ?? { colour, count: 0 };
    shade.count += count;
    shades.set(colour & 0xf0f0f0, shade);
  }
  const rest = [...shades.values()].sort((a, b) => b.count - a.count || a.colour - b.colour);
  return [...exact, ...rest.map(({ colour }) => colour)].slice(0, COLOURS_MAX);
}

/** Pixels as 0xRRGGBB of a PNG of 8 bits a channel, RGB or RGBA, not interlaced: what a browser takes. */
function decode(png) {
  let width = 0;
  let height = 0;
  let channels = 0;
  const data = [];
  for (let at = SIGNATURE.length; at < png.length;) {
    const length = png.readUInt32BE(at);
    const type = png.toString("latin1", at + 4, at + 8);
    const body = png.subarray(at + 8, at + 8 + length);
    if (type === "IHDR") {
      width = body.readUInt32BE(0);
      height = body.readUInt32BE(4);
      channels = { 2: 3, 6: 4 }[body[9]];
      if (body[8] !== 8 || channels === undefined || body[12] !== 0) throw new Error("This kind of PNG is not read.");
    } else if (type === "IDAT") data.push(body);
    at += 12 + length;
  }
  const bytes = unfiltered(inflateSync(Buffer.concat(data)), width * channels, channels);
  const pixels = new Uint32Array(width * height);
  for (let i = 0; i < pixels.length; i++) {
    const at = i * channels;
    pixels[i] = (bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2];
  }
  return { width, height, pixels };
}

/** PNG specification, 9.2: each row says how its bytes differ from those to the left and above. */
function unfiltered(rows, stride, channels) {
  const height = rows.length / (stride + 1);
  const bytes = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (stride + 1)];
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x;
      const left = x < channels ? 0 : bytes[at - channels];
      const up = y === 0 ? 0 : bytes[at - stride];
      const upLeft = x < channels || y === 0 ? 0 : bytes[at - stride - channels];
      bytes[at] = rows[y * (stride + 1) + 1 + x] + predicted(filter, left, up, upLeft);
    }
  }
  return bytes;
}

function predicted(filter, left, up, upLeft) {
  if (filter < 4) return [0, left, up, (left + up) >> 1][filter];
  const [a, b, c] = [left, up, upLeft].map((value) => Math.abs(left + up - upLeft - value));
  return a <= b && a <= c ? left : b <= c ? up : upLeft;
}

function nearest(colour, palette) {
  let best = 0;
  let least = Infinity;
  palette.forEach((other, i) => {
    const distance = [16, 8, 0].reduce(
      (sum, shift) => sum + (((colour >> shift) & 255) - ((other >> shift) & 255)) ** 2,
      0,
    );
    if (distance < least) [best, least] = [i, distance];
  });
  return best;
}

function chunk(type, body) {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length, 0);
  head.write(type, 4, "latin1");
  const tail = Buffer.alloc(4);
  tail.writeUInt32BE(crc32(Buffer.concat([head.subarray(4), body])), 0);
  return Buffer.concat([head, body, tail]);
}

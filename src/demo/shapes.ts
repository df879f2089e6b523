import type { Colour } from './colour.ts';
import type { DemoGenre } from './genres.ts';

/** A picture in planar YUV 4:2:0: luma [height, width], then both chromas [height/2, width/2], in one buffer. */
export interface Frame {
  widthPixels: number;
  heightPixels: number;
  bytes: Uint8ClampedArray;
}

export interface Shape {
  kind: DemoGenre['shape'];
  /** In pixels. */
  x: number;
  y: number;
  radius: number;
  turnRadians: number;
  colour: Colour;
  opacity: number;
}

export const LUMA_OFFSET = 16;
export const CHROMA_OFFSET = 128;

/**
 * How deep a point lies in a shape of radius 1: above 0 inside, below outside, in units of the radius.
 * Distances are those to the nearest side, and exact enough for soft edges.
 */
const DEPTHS: Record<DemoGenre['shape'], (x: number, y: number) => number> = {
  disc: (x, y) => 1 - Math.sqrt(x * x + y * y),
  ring: (x, y) => 0.26 - Math.abs(Math.sqrt(x * x + y * y) - 0.74),
  diamond: (x, y) => (1 - Math.abs(x) * 1.35 - Math.abs(y)) * 0.6,
  triangle: (x, y) => Math.min(0.5 - y, 0.5 + 0.5 * y - 0.866 * Math.abs(x)),
  square: (x, y) => 0.75 - Math.max(Math.abs(x), Math.abs(y)),
  petal: (x, y) => 1.35 - Math.sqrt((Math.abs(x) + 0.8) ** 2 + y * y),
};

/** Draws a shape with soft edges, lit from above. */
export function drawShape(frame: Frame, shape: Shape): void {
  const { widthPixels: width, heightPixels: height, bytes } = frame;
  const { luma, blue, red } = shape.colour;
  const chromaStart = width * height;
  const chromaWidth = width >> 1;
  const chromaSize = chromaWidth * (height >> 1);
  const cos = Math.cos(shape.turnRadians) / shape.radius;
  const sin = Math.sin(shape.turnRadians) / shape.radius;
  const depthAt = DEPTHS[shape.kind];
  const top = Math.max(0, Math.floor(shape.y - shape.radius));
  const bottom = Math.min(height - 1, Math.ceil(shape.y + shape.radius));
  const start = Math.max(0, Math.floor(shape.x - shape.radius));
  const end = Math.min(width - 1, Math.ceil(shape.x + shape.radius));
  for (let y = top; y <= bottom; y++) {
    for (let x = start; x <= end; x++) {
      const dx = x - shape.x;
      const dy = y - shape.y;
      const depth = depthAt(dx * cos + dy * sin, dy * cos - dx * sin) * shape.radius;
      if (depth <= 0) continue;
      const cover = Math.min(1, depth / 1.5) * shape.opacity;
      const light = 1.08 - (0.3 * (dy + shape.radius)) / (2 * shape.radius);
      const at = y * width + x;
      bytes[at] += (LUMA_OFFSET + luma * light - bytes[at]) * cover;
      if (((x | y) & 1) !== 0) continue;
      const u = chromaStart + (y >> 1) * chromaWidth + (x >> 1);
      bytes[u] += (CHROMA_OFFSET + blue * light - bytes[u]) * cover;
      bytes[u + chromaSize] += (CHROMA_OFFSET + red * light - bytes[u + chromaSize]) * cover;
    }
  }
}

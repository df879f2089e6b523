import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PictureSize } from '../../src/media/media.ts';
import { createResizer, toCoveringSize } from '../../src/media/resize.ts';

const SOURCE = { widthPixels: 23, heightPixels: 17 };
const PIXELS = noise(SOURCE);

function noise({ widthPixels, heightPixels }: PictureSize): Uint8Array {
  return Uint8Array.from({ length: widthPixels * heightPixels * 3 }, (_, i) => i * i * 7 + i * 13);
}

describe('createResizer', () => {
  // SHA-256 of what Pillow 13.0.0 makes of the same picture by `Image.resize`.
  it.each([
    ['bilinear', 8, 5, '67b720d570b7f0b50a9188571b3f4e4de8ba0ae040b004b3d6558b45fdce78bd'],
    ['bilinear', 40, 30, 'cd305e31fa8428a6aee2007f1ba254abe73bd8a34fddc66f31c6f1700334cfa4'],
    ['bilinear', 23, 6, 'c4ee857ee821937c70f8f0a85d1f1a34fb99438c5084cf410968047bdfb471fe'],
    ['bilinear', 9, 17, '8125735507b90690ddc253c06ff20cdeda9e761e52e4c3567fced5e033cf9a5e'],
    ['bicubic', 8, 5, '8780d61d10957a641d124e178c51f254c69d1b64a2a131fe815d6c0ff08daf29'],
    ['bicubic', 40, 30, '1b8918a52c28edf72814f5dfbd90c0a6c2c4598b533603aabaa050ac1a9f3257'],
    ['bicubic', 23, 6, 'b4c85d12066f14db73d26cfdfa7d51299b9c73081ad62fe0e05de30e0c0519ca'],
    ['bicubic', 9, 17, '74ae387c3790fb846ec3c05c63031de4e986304aef584f0b9f25246898aec536'],
  ] as const)('gives the bytes of Pillow’s %s at %d × %d', (by, widthPixels, heightPixels, sha256) => {
    const resized = createResizer(SOURCE, { widthPixels, heightPixels }, { by, fit: 'stretch' })(PIXELS);
    expect(createHash('sha256').update(resized).digest('hex')).toBe(sha256);
  });

  it('covers by the shorter side and cuts out the centre of the whole', () => {
    const side = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(side, side, side, side, fc.nat(20), (width, height, targetWidth, targetHeight, extra) => {
        const source = { widthPixels: width, heightPixels: height };
        const target = { widthPixels: targetWidth, heightPixels: targetHeight };
        const shorterSidePixels = Math.max(targetWidth, targetHeight) + extra;
        const whole = toCoveringSize(source, shorterSidePixels);
        const pixels = noise(source);
        const stretched = createResizer(source, whole, { by: 'bicubic', fit: 'stretch' })(pixels);
        const covered = createResizer(source, target, { by: 'bicubic', fit: 'cover', shorterSidePixels })(
          pixels,
        );

        expect(Math.min(whole.widthPixels, whole.heightPixels)).toBe(shorterSidePixels);
        const left = Math.floor((whole.widthPixels - targetWidth) / 2);
        const top = Math.floor((whole.heightPixels - targetHeight) / 2);
        const rows = Array.from({ length: targetHeight }, (_, row) => {
          const start = ((top + row) * whole.widthPixels + left) * 3;
          return stretched.subarray(start, start + targetWidth * 3);
        });
        expect(Buffer.compare(covered, Buffer.concat(rows))).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('gives a picture of its own, also where nothing is resized', () => {
    const pixels = PIXELS.slice();
    const resized = createResizer(SOURCE, SOURCE, { by: 'bicubic', fit: 'stretch' })(pixels);
    expect(resized).toEqual(PIXELS);
    expect(resized.buffer).not.toBe(pixels.buffer);
  });
});

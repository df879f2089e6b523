import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AUDIO_FEATURES } from '../../../src/backbone/lite/audio-graph.ts';
import { type FeatureGroup, rangeOf } from '../../../src/backbone/lite/feature-group.ts';
import { LITE_BACKBONES } from '../../../src/backbone/lite/lite-backbones.ts';
import { VISION_FEATURES } from '../../../src/backbone/lite/vision-graph.ts';

/**
 * The graphs that these ids stand for. Bundles and cached features hold on to them: when a graph changes, give
 * its backbone a new id and only then a new hash here.
 */
const PUBLISHED: Record<string, string> = {
  'lite-audio-1': 'b88f4379d89606db23ca8a3b080b46ffe013d7a7eb09fd5360deddcc1af5b023',
  'lite-vision-1': 'a56ff7c226da87649938ca0639f9617cad8ad2326873490d3f8a7a59c99f78ff',
};

describe('the lite backbones', () => {
  it('build the graphs that their ids stand for', () => {
    const built = LITE_BACKBONES.map(({ manifest, buildOnnx }) => [
      manifest.id,
      createHash('sha256').update(buildOnnx()).digest('hex'),
    ]);
    expect(Object.fromEntries(built)).toEqual(PUBLISHED);
  });

  it.each([
    ['audio', AUDIO_FEATURES],
    ['vision', VISION_FEATURES],
  ] as const)('document every dimension of %s', (_, groups: readonly FeatureGroup[]) => {
    const readme = readFileSync(join(import.meta.dirname, '../../../src/backbone/lite/README.md'), 'utf8');
    const rows = groups.map(({ name, meaning }) => {
      const { start, end } = rangeOf(groups, name);
      return `| ${start === end - 1 ? start : `${start}–${end - 1}`} | \`${name}\` | ${meaning} |`;
    });
    expect(readme).toContain(rows.join('\n'));
  });
});

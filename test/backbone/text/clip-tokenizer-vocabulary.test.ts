import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createClipTokenizer } from '../../../src/backbone/text/clip-tokenizer.ts';
import { CLIP_VOCABULARY, toTokenizerDocument } from '../../support/clip-vocabulary.ts';
import { REFERENCE_DIR, readDocument } from '../../support/reference.ts';

interface GoldenTokens {
  vocabulary: number;
  vocabulary_sha256: string;
  context: number;
  start: number;
  end: number;
  texts: { text: string; ids: number[] }[];
}

/** A token's name in a text is a word here, and a token to the code that the golden ids are from. */
const isSpecial = ({ text }: { text: string }) => /<\|(start|end)oftext\|>/.test(text);

describe.skipIf(!REFERENCE_DIR || !CLIP_VOCABULARY)(
  'CLIP’s own vocabulary (skipped: set REFERENCE_DIR, and CLIP_VOCABULARY to bpe_simple_vocab_16e6.txt.gz)',
  () => {
    it('gives the golden ids of every text that names no special token', () => {
      const golden: GoldenTokens = readDocument('clip/golden/tokens_openai.json');
      const path = CLIP_VOCABULARY ?? '';
      const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
      expect(sha256).toBe(golden.vocabulary_sha256);
      const small = readDocument('clip/tokenizer/tokenizer.json');
      const document = toTokenizerDocument(path, golden.vocabulary, small);
      const tokenizer = createClipTokenizer(document, golden.context);

      expect(golden.texts).toHaveLength(34);
      const plain = golden.texts.filter((text) => !isSpecial(text));
      expect(plain).toHaveLength(32);
      for (const { text, ids } of plain) expect(tokenizer.encode(text), text).toEqual(ids);
      for (const { text } of golden.texts.filter(isSpecial)) {
        const ids = tokenizer.encode(text);
        expect([ids[0], ids.at(-1)]).toEqual([golden.start, golden.end]);
        const inside = ids.slice(1, -1);
        expect(inside.includes(golden.start) || inside.includes(golden.end), text).toBe(false);
      }
    });
  },
);

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createClipTokenizer } from '../../../src/backbone/text/clip-tokenizer.ts';
import { IntegrityError } from '../../../src/shared/errors.ts';
import { REFERENCE_DIR, readDocument } from '../../support/reference.ts';

const CONTEXT_LENGTH = 77;

interface GoldenTokens {
  start: number;
  end: number;
  texts: { text: string; ids: number[]; truncated: boolean }[];
}

const isSpecial = ({ text }: { text: string }) => /<\|(start|end)oftext\|>/.test(text);

describe.skipIf(!REFERENCE_DIR)("CLIP's tokenizer (skipped: set REFERENCE_DIR)", () => {
  const read = () => ({
    golden: readDocument('clip/golden/tokens_tiny.json') as GoldenTokens,
    tokenizer: createClipTokenizer(readDocument('clip/tokenizer/tokenizer.json'), CONTEXT_LENGTH),
  });

  it('gives the golden ids of every text that names no special token', () => {
    const { golden, tokenizer } = read();
    const plain = golden.texts.filter((text) => !isSpecial(text));
    expect(plain).toHaveLength(32);
    expect(plain.filter(({ truncated }) => truncated).length).toBeGreaterThan(2);
    for (const { text, ids } of plain) expect(tokenizer.encode(text), text).toEqual(ids);
  });

  it('takes the names of special tokens in a text for words', () => {
    const { golden, tokenizer } = read();
    const { start, end } = golden;
    expect(tokenizer.endId).toBe(end);
    const texts = [
      '<|endoftext|>',
      'a<|startoftext|>b',
      '<|EndOfText|> behind',
      'x <|endoftext|><|endoftext|>',
    ];
    for (const text of [...texts, ...golden.texts.filter(isSpecial).map((one) => one.text)]) {
      const inside = tokenizer.encode(text).slice(1, -1);
      expect(inside.length, text).toBeGreaterThan(2);
      expect(inside, text).not.toContain(start);
      expect(inside, text).not.toContain(end);
    }
    expect(tokenizer.encode('<|endoftext|> rock')).toEqual(tokenizer.encode('<| endoftext |> rock'));
    // Published vocabularies look for the start token in lower-cased text.
    const document = readDocument('clip/tokenizer/tokenizer.json');
    document.added_tokens[0].normalized = true;
    const published = createClipTokenizer(document, CONTEXT_LENGTH);
    expect(published.encode('<|STARTofText|> x')).toEqual(tokenizer.encode('<| startoftext |> x'));
  });

  it('keeps as many tokens of a long text as the context has room for', () => {
    const { tokenizer, golden } = read();
    const short = createClipTokenizer(readDocument('clip/tokenizer/tokenizer.json'), 5);
    expect(short.encode('a photo of a cat')).toEqual([
      ...tokenizer.encode('a photo of a cat').slice(0, 4),
      golden.end,
    ]);
    expect(tokenizer.encode('word '.repeat(2_000))).toHaveLength(CONTEXT_LENGTH);
  });

  it('takes any string, broken ones too', () => {
    const { tokenizer, golden } = read();
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const ids = tokenizer.encode(`${text}\ud800`);
        expect(ids.length).toBeLessThanOrEqual(CONTEXT_LENGTH);
        expect([ids[0], ids.at(-1)]).toEqual([golden.start, golden.end]);
      }),
    );
  });

  it('refuses what is no tokenizer of this kind', () => {
    expect(() => createClipTokenizer({}, CONTEXT_LENGTH)).toThrow(IntegrityError);
    const { post_processor: _, ...bare } = readDocument('clip/tokenizer/tokenizer.json');
    expect(() => createClipTokenizer({ ...bare, post_processor: null }, CONTEXT_LENGTH)).toThrow(
      'The tokenizer does not put a start and an end token around a text.',
    );
  });
});

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** CLIP's own vocabulary, `bpe_simple_vocab_16e6.txt.gz`; tests that need it are skipped without. */
export const { CLIP_VOCABULARY } = process.env;

const BYTES = 256;
const START = '<|startoftext|>';
const END = '<|endoftext|>';

/**
 * The tokenizer.json of a vocabulary of `tokenCount` tokens, in the form that CLIP's repositories carry it. The file
 * has a header and then one merge a line. Tokens are numbered: the bytes, the bytes that end a word, what each merge
 * makes, the start and the end token. What is done to a text before is the given document's.
 */
export function toTokenizerDocument(
  vocabularyPath: string,
  tokenCount: number,
  document: { model: object; post_processor: object },
): object {
  const [, ...lines] = gunzipSync(readFileSync(vocabularyPath)).toString('utf8').split('\n');
  const merges = lines.slice(0, tokenCount - 2 * BYTES - 2);
  const characters = byteCharacters();
  const tokens = [
    ...characters,
    ...characters.map((character) => `${character}</w>`),
    ...merges.map((merge) => merge.replace(' ', '')),
    START,
    END,
  ];
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const special = { single_word: false, lstrip: false, rstrip: false, special: true };
  return {
    ...document,
    added_tokens: [
      { ...special, id: vocab[START], content: START, normalized: true },
      { ...special, id: vocab[END], content: END, normalized: false },
    ],
    post_processor: { ...document.post_processor, cls: [START, vocab[START]], sep: [END, vocab[END]] },
    model: { ...document.model, vocab, merges },
  };
}

/** The characters that byte-level BPE writes bytes as: those that can be seen as they are, the others from 256 on. */
function byteCharacters(): string[] {
  const bytes = Array.from({ length: BYTES }, (_, byte) => byte);
  const isVisible = (byte: number) => /[!-~¡-¬®-ÿ]/.test(String.fromCharCode(byte));
  const [visible, others] = [bytes.filter(isVisible), bytes.filter((byte) => !isVisible(byte))];
  return [...visible, ...others.map((_, at) => BYTES + at)].map((code) => String.fromCharCode(code));
}

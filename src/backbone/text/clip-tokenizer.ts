import { Tokenizer } from '@huggingface/tokenizers';
import { IntegrityError } from '../../shared/errors.ts';

export interface ClipTokenizer {
  /** Ends every text, and fills what shorter texts of a batch leave free. */
  endId: number;
  /** Start token, at most `contextLength − 2` tokens of the text, end token. */
  encode(text: string): number[];
}

/**
 * CLIP's byte-level BPE as its tokenizer.json describes it: NFC, runs of white space to one space, lower case, CLIP's
 * own pattern. In a text the names of the start and end token are words like any other. IntegrityError where the
 * document is no such tokenizer.
 */
export function createClipTokenizer(document: object, contextLength: number): ClipTokenizer {
  const { encode, specialTokens } = openTokenizer(document);
  const frame = encode('');
  if (frame.length !== 2) {
    throw new IntegrityError('The tokenizer does not put a start and an end token around a text.');
  }
  const [, endId] = frame;
  const specialToken = new RegExp(specialTokens.map(RegExp.escape).join('|'), 'gi');
  return {
    endId,
    encode(text) {
      const ids = encode(specialTokens.length > 0 ? text.replace(specialToken, splitMarks) : text);
      return ids.length > contextLength ? [...ids.slice(0, contextLength - 1), endId] : ids;
    },
  };
}

/** `<|name|>` to `<| name |>`: the tokens that it has where it means nothing special. */
const splitMarks = (specialToken: string) => specialToken.replace(/[\p{L}\p{N}]+/u, ' $& ');

function openTokenizer(document: object) {
  try {
    const tokenizer = new Tokenizer(document, {});
    const encode = (text: string) => tokenizer.encode(text).ids;
    const specialTokens = [...tokenizer.get_added_tokens_decoder().values()].map(({ content }) => content);
    return { encode, specialTokens };
  } catch (cause) {
    throw new IntegrityError(`This is no tokenizer: ${(cause as Error).message}`, { cause });
  }
}

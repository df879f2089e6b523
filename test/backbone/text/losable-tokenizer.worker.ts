import { parentPort } from 'node:worker_threads';
import '../../../src/backbone/text/tokenizer.worker.ts';

/** The text that ends the tokenizer when it is read. */
const LAST_WORDS = 'end the tokenizer';

parentPort?.on('message', ({ argument }: { argument?: { texts?: readonly string[] } }) => {
  if (argument?.texts?.includes(LAST_WORDS)) process.exit(7);
});

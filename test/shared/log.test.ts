import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const LOG_MODULE = new URL('../../src/shared/log.ts', import.meta.url);

describe('logUncaught', () => {
  it.each([
    ['a rejection that nobody handles', "Promise.reject(new Error('lost'))", 'unhandledRejection'],
    ['an exception that nobody catches', "throw new Error('lost')", 'uncaughtException'],
  ])('logs %s, whole and as fatal, and the process still ends with code 1', (_title, fault, origin) => {
    const program = `import { createLog, logUncaught } from '${LOG_MODULE}';
      logUncaught(createLog('info'));
      setTimeout(() => { ${fault} }, 1);
      setInterval(() => {}, 1_000);`;
    const ended = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    expect(ended.status).toBe(1);
    const line = ended.stderr.split('\n').find((text) => text.startsWith('{"level":60'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({
      origin,
      error: { message: 'lost', stack: expect.stringContaining('at ') },
    });
  });
});

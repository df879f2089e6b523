import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { makeDataFolder, reportFailures } from '../../src/cli/session.ts';
import { loadConfig } from '../../src/config/config.ts';
import type { ReadFailure } from '../../src/library/library.ts';
import { UsageError } from '../../src/shared/errors.ts';

const SESSION = resolve(import.meta.dirname, '../../src/cli/session.ts');

/** A command that takes `tidyMs` to end once it is interrupted. */
const start = (tidyMs: number) => {
  const command = `
    import { setTimeout as pause } from 'node:timers/promises';
    import { withSession } from ${JSON.stringify(SESSION)};
    const command = async ({ signal }) => {
      setInterval(() => {}, 1_000); // keeps the process
      const interrupted = new Promise((resolve) => signal.addEventListener('abort', resolve));
      console.log('ready');
      await interrupted;
      console.log('interrupted');
      await pause(${tidyMs});
    };
    await withSession(command, { needsDataFolder: false }).then(
      () => process.exit(0),
      ({ message }) => process.exit(message.startsWith('Interrupted') ? 1 : 3),
    );
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', command], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { child, said: () => once(child.stdout, 'data'), ended: once(child, 'exit') };
};

it.each([SESSION, `${SESSION}/below`])('DATA_DIR is no file: %s', async (path) => {
  const made = makeDataFolder({ config: loadConfig({ DATA_DIR: path }) });
  await expect(made).rejects.toThrow(UsageError);
  await expect(made).rejects.toThrow(`DATA_DIR can't be made: ${path} (ENOTDIR)`);
});

it('counts the files that could not be read, however many parts of them failed', () => {
  const say = vi.spyOn(console, 'error').mockReturnValue();
  const failure = (id: string, path: string, code: ReadFailure['code']) => ({
    id,
    path,
    code,
    message: 'No.',
  });
  reportFailures([
    failure('a', '/a.mp4', 'CORRUPT_MEDIA'),
    failure('a-soundtrack', '/a.mp4', 'NO_AUDIO'),
    failure('b', '/b.mp3', 'CORRUPT_MEDIA'),
    failure('b-part', '/b.mp3', 'CORRUPT_MEDIA'),
  ]);
  const said = say.mock.calls.flat();
  say.mockRestore();
  expect(said).toEqual([
    '2 files could not be read:',
    '  /a.mp4: CORRUPT_MEDIA: No.',
    '  /a.mp4: NO_AUDIO: No.',
    '  /b.mp3: CORRUPT_MEDIA: No.',
  ]);
});

describe('an interrupted command', () => {
  it('ends tidily, however often the same Ctrl+C arrives', async () => {
    const { child, said, ended } = start(500);
    await said();
    child.kill('SIGINT');
    await said();
    child.kill('SIGINT');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it('ends at once when it is interrupted again later', async () => {
    const { child, said, ended } = start(60_000);
    await said();
    child.kill('SIGINT');
    await said();
    const again = setInterval(() => child.kill('SIGINT'), 250);
    expect(await ended).toEqual([130, null]);
    clearInterval(again);
  });
});

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROJECT_ROOT } from '../../src/config/config.ts';

function run(...commandArguments: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const { promise, resolve } = Promise.withResolvers<{ exitCode: number; stdout: string; stderr: string }>();
  execFile(
    process.execPath,
    [join(PROJECT_ROOT, 'src/cli.ts'), ...commandArguments],
    { env: { PATH: process.env.PATH } },
    (error, stdout, stderr) => resolve({ exitCode: Number(error?.code ?? 0), stdout, stderr }),
  );
  return promise;
}

describe('a wrong call', () => {
  it.each([
    ['index', ["error: missing required argument 'library'", 'See: bin/control-mvr index --help']],
    [
      'search a.mp4 --alpha 2',
      [
        "error: option '--alpha <number>' argument '2' is invalid. It is a number from 0 to 1.",
        'See: bin/control-mvr search --help',
      ],
    ],
    [
      'store copy --from embedded',
      ["error: required option '--to <store>' not specified", 'See: bin/control-mvr store copy --help'],
    ],
    [
      'evaluate --compare A B library',
      [
        "error: option '--compare <bundles...>' argument 'library' is invalid. " +
          'The library goes before --compare: evaluate LIBRARY --compare A B',
        'See: bin/control-mvr evaluate --help',
      ],
    ],
    ['evaluate library --compare A', ['--compare takes two bundles, not 1.']],
    ['nothing', ["error: unknown command 'nothing'", 'See: bin/control-mvr --help']],
  ])('"%s" says what is wrong and where the help is, and exits with 2', async (line, said) => {
    const { exitCode, stdout, stderr } = await run(...line.split(' '));
    expect({ exitCode, stdout, said: stderr.trimEnd().split('\n') }).toEqual({
      exitCode: 2,
      stdout: '',
      said,
    });
  });
});

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const CLI = resolve(import.meta.dirname, '../../../src/cli.ts');

export interface Finished {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** The command line as a child process. */
export interface Running {
  child: ChildProcess;
  /** All that it wrote to stderr so far. */
  stderr(): string;
  finished: Promise<Finished>;
  /** kill −9, and waits until it is gone. */
  kill(): Promise<void>;
}

export interface RunningServer extends Running {
  url: string;
  /** SIGTERM, and waits for its end. */
  stop(): Promise<Finished>;
}

/** A folder of its own for one test file, with the command line to work in it. Nothing is left of either. */
export interface Workspace {
  folder: string;
  /** DATA_DIR of every command, unless told otherwise. */
  dataDirectory: string;
  spawn(commandArguments: string[], environment?: Record<string, string>): Running;
  run(commandArguments: string[], environment?: Record<string, string>): Promise<Finished>;
  /** As `run`, for a command that has to end well; gives the one JSON document of its stdout. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON came
  runJson(commandArguments: string[]): Promise<any>;
  /** `serve`, or `start`, once it has printed its address. */
  serve(command?: 'serve' | 'start'): Promise<RunningServer>;
  close(): Promise<void>;
}

export function createWorkspace(name: string): Workspace {
  const folder = mkdtempSync(join(tmpdir(), `control-mvr-${name}-`));
  const dataDirectory = join(folder, 'data');
  const scratch = join(folder, 'tmp');
  mkdirSync(scratch);
  const running = new Set<Running>();

  const start: Workspace['spawn'] = (commandArguments, environment = {}) => {
    const child = spawn(process.execPath, [CLI, ...commandArguments], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // What a killed process leaves in the temporary folder goes with the workspace.
      env: { ...process.env, TMPDIR: scratch, DATA_DIR: dataDirectory, PORT: '0', ...environment },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    const finished = once(child, 'close').then(([exitCode]) => ({ exitCode, stdout, stderr }));
    const process_: Running = {
      child,
      stderr: () => stderr,
      finished,
      async kill() {
        child.kill('SIGKILL');
        await finished;
      },
    };
    running.add(process_);
    finished.then(() => running.delete(process_));
    return process_;
  };

  const run: Workspace['run'] = (commandArguments, environment) =>
    start(commandArguments, environment).finished;

  return {
    folder,
    dataDirectory,
    spawn: start,
    run,
    async runJson(commandArguments) {
      const { exitCode, stdout, stderr } = await run(commandArguments);
      if (exitCode !== 0) throw new Error(`${commandArguments.join(' ')} ended with ${exitCode}:\n${stderr}`);
      return JSON.parse(stdout);
    },
    async serve(command = 'serve') {
      const server = start([command]);
      const url = await waitForAddress(server);
      return {
        ...server,
        url,
        stop() {
          server.child.kill('SIGTERM');
          return server.finished;
        },
      };
    },
    async close() {
      await Promise.all([...running].map((process_) => process_.kill()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function waitForAddress({ child, stderr, finished }: Running): Promise<string> {
  const find = () => /GraphQL\s+(\S+)\/graphql/.exec(stderr())?.[1];
  const ended = finished.then(({ exitCode }) => {
    throw new Error(`The server ended with ${exitCode} before it was ready:\n${stderr()}`);
  });
  ended.catch(() => {}); // it may end later, when nobody waits for its address any more
  for (;;) {
    const url = find();
    if (url) return url;
    await Promise.race([once(child.stderr as NodeJS.ReadableStream, 'data'), ended]);
  }
}

/** Seconds that each stage took, as the command line tells them. */
export function readStageSeconds(stderr: string): Record<string, number> {
  return Object.fromEntries(
    [...stderr.matchAll(/✔ (.+) \(([\d.]+) s\)/g)].map(([, title, seconds]) => [title, Number(seconds)]),
  );
}

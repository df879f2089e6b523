import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { PROJECT_ROOT } from '../../src/config/config.ts';

export const DEPLOY = join(PROJECT_ROOT, 'deploy');

/** Parsed YAML, whose shape a schema has checked. */
// biome-ignore lint/suspicious/noExplicitAny: what a schema has checked needs no types of its own
export type Yaml = any;

export const readDeployFile = (name: string): string => readFileSync(join(DEPLOY, name), 'utf8');

export const PACKAGE = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8'));

/** Every setting that the server knows, by its line in .env.example. */
export const SETTINGS: ReadonlySet<string> = new Set(
  readFileSync(join(PROJECT_ROOT, '.env.example'), 'utf8').match(/^[A-Z_]+(?==)/gm),
);

/** A Compose file with its merges and its variables resolved; throws where one that is needed is missing. */
export function readComposeFile(name: string, variables: Record<string, string>): Yaml {
  const resolve = (_: string, variable: string, operator: string | undefined, operand: string) => {
    const value = variables[variable];
    if (value) return value;
    if (operator === ':?') throw new Error(`${variable}: ${operand}`);
    return operand ?? '';
  };
  return parse(
    readDeployFile(name),
    (_key, value) =>
      typeof value === 'string' ? value.replace(/\$\{(\w+)(?:(:\?|:-)([^}]*))?\}/g, resolve) : value,
    { merge: true },
  );
}

export interface KubernetesDocument {
  file: string;
  content: Yaml;
}

/** All documents below deploy/kubernetes but the kustomization. */
export function readKubernetesDocuments(): KubernetesDocument[] {
  const files = readdirSync(join(DEPLOY, 'kubernetes'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml')
    .sort();
  return files.flatMap((file) =>
    parseAllDocuments(readDeployFile(join('kubernetes', file))).map((document) => ({
      file,
      content: document.toJS(),
    })),
  );
}

/** The instructions of the Dockerfile, with continued lines joined and comments left out. */
export function readDockerfile(): { instruction: string; operand: string }[] {
  const lines = readDeployFile('Dockerfile')
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter(Boolean);
  return lines.map((line) => {
    const [, instruction, operand] = /^([A-Z]+) (.*)$/.exec(line.trim()) ?? [];
    return { instruction, operand };
  });
}

/** What the image sets, for a device. */
export function readImageEnvironment(device = 'cpu'): Record<string, string> {
  const assignments = readDockerfile()
    .filter(({ instruction }) => instruction === 'ENV')
    .flatMap(({ operand }) => operand.trim().split(/\s+/));
  return Object.fromEntries(assignments.map((one) => one.replace(/\$\{DEVICE\}/, device).split('=', 2)));
}

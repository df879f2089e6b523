import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig, PROJECT_ROOT } from '../../src/config/config.ts';
import { listen } from '../../src/http/listen.ts';
import { answerWhileStarting } from '../../src/http/starting.ts';
import { send, startServer } from '../http/start-server.ts';
import {
  DEPLOY,
  PACKAGE,
  readComposeFile,
  readDeployFile,
  readImageEnvironment,
  readKubernetesDocuments,
  SETTINGS,
  type Yaml,
} from './deploy-files.ts';

const run = promisify(execFile);
const all = readKubernetesDocuments().map(({ content }) => content);
const ofKind = (kind: string): Yaml[] => all.filter((document) => document.kind === kind);
const named = (kind: string, name: string): Yaml => {
  const found = ofKind(kind).filter(({ metadata }) => metadata.name === name);
  expect(found, `${kind} ${name}`).toHaveLength(1);
  return found[0];
};

const WORKLOADS = ['Deployment', 'StatefulSet', 'Job'].flatMap(ofKind);
const byName = (documents: Yaml[]): [string, Yaml][] =>
  documents.map((document) => [`${document.kind} ${document.metadata.name}`, document]);
const podOf = (workload: Yaml): Yaml => workload.spec.template;
const containerOf = (workload: Yaml): Yaml => podOf(workload).spec.containers[0];
const portsOf = (workload: Yaml): Yaml[] => containerOf(workload).ports ?? [];

/** The workloads whose pods carry all of the labels. */
const selectedBy = (labels: Record<string, string>): Yaml[] =>
  WORKLOADS.filter((workload) =>
    Object.entries(labels).every(([key, value]) => podOf(workload).metadata.labels[key] === value),
  );

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'control-mvr-deploy-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

describe('The Kubernetes manifests', () => {
  /** The compiler refuses an unknown field of a literal, at any depth. */
  const typeCheck = async (documents: Yaml[]): Promise<string> => {
    const lines = documents.flatMap(({ apiVersion, kind, ...rest }, index) => [
      `import type { I${kind} as Type${index} } from 'kubernetes-models/${apiVersion}/${kind}';`,
      `export const document${index}: Type${index} = ${JSON.stringify({ apiVersion, kind, ...rest })};`,
    ]);
    await symlink(join(PROJECT_ROOT, 'node_modules'), join(scratch, 'node_modules')).catch(() => {});
    await writeFile(join(scratch, 'documents.mts'), lines.join('\n'));
    const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--types', ''];
    const compiler = join(PROJECT_ROOT, 'node_modules/typescript/bin/tsc');
    return run(process.execPath, [compiler, ...options, 'documents.mts'], { cwd: scratch }).then(
      () => '',
      ({ stdout }) => stdout,
    );
  };

  it('are what their schemas say, without an unknown field', async () => {
    expect(all.length).toBeGreaterThan(15);
    expect(await typeCheck(all)).toBe('');
    const wrong = structuredClone(all);
    wrong.find(({ kind }) => kind === 'StatefulSet').spec.template.spec.containers[0].imagePulPolicy =
      'Always';
    expect(await typeCheck(wrong)).toContain(`'"imagePulPolicy"' does not exist`);
  });

  it('are applied together, but for the jobs and the examples', () => {
    const { resources } = parse(readDeployFile('kubernetes/kustomization.yaml'));
    const files = readKubernetesDocuments().map(({ file }) => file);
    const expected = files.filter((file) => !file.startsWith('jobs/') && !file.includes('.example.'));
    expect(new Set(resources)).toEqual(new Set(expected));
    for (const { kind, metadata } of all) if (kind !== 'Namespace') named('Namespace', metadata.namespace);
  });

  it.each(byName(WORKLOADS))('%s: what it refers to is there', (_, workload) => {
    const { volumes, containers } = podOf(workload).spec;
    const claims = workload.spec.volumeClaimTemplates ?? [];
    const declared = [...volumes, ...claims.map(({ metadata }: Yaml) => metadata)].map(({ name }) => name);
    const mounted = containers.flatMap(({ volumeMounts }: Yaml) =>
      volumeMounts.map(({ name }: Yaml) => name),
    );
    expect(new Set(mounted)).toEqual(new Set(declared));
    for (const { persistentVolumeClaim, configMap } of volumes) {
      if (persistentVolumeClaim) named('PersistentVolumeClaim', persistentVolumeClaim.claimName);
      if (configMap) named('ConfigMap', configMap.name);
    }
    for (const { configMapRef } of containerOf(workload).envFrom ?? []) named('ConfigMap', configMapRef.name);
    for (const { valueFrom } of containerOf(workload).env) {
      if (!valueFrom) continue;
      const { name, key } = valueFrom.secretKeyRef;
      expect(named('Secret', name).stringData).toHaveProperty(key);
    }
    if (workload.spec.selector) expect(selectedBy(workload.spec.selector.matchLabels)).toEqual([workload]);
    if (workload.spec.serviceName) {
      expect(named('Service', workload.spec.serviceName).spec.clusterIP).toBe('None');
    }
  });

  it.each(byName(WORKLOADS))('%s: is locked in', (_, workload) => {
    expect(podOf(workload).spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(containerOf(workload)).toMatchObject({
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      },
      resources: { requests: { cpu: expect.any(String) }, limits: { memory: expect.any(String) } },
    });
  });

  it('let services, budgets, policies and the autoscaler find their pods and ports', () => {
    for (const { spec } of ofKind('Service')) {
      const [workload, ...others] = selectedBy(spec.selector);
      expect(others).toEqual([]);
      for (const { targetPort } of spec.ports) {
        expect(portsOf(workload).map(({ name }) => name)).toContain(targetPort);
      }
    }
    for (const { spec } of ofKind('PodDisruptionBudget')) {
      expect(selectedBy(spec.selector.matchLabels)).toHaveLength(1);
    }
    for (const { spec } of ofKind('HorizontalPodAutoscaler')) {
      expect(named(spec.scaleTargetRef.kind, spec.scaleTargetRef.name).spec).not.toHaveProperty('replicas');
    }
    for (const { spec } of ofKind('Ingress')) {
      const { name, port } = spec.rules[0].http.paths[0].backend.service;
      expect(named('Service', name).spec.ports).toContainEqual(expect.objectContaining({ name: port.name }));
    }
    for (const { spec } of ofKind('NetworkPolicy')) {
      const ownLabels = spec.podSelector.matchLabels ?? {};
      expect(selectedBy(ownLabels).length).toBeGreaterThan(0);
      const checkPorts = (labels: Record<string, string> | undefined, rule: Yaml) => {
        if (!labels) return; // another namespace
        const open = selectedBy(labels)
          .flatMap(portsOf)
          .map(({ containerPort }) => containerPort);
        expect(open).toEqual(expect.arrayContaining(rule.ports.map(({ port }: Yaml) => port)));
      };
      for (const rule of spec.ingress ?? []) checkPorts(ownLabels, rule);
      for (const rule of spec.egress ?? []) checkPorts(rule.to[0].podSelector?.matchLabels, rule);
    }
  });

  it.each(byName(WORKLOADS.filter((workload) => containerOf(workload).image.startsWith('control-mvr'))))(
    '%s: has settings that the server takes, and Qdrant’s address',
    (_, workload) => {
      const secrets = named('Secret', 'control-mvr').stringData;
      const { SHARD_COUNT, ...own } = Object.fromEntries(
        containerOf(workload).env.map(({ name, value, valueFrom }: Yaml) => [
          name,
          value ?? secrets[valueFrom.secretKeyRef.key],
        ]),
      );
      const settings = { ...named('ConfigMap', 'control-mvr').data, ...own };
      expect(Object.keys(settings).filter((name) => !SETTINGS.has(name))).toEqual([]);
      const { store, http, directories } = loadConfig({ ...readImageEnvironment(), ...settings });
      if (store.kind !== 'qdrant') throw new Error('It is not on Qdrant.');
      const { hostname, port } = new URL(store.url);
      expect(named('Service', hostname).spec.ports).toContainEqual(
        expect.objectContaining({ port: Number(port) }),
      );
      expect(store.apiKey).toBe(secrets.QDRANT_API_KEY);
      const mounts = containerOf(workload).volumeMounts.map(({ mountPath }: Yaml) => mountPath);
      expect(mounts).toEqual(expect.arrayContaining([directories.data, '/library', tmpdir()]));
      if (workload.kind !== 'Deployment') return;
      expect(http).toMatchObject({ host: '0.0.0.0', apiKeys: [secrets.API_KEYS] });
      expect(portsOf(workload)).toEqual([{ name: 'http', containerPort: http.port }]);
    },
  );

  it('want each write on most replicas, not on all, and let one node of Qdrant go at a time', () => {
    const { data } = named('ConfigMap', 'control-mvr');
    const { store } = loadConfig(data);
    if (store.kind !== 'qdrant') throw new Error('It is not on Qdrant.');
    const nodes = named('StatefulSet', 'qdrant').spec.replicas;
    const { replicas, writeConsistency } = store.layout;
    expect(replicas).toBeLessThanOrEqual(nodes);
    expect(writeConsistency).toBeGreaterThan(replicas / 2);
    expect(writeConsistency).toBeLessThan(replicas);
    expect(named('PodDisruptionBudget', 'qdrant').spec.maxUnavailable).toBe(1);
  });

  it('run one version of each image, which is that of Compose and of the guides', () => {
    const compose = readComposeFile('compose.yaml', {
      API_KEYS: 'one',
      QDRANT_API_KEY: 'two',
      LIBRARY_DIR: '/srv',
    });
    const images = WORKLOADS.map((workload) => containerOf(workload).image);
    const qdrant = compose.services.qdrant.image;
    expect(new Set(images)).toEqual(new Set([`control-mvr:${PACKAGE.version}`, qdrant]));
    const guides = [join(PROJECT_ROOT, 'docs/qdrant.md'), join(DEPLOY, 'README.md')];
    const tags = guides.flatMap(
      (guide) => readFileSync(guide, 'utf8').match(/qdrant\/qdrant:v[\d.]+/g) ?? [],
    );
    expect(new Set(tags)).toEqual(new Set([qdrant.replace('-unprivileged', '')]));
  });
});

describe('The server’s probes', () => {
  const { livenessProbe, readinessProbe, startupProbe } = containerOf(named('Deployment', 'server'));
  const statusOf = async (url: string, probe: Yaml) => {
    expect(probe.httpGet.port).toBe('http');
    const headers = { Host: '10.1.2.3:4000' };
    return (await send(url, { path: probe.httpGet.path, headers })).status;
  };

  it('tell apart what is alive from what is ready, without a key', async () => {
    const config = { host: '0.0.0.0', apiKeys: ['key'] };
    for (const reasons of [[], ['The store does not answer.']]) {
      const server = await startServer({ config, notReadyReasons: reasons });
      expect(await statusOf(server.url, livenessProbe)).toBe(200);
      expect(await statusOf(server.url, readinessProbe)).toBe(reasons.length === 0 ? 200 : 503);
      await server.close();
    }
  });

  it('leave a server alone that waits for its store', async () => {
    const server = await listen(
      answerWhileStarting(() => []),
      { host: '127.0.0.1', port: 0 },
    );
    expect(await statusOf(server.url, startupProbe)).toBe(200);
    expect(await statusOf(server.url, livenessProbe)).toBe(200);
    expect(await statusOf(server.url, readinessProbe)).toBe(503);
    await server.drain(0);
  });
});

describe('Scripts in the manifests', () => {
  /** A program of that name that prints its arguments. */
  const writeEcho = async (name: string) => {
    await writeFile(join(scratch, name), '#!/bin/sh\necho "$@"\n');
    await chmod(join(scratch, name), 0o755);
  };

  it('index every shard once', async () => {
    const job = named('Job', 'index');
    const { command, env } = containerOf(job);
    await writeFile(join(scratch, 'tini'), '#!/bin/sh\nshift\nexec "$@"\n');
    await chmod(join(scratch, 'tini'), 0o755);
    await writeEcho('control-mvr');
    const count = Number(env.find(({ name }: Yaml) => name === 'SHARD_COUNT').value);
    expect(job.spec).toMatchObject({ completionMode: 'Indexed', completions: count, parallelism: count });
    const shards = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const variables = {
          PATH: `${scratch}:${process.env.PATH}`,
          SHARD_COUNT: String(count),
          JOB_COMPLETION_INDEX: String(index),
        };
        // Kubernetes puts in what stands in $(…) where it knows a variable of that name.
        const [program, ...words] = (command as string[]).map((word) =>
          word.replace(/\$\(([^)]*)\)/g, (all, name) => Object(variables)[name] ?? all),
        );
        return (await run(program, words, { env: variables })).stdout.trim();
      }),
    );
    expect(shards).toEqual(
      Array.from({ length: count }, (_, index) => `index /library --shard ${index + 1}/${count}`),
    );
  });

  it('let the first node of Qdrant begin the cluster, and the others join it', async () => {
    const { spec } = named('StatefulSet', 'qdrant');
    await writeEcho('entrypoint.sh');
    await writeFile(join(scratch, 'start.sh'), named('ConfigMap', 'qdrant').data['start.sh']);
    const [shell, path] = containerOf(named('StatefulSet', 'qdrant')).command;
    expect(path).toMatch(/\/start\.sh$/);
    const options = await Promise.all(
      Array.from({ length: spec.replicas }, async (_, ordinal) => {
        const env = { HOSTNAME: `qdrant-${ordinal}` };
        return (await run(shell, ['start.sh'], { cwd: scratch, env })).stdout.trim();
      }),
    );
    const address = (ordinal: number) => `http://qdrant-${ordinal}.${spec.serviceName}:6335`;
    expect(options).toEqual([
      `--uri ${address(0)}`,
      `--bootstrap ${address(0)} --uri ${address(1)}`,
      `--bootstrap ${address(0)} --uri ${address(2)}`,
    ]);
    expect(named('Service', spec.serviceName).spec.publishNotReadyAddresses).toBe(true);
  });

  it('are mounted where they are called', () => {
    const qdrant = named('StatefulSet', 'qdrant');
    const [, path] = containerOf(qdrant).command;
    const mount = containerOf(qdrant).volumeMounts.find(({ name }: Yaml) => name === 'start');
    expect(path).toBe(`${mount.mountPath}/start.sh`);
  });
});

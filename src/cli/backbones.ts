import { printJson, type Session } from './session.ts';

/** `models list`: every backbone that can be opened. */
export async function listBackbones({ json }: { json: boolean }, { services }: Session): Promise<void> {
  const manifests = await readManifests(services);
  if (json) return printJson(manifests);
  for (const { id, modality, output, licence } of manifests) {
    console.log([id, modality, `${output.dimension} features`, licence].join('\t'));
  }
}

/** `models verify`: opens each backbone, which checks its file against its manifest. */
export async function verifyBackbones({ services }: Session): Promise<void> {
  for (const { id } of await readManifests(services)) {
    const { sha256 } = await services.backbones.open(id);
    console.log(`${id}\tSHA-256 ${sha256}\tok`);
  }
}

async function readManifests({ backbones }: Session['services']) {
  const ids = await backbones.list();
  return Promise.all(ids.map((id) => backbones.readManifest(id)));
}

import { extractFeatures } from '../embedding/extract-features.ts';
import { projectAll } from '../embedding/project-all.ts';
import type { SpaceVectors } from '../head/head.ts';
import { MODALITIES, type Modality } from '../media/media.ts';
import { findBundleId, loadBundle } from '../services.ts';
import { MediaError } from '../shared/errors.ts';
import { findInputFile } from './input-file.ts';
import { printJson, type Session } from './session.ts';

/** `embed FILE`: the features and vectors of each segment, of all that the file holds. */
export async function embed(
  path: string,
  { backbone: named, json }: { backbone?: string; json: boolean },
  session: Session,
): Promise<void> {
  const { services, progress, signal } = session;
  const file = await findInputFile(path);
  const loaded = await loadBundle(await findBundleId(undefined, services.config), services);
  const rule = loaded.bundle.manifest.identity.segmentRule;
  const only = named === undefined ? null : await services.backbones.open(named);

  const embedSide = async (modality: Modality) => {
    const backbone = only ?? loaded.backbones[modality];
    const { segments } = await extractFeatures(
      { path: file },
      { reader: services.reader, backbone, rule },
      signal,
    );
    // Another backbone's features are not what the bundle's heads were trained on.
    const hasHeads = backbone.id === loaded.backbones[modality].id;
    const vectors: SpaceVectors[] = hasHeads
      ? await projectAll(
          loaded.embedder,
          modality,
          segments.map(({ features }) => features),
          signal,
        )
      : segments.map(() => ({ ssl: null, sup: null }));
    return segments.map(({ span, backboneId, features }, at) => ({
      modality,
      startSeconds: span.startSeconds,
      endSeconds: span.endSeconds,
      features: { [backboneId]: [...features] },
      ssl: toArray(vectors[at].ssl),
      sup: toArray(vectors[at].sup),
    }));
  };

  const probe = await services.reader.probe(file, signal);
  const held = MODALITIES.filter((modality) => (modality === 'MUSIC' ? probe.audio : probe.video));
  const asked = only ? held.filter((modality) => modality === only.modality) : held;
  if (only && asked.length === 0) {
    const [code, part] =
      only.modality === 'MUSIC' ? (['NO_AUDIO', 'sound'] as const) : (['NO_VIDEO', 'pictures'] as const);
    throw new MediaError(code, `The file holds no ${part}, which ${only.id} reads.`);
  }
  const sides = await progress.stage('Embedding', () => Promise.all(asked.map(embedSide)));
  const segments = sides.flat();
  if (json) return printJson({ bundleId: loaded.bundle.id, segments });
  for (const { modality, startSeconds, endSeconds, features, ssl, sup } of segments) {
    const [[backboneId, values]] = Object.entries(features);
    console.log(
      `${modality} ${startSeconds.toFixed(1)}–${endSeconds.toFixed(1)} s: ${values.length} features of ${backboneId}, ` +
        `ssl ${ssl?.length ?? 'none'}, sup ${sup?.length ?? 'none'}`,
    );
  }
}

const toArray = (vector: Float32Array | null) => vector && [...vector];

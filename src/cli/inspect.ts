import { requireBackbones } from '../backbone/hub/require-backbones.ts';
import { PROFILES } from '../backbone/registry.ts';
import { libraryToMarkdown } from '../evaluation/library-markdown.ts';
import { createLibraryReport } from '../evaluation/library-report.ts';
import { inspectItems } from '../library/inspection.ts';
import { pairsOf } from '../library/pairs.ts';
import { extractLibraryFeatures, toLibraryFailures } from '../retrieval/library-features.ts';
import { SEGMENT_RULE } from '../services.ts';
import { itemProgress, openLibrary, printJson, type Session } from './session.ts';

export interface InspectArguments {
  /** The column whose labels are counted. */
  label: string;
  json: boolean;
}

/** `inspect LIBRARY`: what training would find there. Reads every file, as `train` does, and keeps the features for it. */
export async function inspect(
  path: string,
  { label, json }: InspectArguments,
  session: Session,
): Promise<void> {
  const { services, progress, signal } = session;
  const library = await openLibrary(path, session);
  const pairs = pairsOf(library, label);
  const ids = PROFILES[services.config.profile];
  await requireBackbones(Object.values(ids), services.backbones, services.config.directories.backbones);
  const backbones = {
    MUSIC: await services.backbones.open(ids.MUSIC),
    VIDEO: await services.backbones.open(ids.VIDEO),
  };
  const items = [
    ...new Map(
      [...library.items, ...pairs.map(({ music }) => music)].map((item) => [item.id, item]),
    ).values(),
  ];
  const tools = { reader: services.reader, backbones, cache: services.featureCache, rule: SEGMENT_RULE };
  const { features, failures } = await progress.stage('Extracting features', (report) =>
    extractLibraryFeatures(items, tools, { signal, onProgress: itemProgress(report) }),
  );
  const read = [...features.values()].map(({ segments, ...rest }) => ({
    ...rest,
    spans: segments.map(({ span }) => span),
    features: segments.map((segment) => segment.features),
  }));
  const inspected = inspectItems({
    library,
    labelField: label,
    pairs,
    items,
    read,
    unread: toLibraryFailures(library, failures),
    segmentSeconds: SEGMENT_RULE.segmentSeconds,
  });
  const rows = read.map(({ item: { id, modality }, features: rows }) => ({ id, modality, features: rows }));
  const report = await progress.stage('Comparing items', (onProgress) =>
    createLibraryReport(inspected, rows, ids, { signal, onProgress }),
  );
  if (json) printJson(report);
  else console.log(libraryToMarkdown(report));
}

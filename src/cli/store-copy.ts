import type { StoreConfig } from '../config/config.ts';
import { type CopyReport, copyStore } from '../retrieval/copy-store.ts';
import { UsageError } from '../shared/errors.ts';
import { printJson, type Session } from './session.ts';

export interface CopyArguments {
  from: StoreConfig['kind'];
  to: StoreConfig['kind'];
  force: boolean;
  json: boolean;
}

const NAMED_DIFFERENCES = 20;

/** `store copy --from --to`: moves the library between stores. Fails where they don't hold the same afterwards. */
export async function copy({ from, to, force, json }: CopyArguments, session: Session): Promise<void> {
  if (from === to) throw new UsageError('--from and --to name the same store.');
  const { services, progress, signal } = session;
  const source = await services.openStoreOf(from);
  const target = await services.openStoreOf(to);
  const report = await copyStore(source, target, { force, signal, stage: progress.stage });
  if (json) printJson({ from, to, ...report });
  describe(report, from, to);
  if (!report.verified) process.exitCode = 1;
}

function describe(
  { bundleId, library, copied, deleted, differences }: CopyReport,
  from: string,
  to: string,
): void {
  const { tracks, videos, segments, edited, removed, clips } = library;
  console.error(
    `Copied ${copied.items} tracks and videos, ${copied.clips} clips, ${copied.sizeBytes} bytes; deleted ${deleted}. ` +
      `Of bundle ${bundleId}, ${from} holds ${tracks} tracks, ${videos} videos, ${segments} segments; ` +
      `${edited} edited and ${removed} removed by users; ${clips} clips.`,
  );
  if (differences.length === 0) {
    console.error(`Verified: ${to} holds the same, and serves it.`);
    return;
  }
  console.error(`${to} does not hold the same, so it was not made to serve it. Differences:`);
  for (const { kind, id, reason } of differences.slice(0, NAMED_DIFFERENCES)) {
    console.error(`  ${[kind.toLowerCase(), id].filter(Boolean).join(' ')}: ${reason}`);
  }
  const further = differences.length - NAMED_DIFFERENCES;
  if (further > 0) console.error(`  and ${further} more`);
  console.error('Copy again: only what differs is written.');
}

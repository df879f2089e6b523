import { withFolderGuard } from '../../shared/folder-guard.ts';

/**
 * Keeps other pulls out of a backbones' folder while `run` is at work. BusyError while another has it. Should two ever
 * get in, hashes refuse what they made together.
 */
export function withPullGuard<T>(directory: string, run: () => Promise<T>): Promise<T> {
  return withFolderGuard({ directory, file: '.pull.lock', work: 'pull' }, run);
}
